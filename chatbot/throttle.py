"""How often someone may try before having to wait."""

import threading
import time
from collections.abc import Callable


class Throttle:
    """Counts failures by key within a sliding window. Lives in one process and forgets on restart."""

    # Keys remembered at most: an attacker with many addresses must not fill the memory.
    CAPACITY = 10_000

    def __init__(
        self, failures: int, seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._failures = failures
        self._seconds = seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._times: dict[str, list[float]] = {}

    def wait(self, key: str) -> float:
        """Seconds until `key` may try again; 0 when it may now."""
        with self._lock:
            recent = self._recent(key)
            if len(recent) < self._failures:
                return 0.0
            return recent[-self._failures] + self._seconds - self._clock()

    def failed(self, key: str) -> None:
        """Count one failure of `key`."""
        with self._lock:
            recent = self._recent(key)
            recent.append(self._clock())
            self._times.pop(key, None)
            if len(self._times) >= self.CAPACITY:
                del self._times[next(iter(self._times))]
            self._times[key] = recent

    def succeeded(self, key: str) -> None:
        """Forget the failures of `key`."""
        with self._lock:
            self._times.pop(key, None)

    def _recent(self, key: str) -> list[float]:
        since = self._clock() - self._seconds
        return [moment for moment in self._times.get(key, []) if moment > since]
