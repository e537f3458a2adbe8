"""Where text stands on a page, and the order in which it is read; pure.

Lengths are in points of the page, from its upper left corner.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from statistics import median

# A gap this many times the size of the letters sets columns apart; words are at most 0.6 apart.
_GUTTER = 1.0
# What is set in columns has lines: fewer are a title block or a table.
_COLUMN_LINES = 4
# A column's lines are mostly as long as the column; a table's cells are not.
_COLUMN_FILL = 0.6
_COLUMN_CHARACTERS = 12
_FULL_LINES = 0.5
_SOME_FULL_LINES = 0.25
_ALIGNED = 0.7
# Pages with more pieces are drawings; they are read from top to bottom.
_MAX_PIECES = 4_000
_MAX_DEPTH = 12
# The places across, and the heights there, that are looked at: pages have few columns.
_GUTTERS = 12
_BANDS = 4

# What items of a list begin with; letters from the private use area are the bullets of symbol fonts.
BULLETS = "•●○◦▪■□◆◇►▶➢➤✓✔☐☑☒❖·∙‣⁃\ue000-\uf8ff"
ITEM_MARK = re.compile(
    rf"[{BULLETS}]|[-–—*]|\(?(?:\d{{1,3}}|[a-zA-Z]|[ivx]{{1,4}})[.)]|\d{{1,2}}(?:\.\d{{1,2}}){{1,3}}"
)

_OWN_BULLETS = re.compile(r"[\ue000-\uf8ff]")


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle; `top` is above `bottom`, so the lesser of the two."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def middle(self) -> float:
        """Half way down."""
        return (self.top + self.bottom) / 2

    @property
    def centre(self) -> float:
        """Half way across."""
        return (self.left + self.right) / 2

    def holds(self, other: "Box") -> bool:
        """Whether the middle of `other` lies within."""
        return self.left <= other.centre <= self.right and self.top <= other.middle <= self.bottom


@dataclass(frozen=True, slots=True)
class Piece:
    """Something read in one go: a stretch of a line, or a whole table with its `rows`."""

    text: str
    box: Box
    size: float
    is_bold: bool = False
    rows: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """Pieces side by side, in reading order; `right_edge` is where its column ends."""

    pieces: tuple[Piece, ...]
    box: Box
    right_edge: float = field(default=0.0)

    @property
    def size(self) -> float:
        """The size of most of its letters."""
        return max(self.pieces, key=lambda piece: len(piece.text)).size

    @property
    def is_bold(self) -> bool:
        return all(piece.is_bold for piece in self.pieces)

    @property
    def text(self) -> str:
        return " ".join(piece.text for piece in self.pieces)

    @property
    def rows(self) -> tuple[str, ...]:
        """The rows, if it is a table."""
        return self.pieces[0].rows


def around(boxes: Iterable[Box]) -> Box:
    """The least box that holds them all."""
    lefts, tops, rights, bottoms = zip(
        *((box.left, box.top, box.right, box.bottom) for box in boxes), strict=True
    )
    return Box(min(lefts), min(tops), max(rights), max(bottoms))


def reading_order(pieces: Sequence[Piece]) -> list[Line]:
    """The lines of a page in the order in which they are read: column after column."""
    if len(pieces) > _MAX_PIECES:
        return lines_of(pieces)
    return _ordered(list(pieces), 0)


def _ordered(pieces: list[Piece], depth: int) -> list[Line]:
    cut = _column_cut(pieces) if depth < _MAX_DEPTH else None
    if cut is None:
        return lines_of(pieces)
    return [line for part in cut for line in _ordered(part, depth + 1)]


def _column_cut(pieces: list[Piece]) -> list[list[Piece]] | None:
    """What is above, left and right of the longest gutter, and below; None where there is none."""
    if len(pieces) < 2 * _COLUMN_LINES:
        return None
    size = median(piece.size for piece in pieces)
    best: tuple[float, list[list[Piece]]] | None = None
    for x in _gutters(pieces, _GUTTER * size):
        for top, bottom in _free_bands(pieces, x):
            parts = _parted(pieces, x, top, bottom)
            height = _common_height(parts[1], parts[2])
            if height > (best[0] if best else 0) and _are_columns(parts[1], parts[2]):
                best = (height, parts)
    return None if best is None else [part for part in best[1] if part]


def _gutters(pieces: Sequence[Piece], gap: float) -> list[float]:
    """Places across where many lines leave a gap: just left of where pieces begin."""
    starts = sorted(piece.box.left for piece in pieces)
    groups: list[list[float]] = []
    for start in starts:
        if groups and start - groups[-1][0] <= gap:
            groups[-1].append(start)
        else:
            groups.append([start])
    likely = sorted(groups, key=len, reverse=True)[:_GUTTERS]
    return [group[0] - gap / 4 for group in likely if len(group) >= _COLUMN_LINES // 2]


def _free_bands(pieces: Sequence[Piece], x: float) -> list[tuple[float, float]]:
    """The heights between which nothing stands across `x`."""
    crossing = sorted((p.box.top, p.box.bottom) for p in pieces if p.box.left < x < p.box.right)
    bands: list[tuple[float, float]] = []
    reached = float("-inf")
    for top, bottom in crossing:
        if top > reached:
            bands.append((reached, top))
        reached = max(reached, bottom)
    bands.append((reached, float("inf")))
    return sorted(bands, key=lambda band: band[0] - band[1])[:_BANDS]


def _parted(pieces: list[Piece], x: float, top: float, bottom: float) -> list[list[Piece]]:
    parts: list[list[Piece]] = [[], [], [], []]
    for piece in pieces:
        middle = piece.box.middle
        if middle < top:
            parts[0].append(piece)
        elif middle > bottom:
            parts[3].append(piece)
        else:
            parts[1 if piece.box.centre < x else 2].append(piece)
    return parts


def _common_height(left: Sequence[Piece], right: Sequence[Piece]) -> float:
    if not left or not right:
        return 0
    one, other = around(p.box for p in left), around(p.box for p in right)
    return min(one.bottom, other.bottom) - max(one.top, other.top)


def _are_columns(left: Sequence[Piece], right: Sequence[Piece]) -> bool:
    """Whether these read one after the other, not across: running text, or lines at other heights."""
    if not left or not right:
        return False
    full = min(_fullness(left), _fullness(right))
    return full >= _FULL_LINES or (full >= _SOME_FULL_LINES and _aligned(left, right) < _ALIGNED)


def _fullness(pieces: Sequence[Piece]) -> float:
    """How many of the lines are as long as their column is wide; 0 for what is no running text."""
    lines = lines_of(pieces)
    # A row of a table is as long as the table is wide too, but it has gaps.
    longest = [max(line.pieces, key=lambda piece: piece.box.width) for line in lines]
    letters = median(len(piece.text) for piece in longest)
    if len(lines) < _COLUMN_LINES or letters < _COLUMN_CHARACTERS:
        return 0
    width = around(piece.box for piece in pieces).width
    return sum(piece.box.width >= _COLUMN_FILL * width for piece in longest) / len(lines)


def _aligned(left: Sequence[Piece], right: Sequence[Piece]) -> float:
    """How many of the lines on the side with fewer stand beside one on the other."""
    fewer, more = sorted((lines_of(left), lines_of(right)), key=len)
    beside = sum(
        any(abs(line.box.bottom - other.box.bottom) < line.size / 5 for other in more)
        for line in fewer
    )
    return beside / len(fewer)


def lines_of(pieces: Sequence[Piece]) -> list[Line]:
    """Pieces that stand beside each other as lines, from top to bottom."""
    rows: list[list[Piece]] = []
    tallest: Piece | None = None
    for piece in sorted(pieces, key=lambda p: (p.box.middle, p.box.left)):
        if tallest is not None and _is_beside(tallest, piece):
            rows[-1].append(piece)
            tallest = max(tallest, piece, key=lambda p: p.box.height)
        else:
            rows.append([piece])
            tallest = piece
    if not rows:
        return []
    rights = sorted((max(piece.box.right for piece in row) for row in rows), reverse=True)
    # A line or two may reach beyond the margin: a header, a page number.
    edge = rights[min(2, len(rights) // 6)]
    return [_line(row, edge) for row in rows]


def _is_beside(tallest: Piece, piece: Piece) -> bool:
    """Whether `piece` stands on the line of that one: they share half the height of the lower one."""
    if tallest.rows or piece.rows:
        return False
    box, other = tallest.box, piece.box
    shared = min(box.bottom, other.bottom) - max(box.top, other.top)
    return shared > min(box.height, other.height) / 2


def _line(row: Sequence[Piece], edge: float) -> Line:
    backwards = is_right_to_left("".join(piece.text for piece in row))
    pieces = sorted(row, key=lambda piece: piece.box.left, reverse=backwards)
    if len(pieces) > 1 and ITEM_MARK.fullmatch(pieces[0].text):
        mark, first, *rest = pieces
        box = around((mark.box, first.box))
        pieces = [
            replace(first, text=f"{_OWN_BULLETS.sub('•', mark.text)} {first.text}", box=box),
            *rest,
        ]
    return Line(tuple(pieces), around(piece.box for piece in pieces), edge)


def is_right_to_left(text: str) -> bool:
    """Whether most of its letters are Hebrew or Arabic."""
    wide = sum("\u0590" <= letter <= "\u08ff" for letter in text)
    return wide * 2 > sum(letter.isalpha() for letter in text)
