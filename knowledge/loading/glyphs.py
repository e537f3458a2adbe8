"""The letters and rules that stand on a page of a PDF, gathered into pieces of lines."""

import ctypes
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median
from typing import Any

import pypdfium2.raw

from knowledge.loading.blocks import tidy
from knowledge.loading.layout import Box, Piece, around

# Letters further apart than this many times their size are not of one piece of a line: it is
# more than the widest space of justified text and less than what parts columns and cells.
_APART = 0.9
# Fonts are about this many times as high, from their deepest to their highest letter, as their size.
_FONT_HEIGHT = 1.2
_BOLD = 600
_BOLD_NAME = re.compile(rb"bold|black|heavy|demi|bx\d|-bd", re.IGNORECASE)
_FONT_NAME = 128
# A page of tables has some hundred rules; more make a drawing.
_MAX_RULES = 1_500
_MAX_SEGMENTS = 20_000
_MAX_PICTURES = 1_000
_COVERS = 0.6
_MAX_FORMS = 8  # forms within forms
# Thicker than this, a rule is a bar or a background.
_RULE = 3.0
_SHORTEST_RULE = 6.0
# What PDFium puts where a word is hyphenated at a line's end.
_HYPHEN = "\x02"

# pypdfium2 types nothing of what it gives out.
_Pdfium = Any
raw: Any = pypdfium2.raw
_DRAWN = [raw.FPDF_PAGEOBJ_IMAGE, raw.FPDF_PAGEOBJ_PATH, raw.FPDF_PAGEOBJ_SHADING]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page's letters and rules, upright.

    `sideways` is what is written across; `rules` are thin boxes; `is_drawn`: more than letters
    is on it; `is_picture`: a picture covers most of it.
    """

    pieces: tuple[Piece, ...]
    sideways: str
    rules: tuple[Box, ...]
    width: float
    height: float
    is_drawn: bool
    is_picture: bool


@dataclass(frozen=True, slots=True)
class _Frame:
    """How a page lies: its origin and size as stored, and the quarters it is turned for reading."""

    left: float
    bottom: float
    width: float
    height: float
    quarters: int

    def box(self, left: float, bottom: float, right: float, top: float) -> Box:
        """A rectangle of the page as a reader sees it."""
        x0, x1 = sorted((left - self.left, right - self.left))
        y0, y1 = sorted((self.bottom + self.height - top, self.bottom + self.height - bottom))
        turned = {
            0: Box(x0, y0, x1, y1),
            1: Box(self.height - y1, x0, self.height - y0, x1),
            2: Box(self.width - x1, self.height - y1, self.width - x0, self.height - y0),
            3: Box(y0, self.width - x1, y1, self.width - x0),
        }
        return turned[self.quarters]


def read_sheet(page: _Pdfium) -> Sheet:
    """What stands on a page. Raises `PdfiumError`."""
    left, bottom, right, top = page.get_bbox()
    text = page.get_textpage()
    try:
        quarters = _writing(text)
        frame = _Frame(left, bottom, right - left, top - bottom, quarters)
        found = [(gathered.piece(text), gathered.frame) for gathered in _gathered(text, frame)]
    finally:
        text.close()
    size = (frame.width, frame.height) if quarters % 2 == 0 else (frame.height, frame.width)
    return Sheet(
        pieces=tuple(piece for piece, own in found if own is frame and piece.text),
        sideways=" ".join(piece.text for piece, own in found if own is not frame),
        rules=_rules(page, frame),
        width=size[0],
        height=size[1],
        is_drawn=next(page.get_objects(_DRAWN, _MAX_FORMS), None) is not None,
        is_picture=_is_picture(page, frame),
    )


def _writing(text: _Pdfium) -> int:
    """Clockwise quarters by which the page must be turned for most of its letters to stand upright."""
    count = text.count_chars()
    votes = [0, 0, 0, 0]
    for index in range(0, count, max(1, count // 200)):
        quarters = _quarters(text, index)
        if quarters is not None:
            votes[quarters] += 1
    return votes.index(max(votes))


def _quarters(text: _Pdfium, index: int) -> int | None:
    """Clockwise quarters that bring a letter upright; None if that is not known."""
    angle = raw.FPDFText_GetCharAngle(text, index)
    return -round(angle / (math.pi / 2)) % 4 if angle >= 0 else None


class _Gathering:
    """The letters of one piece while it grows, seen in `frame`."""

    def __init__(self, frame: _Frame, first: int) -> None:
        self.frame = frame
        self.first = self.last = first
        self._letters: list[str] = []
        self._boxes: list[Box] = []

    def add(self, letter: str, box: Box, index: int) -> None:
        self.last = index
        self._letters.append(letter)
        self._boxes.append(box)

    def add_space(self) -> None:
        if self._letters[-1] != " ":
            self._letters.append(" ")

    def takes(self, box: Box) -> bool:
        """Whether a letter at `box` stands beside the last one."""
        last = self._boxes[-1]
        shared = min(last.bottom, box.bottom) - max(last.top, box.top)
        reach = _APART * max(last.height, box.height) / _FONT_HEIGHT
        return (
            shared > min(last.height, box.height) / 2
            and box.left - last.right < reach
            and last.left - box.right < reach
        )

    def piece(self, text: _Pdfium) -> Piece:
        size = round(median(box.height for box in self._boxes) / _FONT_HEIGHT, 1)
        letters = _whole("".join(self._letters)).strip()
        # From its first letter to its last: a bold word begins many a plain line.
        is_bold = _is_bold(text, self.first) and _is_bold(text, self.last)
        return Piece(letters, around(self._boxes), size, is_bold)


def _whole(letters: str) -> str:
    """Letters beyond the basic plane come as two halves; codes that are no letters go."""
    units = letters.encode("utf-16-le", "surrogatepass")
    return tidy(units.decode("utf-16-le", "replace"))


def _gathered(text: _Pdfium, frame: _Frame) -> Iterator[_Gathering]:
    handle, rect = text.raw, raw.FS_RECTF()
    gathering: _Gathering | None = None
    for index in range(text.count_chars()):
        code = raw.FPDFText_GetUnicode(handle, index)
        letter = chr(code) if code < 0x110000 else "\ufffd"
        if letter.isspace() or code == 0:
            if gathering is not None:
                gathering.add_space()
            continue
        raw.FPDFText_GetLooseCharBox(handle, index, rect)
        edges = (rect.left, rect.bottom, rect.right, rect.top)
        if gathering is None or not gathering.takes(gathering.frame.box(*edges)):
            if gathering is not None:
                yield gathering
            gathering = _Gathering(_frame_of(text, index, frame), index)
        gathering.add("-" if letter == _HYPHEN else letter, gathering.frame.box(*edges), index)
    if gathering is not None:
        yield gathering


def _frame_of(text: _Pdfium, index: int, frame: _Frame) -> _Frame:
    """`frame` itself if the letter stands upright in it."""
    quarters = _quarters(text, index)
    is_upright = quarters is None or quarters == frame.quarters
    return frame if is_upright else replace(frame, quarters=quarters or 0)


def _is_bold(handle: _Pdfium, index: int) -> bool:
    """By the font's weight, or its name: not every font tells its weight."""
    if raw.FPDFText_GetFontWeight(handle, index) >= _BOLD:
        return True
    name, flags = ctypes.create_string_buffer(_FONT_NAME), ctypes.c_int()
    length = raw.FPDFText_GetFontInfo(handle, index, name, _FONT_NAME, flags)
    return 0 < length <= _FONT_NAME and _BOLD_NAME.search(name.value) is not None


