"""Reading passages: which sentences answer the question, and whether any does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from knowledge.documents import Passage


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


def select_quote(
    evidence: Sequence[Evidence], *, max_sentences: int, max_characters: int
) -> tuple[Evidence, ...]:
    """The spans to quote, in reading order: the best, and the next best as long as they fit.

    At least one is taken, however long. Spans of one passage come in its order,
    passages in the order of their best span.
    """
    chosen: list[Evidence] = []
    length = 0
    for item in evidence[: max_sentences + 1]:
        length += item.end - item.start
        if chosen and (len(chosen) == max_sentences or length > max_characters):
            break
        chosen.append(item)
    first_of = {item.passage.id: index for index, item in reversed(list(enumerate(chosen)))}
    return tuple(sorted(chosen, key=lambda item: (first_of[item.passage.id], item.start)))
