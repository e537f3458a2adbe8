"""Passages in SQL: staged with their document's new version, then made visible all at once."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import ColumnElement, Engine, Select, delete, insert, select, update
from sqlalchemy.orm import Session

from knowledge.chunking import Chunk
from knowledge.documents import DocumentState, LoadedText, Passage, Position
from knowledge.hidden import Hidden
from knowledge.passage_rows import has_unembedded, swap, take_up_unembedded
from knowledge.recent import Recent
from knowledge.staging import batches, marks_of, passage_rows
from knowledge.tables import DocumentRow, PassageRow
from knowledge.transactions import writing

# Of about 2 KB each: 10 MB when full.
RECENT_PASSAGES = 5_000
# One in so many of the passages that wait is taken from the end of the queue.
_FOR_NEWEST = 4

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Staged:
    """A passage as the indexes take it."""

    key: int
    document_id: str
    collection: str
    text_hash: str
    searchable_text: str


@dataclass(frozen=True, slots=True)
class NamedPassage:
    """A passage that somebody asks for by its id; `enabled` says whether its document is on."""

    key: int
    passage: Passage
    enabled: bool


class PassageStore:
    """The passages table. Thread-safe; each call is a transaction."""

    def __init__(self, engine: Engine, fingerprint: str) -> None:
        self._engine = engine
        self._fingerprint = fingerprint
        # A key is never given out twice. Its passage changes only when `forget` is told of it.
        self._recent = Recent[int, Passage](RECENT_PASSAGES)
        self.hidden = Hidden(self._load_hidden)

    def stage(
        self, key: str, version: int, loaded: LoadedText, chunks: Iterable[Chunk]
    ) -> list[Staged]:
        """Write a version's passages, invisible yet. Earlier ones that never became visible go."""
        with writing(self._engine) as session:
            document = session.get(DocumentRow, key, with_for_update=True)
            if document is None or document.version != version:
                return []
            session.execute(
                delete(PassageRow).where(PassageRow.document_id == key, ~PassageRow.live)
            )
            document.warnings = list(loaded.warnings)
            session.execute(insert(PassageRow), passage_rows(document, loaded, chunks))
        return self.staged(key, version)

    def staged(self, key: str, version: int) -> list[Staged]:
        """A version's passages, in order."""
        query = _joined(PassageRow.document_id == key, PassageRow.version == version)
        return self._select(query, _as_staged)

    def promote(self, jobs: Sequence[tuple[str, int, LoadedText | None]]) -> dict[str, list[int]]:
        """Make versions visible in the place of earlier ones, all in one transaction.

        `jobs` are document ids, versions and their texts (None for ready passages). A version that is no longer the
        newest is passed over. Returns the keys that are gone, by collection.
        """
        gone: dict[str, list[int]] = {}
        off = False
        with writing(self._engine) as session:
            for key, version, loaded in jobs:
                document = session.get(DocumentRow, key, with_for_update=True)
                if document is not None and document.version == version:
                    keys = swap(session, document, loaded)
                    gone.setdefault(document.collection, []).extend(keys)
                    off = off or not document.enabled
        if off:
            self.hidden.changed()
        return gone

    def visible(self, keys: Sequence[int]) -> set[int]:
        """Those of `keys` that are visible."""
        found: set[int] = set()
        with Session(self._engine) as session:
            for some in batches(keys):
                query = select(PassageRow.key).where(PassageRow.key.in_(some), PassageRow.live)
                found.update(session.scalars(query))
        return found

    def unembedded(self, limit: int) -> list[Staged]:
        """At most `limit` visible passages that have no vector yet: the oldest and some of the newest.

        Otherwise a page that came after a book would wait for all of it.
        """
        query = _joined(PassageRow.live.is_(True), PassageRow.embedded_with == "")
        query = query.where(DocumentRow.state != DocumentState.FAILED)
        newest = query.order_by(None).order_by(PassageRow.key.desc()).limit(limit // _FOR_NEWEST)
        oldest = query.limit(limit - limit // _FOR_NEWEST)
        some = [*self._select(oldest, _as_staged), *self._select(newest, _as_staged)]
        return list({passage.key: passage for passage in some}.values())

    def mark_embedded(self, keys: Sequence[int]) -> set[int]:
        """Note that the vectors of these passages are stored; returns those that are gone meanwhile."""
        gone = set(keys)
        with writing(self._engine) as session:
            for some in batches(keys):
                mine = PassageRow.key.in_(some)
                session.execute(
                    update(PassageRow).where(mine).values(embedded_with=self._fingerprint)
                )
                gone.difference_update(session.scalars(select(PassageRow.key).where(mine)))
        return gone

    def mark_missing(self, keys: Sequence[int]) -> None:
        """Note that the vectors of these passages are lost; their documents are taken up again."""
        with writing(self._engine) as session:
            for some in batches(keys):
                lost = PassageRow.key.in_(some)
                session.execute(update(PassageRow).where(lost).values(embedded_with=""))
            take_up_unembedded(session)

    def serve(self, fingerprint: str, coming: str = "") -> None:
        """Note vectors as this embedder's from now on. Those of others but `coming` count as lost."""
        self._fingerprint = fingerprint
        other = PassageRow.embedded_with.not_in(("", fingerprint, coming))
        with writing(self._engine) as session:
            session.execute(update(PassageRow).where(other).values(embedded_with=""))
            take_up_unembedded(session)

    def note_embedding(self, document_ids: Iterable[str]) -> None:
        """Advance documents to `embedding`, and to `ready` those whose passages all have vectors."""
        ids = sorted(set(document_ids))
        is_whole = ~has_unembedded()
        with writing(self._engine) as session:
            for some in batches(ids):
                among = DocumentRow.id.in_(some) & DocumentRow.state.in_(
                    (DocumentState.KEYWORD_READY, DocumentState.EMBEDDING)
                )
                for state, which in (
                    (DocumentState.EMBEDDING, ~is_whole),
                    (DocumentState.READY, is_whole),
                ):
                    session.execute(
                        update(DocumentRow)
                        .where(among, which)
                        .values(state=state)
                        .execution_options(synchronize_session=False)
                    )

    def keys(self, collection: str, *, embedded: bool) -> set[int]:
        """Keys of the visible passages of a collection, or of those with a vector."""
        query = select(PassageRow.key).where(PassageRow.collection == collection, PassageRow.live)
        if embedded:
            query = query.where(PassageRow.embedded_with != "")
        with Session(self._engine) as session:
            return set(session.scalars(query))

    def embedded_keys(self) -> set[int]:
        """Keys of the visible passages of all collections that have a vector."""
        query = select(PassageRow.key).where(PassageRow.live, PassageRow.embedded_with != "")
        with Session(self._engine) as session:
            return set(session.scalars(query))

    def texts(self, keys: Sequence[int]) -> list[Staged]:
        """Passages as the indexes take them."""
        return [
            found
            for some in batches(keys)
            for found in self._select(_joined(PassageRow.key.in_(some)), _as_staged)
        ]

    def passages(self, keys: Sequence[int]) -> dict[int, Passage]:
        """The passages among `keys` that can be found: visible, and of a document that is on."""
        age = self._recent.age
        shown: set[int] = set()
        with Session(self._engine) as session:
            for some in batches(keys):
                live = PassageRow.key.in_(some) & PassageRow.live & DocumentRow.enabled
                query = select(PassageRow.key).join(DocumentRow).where(live)
                shown.update(session.scalars(query))
        found = self._recent.recall(shown)
        new: dict[int, Passage] = {}
        for some in batches([key for key in shown if key not in found]):
            query = _joined(PassageRow.key.in_(some), PassageRow.live.is_(True))
            new.update(self._select(query, lambda row, name: (row.key, _as_passage(row, name))))
        self._recent.keep(new, age)
        return found | new

    def forget(self, keys: Iterable[int]) -> None:
        """Read these passages anew: they were changed in SQL."""
        self._recent.forget(keys)

    def keys_of(self, document_id: str, *, embedded: bool = False) -> list[int]:
        """The keys of a document's visible passages, or of those with a vector."""
        query = select(PassageRow.key).where(PassageRow.document_id == document_id, PassageRow.live)
        if embedded:
            query = query.where(PassageRow.embedded_with != "")
        with Session(self._engine) as session:
            return list(session.scalars(query.order_by(PassageRow.key)))

    def named(self, collection: str, passage_id: str) -> NamedPassage | None:
        """The visible passage of that id; of another collection when this one has none."""
        query = _joined(PassageRow.external_id == passage_id, PassageRow.live.is_(True))
        query = query.order_by(None).order_by(PassageRow.collection != collection, PassageRow.key)
        with Session(self._engine) as session:
            for row, name in session.execute(query.limit(1)):
                enabled = session.get_one(DocumentRow, row.document_id).enabled
                return NamedPassage(row.key, _as_passage(row, name), enabled)
        return None

    def _load_hidden(self, collection: str) -> frozenset[int]:
        # From the documents, of which few are off, not from all passages.
        off = select(DocumentRow.id).where(
            DocumentRow.collection == collection, ~DocumentRow.enabled
        )
        query = select(PassageRow.key).where(PassageRow.document_id.in_(off), PassageRow.live)
        with Session(self._engine) as session:
            return frozenset(session.scalars(query))

    def of_document(self, document_id: str) -> list[Passage]:
        """The visible passages of a document, in order."""
        mine = _joined(PassageRow.document_id == document_id, PassageRow.live.is_(True))
        # One that was edited has the newest key, and stands where it stood.
        in_order = mine.order_by(None).order_by(PassageRow.ordinal)
        return self._select(in_order, _as_passage)

    def donors(self, hashes: Sequence[str]) -> dict[str, tuple[str, int]]:
        """For each text that already has a vector, the collection and key it is stored under."""
        found: dict[str, tuple[str, int]] = {}
        with Session(self._engine) as session:
            for some in batches(hashes):
                query = select(PassageRow.text_hash, PassageRow.collection, PassageRow.key).where(
                    PassageRow.text_hash.in_(some), PassageRow.embedded_with != ""
                )
                rows = session.execute(query)
                found.update({text: (collection, key) for text, collection, key in rows})
        return found

    def _select(
        self,
        query: Select[PassageRow, str],
        made: Callable[[PassageRow, str], _T],
    ) -> list[_T]:
        with Session(self._engine) as session:
            return [made(row, name) for row, name in session.execute(query)]


def _joined(*conditions: ColumnElement[bool]) -> Select[PassageRow, str]:
    return (
        select(PassageRow, DocumentRow.name)
        .join(DocumentRow, DocumentRow.id == PassageRow.document_id)
        .where(*conditions)
        .order_by(PassageRow.key)
    )


def _as_passage(row: PassageRow, name: str) -> Passage:
    return Passage(
        id=row.external_id,
        document=name,
        title=row.title,
        text=row.text,
        position=Position(row.start, row.end, tuple(row.headings), marks_of(row.marks)),
        collection=row.collection,
        url=row.url,
        document_id=row.document_id,
    )


def _as_staged(row: PassageRow, name: str) -> Staged:
    text = _as_passage(row, name).searchable_text
    return Staged(row.key, row.document_id, row.collection, row.text_hash, text)
