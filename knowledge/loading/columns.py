"""Tables without rules: rows whose cells stand below each other; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from knowledge.loading.layout import Line, Piece
from knowledge.spans import TABLE_CELL

_ROWS = 3
# Two rows make a table if they have this many cells each.
_WIDE_ROW = 3
# Rows further apart than this many times their height are of different tables.
_APART = 2.5
# White space between columns, in letters; a cell may reach across it in one row of so many.
_GAP = 0.6
_ACROSS = 6
# Lines closer than this share of the usual distance are of one row whose cells have several lines.
_SAME_ROW = 0.75
_SKIPPED = 3


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells, made of so many lines."""

    rows: tuple[str, ...]
    lines: int


def tables_in(lines: Sequence[Line]) -> dict[int, Table]:
    """The tables among these lines, by the line that each begins with."""
    found: dict[int, Table] = {}
    start = 0
    while start < len(lines):
        end = _end_of_rows(lines, start)
        # A row or two above a table, a title say, may have cells of its own.
        for first in range(start, min(start + _SKIPPED, end)):
            rows = _rows(lines[first:end])
            if rows:
                found[first] = Table(rows, end - first)
                break
        start = max(end, start + 1)
    return found


def _end_of_rows(lines: Sequence[Line], start: int) -> int:
    """Where the lines end that have several pieces each and stand close below each other."""
    end = start
    while end < len(lines) and _is_row(lines, start, end):
        end += 1
    return end


def _rows(lines: Sequence[Line]) -> tuple[str, ...]:
    """The rows of a table that all these lines make; none if they make none."""
    wide = sum(len(line.pieces) >= _WIDE_ROW for line in lines)
    if len(lines) < _ROWS and not (len(lines) == wide == _ROWS - 1):
        return ()
    edges = _separators(lines)
    if not edges:
        return ()
    rows = _merged(lines, [_cells(line, edges) for line in lines])
    full = sum(sum(bool(cell) for cell in row) >= 2 for row in rows)
    if full < 2 or full * 2 < len(rows):
        return ()
    return tuple(TABLE_CELL.join(row) for row in rows)


def _is_row(lines: Sequence[Line], start: int, index: int) -> bool:
    line = lines[index]
    if len(line.pieces) < 2 or line.rows:
        return False
    if index == start:
        return True
    above = lines[index - 1].box
    distance = line.box.top - above.bottom
    return -above.height / 2 <= distance <= _APART * above.height


def _separators(lines: Sequence[Line]) -> list[float]:
    """Where white space runs down between cells, in (nearly) all rows."""
    allowed = len(lines) // _ACROSS
    gap = _GAP * median(line.size for line in lines)
    events = sorted(
        event
        for line in lines
        for piece in line.pieces
        for event in ((piece.box.left, 1), (piece.box.right, -1))
    )
    found: list[float] = []
    depth, opened = 0, None
    for x, step in events:
        if depth > allowed >= depth + step:
            opened = x
        elif depth <= allowed < depth + step and opened is not None and x - opened >= gap:
            found.append((opened + x) / 2)
        depth += step
    return found


def _cells(line: Line, edges: Sequence[float]) -> list[str]:
    cells: list[list[str]] = [[] for _ in range(len(edges) + 1)]
    for piece in line.pieces:
        cells[_column(piece, edges)].append(piece.text)
    return [" ".join(cell) for cell in cells]


def _column(piece: Piece, edges: Sequence[float]) -> int:
    """The first column that the piece stands in with a letter or more."""
    return sum(edge < piece.box.left + piece.size / 2 for edge in edges)


def _merged(lines: Sequence[Line], rows: list[list[str]]) -> list[list[str]]:
    """Rows, with the further lines of a cell joined to its first; these leave the first cell empty."""
    steps = [b.box.middle - a.box.middle for a, b in pairwise(lines)]
    usual = median(steps)
    merged = rows[:1]
    for step, row in zip(steps, rows[1:], strict=True):
        if step < _SAME_ROW * usual and not row[0]:
            merged[-1] = [
                " ".join(filter(None, pair)) for pair in zip(merged[-1], row, strict=True)
            ]
        else:
            merged.append(row)
    return merged
