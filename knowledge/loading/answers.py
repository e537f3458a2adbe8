"""What the reading child answers, into frames and back. The server believes none of it unchecked."""

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import cast

from knowledge.documents import LoadedText, Mark, Place, PlaceKind, Section
from knowledge.errors import AnswerDeskError, IngestFailed, UnreadableDocument
from knowledge.loading.archive import Member, Refused, Unpacked
from knowledge.loading.blocks import clean_title, tidy
from knowledge.loading.frames import BrokenFrame, Frame
from knowledge.loading.layout import Box, Piece
from knowledge.loading.progress import PageRead, Pieces
from knowledge.loading.source import MAX_PLAIN_CHARACTERS

_KINDS: Mapping[str, PlaceKind] = {"page": "page", "slide": "slide", "sheet": "sheet"}
_MAX_WARNINGS = 20
_WARNING = 2_000
_DETAIL = 300
# Loaders drop some characters of what they count, and add empty lines.
_LONGEST = 2 * MAX_PLAIN_CHARACTERS


def loaded_frame(loaded: LoadedText) -> Frame:
    """A text that was read."""
    header = {
        "loaded": loaded.title,
        "sections": [[s.headings, s.start, s.end] for s in loaded.sections],
        "marks": [
            [m.start, m.place.kind, m.place.first, m.place.last, m.place.name] for m in loaded.marks
        ],
        "warnings": loaded.warnings,
    }
    return Frame(header, loaded.text.encode("utf-8", "replace"))


def loaded_from(frame: Frame) -> LoadedText:
    """The text in a frame. Raises `BrokenFrame` where it is none that a loader makes."""
    try:
        text = frame.body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BrokenFrame("no UTF-8") from error
    if len(text) > _LONGEST or "\x00" in text:
        raise BrokenFrame("a text that no database takes")
    return LoadedText(
        clean_title(_text(frame.header.get("loaded"), 1_000)),
        text,
        _sections(_list(frame.header.get("sections")), len(text)),
        tuple(
            tidy(_text(w, _WARNING)) for w in _list(frame.header.get("warnings"))[:_MAX_WARNINGS]
        ),
        _marks(_list(frame.header.get("marks")), len(text)),
    )


def _sections(rows: Sequence[object], length: int) -> tuple[Section, ...]:
    """Sections that tile the text."""
    sections: list[Section] = []
    reached = 0
    for row in rows:
        path, start, end = _row(row, 3)
        headings = tuple(tidy(_text(heading, length)) for heading in _list(path))
        section = Section(headings, _count(start), _count(end))
        if section.start != reached or section.end <= section.start:
            raise BrokenFrame("sections with gaps")
        reached = section.end
        sections.append(section)
    if reached != length:
        raise BrokenFrame("sections that end early")
    return tuple(sections)


def _marks(rows: Sequence[object], length: int) -> tuple[Mark, ...]:
    marks: list[Mark] = []
    for row in rows:
        start, kind, first, last, name = _row(row, 5)
        place_kind = _KINDS.get(_text(kind, 10))
        if place_kind is None:
            raise BrokenFrame("a strange place")
        place = Place(place_kind, _count(first), _count(last), clean_title(_text(name, 1_000)))
        marks.append(Mark(_count(start), place))
        if marks[-1].start > length or (len(marks) > 1 and marks[-2].start > marks[-1].start):
            raise BrokenFrame("marks out of order")
    return tuple(marks)


def unpacked_frame(unpacked: Unpacked) -> Frame:
    """What an archive holds; the members' bytes one after another."""
    header = {
        "unpacked": [[member.name, len(member.data)] for member in unpacked.members],
        "refused": [[r.name, r.reason, r.reason_zh] for r in unpacked.refused],
    }
    return Frame(header, b"".join(member.data for member in unpacked.members))


