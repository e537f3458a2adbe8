"""CSV and TSV files: whatever parts the cells, every row is kept."""

import csv
from collections import Counter
from collections.abc import Sequence

from knowledge.documents import LoadedText
from knowledge.loading.blocks import TextBlocks
from knowledge.loading.rows import Row, add_rows, one_line
from knowledge.loading.source import file_stem, read_text
from knowledge.loading.warnings import BROKEN_QUOTES

_DELIMITERS = ",;\t|"
# Lines that the delimiter is judged by.
_SAMPLE = 100
# Python's reader refuses longer cells; a quotation mark that nobody closes makes them.
_LONGEST_CELL = 100_000
_MOST_LINES_IN_A_CELL = 200


def load(name: str, data: bytes) -> LoadedText:
    """The rows of a CSV or TSV file, marked with their numbers; its title is the file's name.

    A line break in a quoted cell becomes a space.
    """
    text, warnings = read_text(name, data)
    text, delimiter = _announced(text)
    delimiter = delimiter or ("\t" if name.lower().endswith(".tsv") else _delimiter(text))
    cells = _cells(text, delimiter)
    if cells is None:
        cells = _unquoted(text, delimiter)
        warnings = (*warnings, BROKEN_QUOTES)
    blocks = TextBlocks()
    rows = [Row(number, tuple(map(one_line, row))) for number, row in enumerate(cells, 1)]
    add_rows(blocks, rows)
    return blocks.loaded(file_stem(name), warnings)


def _announced(text: str) -> tuple[str, str]:
    """The text after Excel's line `sep=;`, and what that line says."""
    first, _, rest = text.partition("\n")
    is_announced = first.lower().startswith("sep=") and len(first) == len("sep=") + 1
    return (rest, first[-1]) if is_announced else (text, "")


def _delimiter(text: str) -> str:
    """What parts the cells: the one that gives most rows the same number of cells, above one."""
    sample = "\n".join(text.split("\n", _SAMPLE)[:_SAMPLE])
    return max(_DELIMITERS, key=lambda delimiter: _regularity(sample, delimiter))


def _regularity(sample: str, delimiter: str) -> tuple[bool, float, int]:
    """How well a delimiter fits: first that no quoted cell goes on behind its closing mark."""
    fits = _fits_quotes(sample, delimiter)
    rows = [row for row in _cells(sample, delimiter) or _unquoted(sample, delimiter) if row]
    widths = Counter(len(row) for row in rows if len(row) > 1)
    if not widths:
        return (fits, 0.0, 0)
    width, count = widths.most_common(1)[0]
    return (fits, count / len(rows), width)


def _fits_quotes(sample: str, delimiter: str) -> bool:
    try:
        list(csv.reader(sample.splitlines(keepends=True), delimiter=delimiter, strict=True))
    except csv.Error as error:
        return "expected after" not in str(error)  # the sample may end inside a cell
    return True


def _cells(text: str, delimiter: str) -> Sequence[list[str]] | None:
    """The cells of each row; None where a quotation mark swallows the rest of the file."""
    lines = text.split("\n")
    try:
        rows = list(csv.reader((f"{line}\n" for line in lines), delimiter=delimiter))
    except csv.Error:
        return None
    swallowed = any(cell.count("\n") > _MOST_LINES_IN_A_CELL for row in rows for cell in row)
    unclosed = bool(rows) and any(cell.endswith("\n") for cell in rows[-1][-1:])
    return None if swallowed or unclosed else rows


def _unquoted(text: str, delimiter: str) -> Sequence[list[str]]:
    lines = (
        line[start : start + _LONGEST_CELL]
        for line in text.split("\n")
        for start in range(0, max(1, len(line)), _LONGEST_CELL)
    )
    return list(csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE))
