"""Documents in SQL: what is known, which version of it, and how far it has come."""

import hashlib
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Engine, delete, func, select, tuple_, update
from sqlalchemy.orm import Session

from knowledge.documents import DocumentRecord, DocumentState, Language, LoadedText, Section
from knowledge.errors import AnswerDeskError, DocumentNotFound, EmbeddingFailed
from knowledge.originals import Originals
from knowledge.staging import ReadyPassage, batches, marks_of, stage_ready
from knowledge.tables import DocumentRow, DocumentTextRow, PassageRow, now
from knowledge.transactions import writing

OnFailed = Callable[[Session, DocumentRecord], None]
"""Told, within the transaction, of a document that has failed."""

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

    def add(self, collection: str, source: str, name: str, data: bytes) -> DocumentRecord:
        """Queue a file. The same content from the same source changes nothing, unless it had failed."""
        with self._writing:
            content_hash = self._originals.keep(data)
            with writing(self._engine) as session:
                row = _by_source(session, collection, [source]).get(source)
                replaced = row.content_hash if row is not None else content_hash
                if row is None or not _is_unchanged(row, content_hash):
                    row = _queued_row(session, row, collection, source)
                    row.content_hash, row.size_bytes = content_hash, len(data)
                    row.original = True
                    row.same_content_as = _twin(session, row)
                row.name = name
                session.flush()
                record = _record(session, row)
            self._forget_unused(replaced)
            return record

    def add_ready(self, collection: str, passages: Sequence[ReadyPassage]) -> int:
        """Queue passages as documents of their own, all or none; how many are new or changed."""
        with self._writing, writing(self._engine) as session:
            known = _by_source(session, collection, [passage.id for passage in passages])
            changed: list[tuple[DocumentRow, ReadyPassage]] = []
            for passage in passages:
                row = known.get(passage.id)
                if row is None or not _is_unchanged(row, passage.content_hash):
                    row = _queued_row(session, row, collection, passage.id)
                    row.name, row.content_hash = passage.id, passage.content_hash
                    row.title, row.original = passage.title, False
                    row.size_bytes = len(passage.text.encode("utf-8", "replace"))
                    changed.append((row, passage))
            session.flush()
            stage_ready(session, changed)
            return len(changed)

    def record(self, document_id: str) -> DocumentRecord:
        """One document. Raises `DocumentNotFound`."""
        with Session(self._engine) as session:
            return _record(session, _existing(session, document_id))

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
            counts = _counts(session)
            return [_as_record(row, counts.get(row.id, (0, 0))) for row in session.scalars(query)]

    def collections(self) -> list[str]:
        """The names of all collections."""
        with Session(self._engine) as session:
            return list(session.scalars(select(DocumentRow.collection).distinct()))

    def delete(self, document_id: str) -> tuple[str, list[int]]:
        """Delete a document; its collection and the keys its passages had. Raises `DocumentNotFound`."""
        with self._writing:
            with writing(self._engine) as session:
                row = _existing(session, document_id)
                collection, content_hash = row.collection, row.content_hash
                mine = PassageRow.document_id == document_id
                keys = list(session.scalars(select(PassageRow.key).where(mine)))
                twins = update(DocumentRow).where(DocumentRow.same_content_as == document_id)
                session.execute(twins.values(same_content_as=None))
                session.execute(delete(PassageRow).where(mine))
                texts = delete(DocumentTextRow).where(DocumentTextRow.document_id == document_id)
                session.execute(texts)
                session.delete(row)
            self._forget_unused(content_hash)
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
            warnings = _existing(session, document_id).warnings
            marks = marks_of(row.marks)
            return LoadedText(row.title, row.text, sections, tuple(warnings), marks)

    def queued(self, limit: int) -> list[Job]:
        """Documents to make searchable, those that came first at the front."""
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
            is_news = row.state != DocumentState.FAILED
            row.state = DocumentState.FAILED
            row.reason, row.reason_zh = error.text(Language.ENGLISH), error.text(Language.CHINESE)
            row.updated_at = now()
            if is_news and self._on_failed is not None:
                self._on_failed(session, _record(session, row))

    def progress(self) -> IngestProgress:
        """Counts over all documents."""
        per_state = select(DocumentRow.state, func.count()).group_by(DocumentRow.state)
        with Session(self._engine) as session:
            states = dict(session.execute(per_state).all())
            counts = list(_counts(session).values())
        return IngestProgress(
            documents_total=sum(states.values()),
            documents_done=sum(n for state, n in states.items() if state not in _UNFINISHED),
            passages_total=sum(total for total, _ in counts),
            passages_done=sum(embedded for _, embedded in counts),
            failed=states.get(DocumentState.FAILED, 0),
        )

    def sweep_originals(self) -> None:
        """Delete the files that no document refers to."""
        with self._writing, Session(self._engine) as session:
            self._originals.sweep(set(session.scalars(select(DocumentRow.content_hash))))

    def _forget_unused(self, content_hash: str) -> None:
        query = select(DocumentRow.id).where(DocumentRow.content_hash == content_hash).limit(1)
        with Session(self._engine) as session:
            if session.scalar(query) is None:
                self._originals.forget(content_hash)


