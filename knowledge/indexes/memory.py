"""Exact search over vectors held in memory."""

import threading
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from knowledge.embedding import Vectors
from knowledge.indexes import Hit

_FIRST_ROOM = 64


class MemoryIndex:
    """Cosine search that compares the query with every vector. Thread-safe.

    Vectors are `(dimension,)` float32 of unit length; one that is not finite or has
    another dimension raises `ValueError` and nothing is stored.
    """

    def __init__(self, dimension: int) -> None:
        self._dimension = dimension
        self._tables: dict[str, _Table] = {}
        self._lock = threading.Lock()

    def add(self, collection: str, entries: Sequence[tuple[int, Vectors]]) -> None:
        check_vectors((vector for _, vector in entries), self._dimension)
        with self._lock:
            table = self._tables.setdefault(collection, _Table(self._dimension))
            for key, vector in entries:
                table.put(key, vector)

    def delete(self, collection: str, keys: Sequence[int]) -> None:
        with self._lock:
            table = self._tables.get(collection)
            if table is not None:
                for key in keys:
                    table.remove(key)

    def search(self, collection: str, query: Vectors, limit: int) -> list[Hit]:
        with self._lock:
            table = self._tables.get(collection)
            return table.nearest(query, limit) if table is not None else []

    def vectors(self, collection: str, keys: Sequence[int]) -> dict[int, Vectors]:
        """The stored vectors of those `keys` that are there."""
        with self._lock:
            table = self._tables.get(collection)
            return table.rows(keys) if table is not None else {}

    def count(self, collection: str) -> int:
        """How many vectors a collection holds."""
        with self._lock:
            table = self._tables.get(collection)
            return table.count if table is not None else 0

    def forget(self, collection: str) -> None:
        """Drop a collection."""
        with self._lock:
            self._tables.pop(collection, None)


def check_vectors(vectors: Iterable[Vectors], dimension: int) -> None:
    """Raise `ValueError` unless every vector is finite and of `dimension`."""
    for vector in vectors:
        if vector.shape != (dimension,):
            raise ValueError(
                f"a vector of shape {vector.shape} in an index of dimension {dimension}"
            )
        if not np.isfinite(vector).all():
            raise ValueError("a vector that is not finite")


class _Table:
    """Rows in one growing array; a removed row is filled by the last one."""

    def __init__(self, dimension: int) -> None:
        self._matrix: Vectors = np.zeros((_FIRST_ROOM, dimension), dtype=np.float32)
        self._keys: NDArray[np.int64] = np.zeros(_FIRST_ROOM, dtype=np.int64)
        self._row_of: dict[int, int] = {}

    @property
    def count(self) -> int:
        return len(self._row_of)

    def put(self, key: int, vector: Vectors) -> None:
        row = self._row_of.setdefault(key, self.count)
        if row == len(self._keys):
            self._grow()
        self._matrix[row] = vector
        self._keys[row] = key

    def _grow(self) -> None:
        # Room that is not used yet takes no memory: the zeros are the system's, untouched.
        matrix = np.zeros((2 * len(self._matrix), self._matrix.shape[1]), dtype=np.float32)
        matrix[: len(self._matrix)] = self._matrix
        keys = np.zeros(2 * len(self._keys), dtype=np.int64)
        keys[: len(self._keys)] = self._keys
        self._matrix, self._keys = matrix, keys

    def remove(self, key: int) -> None:
        row = self._row_of.pop(key, None)
        last = self.count
        if row is None or row == last:
            return
        moved = int(self._keys[last])
        self._matrix[row], self._keys[row] = self._matrix[last], moved
        self._row_of[moved] = row

    def nearest(self, query: Vectors, limit: int) -> list[Hit]:
        count = self.count
        if count == 0 or limit <= 0:
            return []
        scores = self._matrix[:count] @ query
        best = np.argpartition(scores, -limit)[-limit:] if limit < count else np.arange(count)
        hits = [Hit(int(self._keys[row]), float(scores[row])) for row in best]
        return sorted(hits, key=lambda hit: (-hit.score, hit.key))

    def rows(self, keys: Sequence[int]) -> dict[int, Vectors]:
        return {key: self._matrix[self._row_of[key]].copy() for key in keys if key in self._row_of}
