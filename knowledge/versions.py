"""The contents that a document had: the last few are kept, and each can be restored.

All within the caller's transaction.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, delete, select, union
from sqlalchemy.orm import Session

from knowledge.document_errors import VersionNotFound
from knowledge.document_rows import existing
from knowledge.staging import batches
from knowledge.tables import DocumentRow, DocumentTextRow, DocumentVersionRow, in_utc

# With the present one: a mistake can be taken back, and the mistake in taking it back too.
KEPT = 3


@dataclass(frozen=True, slots=True)
class ContentVersion:
    """A content that came as a file. Passages are those of the one `in_use`; `at` is in UTC."""

    version: int
    name: str
    content_hash: str
    size_bytes: int
    at: datetime
    in_use: bool


def note_content(session: Session, row: DocumentRow) -> None:
    """Note the row's content as its newest; ready passages have none that is kept."""
    if not row.original:
        return
    newest = session.scalar(_newest_first(row.id).limit(1))
    if newest is not None and newest.content_hash == row.content_hash:
        return
    mine = DocumentVersionRow.document_id == row.id
    same = DocumentVersionRow.content_hash == row.content_hash
    session.execute(delete(DocumentVersionRow).where(mine, same))
    session.add(
        DocumentVersionRow(
            document_id=row.id,
            version=row.version,
            name=row.name,
            content_hash=row.content_hash,
            size_bytes=row.size_bytes,
            created_at=row.updated_at,
        )
    )
    session.flush()


def drop_oldest(session: Session, document_id: str) -> list[str]:
    """Drop all but the last contents of a document; the hashes of those that went."""
    oldest = list(session.scalars(_newest_first(document_id).offset(KEPT).limit(None)))
    for row in oldest:
        session.delete(row)
    return [row.content_hash for row in oldest]


def versions_of(session: Session, document_id: str) -> list[ContentVersion]:
    """The contents of a document, the newest first. Raises `DocumentNotFound`."""
    existing(session, document_id)
    visible = session.scalar(
        select(DocumentTextRow.version).where(DocumentTextRow.document_id == document_id)
    )
    rows = list(session.scalars(_newest_first(document_id)))
    # Moves and edits are no new contents: the one before them is still in use.
    in_use = next((row.version for row in rows if row.version <= (visible or 0)), None)
    return [
        ContentVersion(
            version=row.version,
            name=row.name,
            content_hash=row.content_hash,
            size_bytes=row.size_bytes,
            at=in_utc(row.created_at),
            in_use=row.version == in_use,
        )
        for row in rows
    ]


def version_row(session: Session, document_id: str, version: int) -> DocumentVersionRow:
    """One content of a document. Raises `VersionNotFound`."""
    row = session.get(DocumentVersionRow, (document_id, version))
    if row is None:
        raise VersionNotFound(document_id=document_id, version=version)
    return row


def hashes_of(session: Session, document_id: str) -> list[str]:
    """The hashes of all contents of a document that are kept."""
    mine = DocumentVersionRow.document_id == document_id
    return list(session.scalars(select(DocumentVersionRow.content_hash).where(mine)))


def used_hashes(session: Session, among: Iterable[str] | None = None) -> set[str]:
    """Hashes of contents that a document has or had, of all or of those in `among`."""
    if among is None:
        return set(session.scalars(_hashes(None)))
    hashes = sorted(set(among))
    return {found for some in batches(hashes) for found in session.scalars(_hashes(some))}


def _hashes(among: Iterable[str] | None) -> Select[str]:
    now, before = select(DocumentRow.content_hash), select(DocumentVersionRow.content_hash)
    if among is not None:
        wanted = list(among)
        now = now.where(DocumentRow.content_hash.in_(wanted))
        before = before.where(DocumentVersionRow.content_hash.in_(wanted))
    both = union(now, before).subquery()
    return select(both.c.content_hash)


def _newest_first(document_id: str) -> Select[DocumentVersionRow]:
    mine = DocumentVersionRow.document_id == document_id
    return select(DocumentVersionRow).where(mine).order_by(DocumentVersionRow.version.desc())
