"""Derived indexes over the passages; SQL is the truth and can rebuild each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

Entry_contra = TypeVar("Entry_contra", contravariant=True)
Query_contra = TypeVar("Query_contra", contravariant=True)


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage's key in SQL and its score in one index (higher is better)."""

    key: int
    score: float


class PassageIndex(Protocol[Entry_contra, Query_contra]):
    """What every index can do. `Entry_contra` is what it stores for a key, `Query_contra` what it is asked."""

    def add(self, collection: str, entries: Sequence[tuple[int, Entry_contra]]) -> None:
        """Store entries; a key that is there already is replaced."""
        ...

    def delete(self, collection: str, keys: Sequence[int]) -> None: ...

    def search(self, collection: str, query: Query_contra, limit: int) -> list[Hit]:
        """The `limit` best hits, best first."""
        ...