def _is_picture(page: _Pdfium, frame: _Frame) -> bool:
    for count, item in enumerate(page.get_objects([raw.FPDF_PAGEOBJ_IMAGE], _MAX_FORMS)):
        left, bottom, right, top = item.get_bounds()
        if (right - left) * (top - bottom) > _COVERS * frame.width * frame.height:
            return True
        if count > _MAX_PICTURES:
            break
    return False


def _rules(page: _Pdfium, frame: _Frame) -> tuple[Box, ...]:
    """The thin lines of the page, and the edges of its boxes; none of a drawing."""
    rules: list[Box] = []
    segments = 0
    for item in page.get_objects([raw.FPDF_PAGEOBJ_PATH], _MAX_FORMS):
        points = list(_corners(item, _MAX_SEGMENTS))
        segments += len(points)
        if segments > _MAX_SEGMENTS or len(rules) > _MAX_RULES:
            return ()
        for one, other in pairwise(points):
            if one is not None and other is not None:
                rules.extend(_rule(frame.box(*_matched(one, other))))
    return tuple(rules)


def _rule(box: Box) -> Iterator[Box]:
    if min(box.width, box.height) <= _RULE and max(box.width, box.height) >= _SHORTEST_RULE:
        yield box


def _matched(
    one: tuple[float, float], other: tuple[float, float]
) -> tuple[float, float, float, float]:
    return (
        min(one[0], other[0]),
        min(one[1], other[1]),
        max(one[0], other[0]),
        max(one[1], other[1]),
    )


def _corners(item: _Pdfium, limit: int) -> Iterator[tuple[float, float] | None]:
    """The points of a path one after another; None where the pen is lifted or the line is bent."""
    matrix = item.get_matrix()
    handle, x, y = item.raw, ctypes.c_float(), ctypes.c_float()
    start: tuple[float, float] | None = None
    for index in range(min(raw.FPDFPath_CountSegments(handle), limit)):
        segment = raw.FPDFPath_GetPathSegment(handle, index)
        kind = raw.FPDFPathSegment_GetType(segment)
        raw.FPDFPathSegment_GetPoint(segment, x, y)
        point = matrix.on_point(x.value, y.value)
        if kind != raw.FPDF_SEGMENT_LINETO:
            yield None
        if kind == raw.FPDF_SEGMENT_MOVETO:
            start = point
        yield point
        if raw.FPDFPathSegment_GetClose(segment):
            yield start