def document_id(collection: str, source: str) -> str:
    """Follows from the document's identity, so that it stays when the document comes again."""
    return hashlib.sha256(f"{collection}\0{source}".encode("utf-8", "replace")).hexdigest()[:16]


def _is_unchanged(row: DocumentRow, content_hash: str) -> bool:
    return row.content_hash == content_hash and row.state != DocumentState.FAILED


def _queued_row(
    session: Session, row: DocumentRow | None, collection: str, source: str
) -> DocumentRow:
    """The row of a document whose new version is queued."""
    if row is None:
        key = document_id(collection, source)
        row = DocumentRow(id=key, collection=collection, source=source, version=0, title="")
        session.add(row)
    row.version += 1
    row.state = DocumentState.QUEUED
    row.reason = row.reason_zh = row.same_content_as = None
    row.warnings = []
    row.updated_at = now()
    return row


def _existing(session: Session, key: str) -> DocumentRow:
    row = session.get(DocumentRow, key)
    if row is None:
        raise DocumentNotFound(document_id=key)
    return row


def _by_source(session: Session, collection: str, sources: list[str]) -> dict[str, DocumentRow]:
    found: dict[str, DocumentRow] = {}
    for some in batches(sources):
        query = (
            select(DocumentRow)
            .where(DocumentRow.collection == collection, DocumentRow.source.in_(some))
            .with_for_update()
        )
        found.update((row.source, row) for row in session.scalars(query))
    return found


def _twin(session: Session, row: DocumentRow) -> str | None:
    """Another document of the collection with the same content."""
    query = select(DocumentRow.id).where(
        DocumentRow.collection == row.collection,
        DocumentRow.content_hash == row.content_hash,
        DocumentRow.source != row.source,
    )
    with session.no_autoflush:
        return session.scalar(query.order_by(DocumentRow.created_at).limit(1))


def _counts(session: Session, key: str | None = None) -> dict[str, tuple[int, int]]:
    """For each document its passages, and how many of them have a vector."""
    query = (
        select(
            PassageRow.document_id,
            func.count(),
            func.count().filter(PassageRow.embedded_with != ""),
        )
        .where(PassageRow.live)
        .group_by(PassageRow.document_id)
    )
    if key is not None:
        query = query.where(PassageRow.document_id == key)
    return {found: (total, done) for found, total, done in session.execute(query)}


def _record(session: Session, row: DocumentRow) -> DocumentRecord:
    return _as_record(row, _counts(session, row.id).get(row.id, (0, 0)))


def _as_record(row: DocumentRow, counts: tuple[int, int]) -> DocumentRecord:
    return DocumentRecord(
        id=row.id,
        collection=row.collection,
        source=row.source,
        name=row.name,
        title=row.title or row.name,
        language=Language(row.language),
        state=DocumentState(row.state),
        content_hash=row.content_hash,
        size_bytes=row.size_bytes,
        total=counts[0],
        embedded=counts[1],
        reason=row.reason,
        warnings=tuple(row.warnings),
        same_content_as=row.same_content_as,
        updated_at=row.updated_at.isoformat(),
        reason_zh=row.reason_zh,
        version=row.version,
        enabled=row.enabled,
        bundle=row.bundle,
        url=row.url,
        edited=row.edited,
    )
