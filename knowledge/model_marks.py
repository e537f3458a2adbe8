"""Which model the stored vector of each passage is of."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Engine, func, select, update
from sqlalchemy.orm import Session

from knowledge.documents import DocumentState
from knowledge.staging import batches
from knowledge.tables import DocumentRow, PassageRow
from knowledge.transactions import writing


@dataclass(frozen=True, slots=True)
class SwapProgress:
    """How many of the passages have a vector of the model that takes over."""

    model: str
    done: int
    total: int


class ModelMarks:
    """The marks in the passages table. Thread-safe; each call is a transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def left(self, fingerprint: str, limit: int) -> list[int]:
        """Keys of visible passages with a vector of this model, but of documents that failed."""
        failed = DocumentRow.state == DocumentState.FAILED
        query = (
            select(PassageRow.key)
            .join(DocumentRow, DocumentRow.id == PassageRow.document_id)
            .where(PassageRow.live, PassageRow.embedded_with == fingerprint, ~failed)
        )
        with Session(self._engine) as session:
            return list(session.scalars(query.order_by(PassageRow.key).limit(limit)))

    def keys(self, collection: str, fingerprint: str) -> set[int]:
        """Keys of a collection's passages that are marked with this model."""
        mine = _marked(fingerprint) & (PassageRow.collection == collection)
        with Session(self._engine) as session:
            return set(session.scalars(select(PassageRow.key).where(mine)))

    def mark(self, keys: Iterable[int], *, before: str, after: str) -> set[int]:
        """Note another model; returns those that are gone, or were changed meanwhile."""
        gone = set(keys)
        with writing(self._engine) as session:
            for some in batches(sorted(gone)):
                mine = PassageRow.key.in_(some)
                change = update(PassageRow).where(mine, _marked(before))
                session.execute(change.values(embedded_with=after))
                kept = select(PassageRow.key).where(mine, _marked(after))
                gone.difference_update(session.scalars(kept))
        return gone

    def count(self, fingerprint: str) -> tuple[int, int]:
        """How many visible passages are marked with this model, and how many have any vector."""
        query = select(
            func.count().filter(PassageRow.embedded_with == fingerprint),
            func.count().filter(PassageRow.embedded_with != ""),
        ).where(PassageRow.live)
        with Session(self._engine) as session:
            mine, every = session.execute(query).one()
        return mine, every


def _marked(fingerprint: str) -> ColumnElement[bool]:
    return PassageRow.live & (PassageRow.embedded_with == fingerprint)
