"""Dense search in Chroma: a persistent, derived index of vectors.

SQL is the truth. What is damaged here is thrown away and filled again. One process
owns the folder (`knowledge.owner`); Chroma corrupts it with two.
"""

import hashlib
import json
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, cast

import chromadb
import numpy as np
from chromadb.api.client import Client
from chromadb.api.models.Collection import Collection
from chromadb.config import Settings
from chromadb.errors import NotFoundError

from knowledge.embedding import Vectors
from knowledge.indexes import Hit
from knowledge.indexes.memory import MemoryIndex, check_vectors

# Chroma takes 5,461 rows a call.
BATCH = 5_000
# Below this many vectors comparing with each takes some milliseconds and misses none.
EXACT_BELOW = 20_000
# HNSW's defaults found 0.78 to 0.92 of the ten nearest; these find over 0.99.
_HNSW = {"space": "cosine", "ef_construction": 200, "max_neighbors": 32, "ef_search": 400}
_DELETED_BEFORE_TIDYING = 500
_PROBE_SECONDS = 120
_SEAL = "sealed.json"


class ChromaIndex:
    """Cosine search in Chroma. Thread-safe.

    One Chroma collection for each collection and embedder (`fingerprint`), so that
    vectors of two models never mix. Vectors are as for `MemoryIndex`.
    """

    def __init__(
        self, folder: Path, *, fingerprint: str, dimension: int, exact_below: int = EXACT_BELOW
    ) -> None:
        self._folder = folder
        self._fingerprint = fingerprint
        self._dimension = dimension
        self._exact_below = exact_below
        self._lock = threading.RLock()
        self._connected: Client | None = None
        self._opened: dict[str, Collection] = {}
        self._cache = MemoryIndex(dimension)
        self._cached: set[str] = set()
        self._deleted: Counter[str] = Counter()

    def add(self, collection: str, entries: Sequence[tuple[int, Vectors]]) -> None:
        check_vectors((vector for _, vector in entries), self._dimension)
        with self._lock:
            stored = self._collection(collection) or self._create(collection)
            for first in range(0, len(entries), BATCH):
                batch = entries[first : first + BATCH]
                stored.upsert(
                    ids=[str(key) for key, _ in batch],
                    embeddings=np.stack([vector for _, vector in batch]),
                )
            if collection in self._cached:
                self._cache.add(collection, entries)
                if self._cache.count(collection) >= self._exact_below:
                    self._uncache(collection)

    def delete(self, collection: str, keys: Sequence[int]) -> None:
        with self._lock:
            stored = self._collection(collection)
            if stored is None:
                return
            for first in range(0, len(keys), BATCH):
                stored.delete(ids=[str(key) for key in keys[first : first + BATCH]])
            self._cache.delete(collection, keys)
            self._deleted[collection] += len(keys)

    def search(self, collection: str, query: Vectors, limit: int) -> list[Hit]:
        check_vectors([query], self._dimension)
        if collection in self._cached:  # without the lock: a search does not wait for a write
            return self._cache.search(collection, query, limit)
        with self._lock:
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
        with self._lock:
            stored = self._collection(collection)
            if stored is None or not keys:
                return {}
            if self._is_cached(collection, stored):
                return self._cache.vectors(collection, keys)
            return _read(stored, list(keys))

    def keys(self, collection: str) -> set[int]:
        """The keys of all vectors of a collection."""
        with self._lock:
            stored = self._collection(collection)
            return set() if stored is None else {int(key) for key in stored.get(include=[])["ids"]}

    def drop_others(self, collections: Sequence[str]) -> None:
        """Drop all but these collections of the present embedder: other models' vectors go too."""
        kept = {self._name(collection) for collection in collections}
        with self._lock:
            for stored in self._client.list_collections():
                if stored.name not in kept:
                    self._client.delete_collection(stored.name)
            for collection in set(self._opened) - set(collections):
                self._opened.pop(collection)
                self._uncache(collection)

    def tidy(self) -> None:
        """Compact the collections in which more was deleted than is left: they are large and slow."""
        with self._lock:
            for collection, deleted in list(self._deleted.items()):
                stored = self._collection(collection)
                if stored is not None and deleted > max(_DELETED_BEFORE_TIDYING, stored.count()):
                    self.compact(collection)

    def compact(self, collection: str) -> None:
        """Build a collection anew: Chroma's files keep the room of what was deleted."""
        with self._lock:
            stored = self._collection(collection)
            if stored is None:
                return
            kept = _read(stored)
            self._client.delete_collection(stored.name)
            self._opened.pop(collection)
            self._deleted.pop(collection, None)
            self.add(collection, list(kept.items()))
            _sweep_segments(self._folder)

    def close(self) -> None:
        """Close the files and seal them, so that the next start can tell they were left alone."""
        with self._lock:
            if self._connected is None:
                return
            self._connected.close()
            self._connected = None
            self._opened.clear()
            self._cached.clear()
            (self._folder / _SEAL).write_text(json.dumps(_listing(self._folder)), encoding="utf-8")

    @property
    def _client(self) -> Client:
        """Opened on first use: checking a folder that was not closed takes seconds."""
        if self._connected is None:
            self._connected = _open(self._folder)
        return self._connected

    def _name(self, collection: str) -> str:
        return (
            "p-"
            + hashlib.sha256(
                f"{self._fingerprint}\0{collection}".encode("utf-8", "replace")
            ).hexdigest()[:40]
        )

    def _collection(self, collection: str) -> Collection | None:
        if collection not in self._opened:
            try:
                stored = self._client.get_collection(
                    self._name(collection), embedding_function=None
                )
            except NotFoundError:
                return None
            self._opened[collection] = stored
        return self._opened[collection]

    def _create(self, collection: str) -> Collection:
        configuration: Any = {"hnsw": _HNSW}
        stored = self._client.create_collection(
            self._name(collection), configuration=configuration, embedding_function=None
        )
        self._opened[collection] = stored
        return stored

    def _uncache(self, collection: str) -> None:
        self._cached.discard(collection)
        self._cache.forget(collection)

    def _is_cached(self, collection: str, stored: Collection) -> bool:
        """Whether all vectors of a collection are in memory; loads them while they are few enough."""
        if collection in self._cached:
            return True
        if stored.count() >= self._exact_below:
            return False
        self._cache.add(collection, list(_read(stored).items()))
        self._cached.add(collection)
        return True


