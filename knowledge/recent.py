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

    def recall(self, keys: Iterable[K]) -> dict[K, V]:
        """The values that are known, by key."""
        with self._lock:
            found = {key: self._known[key] for key in keys if key in self._known}
            for key in found:
                self._known.move_to_end(key)
        return found

    def keep(self, values: Mapping[K, V]) -> None:
        """Remember `values`."""
        with self._lock:
            self._known.update(values)
            while len(self._known) > self._capacity:
                self._known.popitem(last=False)
