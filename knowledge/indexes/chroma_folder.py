"""Chroma's folder: opened once for all collections in it, thrown away when it is damaged.

A folder that was closed is sealed with the digests of its files: any byte that changed since
shows at the next start. One that was not closed is read by a child process first, as damaged
files can crash whoever opens them.
"""

import hashlib
import json
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, cast

import chromadb
import numpy as np
from chromadb.api.client import Client
from chromadb.api.models.Collection import Collection
from chromadb.config import Settings

from knowledge.embedding import Vectors

# Rows read at a time: Chroma hands vectors over as lists, twenty times their size.
PAGE = 4_000
_PROBE_SECONDS = 300
_PROBED_QUERIES = 50
# Vectors are of unit length; what damage leaves is not.
_LENGTH_TOLERANCE = 1e-2
# A vector's distance to itself.
_NEAR = 1e-3
_SEAL = "sealed.json"
_DATABASE = "chroma.sqlite3"
# HNSW keeps one number for each row that it ever stored.
_LENGTH_BYTES = 4


class ChromaFolder:
    """The client on a folder, opened at its first use. Whoever uses it holds `lock`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock = threading.RLock()
        self._connected: Client | None = None

    @property
    def client(self) -> Client:
        if self._connected is None:
            self._connected = _open(self.path)
        return self._connected

    def rows(self, collection_id: str) -> int:
        """Rows of a collection's file of vectors, those of deleted vectors included."""
        with closing(sqlite3.connect(self.path / _DATABASE)) as connection:
            query = "SELECT id FROM segments WHERE collection = ? AND scope = 'VECTOR'"
            segments = connection.execute(query, [collection_id]).fetchall()
        files = [self.path / segment / "length.bin" for (segment,) in segments]
        return sum(file.stat().st_size // _LENGTH_BYTES for file in files if file.exists())

    def sweep(self) -> None:
        """Delete the files of deleted collections, which Chroma leaves behind."""
        database = self.path / _DATABASE
        if not database.exists():
            return
        with closing(sqlite3.connect(database)) as connection:
            known = {name for (name,) in connection.execute("SELECT id FROM segments")}
        for path in self.path.iterdir():
            if path.is_dir() and path.name not in known:
                shutil.rmtree(path, ignore_errors=True)

    def close(self) -> None:
        """Close the files and seal them, so that the next start can tell they were left alone."""
        with self.lock:
            if self._connected is None:
                return
            self._connected.close()
            self._connected = None
            (self.path / _SEAL).write_text(json.dumps(_digests(self.path)), encoding="utf-8")


def read(stored: Collection) -> Iterator[tuple[list[int], Vectors]]:
    """All keys and vectors of a collection, a page at a time."""
    for offset in range(0, stored.count(), PAGE):
        found = stored.get(limit=PAGE, offset=offset, include=["embeddings"])
        rows: Any = found["embeddings"]
        yield [int(key) for key in found["ids"]], np.asarray(rows, dtype=np.float32)


def _open(path: Path) -> Client:
    """A client on `path`, which is emptied first if it is damaged."""
    if path.exists() and not _is_sound(path):
        shutil.rmtree(path)
    path.mkdir(parents=True, exist_ok=True)
    (path / _SEAL).unlink(missing_ok=True)
    return _client(path)


def _client(path: Path) -> Client:
    client = chromadb.PersistentClient(path=path, settings=Settings(anonymized_telemetry=False))
    return cast("Client", client)  # the interface lacks `close`


def _is_sound(path: Path) -> bool:
    try:
        seal = json.loads((path / _SEAL).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return _can_be_read(path)  # not closed: its process was killed
    except (OSError, ValueError):
        return False
    return seal == _digests(path)


def _digests(path: Path) -> dict[str, str]:
    """The SHA-256 of each file below `path`; 0.1 s for each 100 MB."""
    files = (file for file in sorted(path.rglob("*")) if file.is_file() and file.name != _SEAL)
    return {file.relative_to(path).as_posix(): _digest(file) for file in files}


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _can_be_read(path: Path) -> bool:
    command = [sys.executable, "-m", __name__, str(path)]
    try:
        done = subprocess.run(command, check=False, capture_output=True, timeout=_PROBE_SECONDS)  # noqa: S603 -- our own module
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def probe(path: Path) -> None:
    """Read and query every collection; raises, or crashes, if one is damaged."""
    client = _client(path)
    for stored in client.list_collections():
        count, samples = 0, list[Vectors]()
        for keys, vectors in read(stored):
            lengths = np.linalg.norm(vectors, axis=1)
            if not np.all(np.abs(lengths - 1) < _LENGTH_TOLERANCE):
                raise ValueError(f"{stored.name} holds vectors that are not of unit length")
            count += len(keys)
            samples += list(vectors[:: max(1, PAGE // _PROBED_QUERIES)])
        if count != stored.count():
            raise ValueError(f"{stored.name}: {stored.count()} vectors, but {count} can be read")
        for vector in samples[:_PROBED_QUERIES]:
            _find(stored, vector)
    client.close()


def _find(stored: Collection, vector: Vectors) -> None:
    found = stored.query(query_embeddings=[vector], n_results=1, include=["distances"])
    distances = found["distances"]
    if not distances or not distances[0] or distances[0][0] > _NEAR:
        raise ValueError(f"{stored.name} does not find a vector that it holds")


if __name__ == "__main__":
    probe(Path(sys.argv[1]))
