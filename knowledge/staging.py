"""What is written of a new version before it can be seen."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar, cast

from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from knowledge.chunking import Chunk
from knowledge.documents import LoadedText, Mark, Marks, Passage, Place, PlaceKind, Position
from knowledge.language import detect_language
from knowledge.tables import DocumentRow, PassageRow, StoredMark

# SQLite takes at most 32,766 parameters; this many at once are quick on every database.
_IN_CLAUSE = 500

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class ReadyPassage:
    """A passage that came as one: a document of its own, never split."""

    id: str
    title: str
    text: str
    url: str | None = None

    @property
    def content_hash(self) -> str:
        parts = (self.title, self.url or "", self.text)
        return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()


def stage_ready(session: Session, changed: Sequence[tuple[DocumentRow, ReadyPassage]]) -> None:
    """Write ready passages as the staged versions of their documents."""
    ids = [document.id for document, _ in changed]
    for some in batches(ids):
        stale = PassageRow.document_id.in_(some) & ~PassageRow.live
        session.execute(delete(PassageRow).where(stale))
    rows: list[dict[str, object]] = []
    for document, passage in changed:
        loaded = LoadedText(passage.title, passage.text, ())
        row = passage_row(document, 0, loaded, Chunk(0, len(passage.text), ()))
        rows.append({**row, "external_id": passage.id, "url": passage.url})
    if rows:
        session.execute(insert(PassageRow), rows)


def passage_rows(
    document: DocumentRow, loaded: LoadedText, chunks: Iterable[Chunk]
) -> list[dict[str, object]]:
    """Rows of a version's passages, invisible yet; blank chunks are left out."""
    return [
        passage_row(document, ordinal, loaded, piece)
        for ordinal, piece in enumerate(_trimmed(loaded, chunks))
    ]


def passage_row(
    document: DocumentRow, ordinal: int, loaded: LoadedText, piece: Chunk
) -> dict[str, object]:
    """The columns of one passage, invisible yet."""
    text = loaded.text[piece.start : piece.end]
    passage = Passage(
        id=f"{document.id}-{ordinal}",
        document=document.name,
        title=loaded.title,
        text=text,
        position=Position(piece.start, piece.end, piece.headings),
    )
    return {
        "document_id": document.id,
        "collection": document.collection,
        "version": document.version,
        "ordinal": ordinal,
        "external_id": passage.id,
        "title": passage.title,
        "text": text,
        "start": piece.start,
        "end": piece.end,
        "headings": list(piece.headings),
        "marks": stored_marks(loaded.marks_in(piece.start, piece.end)),
        "url": document.url,
        "language": document.given_language or detect_language(text).value,
        "text_hash": hashlib.sha256(passage.searchable_text.encode("utf-8", "replace")).hexdigest(),
        "live": False,
        "embedded_with": "",
    }


def stored_marks(marks: Marks) -> list[StoredMark]:
    """Marks as the tables keep them."""
    return [
        (mark.start, mark.place.kind, mark.place.first, mark.place.last, mark.place.name)
        for mark in marks
    ]


def marks_of(stored: Iterable[StoredMark]) -> Marks:
    """Marks that the tables kept."""
    return tuple(
        Mark(start, Place(cast("PlaceKind", kind), first, last, name))
        for start, kind, first, last, name in stored
    )


def _trimmed(loaded: LoadedText, chunks: Iterable[Chunk]) -> Iterator[Chunk]:
    """Chunks without the white space around them; blank ones are left out."""
    for piece in chunks:
        text = loaded.text[piece.start : piece.end]
        start = piece.start + len(text) - len(text.lstrip())
        end = piece.start + len(text.rstrip())
        if start < end:
            yield replace(piece, start=start, end=end)


def batches(items: Sequence[_T]) -> Iterator[Sequence[_T]]:
    """`items` in pieces that fit an `IN` clause."""
    for first in range(0, len(items), _IN_CLAUSE):
        yield items[first : first + _IN_CLAUSE]
