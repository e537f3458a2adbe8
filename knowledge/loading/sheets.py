"""Spreadsheets: Excel (new and 97-2003) and OpenDocument, through calamine."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from io import BytesIO

from python_calamine import (
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from knowledge.documents import LoadedText, Place
from knowledge.errors import EncryptedDocument, TooManyCells
from knowledge.loading.blocks import TextBlocks, tidy
from knowledge.loading.number_formats import Cell, SheetCells, Shown, read_cells
from knowledge.loading.rows import Row, add_rows, one_line
from knowledge.loading.source import check_length, file_stem
from knowledge.loading.warnings import HIDDEN_SHEETS
from knowledge.loading.workbooks import Chart, sheet_charts
from knowledge.loading.zips import OLE, damage_told, is_encrypted, open_package

Value = int | float | str | bool | time | date | datetime | timedelta

# calamine holds every cell between the first and the last filled one, at 32 bytes each.
MAX_CELLS = 5_000_000
# Excel shows as many digits of a number; further ones are the noise of binary fractions.
_DIGITS = 15


def load(name: str, data: bytes) -> LoadedText:
    """The visible sheets of a workbook, each a section under its name, each row marked.

    Dates read `2024-03-15`, numbers with a unit as the sheet shows them. A cell merged over
    several rows stands in each. The title is the file's name. Raises `EncryptedDocument`,
    `DamagedDocument`, `UnpacksTooLarge` or `TooManyCells`.
    """
    told, charts = _told(name, data)
    blocks = TextBlocks()
    try:
        with damage_told(name), CalamineWorkbook.from_filelike(BytesIO(data)) as book:
            sheets = [s for s in book.sheets_metadata if s.typ == SheetTypeEnum.WorkSheet]
            shown = [sheet.name for sheet in sheets if sheet.visible == SheetVisibleEnum.Visible]
            for title in shown:
                cells = told.get(title, SheetCells((0, 0), {}))
                rows = _rows(name, book.get_sheet_by_name(title), cells.shown)
                _add_sheet(blocks, title, rows, charts.get(title, ()))
    except PasswordError as error:
        raise EncryptedDocument(name=name) from error
    loaded = blocks.loaded(file_stem(name), (HIDDEN_SHEETS,) if len(shown) < len(sheets) else ())
    check_length(name, loaded.text)
    return loaded


def _told(name: str, data: bytes) -> tuple[Mapping[str, SheetCells], Mapping[str, Sequence[Chart]]]:
    """What an Excel file says of its cells, once it is sure that they can be held, and its charts."""
    if data.startswith(OLE):
        if is_encrypted(data):
            raise EncryptedDocument(name=name)
        return {}, {}
    with open_package(name, data) as package, damage_told(name):
        cells, charts = read_cells(package), sheet_charts(package)
    for sheet, told in cells.items():
        _check_size(name, sheet, (told.last[0] + 1) * (told.last[1] + 1))
    return cells, charts


def _check_size(name: str, sheet: str, cells: int) -> None:
    if cells > MAX_CELLS:
        raise TooManyCells(name=name, sheet=sheet, cells=cells, limit=MAX_CELLS)


def _rows(name: str, sheet: CalamineSheet, shown: Mapping[Cell, Shown]) -> list[Row]:
    """The rows that hold something."""
    if sheet.start is None:
        return []
    _check_size(name, sheet.name, sheet.height * sheet.width)
    top, left = sheet.start
    values = sheet.to_python()
    _fill_merged(values, sheet)
    rows = (
        Row(
            top + number + 1,
            tuple(_text(v, shown.get((top + number, left + c))) for c, v in enumerate(row)),
        )
        for number, row in enumerate(values)
    )
    return [row for row in rows if not row.is_blank]


def _fill_merged(values: Sequence[list[Value]], sheet: CalamineSheet) -> None:
    """Repeat the value of a merged cell in every cell that it covers.

    One that has its rows to itself is a title and stays as it is.
    """
    top, left = sheet.start or (0, 0)
    for (first, begin), (last, end) in sheet.merged_cell_ranges or ():
        if first < top or begin < left or first - top >= len(values):
            continue
        covered = slice(begin - left, end - left + 1)
        value = values[first - top][covered][:1]
        for row in values[first - top : last - top + 1] if value != [""] else ():
            if any(row[: covered.start]) or any(row[covered.stop :]):
                row[covered] = value * len(row[covered])
            else:
                row[covered.start] = value[0]


def _add_sheet(
    blocks: TextBlocks, title: str, rows: Sequence[Row], charts: Sequence[Chart]
) -> None:
    """Its rows, then its charts: their numbers may come from where nothing is read."""
    starts = [*(row.number for row in rows[:1]), *(chart.row for chart in charts)]
    if not starts:
        return
    blocks.at(Place("sheet", starts[0], starts[0], title))
    blocks.add_heading(1, tidy(title))
    add_rows(blocks, rows, title, level=2)
    for chart in charts:
        blocks.at(Place("sheet", chart.row, chart.row, title))
        blocks.add(tidy("\n".join(chart.lines)))


def _text(value: Value, shown: Shown | None) -> str:
    """A cell as a person reads it."""
    match value:
        case bool():
            return str(value).upper()
        case int() | float():
            return shown.text(value) if shown else _number(value)
        case datetime() | time():
            return value.isoformat(" ") if isinstance(value, datetime) else value.isoformat()
        case _:
            return one_line(tidy(str(value)))


def _number(value: float) -> str:
    plain = f"{value:.{_DIGITS}g}"
    if "e" not in plain:
        return plain
    return f"{value:f}".rstrip("0").rstrip(".") if abs(value) > 1 else plain