def unpacked_from(frame: Frame) -> Unpacked:
    """What an archive holds. Raises `BrokenFrame`."""
    members: list[Member] = []
    reached = 0
    for row in _list(frame.header.get("unpacked")):
        name, size = _row(row, 2)
        end = reached + _count(size)
        members.append(Member(_path(name), frame.body[reached:end]))
        reached = end
    if reached != len(frame.body):
        raise BrokenFrame("members of another size")
    refused = [_row(row, 3) for row in _list(frame.header.get("refused"))]
    return Unpacked(
        tuple(members),
        tuple(
            Refused(_path(name), tidy(_text(reason, _WARNING)), tidy(_text(reason_zh, _WARNING)))
            for name, reason, reason_zh in refused
        ),
    )


def _path(value: object) -> str:
    """A member's name, which never leads anywhere: it is only shown and compared."""
    return tidy(_text(value, 1_000))


def error_frame(error: AnswerDeskError) -> Frame:
    """Why a file could not be read."""
    details = {
        key: value if isinstance(value, int | float) else str(value)[:_DETAIL]
        for key, value in error.details.items()
    }
    return Frame({"error": error.code, "details": details})


def error_from(frame: Frame, name: str) -> AnswerDeskError:
    """The error in a frame, about the file `name`. Raises `BrokenFrame`."""
    known = {kind.code: kind for kind in _kinds(UnreadableDocument)} | {
        IngestFailed.code: IngestFailed
    }
    kind = known.get(_text(frame.header.get("error"), 100))
    details = frame.header.get("details")
    if kind is None or not isinstance(details, dict):
        raise BrokenFrame("a strange error")
    given = {
        key: tidy(value[:_DETAIL]) if isinstance(value, str) else value
        for key, value in cast("dict[str, object]", details).items()
        if isinstance(value, str | int | float)
    }
    try:
        return kind(**{**given, "name": given.get("name", name)})
    except (KeyError, ValueError, IndexError, AttributeError, TypeError) as error:
        raise BrokenFrame("an error without its details") from error


def _kinds(kind: type[AnswerDeskError]) -> list[type[AnswerDeskError]]:
    return [kind, *(deeper for sub in kind.__subclasses__() for deeper in _kinds(sub))]


def page_frame(read: PageRead) -> Frame:
    """How far the reading is."""
    pieces = None if read.pieces is None else pieces_json(read.pieces)
    header = {"page": read.page, "pages": read.pages, "pieces": pieces, "begun": read.is_begun}
    return Frame(header)


def page_from(frame: Frame) -> PageRead:
    """How far the reading is. Raises `BrokenFrame`."""
    pieces = frame.header.get("pieces")
    return PageRead(
        _count(frame.header.get("page")),
        _count(frame.header.get("pages")),
        None if pieces is None else pieces_from(pieces),
        frame.header.get("begun") is True,
    )


def pieces_json(pieces: Pieces) -> list[list[object]]:
    """What a picture says, as JSON."""
    return [
        [p.text, p.box.left, p.box.top, p.box.right, p.box.bottom, p.size, p.is_bold]
        for p in pieces
    ]


def pieces_from(value: object) -> Pieces:
    """What a picture says. Raises `BrokenFrame`."""
    return tuple(_piece(row) for row in _list(value))


def _piece(row: object) -> Piece:
    text, left, top, right, bottom, size, is_bold = _row(row, 7)
    box = Box(_length(left), _length(top), _length(right), _length(bottom))
    return Piece(tidy(_text(text, 10_000)), box, _length(size), bool(is_bold))


def _length(value: object) -> float:
    if not isinstance(value, int | float) or not isfinite(value):
        raise BrokenFrame("no length")
    return float(value)


def _count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**31:
        raise BrokenFrame("no count")
    return value


def _text(value: object, longest: int) -> str:
    if not isinstance(value, str) or len(value) > longest:
        raise BrokenFrame("no text, or too long a one")
    return value


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise BrokenFrame("no list")
    return cast("list[object]", value)


def _row(value: object, length: int) -> list[object]:
    row = _list(value)
    if len(row) != length:
        raise BrokenFrame("a row of another length")
    return row
