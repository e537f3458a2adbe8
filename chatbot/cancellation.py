"""Telling work that nobody waits for it any more."""

import threading
import time


class Cancellation:
    """Set once by whoever wants the work to stop, or by its own deadline; read by those who do it."""

    def __init__(self, *, seconds: float | None = None) -> None:
        self._event = threading.Event()
        self._deadline = None if seconds is None else time.monotonic() + seconds

    def cancel(self) -> None:
        """Ask the work to stop."""
        self._event.set()

    @property
    def cancelled(self) -> bool:
        """Whether the one who asked has left."""
        return self._event.is_set()

    @property
    def expired(self) -> bool:
        """Whether the deadline has passed."""
        return self._deadline is not None and time.monotonic() >= self._deadline

    @property
    def remaining(self) -> float | None:
        """Seconds until the deadline, at least 0; None without one."""
        return None if self._deadline is None else max(0.0, self._deadline - time.monotonic())

    def wait(self, seconds: float) -> bool:
        """Sleep at most `seconds`; True as soon as cancelled."""
        return self._event.wait(seconds)
