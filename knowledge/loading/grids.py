"""Tables with rules: cells are what lies between the lines; pure."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence

from knowledge.loading.layout import Box, Piece, around, lines_of
from knowledge.spans import TABLE_CELL

# Rules that end this close to each other meet.
_TOUCH = 3.0
# Rules closer than this are one, drawn twice.
_SAME = 4.0


def with_tables(pieces: Sequence[Piece], rules: Sequence[Box]) -> list[Piece]:
    """The pieces of a page, those within a ruled table replaced by the table, as one piece."""
    remaining = list(pieces)
    for group in _connected(rules):
        table, taken = _table(group, remaining)
        if table is not None:
            remaining = [piece for piece in remaining if id(piece) not in taken]
            remaining.append(table)
    return remaining


def _connected(rules: Sequence[Box]) -> list[list[Box]]:
    """Rules that meet, directly or through others."""
    groups: list[tuple[Box, list[Box]]] = []
    for rule in sorted(rules, key=lambda r: (r.top, r.left)):
        meeting = [group for group in groups if _meets(group, rule)]
        members = [rule, *(member for _, some in meeting for member in some)]
        groups = [group for group in groups if group not in meeting]
        groups.append((around(members), members))
    return [members for _, members in groups]


def _meets(group: tuple[Box, list[Box]], rule: Box) -> bool:
    return _touch(group[0], rule) and any(_touch(member, rule) for member in group[1])


def _touch(one: Box, other: Box) -> bool:
    return (
        one.left - _TOUCH <= other.right
        and other.left - _TOUCH <= one.right
        and one.top - _TOUCH <= other.bottom
        and other.top - _TOUCH <= one.bottom
    )


def _table(rules: Sequence[Box], pieces: Sequence[Piece]) -> tuple[Piece | None, set[int]]:
    """The table that these rules draw, and the pieces in it; none where they draw another thing."""
    # Where the outer rules are missing, the ends of the others are the table's edges.
    frame = around(rules)
    lying = [rule.middle for rule in rules if rule.width > rule.height]
    standing = [rule.centre for rule in rules if rule.height > rule.width]
    across = _edges([*lying, frame.top, frame.bottom])
    down = _edges([*standing, frame.left, frame.right])
    if not lying or not standing or len(across) < 3 or len(down) < 3:
        return None, set()
    cells: dict[tuple[int, int], list[Piece]] = {}
    for piece in pieces:
        if frame.holds(piece.box) and not piece.rows:
            row = bisect_right(across, piece.box.middle) - 1
            column = bisect_right(down, piece.box.left + piece.size / 2) - 1
            cells.setdefault((row, max(0, column)), []).append(piece)
    rows = _rows(cells)
    if len(rows) < 2 or max(len({c for r, c in cells if r == row}) for row, _ in cells) < 2:
        return None, set()
    inside = [piece for some in cells.values() for piece in some]
    size = inside[0].size
    return Piece("", frame, size, rows=rows), {id(piece) for piece in inside}


def _edges(places: Iterable[float]) -> list[float]:
    """Places in order, those that are nearly the same as one."""
    found: list[float] = []
    for place in sorted(places):
        if not found or place - found[-1] > _SAME:
            found.append(place)
    return found


def _rows(cells: dict[tuple[int, int], list[Piece]]) -> tuple[str, ...]:
    """The cells' texts row by row, without the rows and columns in which nothing stands."""
    columns = sorted({column for _, column in cells})
    return tuple(
        TABLE_CELL.join(_cell(cells.get((row, column), [])) for column in columns)
        for row in sorted({row for row, _ in cells})
    )


def _cell(pieces: Sequence[Piece]) -> str:
    return " ".join(line.text for line in lines_of(pieces))
