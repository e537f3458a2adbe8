"""Passages that are in the indexes and must not be found: of documents that are switched off, or on their way.

Switching a document off so costs one write, and takes effect with it.
"""

import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager

from knowledge.indexes import Hit

# As many hits again are asked for when hidden ones took their places.
_MORE = 4


class Hidden:
    """The hidden passages' keys, by collection. Thread-safe.

    `load` reads those of a collection from SQL; what it said is kept until `changed`.
    """

    def __init__(self, load: Callable[[str], frozenset[int]]) -> None:
        self._load = load
        self._lock = threading.Lock()
        self._known: dict[str, frozenset[int]] = {}
        self._changes = 0
        self._moving: dict[int, str] = {}

    def changed(self) -> None:
        """A document was switched on or off, or one that is off has other passages."""
        with self._lock:
            self._changes += 1
            self._known.clear()

    def shown(
        self, collection: str, limit: int, search: Callable[[int], Sequence[Hit]]
    ) -> list[Hit]:
        """The `limit` best hits that are not hidden; `search` gives as many as it is asked for."""
        hidden, wanted = self._keys(collection), limit
        while True:
            hits = search(wanted)
            shown = [hit for hit in hits if self._is_shown(hit.key, collection, hidden)]
            if len(shown) >= limit or len(hits) < wanted or wanted <= 0:
                return shown[:limit]
            wanted *= _MORE

    @contextmanager
    def moving(self, keys: Sequence[int], here: str) -> Generator[Callable[[str], None]]:
        """While passages are in two collections' indexes, they are found in one: `here`, then where it is told."""

        def stand_in(collection: str) -> None:
            with self._lock:
                self._moving = {**self._moving, **dict.fromkeys(keys, collection)}

        stand_in(here)
        try:
            yield stand_in
        finally:
            with self._lock:
                gone = set(keys)
                self._moving = {key: at for key, at in self._moving.items() if key not in gone}

    def _keys(self, collection: str) -> frozenset[int]:
        with self._lock:
            known, changes = self._known.get(collection), self._changes
        if known is not None:
            return known
        loaded = self._load(collection)
        with self._lock:
            if changes == self._changes:
                self._known[collection] = loaded
        return loaded

    def _is_shown(self, key: int, collection: str, hidden: frozenset[int]) -> bool:
        return key not in hidden and self._moving.get(key, collection) == collection
