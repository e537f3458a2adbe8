"""A person's change to one passage: spliced into the document's text, everything after it shifted."""

from dataclasses import dataclass, replace

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from knowledge.chunking import Chunk
from knowledge.document_errors import (
    DocumentBusy,
    PassageEmpty,
    PassageNotFound,
    PassageTooLong,
)
from knowledge.document_rows import existing
from knowledge.documents import DocumentState, LoadedText, Mark, Section
from knowledge.loading.blocks import tidy
from knowledge.staging import marks_of, passage_row, stored_marks
from knowledge.tables import DocumentRow, DocumentTextRow, PassageRow, now

# Some times what the chunker makes; the embedder reads no further than about this.
MAX_PASSAGE_CHARACTERS = 6_000


@dataclass(frozen=True, slots=True)
class Splice:
    """Characters `[start, end)` of a text replaced by `length` others."""

    start: int
    end: int
    length: int

    @classmethod
    def of(cls, before: str, after: str, at: int) -> "Splice":
        """The least that must be replaced to make `before`, which begins at `at`, into `after`."""
        head = _common(before, after)
        tail = _common(before[head:][::-1], after[head:][::-1])
        return cls(at + head, at + len(before) - tail, len(after) - head - tail)

    @property
    def growth(self) -> int:
        return self.length - (self.end - self.start)

    def moved(self, offset: int) -> int:
        """Where the character at `offset` is afterwards; what was replaced is at its beginning."""
        if offset >= self.end and (offset, self.end) != (self.start, self.start):
            return offset + self.growth
        return min(offset, self.start)


@dataclass(frozen=True, slots=True)
class EditedPassage:
    """What an edit did: the key that is gone, the one in its place, and all whose positions moved."""

    collection: str
    gone: int
    key: int
    shifted: tuple[int, ...]


def spliced(loaded: LoadedText, splice: Splice, text: str) -> LoadedText:
    """`loaded` with `text` as its own, whose sections and marks have moved with their words."""
    sections = [
        Section(section.headings, splice.moved(section.start), splice.moved(section.end))
        for section in loaded.sections
    ]
    # Of the places that now begin at one character, the last one is where the words are.
    marks = {splice.moved(mark.start): mark.place for mark in loaded.marks}
    return replace(
        loaded,
        text=text,
        sections=tuple(section for section in sections if section.start < section.end),
        marks=tuple(Mark(start, place) for start, place in marks.items()),
    )


def replace_passage(
    session: Session, document_id: str, passage_id: str, text: str
) -> EditedPassage | None:
    """Give a passage another text; None when it is the same. Its row gets a new key.

    Raises `DocumentNotFound`, `PassageNotFound`, `DocumentBusy`, `PassageEmpty` or
    `PassageTooLong`.
    """
    document = existing(session, document_id, to_change=True)
    if document.state == DocumentState.QUEUED:
        raise DocumentBusy(name=document.name)
    row = _passage(session, document_id, passage_id)
    written = _checked(text)
    if written == row.text:
        return None
    kept = session.scalars(
        select(DocumentTextRow).where(DocumentTextRow.document_id == document_id)
    ).one()
    before = LoadedText(
        kept.title,
        kept.text,
        tuple(Section(tuple(path), start, end) for path, start, end in kept.sections),
        marks=marks_of(kept.marks),
    )
    splice = Splice.of(row.text, written, row.start)
    whole = kept.text[: row.start] + written + kept.text[row.end :]
    after = spliced(before, splice, whole)
    kept.text, kept.marks = after.text, stored_marks(after.marks)
    kept.sections = [(list(s.headings), s.start, s.end) for s in after.sections]
    shifted = _shift(session, row, splice, after)
    key = _put_in_place(session, document, row, after, row.start + len(written))
    _note_edit(document)
    return EditedPassage(document.collection, row.key, key, shifted)


def _common(one: str, other: str) -> int:
    """How many characters both begin with."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))


def _passage(session: Session, document_id: str, passage_id: str) -> PassageRow:
    mine = PassageRow.live & (PassageRow.document_id == document_id)
    row = session.scalar(select(PassageRow).where(mine, PassageRow.external_id == passage_id))
    if row is None:
        raise PassageNotFound(passage_id=passage_id)
    return row


def _checked(text: str) -> str:
    written = tidy(text).strip()
    if not written:
        raise PassageEmpty
    if len(written) > MAX_PASSAGE_CHARACTERS:
        raise PassageTooLong(length=len(written), limit=MAX_PASSAGE_CHARACTERS)
    return written


def _shift(
    session: Session, edited: PassageRow, splice: Splice, after: LoadedText
) -> tuple[int, ...]:
    """Move the passages behind the edited one; their keys."""
    behind = (
        (PassageRow.document_id == edited.document_id)
        & PassageRow.live
        & (PassageRow.start >= edited.end)
    )
    rows = session.execute(select(PassageRow.key, PassageRow.start, PassageRow.end).where(behind))
    moved = [
        {
            "key": key,
            "start": start + splice.growth,
            "end": end + splice.growth,
            "marks": stored_marks(after.marks_in(start + splice.growth, end + splice.growth)),
        }
        for key, start, end in rows
    ]
    if moved:
        session.execute(update(PassageRow), moved)
    return tuple(int(str(row["key"])) for row in moved)


def _put_in_place(
    session: Session, document: DocumentRow, row: PassageRow, after: LoadedText, end: int
) -> int:
    columns = passage_row(document, row.ordinal, after, Chunk(row.start, end, tuple(row.headings)))
    kept = {"version": row.version, "external_id": row.external_id, "url": row.url, "live": True}
    made = insert(PassageRow).values({**columns, **kept}).returning(PassageRow.key)
    session.delete(row)
    session.flush()
    return session.scalars(made).one()


def _note_edit(document: DocumentRow) -> None:
    document.edited = True
    document.same_content_as = None
    document.state = DocumentState.KEYWORD_READY
    document.reason = document.reason_zh = None
    document.updated_at = now()
