"""A second look at the best passages, by a model that reads question and passage together."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from knowledge.documents import Ranked

# What is read again; a small cross-encoder takes some tenths of a second for it on two cores.
READ_AGAIN = 20


class Reranker(Protocol):
    """Reads pairs."""

    def scores(self, query: str, texts: Sequence[str]) -> Sequence[float]:
        """How well each text answers `query`; comparable within one call. Thread-safe."""
        ...


def reranked(ranked: Sequence[Ranked], query: str, reranker: Reranker) -> list[Ranked]:
    """The first `READ_AGAIN` in the order that `reranker` gives them, then the rest as they were."""
    first, rest = ranked[:READ_AGAIN], ranked[READ_AGAIN:]
    if not first:
        return []
    scores = reranker.scores(query, [item.passage.searchable_text for item in first])
    again = [replace(item, score=float(s)) for item, s in zip(first, scores, strict=True)]
    lowest = min(item.score for item in again)
    below = [replace(item, score=lowest - position) for position, item in enumerate(rest, 1)]
    return [*sorted(again, key=lambda item: (-item.score, item.passage.id)), *below]
