"""Keyword search: BM25 by SQLite's FTS5 over the terms of `knowledge.language`.

A derived file that may be deleted at any time: SQL holds the passages and fills it again.
"""

import hashlib
import re
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection, Engine, bindparam, create_engine, text
from sqlalchemy.exc import DatabaseError

from knowledge.database import open_engine, sqlite_url
from knowledge.indexes import Hit
from knowledge.language import terms

# Counts up whenever `terms` changes what it makes of a text: the file is then made anew.
TERMS_VERSION = 1
# More terms than this are no question; FTS5 would still take them, slowly.
_MAX_QUERY_TERMS = 64
# FTS5's `ascii` tokenizer parts words at ASCII punctuation and takes all else as letters.
# Terms hold punctuation too (`v6.4.0`), so each sign is carried by a private-use character.
_CARRIERS = {code: chr(0xE000 + code) for code in range(128) if not chr(code).isalnum()}
_CARRIED_BACK = {ord(carrier): chr(code) for code, carrier in _CARRIERS.items()}
_SURROGATE = re.compile("[\ud800-\udfff]")


class KeywordIndex:
    """BM25 (k1 = 1.2, b = 0.75) within each collection; entries and queries are plain text.

    Thread-safe. Each collection has a table of its own, so that neither passages nor
    term statistics of one show in another.
    """

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        """`read_only` looks at a file that another process owns, and neither checks nor mends it."""
        if read_only:
            address = quote(str(path.absolute()))
            self._engine = create_engine(f"sqlite:///file:{address}?mode=ro&uri=true")
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        self._engine = _open(path)

    def add(self, collection: str, entries: Sequence[tuple[int, str]]) -> None:
        if not entries:
            return
        rows = [{"key": key, "terms": _indexed(entry)} for key, entry in entries]
        table = _table(collection)
        with self._engine.begin() as connection:
            _create(connection, table)
            connection.execute(text(f"DELETE FROM {table} WHERE rowid = :key"), rows)  # noqa: S608 -- the name is a hash
            connection.execute(
                text(f"INSERT INTO {table}(rowid, terms) VALUES (:key, :terms)"),  # noqa: S608 -- likewise
                rows,
            )

    def delete(self, collection: str, keys: Sequence[int]) -> None:
        table = _table(collection)
        with self._engine.begin() as connection:
            if keys and _exists(connection, table):
                rows = [{"key": key} for key in keys]
                connection.execute(text(f"DELETE FROM {table} WHERE rowid = :key"), rows)  # noqa: S608 -- the name is a hash

    def search(self, collection: str, query: str, limit: int) -> list[Hit]:
        """Passages with any term of `query`. Whatever the query holds, it is only ever looked up."""
        words = list(dict.fromkeys(terms(query)))[:_MAX_QUERY_TERMS]
        table = _table(collection)
        if not words or limit <= 0:
            return []
        statement = text(
            f"SELECT rowid, -bm25({table}) FROM {table} WHERE {table} MATCH :words "  # noqa: S608 -- the name is a hash
            f"ORDER BY bm25({table}), rowid LIMIT :limit"
        )
        with self._engine.connect() as connection:
            if not _exists(connection, table):
                return []
            found = connection.execute(statement, {"words": _any_of(words), "limit": limit})
            return [Hit(int(key), float(score)) for key, score in found]

    def document_frequency(
        self, collection: str, words: Sequence[str]
    ) -> tuple[int, dict[str, int]]:
        """The number of passages, and of those that hold each of `words` (terms, as `terms` makes them)."""
        table = _table(collection)
        with self._engine.connect() as connection:
            if not _exists(connection, table):
                return 0, dict.fromkeys(words, 0)
            count = connection.scalar(text(f"SELECT count(*) FROM {table}_docsize"))  # noqa: S608 -- the name is a hash
            statement = text(f"SELECT term, doc FROM {table}_vocabulary WHERE term IN :terms")  # noqa: S608 -- likewise
            carried = {word: _carried(word) for word in words}
            found = connection.execute(
                statement.bindparams(bindparam("terms", expanding=True)),
                {"terms": list(carried.values())},
            )
            known = {str(term): int(count) for term, count in found}
        return count or 0, {word: known.get(term, 0) for word, term in carried.items()}

    def vocabulary(self, collection: str) -> list[str]:
        """Every term of the collection's passages, as `terms` makes them."""
        table = _table(collection)
        with self._engine.connect() as connection:
            if not _exists(connection, table):
                return []
            found = connection.execute(text(f"SELECT term FROM {table}_vocabulary"))  # noqa: S608 -- the name is a hash
            return [_plain(term) for (term,) in found]

    def keys(self, collection: str) -> set[int]:
        """The keys of all passages in a collection."""
        table = _table(collection)
        with self._engine.connect() as connection:
            if not _exists(connection, table):
                return set()
            found = connection.execute(text(f"SELECT id FROM {table}_docsize"))  # noqa: S608 -- the name is a hash
            return {int(key) for (key,) in found}

    def drop_others(self, collections: Sequence[str]) -> None:
        """Drop every collection but these."""
        kept = {_table(collection) for collection in collections}
        with self._engine.begin() as connection:
            for table in _tables(connection) - kept:
                connection.execute(text(f"DROP TABLE IF EXISTS {table}_vocabulary"))
                connection.execute(text(f"DROP TABLE IF EXISTS {table}"))

    def close(self) -> None:
        """Close the file."""
        self._engine.dispose()


