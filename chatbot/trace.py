"""The trace of one turn: what each stage found, why, and how long it took."""

import time
from collections.abc import Mapping

from chatbot.messages import TraceStep


class Trace:
    """Collects the steps of one turn; each step's time runs from the end of the one before."""

    def __init__(self) -> None:
        self.started = time.perf_counter()
        self._last = self.started
        self._steps: list[TraceStep] = []

    def step(
        self, stage: str, reason: str, details: Mapping[str, object] | None = None
    ) -> TraceStep:
        """Close the present stage."""
        now = time.perf_counter()
        step = TraceStep(stage, reason, round((now - self._last) * 1000, 1), details or {})
        self._last = now
        self._steps.append(step)
        return step

    @property
    def steps(self) -> tuple[TraceStep, ...]:
        """The steps so far, in order."""
        return tuple(self._steps)

    @property
    def elapsed_ms(self) -> float:
        """Milliseconds since the turn began."""
        return round((time.perf_counter() - self.started) * 1000, 1)
