"""Rules, what they are asked and what comes of them: values only."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from knowledge.documents import Language
from knowledge.rules.expressions import Expression
from knowledge.rules.patterns import Keywords, Pattern

Texts = Mapping[Language, str]

# Facts that the dialogue manager gives with every message.
BUILT_IN_FACTS = (
    "message",
    "language",
    "intent",
    "sentiment",
    "now_weekday",
    "now_hour",
    "turn_number",
)
SENTIMENTS = ("negative", "neutral", "positive")


@dataclass(frozen=True, slots=True)
class ParsedMessage:
    """A message as the understanding stage hands it over."""

    text: str
    language: Language
    intent: str | None = None
    confidence: float = 1.0
    sentiment: str = "neutral"


@dataclass(frozen=True, slots=True)
class Condition:
    """What must hold, all of it; an empty condition always holds."""

    intents: tuple[str, ...] = ()
    keywords: Keywords | None = None
    patterns: tuple[Pattern, ...] = ()
    sentiments: tuple[str, ...] = ()
    expression: Expression | None = None


@dataclass(frozen=True, slots=True)
class Lookup:
    """Read a row of a table: its columns become the facts `<prefix>_<column>`."""

    table: str
    key: str
    prefix: str


@dataclass(frozen=True, slots=True)
class Ask:
    """A question that fills a slot. `pattern` says how its bare value looks, where known."""

    slot: str
    question: Texts
    pattern: str | None = None


@dataclass(frozen=True, slots=True)
class Action:
    """What a rule does when it fires."""

    set: Mapping[str, object] = field(default_factory=dict[str, object])
    lookups: tuple[Lookup, ...] = ()
    reply: Texts | None = None
    ask: Ask | None = None
    evidence: tuple[Texts, ...] = ()
    handover: Texts | None = None

    @property
    def speaks(self) -> bool:
        """Whether the visitor would notice: it replies, asks or hands over."""
        return not (self.reply is None and self.ask is None and self.handover is None)


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a rule's test expects; None and empty mean that anything goes."""

    fires: bool | None = None
    reply_contains: tuple[str, ...] = ()
    reply_excludes: tuple[str, ...] = ()
    asks: str | None = None
    handover: bool | None = None
    facts: Mapping[str, object] = field(default_factory=dict[str, object])


@dataclass(frozen=True, slots=True)
class RuleTest:
    """A message and what should come of it. Without `intent` and `sentiment` they are recognised."""

    message: str
    expect: Expectation
    line: int
    facts: Mapping[str, object] = field(default_factory=dict[str, object])
    language: Language | None = None
    intent: str | None = None
    sentiment: str | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One decision. Rules are ordered by priority (higher first), then by id."""

    id: str
    when: Condition
    then: Action
    priority: int = 0
    stop: bool = False
    description: Texts = field(default_factory=dict[Language, str])
    tests: tuple[RuleTest, ...] = ()
    file: str = ""
    line: int = 1

    @property
    def order(self) -> tuple[int, str]:
        return -self.priority, self.id


@dataclass(frozen=True, slots=True)
class Table:
    """A CSV file; `rows` by the trimmed, lower-cased text of its first column."""

    name: str
    columns: tuple[str, ...]
    rows: Mapping[str, Mapping[str, str]]

    def row(self, key: str) -> Mapping[str, str] | None:
        return self.rows.get(key.strip().lower())


@dataclass(frozen=True)
class RuleSet:
    """All rules in force, in order, with what they share. Immutable."""

    rules: tuple[Rule, ...] = ()
    intents: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    tables: Mapping[str, Table] = field(default_factory=dict[str, Table])
    facts: Mapping[str, object] = field(default_factory=dict[str, object])
    declared_slots: frozenset[str] = frozenset()
    fingerprint: str = ""

    def __iter__(self) -> Iterator[Rule]:
        return iter(self.rules)

    def __len__(self) -> int:
        return len(self.rules)

    def rule(self, rule_id: str) -> Rule | None:
        return next((rule for rule in self.rules if rule.id == rule_id), None)

    @cached_property
    def slot_patterns(self) -> Mapping[str, tuple[str, ...]]:
        """How a bare value of each slot looks, from the patterns that capture it."""
        found: dict[str, list[str]] = {}
        for rule in self.rules:
            for pattern in rule.when.patterns:
                for name in pattern.names:
                    if source := pattern.group_source(name):
                        found.setdefault(name, []).append(source)
        return {name: tuple(dict.fromkeys(sources)) for name, sources in found.items()}


class Lost(NamedTuple):
    """A rule that would have had a say, and why it had none."""

    rule_id: str
    why: str


@dataclass(frozen=True, slots=True)
class Firing:
    """A rule that fired, and what in the message or the facts made it."""

    rule_id: str
    because: str


@dataclass(frozen=True, slots=True)
class DerivedFact:
    name: str
    value: object
    rule_id: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """A sentence the answer may rest on."""

    texts: Texts
    rule_id: str


@dataclass(frozen=True, slots=True)
class RuleOutcome:
    """What the rules make of a message. `reply`, `ask` and `handover` are all of `reply_rule`.

    `slots` are the values captured from the message, to be remembered for later turns.
    """

    reply: Texts | None = None
    ask: Ask | None = None
    handover: Texts | None = None
    reply_rule: str | None = None
    facts: tuple[DerivedFact, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    fired: tuple[Firing, ...] = ()
    lost: tuple[Lost, ...] = ()
    slots: Mapping[str, object] = field(default_factory=dict[str, object])


def in_order(rules: Sequence[Rule]) -> tuple[Rule, ...]:
    return tuple(sorted(rules, key=lambda rule: rule.order))
