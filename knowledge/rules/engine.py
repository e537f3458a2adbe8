"""Forward chaining over the rules of one message. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from knowledge.documents import Language
from knowledge.rules.expressions import ExpressionError, comparable
from knowledge.rules.model import (
    Ask,
    DerivedFact,
    Evidence,
    Firing,
    Lost,
    ParsedMessage,
    Rule,
    RuleOutcome,
    RuleSet,
    Texts,
)
from knowledge.rules.patterns import Pattern, PatternError, PatternTimeout, matchable
from knowledge.rules.templates import TemplateError, fill, placeholders

# Under it an intent is a guess, on which a rule must not act. Above the floor of
# `IntentModel`, so that a rule is never surer than the model that feeds it.
MIN_CONFIDENCE = 0.5
_PLAIN_SLOT_CHARACTERS = 40


def evaluate(rules: RuleSet, facts: Mapping[str, object], message: ParsedMessage) -> RuleOutcome:
    """Fire rules until nothing new follows; each fires at most once, so it always ends.

    Of all rules not yet fired, the first in order (priority, then id) whose condition
    holds fires next; its facts can make any other rule fire, also one of higher
    priority. A rule that stops keeps all rules of lower priority from firing after it.
    The reply, question and handover are those of the first rule in order that has any.
    `facts` win over the constants of the files and lose to what rules derive.
    """
    turn = _Turn(rules, _all_facts(rules, facts, message), message, matchable(message.text))
    while (rule := turn.next_rule()) is not None:
        turn.fire(rule)
    return turn.outcome()


def _all_facts(
    rules: RuleSet, facts: Mapping[str, object], message: ParsedMessage
) -> dict[str, object]:
    of_message = {
        "message": message.text,
        "language": message.language.value,
        "intent": message.intent if message.confidence >= MIN_CONFIDENCE else None,
        "sentiment": message.sentiment,
    }
    return {**rules.facts, **of_message, **facts}


def fill_slot(rules: RuleSet, pending: Ask, text: str) -> Mapping[str, object]:
    """The slot's value if `text` answers the pending question, else nothing.

    The value is looked for by the question's own pattern, or by the patterns that
    capture this slot elsewhere. A slot without any takes a short text as it stands.
    """
    message = matchable(text)
    own = (pending.pattern,) if pending.pattern else ()
    sources = own or rules.slot_patterns.get(pending.slot, ())
    for source in sources:
        try:
            found = Pattern(rf"(?<![A-Za-z0-9])(?:{source})(?![A-Za-z0-9])").search(message)
        except (PatternError, PatternTimeout):
            continue
        if found:
            return {pending.slot: found[1].get(pending.slot, found[0])}
    bare = message.strip(" .。!！")
    if not sources and 0 < len(bare) <= _PLAIN_SLOT_CHARACTERS and not {"?", "？"} & set(bare):
        return {pending.slot: bare}
    return {}


@dataclass(frozen=True, slots=True)
class _Match:
    """`failed` says why the rule does not apply; `noteworthy` when that is not just "no"."""

    reasons: tuple[str, ...] = ()
    captured: Mapping[str, str] = field(default_factory=dict[str, str])
    failed: str | None = None
    noteworthy: bool = False


@dataclass(slots=True)
class _Turn:
    rules: RuleSet
    facts: dict[str, object]
    message: ParsedMessage
    text: str
    fired: list[Firing] = field(default_factory=list[Firing])
    done: set[str] = field(default_factory=set[str])
    derived: dict[str, DerivedFact] = field(default_factory=dict[str, DerivedFact])
    evidence: list[Evidence] = field(default_factory=list[Evidence])
    lost: list[Lost] = field(default_factory=list[Lost])
    slots: dict[str, object] = field(default_factory=dict[str, object])
    spoken: dict[str, tuple[Rule, RuleOutcome]] = field(
        default_factory=dict[str, tuple[Rule, RuleOutcome]]
    )
    stopped_by: Rule | None = None
    surfaces: dict[str, _Match] = field(default_factory=dict[str, _Match])

    def next_rule(self) -> Rule | None:
        for rule in self.rules:
            if rule.id in self.done or self._blocked(rule):
                continue
            if self.match(rule).failed is None:
                return rule
        return None

    def _blocked(self, rule: Rule) -> bool:
        return self.stopped_by is not None and rule.priority < self.stopped_by.priority

    def match(self, rule: Rule) -> _Match:
        """Whether the rule applies now. The message does not change in a turn, only the facts."""
        surface = self.surfaces.get(rule.id)
        if surface is None:
            surface = self.surfaces[rule.id] = _match_message(rule, self.message, self.text)
        expression = rule.when.expression
        if surface.failed is not None or expression is None:
            return surface
        facts = {**self.facts, **surface.captured} if surface.captured else self.facts
        try:
            holds = expression.holds(facts)
        except ExpressionError as error:
            # A fact that is simply not there yet is no mistake of the rule.
            known = all(comparable(facts.get(name)) is not None for name in expression.names)
            return _Match(failed=f"{expression.source}: {error}", noteworthy=known)
        if not holds:
            return _Match(failed=f"{expression.source}: false")
        return _Match((*surface.reasons, expression.source), surface.captured)

    def fire(self, rule: Rule) -> None:
        match = self.match(rule)
        self.done.add(rule.id)
        self.fired.append(Firing(rule.id, "; ".join(match.reasons) or "always"))
        for name, value in match.captured.items():
            self._derive(rule, name, value)
            self.slots[name] = self.facts[name]
        self._look_up(rule)
        for name, value in rule.then.set.items():
            self._set(rule, name, value)
        for texts in rule.then.evidence:
            if filled := self._fill(rule, "evidence", texts):
                self.evidence.append(Evidence(filled, rule.id))
        spoke = self._speak(rule)
        if rule.stop and (spoke or not rule.then.speaks):
            self._stop(rule)

    def _stop(self, rule: Rule) -> None:
        if self.stopped_by is None or rule.priority > self.stopped_by.priority:
            self.stopped_by = rule

    def _derive(self, rule: Rule, name: str, value: object) -> None:
        """The first rule to derive a fact wins; facts that came with the message are replaced."""
        earlier = self.derived.get(name)
        if earlier is None:
            self.derived[name] = DerivedFact(name, value, rule.id)
            self.facts[name] = value
        elif earlier.value != value:
            self.lost.append(Lost(rule.id, f"{name} is already set by {earlier.rule_id}"))

    def _look_up(self, rule: Rule) -> None:
        for lookup in rule.then.lookups:
            try:
                key = fill(lookup.key, self.facts, Language.ENGLISH)
            except TemplateError as error:
                self.lost.append(Lost(rule.id, f"lookup: {error}"))
                continue
            table = self.rules.tables[lookup.table]
            row = table.row(key)
            self._derive(rule, f"{lookup.prefix}_found", row is not None)
            for column, value in (row or {}).items():
                self._derive(rule, f"{lookup.prefix}_{column}", value)

    def _set(self, rule: Rule, name: str, value: object) -> None:
        """A text that is one placeholder passes the fact on as it is, other texts are filled."""
        if isinstance(value, str) and placeholders(value):
            whole = value.strip()[1:-1].strip()
            try:
                filled = fill(value, self.facts, self.message.language)
            except TemplateError as error:
                self.lost.append(Lost(rule.id, f"set {name}: {error}"))
                return
            value = self.facts.get(whole, filled)
        self._derive(rule, name, value)

    def _speak(self, rule: Rule) -> bool:
        then = rule.then
        reply = self._fill(rule, "reply", then.reply)
        handover = self._fill(rule, "handover", then.handover)
        question = self._fill(rule, "ask", then.ask.question if then.ask else None)
        ask = Ask(then.ask.slot, question, then.ask.pattern) if then.ask and question else None
        if reply is None and handover is None and ask is None:
            return False
        said = RuleOutcome(reply=reply, ask=ask, handover=handover, reply_rule=rule.id)
        self.spoken[rule.id] = (rule, said)
        return True

    def _fill(
        self, rule: Rule, kind: Literal["reply", "handover", "ask", "evidence"], texts: Texts | None
    ) -> Texts | None:
        if texts is None:
            return None
        try:
            return {
                language: fill(text, self.facts, language).strip()
                for language, text in texts.items()
            }
        except TemplateError as error:
            self.lost.append(Lost(rule.id, f"{kind}: {error}"))
            return None

    def outcome(self) -> RuleOutcome:
        speakers = sorted(self.spoken.values(), key=lambda pair: pair[0].order)
        said = speakers[0][1] if speakers else RuleOutcome()
        for rule, _ in speakers[1:]:
            self.lost.append(Lost(rule.id, f"{said.reply_rule} comes first and answers"))
        self._note_unfired()
        return RuleOutcome(
            reply=said.reply,
            ask=said.ask,
            handover=said.handover,
            reply_rule=said.reply_rule,
            facts=tuple(self.derived.values()),
            evidence=tuple(self.evidence),
            fired=tuple(self.fired),
            lost=tuple(self.lost),
            slots=self.slots,
        )

    def _note_unfired(self) -> None:
        for rule in self.rules:
            if rule.id in self.done:
                continue
            match = self.match(rule)
            if match.failed is not None and match.noteworthy:
                self.lost.append(Lost(rule.id, match.failed))
            elif match.failed is None and self.stopped_by is not None:
                self.lost.append(Lost(rule.id, f"{self.stopped_by.id} stops lower priorities"))


def _match_message(rule: Rule, message: ParsedMessage, text: str) -> _Match:
    """The parts of the condition that depend on the message alone."""
    when = rule.when
    reasons: list[str] = []
    if when.intents:
        if message.intent not in when.intents:
            return _Match(failed="intent")
        if message.confidence < MIN_CONFIDENCE:
            unsure = f"intent {message.intent} is only {message.confidence:.0%} sure"
            return _Match(failed=unsure, noteworthy=True)
        reasons.append(f"intent {message.intent}")
    if when.keywords is not None:
        if (keyword := when.keywords.search(text)) is None:
            return _Match(failed="keywords")
        reasons.append(f"keyword {keyword!r}")
    if when.sentiments:
        if message.sentiment not in when.sentiments:
            return _Match(failed="sentiment")
        reasons.append(f"sentiment {message.sentiment}")
    return _match_patterns(when.patterns, text, tuple(reasons))


def _match_patterns(patterns: tuple[Pattern, ...], text: str, reasons: tuple[str, ...]) -> _Match:
    """The first of the patterns that matches."""
    if not patterns:
        return _Match(reasons)
    for pattern in patterns:
        try:
            found = pattern.search(text)
        except PatternTimeout:
            return _Match(failed=f"pattern {pattern.source!r} took too long", noteworthy=True)
        if found:
            return _Match((*reasons, f"pattern {found[0]!r}"), found[1])
    return _Match(failed="pattern")
