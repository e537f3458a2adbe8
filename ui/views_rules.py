"""Rules in words: what each waits for, what it does, and what came of a message. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from knowledge.documents import Language
from knowledge.rules.model import Action, Condition, Rule, RuleOutcome, RuleSet, Texts
from knowledge.rules.problems import Problem
from ui.texts import text


@dataclass(frozen=True, slots=True)
class RuleView:
    """One rule as the list shows it. `failed` says why tests failed; None: they are running."""

    id: str
    description: str
    priority: int
    place: str
    conditions: tuple[str, ...]
    outcomes: tuple[str, ...]
    stops: bool
    tests: int
    failed: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class ProblemView:
    file: str
    line: int
    message: str
    suggestion: str


@dataclass(frozen=True, slots=True)
class FactView:
    name: str
    value: str
    rule_id: str


@dataclass(frozen=True, slots=True)
class TrialView:
    """What came of a message. `reply` is empty when no rule spoke."""

    recognised: str
    fired: tuple[tuple[str, str], ...]
    lost: tuple[tuple[str, str], ...]
    facts: tuple[FactView, ...]
    evidence: tuple[str, ...]
    reply_rule: str
    reply: str
    handover: str


def in_language(texts: Texts | None, language: Language) -> str:
    """The text in `language`, in the other one where it is missing."""
    if not texts:
        return ""
    return texts.get(language) or next(iter(texts.values()))


def rule_view(rule: Rule, failed: Sequence[str] | None, language: Language) -> RuleView:
    """`rule` in words."""
    return RuleView(
        id=rule.id,
        description=in_language(rule.description, language),
        priority=rule.priority,
        place=f"{rule.file}:{rule.line}",
        conditions=tuple(_conditions(rule.when, language))
        or (text("admin_when_always", language),),
        outcomes=tuple(_outcomes(rule.then, language)),
        stops=rule.stop,
        tests=len(rule.tests),
        failed=None if failed is None else tuple(failed),
    )


def problem_view(problem: Problem, language: Language) -> ProblemView:
    """`problem` in `language`."""
    if language is Language.CHINESE:
        message = problem.message_zh or problem.message
        return ProblemView(problem.file, problem.line, message, problem.suggestion_zh)
    return ProblemView(problem.file, problem.line, problem.message, problem.suggestion)


def found(rules: RuleSet, query: str, language: Language) -> list[Rule]:
    """The rules that have every word of `query` in their id, description or file."""
    words = query.casefold().split()
    return [
        rule
        for rule in rules
        if all(
            word in f"{rule.id}\n{in_language(rule.description, language)}\n{rule.file}".casefold()
            for word in words
        )
    ]


def trial_view(outcome: RuleOutcome, recognised: str, language: Language) -> TrialView:
    """What the rules made of a message."""
    reply = outcome.reply or (outcome.ask.question if outcome.ask else None)
    return TrialView(
        recognised=recognised,
        fired=tuple((firing.rule_id, firing.because) for firing in outcome.fired),
        lost=tuple((lost.rule_id, lost.why) for lost in outcome.lost),
        facts=tuple(
            FactView(fact.name, _said(fact.value, language), fact.rule_id) for fact in outcome.facts
        ),
        evidence=tuple(in_language(found.texts, language) for found in outcome.evidence),
        reply_rule=outcome.reply_rule or "",
        reply=in_language(reply, language),
        handover=in_language(outcome.handover, language),
    )


def _conditions(when: Condition, language: Language) -> Iterator[str]:
    either = text("admin_or", language)

    def say(what: str, **values: object) -> str:
        return text(f"admin_when_{what}", language, **values)

    if when.intents:
        yield say("intents", intents=either.join(when.intents))
    if when.keywords is not None:
        yield say("keywords", keywords=either.join(f"“{word}”" for word in when.keywords.words))
    if when.patterns:
        yield say("pattern", pattern=either.join(pattern.source for pattern in when.patterns))
    if when.sentiments:
        moods = [text(f"admin_sentiment_{mood}", language) for mood in when.sentiments]
        yield say("sentiment", sentiment=either.join(moods))
    if when.expression is not None:
        yield when.expression.source


def _outcomes(then: Action, language: Language) -> Iterator[str]:
    def say(what: str, **values: object) -> str:
        return text(f"admin_then_{what}", language, **values)

    for lookup in then.lookups:
        yield say("lookup", value=lookup.key, table=lookup.table)
    if then.set:
        yield say("set", facts=_facts(then.set, language))
    for evidence in then.evidence:
        yield say("evidence", evidence=in_language(evidence, language))
    if then.ask is not None:
        question = in_language(then.ask.question, language)
        yield say("ask", slot=then.ask.slot, question=question)
    if then.reply is not None:
        yield say("reply", reply=in_language(then.reply, language))
    if then.handover is not None:
        yield say("handover", reason=in_language(then.handover, language))


def _said(value: object, language: Language) -> str:
    if isinstance(value, bool):
        return text("admin_yes" if value else "admin_no", language)
    return str(value)


def _facts(facts: Mapping[str, object], language: Language) -> str:
    return ", ".join(f"{name} = {_said(value, language)}" for name, value in facts.items())
