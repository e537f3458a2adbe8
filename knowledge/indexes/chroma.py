"""Dense search in Chroma: a persistent, derived index of vectors.

SQL is the truth. What is damaged here is thrown away and filled again. One process
owns the folder (`knowledge.owner`); Chroma corrupts it with two.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from chromadb.api.models.Collection import Collection
from chromadb.errors import NotFoundError

from knowledge.embedding import Vectors
from knowledge.indexes import Hit
from knowledge.indexes.chroma_folder import ChromaFolder, read
from knowledge.indexes.memory import MemoryIndex, check_vectors

# Chroma takes 5,461 rows a call.
BATCH = 5_000
# Below this many vectors a query is compared with each: 100,000 take 16 ms and 150 MB, and none
# is missed. HNSW took longer to find 0.6 of the ten nearest (tests/benchmarks/scale.md).
EXACT_BELOW = 250_000
# Chroma's own, except for the search: the graph is asked beyond EXACT_BELOW only.
_HNSW = {"space": "cosine", "ef_construction": 100, "max_neighbors": 16, "ef_search": 800}
# Rows of deleted vectors that are left alone.
_DEAD_BEFORE_TIDYING = 200


class ChromaIndex:
    """Cosine search in Chroma. Thread-safe.

    One Chroma collection for each collection and embedder (`fingerprint`), so that
    vectors of two models never mix. Vectors are as for `MemoryIndex`.
    """

    def __init__(
        self,
        folder: Path | ChromaFolder,
        *,
        fingerprint: str,
        dimension: int,
        exact_below: int = EXACT_BELOW,
    ) -> None:
        self._folder = folder if isinstance(folder, ChromaFolder) else ChromaFolder(folder)
        self._fingerprint = fingerprint
        self._dimension = dimension
        self._exact_below = exact_below
        self._opened: dict[str, Collection] = {}
        self._cache = MemoryIndex(dimension)
        self._cached: set[str] = set()

    def add(self, collection: str, entries: Sequence[tuple[int, Vectors]]) -> None:
        check_vectors((vector for _, vector in entries), self._dimension)
        with self._folder.lock:
            stored = self._collection(collection)
            if stored is None:
                stored = self._opened[collection] = self._create(self._name(collection))
            for first in range(0, len(entries), BATCH):
                batch = entries[first : first + BATCH]
                _fill(stored, [key for key, _ in batch], np.stack([row for _, row in batch]))
            if collection in self._cached:
                self._cache.add(collection, entries)
                if self._cache.count(collection) >= self._exact_below:
                    self._uncache(collection)

    def delete(self, collection: str, keys: Sequence[int]) -> None:
        with self._folder.lock:
            stored = self._collection(collection)
            if stored is None:
                return
            for first in range(0, len(keys), BATCH):
                stored.delete(ids=[str(key) for key in keys[first : first + BATCH]])
            self._cache.delete(collection, keys)

    def search(self, collection: str, query: Vectors, limit: int) -> list[Hit]:
        check_vectors([query], self._dimension)
        if collection in self._cached:  # without the lock: a search does not wait for a write
            hits = self._cache.search(collection, query, limit)
            if collection in self._cached:  # else it has just outgrown memory
                return hits
        with self._folder.lock:
            stored = self._collection(collection)
            if stored is None or limit <= 0:
                return []
            if self._is_cached(collection, stored):
                return self._cache.search(collection, query, limit)
            found = stored.query(query_embeddings=[query], n_results=limit, include=["distances"])
        keys, distances = found["ids"][0], (found["distances"] or [[]])[0]
        return [
            Hit(int(key), 1.0 - distance) for key, distance in zip(keys, distances, strict=True)
        ]

    def vectors(self, collection: str, keys: Sequence[int]) -> dict[int, Vectors]:
        """The stored vectors of those `keys` that are there."""
        if collection in self._cached:  # without the lock, as in `search`
            return self._cache.vectors(collection, keys)
        with self._folder.lock:
            stored = self._collection(collection)
            if stored is None or not keys:
                return {}
            if self._is_cached(collection, stored):
                return self._cache.vectors(collection, keys)
            found = stored.get(ids=[str(key) for key in keys], include=["embeddings"])
            rows: Any = found["embeddings"]
            return {
                int(key): np.asarray(row, np.float32)
                for key, row in zip(found["ids"], rows, strict=True)
            }

    def keys(self, collection: str) -> set[int]:
        """The keys of all vectors of a collection."""
        with self._folder.lock:
            stored = self._collection(collection)
            return set() if stored is None else {int(key) for key in stored.get(include=[])["ids"]}

    def beside(self, fingerprint: str, dimension: int) -> "ChromaIndex":
        """The index of another embedder in the same folder."""
        return ChromaIndex(
            self._folder,
            fingerprint=fingerprint,
            dimension=dimension,
            exact_below=self._exact_below,
        )

    def drop_others(self, collections: Sequence[str], beside: Sequence["ChromaIndex"] = ()) -> None:
        """Drop all but these collections of this embedder and of those `beside`."""
        indexes = (self, *beside)
        kept = {index._name(collection) for index in indexes for collection in collections}  # noqa: SLF001 -- its own class
        with self._folder.lock:
            for stored in self._folder.client.list_collections():
                if stored.name not in kept:
                    self._folder.client.delete_collection(stored.name)
            self._folder.sweep()
            for collection in set(self._opened) - set(collections):
                self._opened.pop(collection)
                self._uncache(collection)

    def load(self, collection: str) -> None:
        """Take a collection into memory ahead of its first search; 100,000 vectors take seconds."""
        with self._folder.lock:
            stored = self._collection(collection)
            if stored is not None:
                self._is_cached(collection, stored)

    def tidy(self) -> None:
        """Compact the collections with many rows of deleted vectors, which Chroma's files keep."""
        with self._folder.lock:
            for collection, stored in list(self._opened.items()):
                alive = stored.count()
                dead = self._folder.rows(str(stored.id)) - alive
                if dead > max(_DEAD_BEFORE_TIDYING, alive // 2):
                    self.compact(collection)

    def compact(self, collection: str) -> None:
        """Build a collection anew: Chroma's files keep the room of what was deleted."""
        with self._folder.lock:
            stored = self._collection(collection)
            if stored is None:
                return
            fresh = self._create(f"new-{stored.name}")
            for keys, vectors in read(stored):
                _fill(fresh, keys, vectors)
            self._folder.client.delete_collection(stored.name)
            fresh.modify(name=stored.name)
            self._opened[collection] = fresh
            self._folder.sweep()

    def close(self) -> None:
        """Close the folder, for all indexes in it."""
        with self._folder.lock:
            self._opened.clear()
            self._cached.clear()
            self._folder.close()

    def _name(self, collection: str) -> str:
        name = f"{self._fingerprint}\0{collection}".encode("utf-8", "replace")
        return f"p-{hashlib.sha256(name).hexdigest()[:40]}"

    def _collection(self, collection: str) -> Collection | None:
        if collection not in self._opened:
            name = self._name(collection)
            try:
                stored = self._folder.client.get_collection(name, embedding_function=None)
            except NotFoundError:
                return None
            self._opened[collection] = stored
        return self._opened[collection]

    def _create(self, name: str) -> Collection:
        configuration: Any = {"hnsw": _HNSW}
        return self._folder.client.get_or_create_collection(
            name, configuration=configuration, embedding_function=None
        )

    def _uncache(self, collection: str) -> None:
        self._cached.discard(collection)
        self._cache.forget(collection)

    def _is_cached(self, collection: str, stored: Collection) -> bool:
        """Whether all vectors of a collection are in memory; loads them while they are few enough."""
        if collection in self._cached:
            return True
        if stored.count() >= self._exact_below:
            return False
        for keys, vectors in read(stored):
            self._cache.add(collection, list(zip(keys, vectors, strict=True)))
        self._cached.add(collection)
        return True


def _fill(stored: Collection, keys: Sequence[int], vectors: Vectors) -> None:
    stored.upsert(ids=[str(key) for key in keys], embeddings=vectors)