def _open(folder: Path) -> Client:
    """A client on `folder`, which is emptied first if it is damaged."""
    if folder.exists() and not _is_sealed(folder) and not _is_sound(folder):
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _SEAL).unlink(missing_ok=True)
    _sweep_segments(folder)
    return _client(folder)


def _sweep_segments(folder: Path) -> None:
    """Delete the folders of deleted collections, which Chroma leaves behind."""
    database = folder / "chroma.sqlite3"
    if not database.exists():
        return
    with closing(sqlite3.connect(database)) as connection:
        known = {name for (name,) in connection.execute("SELECT id FROM segments")}
    for path in folder.iterdir():
        if path.is_dir() and path.name not in known:
            shutil.rmtree(path, ignore_errors=True)


def _client(folder: Path) -> Client:
    client = chromadb.PersistentClient(path=folder, settings=Settings(anonymized_telemetry=False))
    return cast("Client", client)  # the interface lacks `close`


def _read(stored: Collection, keys: list[int] | None = None) -> dict[int, Vectors]:
    """Vectors of `keys`, or all of them."""
    ids = None if keys is None else [str(key) for key in keys]
    found = stored.get(ids=ids, include=["embeddings"])
    rows: Any = found["embeddings"]
    matrix: Vectors = np.asarray(rows, dtype=np.float32)
    return {int(key): row for key, row in zip(found["ids"], matrix, strict=True)}


def _listing(folder: Path) -> dict[str, list[int]]:
    """Size and time of each file below `folder`."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != _SEAL)
    stats = ((path.relative_to(folder).as_posix(), path.stat()) for path in files)
    return {name: [stat.st_size, stat.st_mtime_ns] for name, stat in stats}


def _is_sealed(folder: Path) -> bool:
    try:
        return json.loads((folder / _SEAL).read_text(encoding="utf-8")) == _listing(folder)
    except (OSError, ValueError):
        return False


def _is_sound(folder: Path) -> bool:
    """Whether a child process can read everything: damaged files can crash the one that opens them."""
    command = [sys.executable, "-m", __name__, str(folder)]
    try:
        done = subprocess.run(command, check=False, capture_output=True, timeout=_PROBE_SECONDS)  # noqa: S603 -- our own module
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def probe(folder: Path) -> None:
    """Read and query every collection; raises, or crashes, if one is damaged."""
    client = _client(folder)
    for stored in client.list_collections():
        found = _read(stored)
        if len(found) != stored.count():
            raise ValueError(
                f"{stored.name} holds {stored.count()} vectors but {len(found)} can be read"
            )
        if found:
            stored.query(query_embeddings=[next(iter(found.values()))], n_results=1, include=[])
    client.close()


if __name__ == "__main__":
    probe(Path(sys.argv[1]))
