"""Which curated answer a question gets, if any."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from knowledge.curated.likeness import folded, objection
from knowledge.curated.model import CuratedAnswer, Fit, Near
from knowledge.curated.preparing import Preparing
from knowledge.curated.store import CuratedAnswers
from knowledge.curated.vectors import QuestionVectors
from knowledge.embedding import Embedder, Vectors
from knowledge.language import detect_language

# Centred cosine from which two questions mean the same, and how far behind the ways to ask for
# another answer must be: tests/benchmarks/curated.md.
LEAST_SIMILARITY: Final = 0.8
LEAST_LEAD: Final = 0.05
# Looked at closely; what is further down is too far away.
_LOOKED_AT: Final = 25


@dataclass(frozen=True, slots=True)
class Limits:
    """What a way to ask must reach to be taken for the question."""

    similarity: float = LEAST_SIMILARITY
    lead: float = LEAST_LEAD


@dataclass(frozen=True, slots=True)
class _Shelf:
    """The ways to ask in one collection: `vectors` row by row, and letter for letter."""

    ways: tuple[tuple[str, CuratedAnswer], ...]
    vectors: Vectors
    exact: Mapping[str, tuple[str, CuratedAnswer]]


class CuratedMatcher:
    """Finds the curated answer of a question. Thread-safe.

    A new way to ask is found letter for letter at once, and by its meaning as soon as the
    background has its vector. Close it to end that work.
    """

    def __init__(
        self, answers: CuratedAnswers, vectors: QuestionVectors, limits: Limits | None = None
    ) -> None:
        self._answers = answers
        self._vectors = vectors
        self._limits = limits or Limits()
        self._lock = threading.Lock()
        self._shelves: Mapping[str, _Shelf] | None = None
        self._waiting = 0
        self._preparing = Preparing(self._prepare)
        answers.on_change(self._changed)

    @property
    def waiting(self) -> int:
        """How many ways to ask cannot be found by their meaning yet."""
        self._current()
        return self._waiting

    def work(self) -> None:
        """Have the vectors computed in the background."""
        self._preparing.wake()

    def prepare(self) -> None:
        """Compute the vectors that are missing, now."""
        self._prepare(threading.Event())

    def close(self) -> None:
        """End the background work after the batch at hand."""
        self._preparing.stop()

    def nearest(self, question: str, collection: str, limit: int) -> Sequence[Near]:
        """The ways to ask that are nearest to `question`; one that matches is the first.

        Only ways in the language of the question match.
        """
        shelf = self._current().get(collection)
        if shelf is None:
            return ()
        found = self._ranked(question, shelf)
        exact = shelf.exact.get(folded(question))
        if exact is not None:
            rest = [near for near in found if near.question != exact[0]]
            found = [Near(exact[1], exact[0], 1.0, "same"), *rest]
        return sorted(found, key=lambda near: not near.matches)[:limit]

    def _ranked(self, question: str, shelf: _Shelf) -> list[Near]:
        """The nearest ways, best first, at most one of which fits."""
        if not shelf.ways:
            return []
        similarities: Vectors = shelf.vectors @ self._vectors.of(question)
        best: list[int] = np.argsort(-similarities, kind="stable")[:_LOOKED_AT].tolist()
        found = [self._judged(question, shelf.ways[row], float(similarities[row])) for row in best]
        first = next((near for near in found if near.matches), None)
        if first is None:
            return found
        rivals = any(
            near.answer.id != first.answer.id
            and near.similarity > first.similarity - self._limits.lead
            for near in found
        )
        return [_outdone(near, first, rivals=rivals) for near in found]

    def _judged(self, question: str, way: tuple[str, CuratedAnswer], similarity: float) -> Near:
        fit: Fit = "far"
        same_language = detect_language(question) == detect_language(way[0])
        if same_language and similarity >= self._limits.similarity:
            fit = objection(question, way[0]) or "fits"
        return Near(way[1], way[0], similarity, fit)

    def _current(self) -> Mapping[str, _Shelf]:
        with self._lock:
            if self._shelves is None:
                self._shelves = self._read()
            return self._shelves

    def _read(self) -> Mapping[str, _Shelf]:
        by_collection: dict[str, list[tuple[str, CuratedAnswer]]] = {}
        for answer in self._answers.list():
            if answer.enabled:
                ways = by_collection.setdefault(answer.collection, [])
                ways.extend((question, answer) for question in answer.questions)
        shelves = {name: self._shelf(ways) for name, ways in by_collection.items()}
        total = sum(map(len, by_collection.values()))
        self._waiting = total - sum(len(shelf.ways) for shelf in shelves.values())
        return shelves

    def _shelf(self, ways: Sequence[tuple[str, CuratedAnswer]]) -> _Shelf:
        vectors = self._vectors.known(question for question, _ in ways)
        ready = tuple(way for way in ways if way[0] in vectors)
        rows = [vectors[question] for question, _ in ready]
        exact = {folded(question): (question, answer) for question, answer in ways}
        return _Shelf(ready, np.stack(rows) if rows else np.zeros((0, 0), np.float32), exact)

    def _changed(self) -> None:
        with self._lock:
            self._shelves = None
        self._preparing.tell()

    def _prepare(self, stopping: threading.Event) -> None:
        enabled = [answer for answer in self._answers.list() if answer.enabled]
        self._vectors.compute((q for answer in enabled for q in answer.questions), stopping)
        with self._lock:
            self._shelves = None


def _outdone(near: Near, first: Near, *, rivals: bool) -> Near:
    """Of several ways that fit, one is the question's; none where another answer is as near."""
    if near.fit != "fits" or (near is first and not rivals):
        return near
    if near.answer.id == first.answer.id and not rivals:
        return near
    return replace(near, fit="rival")


def open_matcher(answers: CuratedAnswers, embedder: Embedder, folder: Path) -> CuratedMatcher:
    """The matcher of `answers`, whose vectors are kept in `folder`."""
    return CuratedMatcher(answers, QuestionVectors(embedder, folder / "curated.npz"))
