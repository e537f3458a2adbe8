"""Carrying a decision out, route by route. Each route yields events and returns its draft."""

import logging
from collections.abc import Generator as Steps
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import assert_never

from chatbot.cancellation import Cancellation
from chatbot.errors import AnswerDeskError, GeneratorBusy, GeneratorFailed, GeneratorTimeout
from chatbot.fusion import (
    CuratedReply,
    Generate,
    Quote,
    RuleReply,
    SideBySide,
    arbitrate,
)
from chatbot.generators import Generator
from chatbot.grounding import Source, Verdict, keeps_all_values
from chatbot.messages import Citation, Route, SourcesFound, TextDelta, Working
from chatbot.phrases import phrase
from chatbot.prompt import compose_prompt
from chatbot.writing import cite, gated, joined, quoted_text, readable
from knowledge.curated.model import CuratedAnswer
from knowledge.documents import Language
from knowledge.entities import mask_personal
from knowledge.reading import Reading, select_quote

log = logging.getLogger(__name__)

Writing = Steps[SourcesFound | TextDelta | Working, None, "Draft"]
# The decisions whose answers are written; the others say a phrase of ours or a rule's.
Written = RuleReply | CuratedReply | Quote | Generate | SideBySide


@dataclass(frozen=True, slots=True)
class Material:
    """What an answer may be made of. `rule_facts` are sentences that rules vouch for."""

    question: str
    language: Language
    reading: Reading
    rule: str | None = None
    rule_reply: str = ""
    rule_facts: tuple[str, ...] = ()
    curated: CuratedAnswer | None = None

    @property
    def rule_text(self) -> str:
        """What the deciding rule says: its reply, or the facts it contributes."""
        return self.rule_reply or " ".join(self.rule_facts)


