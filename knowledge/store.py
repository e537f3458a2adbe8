"""Documents in SQL: what is known, which version of it, and how far it has come."""

import hashlib
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Engine, delete, func, select, tuple_, update
from sqlalchemy.orm import Session

from knowledge.document_rows import (
    Origin,
    as_record,
    by_source,
    counts,
    existing,
    is_unchanged,
    queued_row,
    record_of,
    twin,
)
from knowledge.documents import DocumentRecord, DocumentState, Language, LoadedText, Section
from knowledge.errors import AnswerDeskError, DocumentNotFound, EmbeddingFailed
from knowledge.originals import Originals
from knowledge.staging import ReadyPassage, marks_of, stage_ready
from knowledge.tables import DocumentRow, DocumentTextRow, DocumentVersionRow, PassageRow, now
from knowledge.transactions import writing
from knowledge.versions import drop_oldest, hashes_of, note_content, used_hashes

OnFailed = Callable[[Session, DocumentRecord], None]
"""Told, within the transaction, of a document that has failed."""

# The hash of no content: of files that were refused unread.
NOTHING = hashlib.sha256().hexdigest()
_UNFINISHED = (DocumentState.QUEUED, DocumentState.KEYWORD_READY, DocumentState.EMBEDDING)


@dataclass(frozen=True, slots=True)
class Job:
    """A document's version that waits to be made searchable."""

    document_id: str
    version: int
    collection: str
    name: str
    content_hash: str
    is_file: bool


@dataclass(frozen=True, slots=True)
class IngestProgress:
    """How many documents and passages there are, and how many are done (or have failed)."""

    documents_total: int
    documents_done: int
    passages_total: int
    passages_done: int
    failed: int

    @property
    def is_finished(self) -> bool:
        return self.documents_done == self.documents_total


