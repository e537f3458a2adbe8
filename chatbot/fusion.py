"""Which kind of AI answers: the pure choice between routes, and the arbiter of `parallel`.

serial    the Transformer phrases whatever the rules or the documents support
parallel  a rule and the Transformer answer side by side; `arbitrate` chooses
mixed     the cheapest route that suffices: rule, quote, and only then the Transformer

An answer that a person wrote is given word for word in every mode; only rules come before it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from chatbot.messages import Mode
from knowledge.entities import find_entities

GeneratorState = Literal["ready", "absent", "wrong_language"]


@dataclass(frozen=True, slots=True)
class RuleVerdict:
    """What the rules want, by the id of the rule that wants it."""

    reply: str | None = None
    ask: str | None = None
    hand_over: str | None = None
    evidence: str | None = None


@dataclass(frozen=True, slots=True)
class Situation:
    """All that the choice depends on. `spread`: no single passage can be expected to say it.

    `refused_before`: the turn before was refused too, and no person was called yet.
    `curated`: the way to ask, of an answer that a person wrote, that was found to be the question.
    """

    mode: Mode
    rules: RuleVerdict
    answerability: float
    refuse_below: float
    generator: GeneratorState
    spread: bool = False
    refused_before: bool = False
    curated: str | None = None

    @property
    def answerable(self) -> bool:
        """Whether the evidence found is likely to hold the answer."""
        return self.answerability >= self.refuse_below


@dataclass(frozen=True, slots=True)
class HandOver:
    """A person is called: by `rule`, or because two turns in a row would be refused."""

    rule: str | None


@dataclass(frozen=True, slots=True)
class AskBack:
    rule: str


@dataclass(frozen=True, slots=True)
class RuleReply:
    rule: str


@dataclass(frozen=True, slots=True)
class CuratedReply:
    """The answer that a person wrote for `question`."""

    question: str


@dataclass(frozen=True, slots=True)
class Quote:
    """The evidence in its own words. `why` is the key of the reason in `phrases`."""

    why: str


@dataclass(frozen=True, slots=True)
class Generate:
    """The Transformer phrases `rule`'s reply, or the evidence where `rule` is None."""

    why: str
    rule: str | None = None


@dataclass(frozen=True, slots=True)
class SideBySide:
    """The rule's reply and a generated answer from the evidence, then the arbiter."""

    rule: str


@dataclass(frozen=True, slots=True)
class Refuse:
    why: str


Decision = HandOver | AskBack | RuleReply | CuratedReply | Quote | Generate | SideBySide | Refuse


def decide(situation: Situation) -> Decision:
    """The route of the turn. Rules that ask for a person or for a fact win in every mode.

    A rule also wins over a curated answer: it knows of the order at hand, the answer does not.
    """
    rules = situation.rules
    if rules.hand_over is not None:
        return HandOver(rules.hand_over)
    if rules.ask is not None:
        return AskBack(rules.ask)
    rule = rules.reply or rules.evidence
    if rule is not None:
        return _with_rule(situation, rule)
    if situation.curated is not None:
        return CuratedReply(situation.curated)
    return _from_evidence(situation) if situation.answerable else _without_evidence(situation)


def _with_rule(situation: Situation, rule: str) -> Decision:
    if situation.generator != "ready" or situation.mode == "mixed":
        return RuleReply(rule)
    if situation.mode == "serial":
        return Generate("why_rule_phrased", rule)
    return SideBySide(rule) if situation.answerable else RuleReply(rule)


def _without_evidence(situation: Situation) -> Decision:
    if situation.refused_before:
        return HandOver(None)
    return Refuse("why_refuse" if situation.answerability > 0 else "why_refuse_empty")


def _from_evidence(situation: Situation) -> Decision:
    if situation.generator == "absent":
        return Quote("why_quote_no_generator" if situation.mode != "mixed" else "why_quote")
    if situation.mode == "mixed" and not situation.spread:
        return Quote("why_quote")
    if situation.generator == "wrong_language":
        return Quote("why_quote_language")
    return Generate("why_generate_spread" if situation.mode == "mixed" else "why_generate")


def arbitrate(
    rule_reply: str, generated: Sequence[str]
) -> Literal["arbiter_rule", "arbiter_merge"]:
    """What to make of a rule's reply and the generated sentences that passed the gate.

    The rule's reply is always what is said: it is exact and was tested. The answer is
    a merge when the generated text states at least one of its values and no other.
    """
    said = {(e.kind, e.value) for e in find_entities(rule_reply)}
    stated = {(e.kind, e.value) for e in find_entities(" ".join(generated))}
    return "arbiter_merge" if stated and stated <= said else "arbiter_rule"


# Asking for a comparison, an overview or several things at once.
_SPREAD = re.compile(
    r"\b(?:compare|comparison|differen(?:ce|t)|versus|vs\.?|summar(?:y|ise|ize)|overview|"
    r"pros and cons|advantages|explain (?:how|why)|walk me through)\b"
    r"|区别|比较|对比|不同之处|总结|概述|优缺点|概括",
    re.IGNORECASE,
)


def asks_for_synthesis(question: str) -> bool:
    """Whether the question wants several places put together rather than one fact."""
    return _SPREAD.search(question) is not None