@dataclass(frozen=True, slots=True)
class Draft:
    """What became of the answer: the route really taken and what it rests on.

    `note` is the reason for a change of route, `verdicts` the gate's, in order.
    """

    route: Route
    citations: tuple[Citation, ...] = ()
    generator_called: bool = False
    verdicts: tuple[Verdict, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class QuoteLimits:
    """How much is quoted or generated at most."""

    max_sentences: int
    max_characters: int
    max_tokens: int


class Answering:
    """Writes answers by rule, by quotation or with the Transformer."""

    def __init__(self, generator: Generator | None, limits: QuoteLimits) -> None:
        self.generator = generator
        self._limits = limits

    def write(self, decision: Written, material: Material, cancellation: Cancellation) -> Writing:
        """The answer that `decision` chose to write."""
        match decision:
            case RuleReply():
                return (yield from self.by_rule(material))
            case CuratedReply():
                return (yield from self.by_curated(material))
            case Quote():
                return (yield from self.by_quote(material))
            case Generate():
                return (yield from self.by_generation(material, cancellation))
            case SideBySide():
                return (yield from self.side_by_side(material, cancellation))
            case _:
                assert_never(decision)

    def by_rule(self, material: Material) -> Writing:
        """The rule's own words."""
        yield TextDelta(material.rule_text)
        return Draft("rule")

    def by_curated(self, material: Material) -> Writing:
        """What a person wrote, to the letter; in another language where it is not in the visitor's."""
        if material.curated is None:  # decide() never chooses this; a reader of the code may
            return (yield from self.by_quote(material))
        text, written_in = material.curated.answer(material.language)
        yield TextDelta(text)
        same = written_in is material.language
        note = "" if same else phrase(f"curated_only_{written_in}", material.language)
        return Draft("curated", note=note)

    def by_quote(self, material: Material) -> Writing:
        """The best sentences, literally, each with its citation."""
        quote = select_quote(
            material.reading.evidence,
            max_sentences=self._limits.max_sentences,
            max_characters=self._limits.max_characters,
            question=material.question,
        )
        citations = cite(quote)
        yield SourcesFound(citations)
        for piece in quoted_text(quote, citations, material.language):
            yield TextDelta(piece)
        return Draft("quote", citations)

    def by_generation(self, material: Material, cancellation: Cancellation) -> Writing:
        """The Transformer's words, sentence by sentence through the gate; else the evidence's own."""
        citations = cite(material.reading.evidence)
        sources = _sources(material, citations)
        yield SourcesFound(citations)
        yield Working("writing")
        verdicts: list[Verdict] = []
        cited: list[int] = []
        note = ""
        try:
            for verdict in self._phrased(material, sources, cancellation):
                verdicts.append(verdict)
                if not verdict.supported:
                    continue
                mark = verdict.source if isinstance(verdict.source, int) else None
                first = not any(earlier.supported for earlier in verdicts[:-1])
                yield TextDelta(joined(verdict.sentence, mark, material.language, first=first))
                cited += [mark] if mark is not None else []
        except (GeneratorBusy, GeneratorTimeout, GeneratorFailed) as error:
            note = _explain(error, material.language)
        if any(verdict.supported for verdict in verdicts):
            used = tuple(c for c in citations if c.number in cited)
            return Draft("generate", used, True, tuple(verdicts), note)
        if cancellation.cancelled:
            return Draft("generate", (), True, tuple(verdicts))
        fallback = yield from self._fall_back(material)
        return Draft(
            fallback.route,
            fallback.citations,
            generator_called=True,
            verdicts=tuple(verdicts),
            note=note or phrase("fallback_thin", material.language),
        )

    def side_by_side(self, material: Material, cancellation: Cancellation) -> Writing:
        """The rule's reply beside a generated answer from the evidence, then the arbiter."""
        citations = cite(material.reading.evidence)
        yield Working("writing")
        verdicts: list[Verdict] = []
        note = ""
        try:
            passages = [_source(citation) for citation in citations]
            verdicts.extend(self._generate(material, passages, cancellation))
        except (GeneratorBusy, GeneratorTimeout, GeneratorFailed) as error:
            note = _explain(error, material.language)
        passed = [verdict for verdict in verdicts if verdict.supported]
        verdict = arbitrate(material.rule_text, [item.sentence for item in passed])
        yield TextDelta(material.rule_text)
        return Draft(
            "rule",
            generator_called=True,
            verdicts=tuple(verdicts),
            note=note or phrase(verdict, material.language),
        )

    def _phrased(
        self, material: Material, sources: Sequence[Source], cancellation: Cancellation
    ) -> Iterator[Verdict]:
        """The verdicts as they come; on a rule's reply only once it is clear that nothing is lost."""
        verdicts = self._generate(material, sources, cancellation)
        if not material.rule_reply:
            yield from verdicts
            return
        whole = list(verdicts)
        passed = [verdict.sentence for verdict in whole if verdict.supported]
        complete = keeps_all_values(passed, material.rule_reply)
        for verdict in whole:
            lost = verdict.supported and not complete
            yield replace(verdict, reason="value", detail="…") if lost else verdict

    def _fall_back(self, material: Material) -> Writing:
        if material.rule_text:
            return (yield from self.by_rule(material))
        return (yield from self.by_quote(material))

    def _generate(
        self, material: Material, sources: Sequence[Source], cancellation: Cancellation
    ) -> Iterator[Verdict]:
        if self.generator is None:  # decide() never chooses this; a reader of the code may
            raise GeneratorFailed(reason="none is configured")
        facts = [*material.rule_facts, *(readable(e.text) for e in material.reading.evidence)]
        if material.rule_reply:
            facts.insert(0, material.rule_reply)
        prompt = compose_prompt(
            mask_personal(material.question), facts, material.language, self._limits.max_tokens
        )
        pieces = self.generator.stream(prompt, cancellation)
        with closing(_as_generator(pieces)) as stream:
            yield from gated(
                stream,
                sources,
                question=material.question,
                max_sentences=self._limits.max_sentences,
            )


def _as_generator(pieces: Iterator[str]) -> Steps[str, None, None]:
    """`pieces`, closed with this: stopping early stops the engine."""
    try:
        yield from pieces
    finally:
        close = getattr(pieces, "close", None)
        if close is not None:
            close()


def _sources(material: Material, citations: Sequence[Citation]) -> list[Source]:
    passages = [_source(citation) for citation in citations]
    if material.rule is None:
        return passages
    said = [material.rule_reply] if material.rule_reply else []
    return [Source(material.rule, " ".join([*said, *material.rule_facts])), *passages]


def _source(citation: Citation) -> Source:
    headings = " ".join(citation.position.headings)
    return Source(citation.number, f"{citation.title}\n{headings}\n{citation.passage_text}")


def _explain(error: AnswerDeskError, language: Language) -> str:
    log.warning("generation fell back to a quote: %s", error)
    return phrase("fallback_error", language, error=error.text(language))