def _table(collection: str) -> str:
    return "c_" + hashlib.sha256(collection.encode("utf-8", "replace")).hexdigest()[:24]


def _create(connection: Connection, table: str) -> None:
    connection.execute(
        text(f"CREATE VIRTUAL TABLE IF NOT EXISTS {table} USING fts5(terms, tokenize='ascii')")
    )
    connection.execute(
        text(
            f"CREATE VIRTUAL TABLE IF NOT EXISTS {table}_vocabulary USING fts5vocab({table}, 'row')"
        )
    )


def _exists(connection: Connection, table: str) -> bool:
    statement = text("SELECT 1 FROM sqlite_master WHERE name = :name")
    return connection.scalar(statement, {"name": table}) is not None


def _tables(connection: Connection) -> set[str]:
    found = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'"))
    return {name for (name,) in found if re.fullmatch("c_[0-9a-f]{24}", name)}


def _carried(term: str) -> str:
    return _SURROGATE.sub("\ufffd", term).translate(_CARRIERS)


def _plain(carried: str) -> str:
    return carried.translate(_CARRIED_BACK)


def _indexed(entry: str) -> str:
    return " ".join(map(_carried, terms(entry)))


def _any_of(words: Sequence[str]) -> str:
    # No quotation mark is left in a carried term, so nothing can end the quotation early.
    return " OR ".join(f'"{_carried(word)}"' for word in words)


def _open(path: Path) -> Engine:
    """The file, made anew if it is damaged or was written with other terms."""
    if path.exists() and not _is_sound(path):
        for suffix in ("", "-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
    engine = open_engine(sqlite_url(path))
    with engine.begin() as connection:
        connection.execute(text(f"PRAGMA user_version = {TERMS_VERSION}"))
    return engine


def _is_sound(path: Path) -> bool:
    engine = open_engine(sqlite_url(path))
    try:
        with engine.begin() as connection:
            if connection.scalar(text("PRAGMA quick_check(1)")) != "ok":
                return False
            for table in _tables(connection):
                connection.execute(text(f"INSERT INTO {table}({table}) VALUES ('integrity-check')"))  # noqa: S608 -- the name is a hash
            return connection.scalar(text("PRAGMA user_version")) == TERMS_VERSION
    except (DatabaseError, sqlite3.DatabaseError):
        return False
    finally:
        engine.dispose()
