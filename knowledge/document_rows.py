"""Rows of documents: found, queued anew, and told of as records. All within the caller's transaction."""

import hashlib
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from knowledge.documents import DocumentRecord, DocumentState, Language
from knowledge.errors import DocumentNotFound
from knowledge.staging import batches
from knowledge.tables import DocumentRow, PassageRow, now


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a document comes from. (collection, source) is its identity.

    `bundle` is the source of the archive or site that it came in, `url` where it was fetched.
    """

    source: str
    bundle: str = ""
    url: str | None = None


def document_id(collection: str, source: str, again: int = 0) -> str:
    """Follows from the document's identity, so that it stays when the document comes again.

    A document keeps its id when it moves: then the next of that identity is made `again`.
    """
    name = f"{collection}\0{source}" + (f"\0{again}" if again else "")
    return hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:16]


def is_unchanged(row: DocumentRow, content_hash: str) -> bool:
    """Whether that content needs not be taken in again."""
    is_same = row.content_hash == content_hash and not row.edited
    return is_same and row.state != DocumentState.FAILED


def queued_row(
    session: Session, row: DocumentRow | None, collection: str, origin: Origin
) -> DocumentRow:
    """The row of a document whose new version is queued; made if `row` is None."""
    if row is None:
        key = _free_id(session, collection, origin.source)
        row = DocumentRow(
            id=key, collection=collection, source=origin.source, version=0, title="", edited=False
        )
        session.add(row)
    row.version += 1
    row.state = DocumentState.QUEUED
    row.bundle, row.url = origin.bundle, origin.url
    row.reason = row.reason_zh = row.same_content_as = None
    row.warnings = []
    row.updated_at = now()
    return row


def _free_id(session: Session, collection: str, source: str) -> str:
    again = 0
    while session.get(DocumentRow, key := document_id(collection, source, again)) is not None:
        again += 1
    return key


def existing(session: Session, key: str, *, to_change: bool = False) -> DocumentRow:
    """The row of that id. Raises `DocumentNotFound`."""
    row = session.get(DocumentRow, key, with_for_update=to_change or None)
    if row is None:
        raise DocumentNotFound(document_id=key)
    return row


def by_source(session: Session, collection: str, sources: list[str]) -> dict[str, DocumentRow]:
    """Those of a collection that came from `sources`, to be changed."""
    found: dict[str, DocumentRow] = {}
    for some in batches(sources):
        query = (
            select(DocumentRow)
            .where(DocumentRow.collection == collection, DocumentRow.source.in_(some))
            .with_for_update()
        )
        found.update((row.source, row) for row in session.scalars(query))
    return found


def twin(session: Session, row: DocumentRow) -> str | None:
    """Another document of the collection with the same content."""
    query = select(DocumentRow.id).where(
        DocumentRow.collection == row.collection,
        DocumentRow.content_hash == row.content_hash,
        DocumentRow.source != row.source,
    )
    with session.no_autoflush:
        return session.scalar(query.order_by(DocumentRow.created_at).limit(1))


def counts(session: Session, key: str | None = None) -> dict[str, tuple[int, int]]:
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


def record_of(session: Session, row: DocumentRow) -> DocumentRecord:
    """One document as it is told of."""
    return as_record(row, counts(session, row.id).get(row.id, (0, 0)))


def as_record(row: DocumentRow, counted: tuple[int, int]) -> DocumentRecord:
    """A document as it is told of, with its counts of passages and of those with a vector."""
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
        total=counted[0],
        embedded=counted[1],
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
        given_language=Language(row.given_language) if row.given_language else None,
        has_original=row.original,
    )
