"""How often something may happen before one has to wait."""

import threading
import time
from collections import deque
from collections.abc import Callable


class Throttle:
    """At most `limit` times in any `seconds`, by key. Lives in one process and forgets on restart."""

    # Keys remembered at most: an attacker with many addresses must not fill the memory.
    CAPACITY = 10_000

    def __init__(
        self, limit: int, seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._limit = limit
        self._seconds = seconds
        self._clock = clock
        self._lock = threading.Lock()
        # In the order of their latest time; a key's oldest time stands first.
        self._times: dict[str, deque[float]] = {}

    def wait(self, key: str) -> float:
        """Seconds until it may happen again for `key`; 0 when it may now."""
        with self._lock:
            recent = self._recent(key)
            if len(recent) < self._limit:
                return 0.0
            return recent[-self._limit] + self._seconds - self._clock()

    def count(self, key: str) -> None:
        """Note that it has happened for `key`."""
        with self._lock:
            recent = self._recent(key)
            recent.append(self._clock())
            self._times.pop(key, None)
            if len(self._times) >= self.CAPACITY:
                del self._times[next(iter(self._times))]
            self._times[key] = recent

    def forget(self, key: str) -> None:
        """Let `key` begin anew."""
        with self._lock:
            self._times.pop(key, None)

    def _recent(self, key: str) -> deque[float]:
        times = self._times.get(key) or deque[float]()
        since = self._clock() - self._seconds
        while times and times[0] <= since:
            times.popleft()
        return times
