"""Remembers the values of the keys that were wanted last."""

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Recent(Generic[K, V]):
    """At most `capacity` values; the one that was wanted longest ago goes first. Thread-safe."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._lock = threading.Lock()
        self._known: OrderedDict[K, V] = OrderedDict()
        self._forgotten = 0

    def recall(self, keys: Iterable[K]) -> dict[K, V]:
        """The values that are known, by key."""
        with self._lock:
            found = {key: self._known[key] for key in keys if key in self._known}
            for key in found:
                self._known.move_to_end(key)
        return found

    @property
    def age(self) -> int:
        """How often something was forgotten: what was read at another age may be outdated."""
        return self._forgotten

    def keep(self, values: Mapping[K, V], age: int | None = None) -> None:
        """Remember `values`; not those read at an `age` since which something was forgotten."""
        with self._lock:
            if age is not None and age != self._forgotten:
                return
            self._known.update(values)
            while len(self._known) > self._capacity:
                self._known.popitem(last=False)

    def forget(self, keys: Iterable[K]) -> None:
        """Forget values that are no longer so. Call it after the change can be read."""
        with self._lock:
            self._forgotten += 1
            for key in keys:
                self._known.pop(key, None)
