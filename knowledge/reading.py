"""Reading passages: which sentences answer the question, and whether any does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from knowledge.documents import Passage
from knowledge.language import term_set, terms
from knowledge.spans import TABLE_CELL


@dataclass(frozen=True, slots=True)
class Evidence:
    """A literal span of a passage that may answer the question; `score` in [0, 1].

    `context` is the question, lead or table header that the span hangs on.
    """

    passage: Passage
    start: int
    end: int
    score: float
    context: str = ""

    @property
    def text(self) -> str:
        """The literal words."""
        return self.passage.text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read: evidence, best first, and the probability that it holds the answer."""

    evidence: tuple[Evidence, ...] = ()
    answerability: float = 0.0
    features: Mapping[str, float] = field(default_factory=dict[str, float])


# A span that brings fewer new terms than this share says what is said already.
_NEWS = 0.25


def select_quote(
    evidence: Sequence[Evidence], *, max_sentences: int, max_characters: int, question: str = ""
) -> tuple[Evidence, ...]:
    """The spans to quote, in reading order: the best, and the next best that add something and fit.

    At least one is taken, however long. A sentence stands in for a table row or a shorter
    span that it repeats. Of a table, rows are left out that name less of the `question` than a
    better one. Spans of one passage come in its order, passages in the order of their best span.
    """
    chosen: list[Evidence] = []
    for item in _of_rows_asked_for(evidence, term_set(question))[: max_sentences + 2]:
        repeated = next((i for i, other in enumerate(chosen) if _repeats(item, other)), None)
        if repeated is not None:
            chosen[repeated] = _fuller(chosen[repeated], item)
        elif len(chosen) < max_sentences and _fits(chosen, item, max_characters):
            chosen.append(item)
    first_of = {item.passage.id: index for index, item in reversed(list(enumerate(chosen)))}
    return tuple(sorted(chosen, key=lambda item: (first_of[item.passage.id], item.start)))


def _of_rows_asked_for(evidence: Sequence[Evidence], asked: frozenset[str]) -> list[Evidence]:
    """To "What is the price of the tureen?" the teapot's row is no answer, however alike it is."""
    kept: list[Evidence] = []
    for item in evidence:
        named = asked & term_set(item.text)
        better = (asked & term_set(other.text) for other in kept if _in_one_table(item, other))
        if not any(named < of_better for of_better in better):
            kept.append(item)
    return kept


def _in_one_table(one: Evidence, other: Evidence) -> bool:
    are_rows = TABLE_CELL in one.text and TABLE_CELL in other.text
    is_same = (one.passage.document, one.context) == (other.passage.document, other.context)
    return are_rows and is_same


def _fits(chosen: Sequence[Evidence], item: Evidence, max_characters: int) -> bool:
    if not chosen:
        return True
    return sum(len(other.text) for other in chosen) + len(item.text) <= max_characters


def _repeats(one: Evidence, other: Evidence) -> bool:
    """Whether the shorter of the two says hardly anything that the longer does not."""
    shorter, longer = sorted((set(terms(one.text)), set(terms(other.text))), key=len)
    return len(shorter - longer) <= _NEWS * len(shorter)


def _fuller(one: Evidence, other: Evidence) -> Evidence:
    """A sentence rather than a table row, and then the one with more in it."""
    return max(one, other, key=lambda e: (TABLE_CELL not in e.text, len(set(terms(e.text)))))
