"""Reading passages: which sentences answer the question, and whether any does."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from knowledge.documents import Passage

_QUESTION_END = re.compile(r"[?？][*_\s]*$")
_LEADS_ON = re.compile(r"[:：][*_\s]*$")


@dataclass(frozen=True, slots=True)
class Evidence:
    """A literal span of a passage that may answer the question; `score` in [0, 1]."""

    passage: Passage
    start: int
    end: int
    score: float

    @property
    def text(self) -> str:
        """The literal words."""
        return self.passage.text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read: evidence, best first, and the probability that it holds the answer."""

    evidence: tuple[Evidence, ...] = ()
    answerability: float = 0.0


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
