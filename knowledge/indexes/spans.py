"""Vectors of the spans that passages are read in, so that no visitor waits for them to be computed.

A derived file that may be deleted at any time: what is missing is embedded when it is read.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Connection, Engine, bindparam, text
from sqlalchemy.exc import DatabaseError

from knowledge.database import open_engine, sqlite_url
from knowledge.embedding import Vectors
from knowledge.staging import batches

Digest = bytes
"""Names a text; `knowledge.embedding.remembering.digest` makes them."""

# Half the room, and similarities within 0.0005 of those of whole floats.
_STORED = np.float16


class SpanVectors:
    """Vectors by passage and by text. Thread-safe. Vectors of another embedder are thrown away."""

    def __init__(self, path: Path, fingerprint: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._engine = _open(path, fingerprint)

    def add(self, passages: Mapping[int, Mapping[Digest, Vectors]]) -> None:
        """Store the spans of passages, by key; one without spans is noted as done."""
        rows = [
            {"passage": key, "digest": digest, "vector": vector.astype(_STORED).tobytes()}
            for key, spans in passages.items()
            for digest, vector in spans.items()
        ]
        with self._engine.begin() as connection:
            connection.execute(
                text("INSERT OR REPLACE INTO passages VALUES (:key)"),
                [{"key": key} for key in passages],
            )
            if rows:
                connection.execute(
                    text("INSERT OR REPLACE INTO spans VALUES (:passage, :digest, :vector)"), rows
                )

    def delete(self, keys: Sequence[int]) -> None:
        """Forget passages."""
        with self._engine.begin() as connection:
            for some in batches(keys):
                for statement in (
                    "DELETE FROM spans WHERE passage IN :keys",
                    "DELETE FROM passages WHERE key IN :keys",
                ):
                    _run(connection, statement, some)

    def keys(self) -> set[int]:
        """The passages that are done."""
        with self._engine.connect() as connection:
            return {int(key) for (key,) in connection.execute(text("SELECT key FROM passages"))}

    def recall(self, digests: Sequence[Digest]) -> dict[Digest, Vectors]:
        """The vectors of those texts that are known, unit length, float32."""
        found: dict[Digest, Vectors] = {}
        with self._engine.connect() as connection:
            for some in batches(digests):
                rows = _run(
                    connection, "SELECT digest, vector FROM spans WHERE digest IN :keys", some
                )
                found.update((bytes(digest), _unpacked(vector)) for digest, vector in rows)
        return found

    def of_passages(self, keys: Sequence[int]) -> dict[int, Vectors]:
        """For each passage with spans their vectors, shape `(spans, dimension)`."""
        found: dict[int, list[Vectors]] = {}
        with self._engine.connect() as connection:
            for some in batches(keys):
                rows = _run(
                    connection, "SELECT passage, vector FROM spans WHERE passage IN :keys", some
                )
                for key, vector in rows:
                    found.setdefault(int(key), []).append(_unpacked(vector))
        return {key: np.stack(vectors) for key, vectors in found.items()}

    def close(self) -> None:
        """Close the file."""
        self._engine.dispose()


def _run(
    connection: Connection, statement: str, keys: Sequence[int] | Sequence[Digest]
) -> Sequence[tuple[Any, ...]]:
    expanded = text(statement).bindparams(bindparam("keys", expanding=True))
    result = connection.execute(expanded, {"keys": list(keys)})
    return [tuple(row) for row in result] if result.returns_rows else []


def _unpacked(stored: bytes) -> Vectors:
    vector = np.frombuffer(stored, _STORED).astype(np.float32)
    return vector / np.float32(np.linalg.norm(vector))


def _open(path: Path, fingerprint: str) -> Engine:
    engine = open_engine(sqlite_url(path))
    try:
        with engine.begin() as connection:
            sound = connection.scalar(text("PRAGMA quick_check(1)")) == "ok"
            if sound:
                _create(connection)
                mine = connection.scalar(text("SELECT fingerprint FROM embedder"))
                sound = mine in (None, fingerprint)
    except (DatabaseError, sqlite3.DatabaseError):
        sound = False
    if not sound:
        engine.dispose()
        for suffix in ("", "-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        engine = open_engine(sqlite_url(path))
    with engine.begin() as connection:
        _create(connection)
        connection.execute(text("DELETE FROM embedder"))
        connection.execute(text("INSERT INTO embedder VALUES (:name)"), {"name": fingerprint})
    return engine


def _create(connection: Connection) -> None:
    for statement in (
        "CREATE TABLE IF NOT EXISTS embedder (fingerprint TEXT NOT NULL)",
        "CREATE TABLE IF NOT EXISTS passages (key INTEGER PRIMARY KEY)",
        "CREATE TABLE IF NOT EXISTS spans (passage INTEGER NOT NULL, digest BLOB NOT NULL,"
        " vector BLOB NOT NULL, PRIMARY KEY (passage, digest)) WITHOUT ROWID",
        "CREATE INDEX IF NOT EXISTS spans_by_digest ON spans (digest)",
    ):
        connection.execute(text(statement))
