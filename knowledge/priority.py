"""Lets questions go before background work."""

import threading
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager

from knowledge.embedding import Embedder, TextKind, Vectors

# Background work that waited this long goes on even if questions keep coming.
_PATIENCE_SECONDS = 2.0


class PriorityGate:
    """Background work passes while no question is under way."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._questions = 0

    @contextmanager
    def question(self) -> Generator[None]:
        """Hold background work back."""
        with self._condition:
            self._questions += 1
        try:
            yield
        finally:
            with self._condition:
                self._questions -= 1
                self._condition.notify_all()

    def give_way(self) -> None:
        """Wait until no question is under way, for at most `_PATIENCE_SECONDS`."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        with self._condition:
            while self._questions and (left := deadline - time.monotonic()) > 0:
                self._condition.wait(left)


class GatedEmbedder:
    """An embedder whose queries go before the background's passages."""

    def __init__(self, embedder: Embedder, gate: PriorityGate) -> None:
        self._embedder = embedder
        self._gate = gate

    @property
    def fingerprint(self) -> str:
        return self._embedder.fingerprint

    @property
    def dimension(self) -> int:
        return self._embedder.dimension

    def embed(self, texts: Sequence[str], kind: TextKind) -> Vectors:
        """As `Embedder.embed`. Whoever calls this waits for an answer: the background gives way."""
        with self._gate.question():
            return self._embedder.embed(texts, kind)