class DocumentStore:
    """Documents, and the originals of those that came as files. Thread-safe; each call is a transaction."""

    def __init__(
        self, engine: Engine, originals: Originals, on_failed: OnFailed | None = None
    ) -> None:
        self._engine = engine
        self._originals = originals
        self._on_failed = on_failed
        self._writing = threading.Lock()

    def add(self, collection: str, origin: Origin, name: str, data: bytes) -> DocumentRecord:
        """Queue a file. The same content from the same source changes nothing.

        Unless it had failed, or a person edited it: then it is taken in again.
        """
        with self._writing:
            content_hash = self._originals.keep(data)
            dropped: list[str] = []
            with writing(self._engine) as session:
                row = by_source(session, collection, [origin.source]).get(origin.source)
                if row is None or not is_unchanged(row, content_hash):
                    if row is not None:  # one that was there before contents were noted
                        note_content(session, row)
                    row = queued_row(session, row, collection, origin)
                    row.original, row.content_hash, row.size_bytes = True, content_hash, len(data)
                    row.name, row.same_content_as = name, twin(session, row)
                    session.flush()
                    note_content(session, row)
                    dropped = drop_oldest(session, row.id)
                row.name, row.bundle, row.url = name, origin.bundle, origin.url
                session.flush()
                record = record_of(session, row)
            self._forget_unused([*dropped, content_hash])
            return record

    def add_ready(self, collection: str, passages: Sequence[ReadyPassage]) -> int:
        """Queue passages as documents of their own, all or none; how many are new or changed."""
        with self._writing, writing(self._engine) as session:
            known = by_source(session, collection, [passage.id for passage in passages])
            changed: list[tuple[DocumentRow, ReadyPassage]] = []
            for passage in passages:
                row = known.get(passage.id)
                if row is None or not is_unchanged(row, passage.content_hash):
                    row = queued_row(session, row, collection, Origin(passage.id))
                    row.name, row.content_hash = passage.id, passage.content_hash
                    row.title, row.original = passage.title, False
                    row.size_bytes = len(passage.text.encode("utf-8", "replace"))
                    changed.append((row, passage))
            session.flush()
            stage_ready(session, changed)
            return len(changed)

    def add_refused(
        self, collection: str, origin: Origin, name: str, reasons: tuple[str, str]
    ) -> DocumentRecord:
        """List a file that was refused unread, and why, in English and Chinese; what it held stays."""
        with self._writing, writing(self._engine) as session:
            row = by_source(session, collection, [origin.source]).get(origin.source)
            if row is None:
                row = queued_row(session, None, collection, origin)
                row.original, row.content_hash, row.size_bytes = False, NOTHING, 0
            else:  # what is being read of it comes too late
                row.version += 1
            row.name, row.bundle = name, origin.bundle
            self._note_failure(session, row, reasons)
            session.flush()
            return record_of(session, row)

    def record(self, document_id: str) -> DocumentRecord:
        """One document. Raises `DocumentNotFound`."""
        with Session(self._engine) as session:
            return record_of(session, existing(session, document_id))

    def records(
        self,
        collection: str | None = None,
        after: tuple[str, str] | None = None,
        limit: int | None = None,
    ) -> list[DocumentRecord]:
        """Documents, of one collection or all, by name; after the one of that name and id."""
        query = select(DocumentRow).order_by(DocumentRow.name, DocumentRow.id).limit(limit)
        if collection is not None:
            query = query.where(DocumentRow.collection == collection)
        if after is not None:
            query = query.where(tuple_(DocumentRow.name, DocumentRow.id) > after)
        with Session(self._engine) as session:
            counted = counts(session)
            return [as_record(row, counted.get(row.id, (0, 0))) for row in session.scalars(query)]

    def of_sources(self, collection: str, sources: Iterable[str]) -> list[DocumentRecord]:
        """The documents of a collection that came from `sources`, by name."""
        with Session(self._engine) as session:
            rows = by_source(session, collection, sorted(set(sources)))
            found = [record_of(session, row) for row in rows.values()]
        return sorted(found, key=lambda record: (record.name, record.id))

    def of_bundle(self, collection: str, bundle: str) -> list[DocumentRecord]:
        """The documents that came in an archive or from a site, by name."""
        mine = (DocumentRow.collection == collection) & (DocumentRow.bundle == bundle)
        query = select(DocumentRow).where(mine).order_by(DocumentRow.name, DocumentRow.id)
        with Session(self._engine) as session:
            return [record_of(session, row) for row in session.scalars(query)]

    def collections(self) -> list[str]:
        """The names of all collections."""
        with Session(self._engine) as session:
            return list(session.scalars(select(DocumentRow.collection).distinct()))

    def delete(self, document_id: str) -> tuple[str, list[int]]:
        """Delete a document; its collection and the keys its passages had. Raises `DocumentNotFound`."""
        with self._writing:
            with writing(self._engine) as session:
                row = existing(session, document_id)
                collection = row.collection
                unused = [row.content_hash, *hashes_of(session, document_id)]
                mine = PassageRow.document_id == document_id
                keys = list(session.scalars(select(PassageRow.key).where(mine)))
                twins = update(DocumentRow).where(DocumentRow.same_content_as == document_id)
                session.execute(twins.values(same_content_as=None))
                session.execute(delete(PassageRow).where(mine))
                for table in (DocumentTextRow, DocumentVersionRow):
                    session.execute(delete(table).where(table.document_id == document_id))
                session.delete(row)
            self._forget_unused(unused)
            return collection, keys

    def text(self, document_id: str) -> LoadedText:
        """The visible version's text, into which its passages' positions point.

        Raises `DocumentNotFound`, also while no version is visible yet.
        """
        with Session(self._engine) as session:
            visible = select(DocumentTextRow).where(DocumentTextRow.document_id == document_id)
            row = session.scalar(visible)
            if row is None:
                raise DocumentNotFound(document_id=document_id)
            sections = tuple(Section(tuple(path), start, end) for path, start, end in row.sections)
            warnings = existing(session, document_id).warnings
            marks = marks_of(row.marks)
            return LoadedText(row.title, row.text, sections, tuple(warnings), marks)

    def queued(self, limit: int | None) -> list[Job]:
        """Documents to make searchable, those that came first at the front; all without a limit."""
        query = (
            select(DocumentRow)
            .where(DocumentRow.state == DocumentState.QUEUED)
            .order_by(DocumentRow.updated_at, DocumentRow.id)
            .limit(limit)
        )
        with Session(self._engine) as session:
            return [
                Job(row.id, row.version, row.collection, row.name, row.content_hash, row.original)
                for row in session.scalars(query)
            ]

    def original(self, content_hash: str) -> bytes:
        """The bytes of an uploaded file."""
        return self._originals.read(content_hash)

    def fail_embedding(self, document_id: str, reason: str) -> None:
        """Note that a visible document's vectors could not be computed."""
        with Session(self._engine) as session:
            row = session.get(DocumentRow, document_id)
        if row is not None and row.state != DocumentState.QUEUED:
            self.fail(row.id, row.version, EmbeddingFailed(name=row.name, reason=reason))

    def fail(self, document_id: str, version: int, error: AnswerDeskError) -> None:
        """Note why a version could not be taken in; an earlier one that is visible stays so."""
        with writing(self._engine) as session:
            row = session.get(DocumentRow, document_id)
            if row is None or row.version != version:
                return
            reasons = error.text(Language.ENGLISH), error.text(Language.CHINESE)
            self._note_failure(session, row, reasons)

    def _note_failure(self, session: Session, row: DocumentRow, reasons: tuple[str, str]) -> None:
        is_news = row.state != DocumentState.FAILED
        row.state = DocumentState.FAILED
        row.reason, row.reason_zh = reasons
        row.updated_at = now()
        if is_news and self._on_failed is not None:
            self._on_failed(session, record_of(session, row))

    def progress(self) -> IngestProgress:
        """Counts over all documents."""
        per_state = select(DocumentRow.state, func.count()).group_by(DocumentRow.state)
        with Session(self._engine) as session:
            states = dict(session.execute(per_state).all())
            counted = list(counts(session).values())
        return IngestProgress(
            documents_total=sum(states.values()),
            documents_done=sum(n for state, n in states.items() if state not in _UNFINISHED),
            passages_total=sum(total for total, _ in counted),
            passages_done=sum(embedded for _, embedded in counted),
            failed=states.get(DocumentState.FAILED, 0),
        )

    def sweep_originals(self) -> None:
        """Delete the files that no document refers to."""
        with self._writing, Session(self._engine) as session:
            self._originals.sweep(used_hashes(session))

    def _forget_unused(self, hashes: Iterable[str]) -> None:
        with Session(self._engine) as session:
            used = used_hashes(session, hashes)
        for content_hash in set(hashes) - used:
            self._originals.forget(content_hash)
