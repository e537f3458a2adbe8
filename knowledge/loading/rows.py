"""Rows of a spreadsheet or CSV file into text: tables under their header, question-and-answer pairs apart."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from knowledge.documents import Place
from knowledge.language import normalise
from knowledge.loading.blocks import TextBlocks

CELL = " | "
# Column names that make of a table a list of questions and their answers.
_QUESTIONS = frozenset(
    (
        "question",
        "questions",
        "q",
        "faq",
        "问题",
        "问",
        "提问",
        "问法",
        "标准问题",
        "标准问",
        "问句",
        "問題",
    )
)
_ANSWERS = frozenset(
    (
        "answer",
        "answers",
        "a",
        "reply",
        "response",
        "答案",
        "回答",
        "答",
        "答复",
        "回复",
        "标准答案",
        "解答",
        "答覆",
    )
)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of cells on one line each, and its number in the original, from 1."""

    number: int
    cells: tuple[str, ...]

    @property
    def is_blank(self) -> bool:
        return not any(self.cells)

    @property
    def filled(self) -> int:
        """How many cells hold something."""
        return sum(map(bool, self.cells))

    @property
    def line(self) -> str:
        """The cells as the text shows them; empty ones at the end are left out."""
        return table_line(self.cells)


def table_line(cells: Iterable[str]) -> str:
    """The cells of a row as a text shows them; empty ones at its end are left out."""
    kept = list(cells)
    while kept and not kept[-1]:
        kept.pop()
    return CELL.join(kept)


def one_line(cell: str) -> str:
    """A cell's text on one line."""
    return " ".join(cell.split())


def add_rows(blocks: TextBlocks, rows: Sequence[Row], sheet: str = "", level: int = 1) -> None:
    """Add the rows of one sheet, each marked with its place.

    Lines above the header stand as paragraphs of their own. A table of questions and answers becomes a section a pair, of `level`.
    """
    filled = _even([row for row in rows if not row.is_blank])
    for table in _tables(filled):
        pairs = pair_columns(table[0].cells)
        if pairs is not None:
            _add_pairs(blocks, table, pairs, (sheet, level))
            continue
        for number, row in enumerate(table):
            blocks.at(Place("sheet", row.number, row.number, sheet))
            if number:
                blocks.add_row(row.line)
            else:
                blocks.add(row.line)


def _even(rows: Sequence[Row]) -> list[Row]:
    """The rows, all of one length."""
    width = max((len(row.cells) for row in rows), default=0)
    return [Row(row.number, row.cells + ("",) * (width - len(row.cells))) for row in rows]


def _tables(rows: Sequence[Row]) -> Iterator[list[Row]]:
    """Tables with their header first; a line of text above or between tables stands alone.

    An empty row ends a table only where another header follows it, and an empty column
    only where there is one on either side. Other empty columns are left out.
    """
    table: list[Row] = []
    for block in _blocks(rows):
        above = _lines_above(block)
        if table and not _is_header(block[above:], table[0]):
            table += block
            continue
        yield from _side_by_side(table)
        for line in block[:above]:
            yield from _side_by_side([line])
        table = block[above:]
    yield from _side_by_side(table)


def _side_by_side(table: Sequence[Row]) -> Iterator[list[Row]]:
    """The tables that stand beside each other in these rows, from left to right."""
    used = sorted({column for row in table for column, cell in enumerate(row.cells) if cell})
    groups = [
        [column for _, column in group]
        for _, group in groupby(enumerate(used), key=lambda item: item[1] - item[0])
    ]
    parts = [part for columns in groups if (part := _columns(table, columns))]
    if len(parts) > 1 and all(map(_stands_alone, parts)):
        yield from parts
    elif used:
        yield _columns(table, used)


def _columns(table: Sequence[Row], columns: Sequence[int]) -> list[Row]:
    """The rows that hold something in these columns, cut to them."""
    cut = [Row(row.number, tuple(row.cells[column] for column in columns)) for row in table]
    return [row for row in cut if not row.is_blank]


def _stands_alone(part: Sequence[Row]) -> bool:
    """Whether it has a header for two columns or more, and a row under it."""
    header = part[0].cells
    return len(part) > 1 and len(header) > 1 and all(header) and not any(map(_is_number, header))


def _blocks(rows: Sequence[Row]) -> Iterator[list[Row]]:
    """Rows without an empty one between them."""
    numbered = enumerate(rows)
    for _, group in groupby(numbered, key=lambda item: item[1].number - item[0]):
        yield [row for _, row in group]


def _lines_above(block: Sequence[Row]) -> int:
    """How many rows of a block are lines of text above its table."""
    width = max(row.filled for row in block)
    if width < 2:
        return 0
    return next(n for n, row in enumerate(block) if row.filled > 1)


def _is_header(rows: Sequence[Row], header: Row) -> bool:
    """Whether `rows` begin with a header of their own rather than go on under `header`."""
    first = rows[0]
    if len(rows) < 2 or first.filled < 2 or any(map(_is_number, first.cells)):
        return False
    used = [column for column in range(len(first.cells)) if any(row.cells[column] for row in rows)]
    if not all(first.cells[column] for column in used[1:]):  # a corner may be empty
        return False
    same_columns = list(map(bool, first.cells)) == list(map(bool, header.cells))
    numbers_below = any(_is_number(cell) for row in rows[1:] for cell in row.cells)
    return first.cells == header.cells or not same_columns or numbers_below


def _is_number(cell: str) -> bool:
    return any(map(str.isdigit, cell)) and not any(map(str.isalpha, cell))


def pair_columns(header: Sequence[str]) -> tuple[int, int] | None:
    """The columns of a question and of its answer, if `header` names both."""
    names = [normalise(cell).casefold().strip(" :：*") for cell in header]
    asked = next((column for column, name in enumerate(names) if name in _QUESTIONS), None)
    told = next((column for column, name in enumerate(names) if name in _ANSWERS), None)
    return None if asked is None or told is None else (asked, told)


def _add_pairs(
    blocks: TextBlocks, table: Sequence[Row], pair: tuple[int, int], sheet: tuple[str, int]
) -> None:
    """A section for each pair; further columns are told below the answer by name."""
    name, level = sheet
    asked, told = pair
    for row in table[1:]:
        blocks.at(Place("sheet", row.number, row.number, name))
        if row.cells[asked]:
            blocks.add_heading(level, row.cells[asked])
        blocks.add(row.cells[told])
        rest = [
            f"{title}: {cell}" if title else cell
            for column, (title, cell) in enumerate(zip(table[0].cells, row.cells, strict=True))
            if cell and column not in pair
        ]
        blocks.add("\n".join(rest))
