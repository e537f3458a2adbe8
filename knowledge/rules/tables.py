"""CSV tables beside a rule file."""

import csv
import io
import re
from pathlib import Path

from knowledge.rules.model import Table
from knowledge.rules.problems import Problems, suggest_near

MAX_TABLE_BYTES = 20 * 1024 * 1024


def read_table(name: str, path: str, folder: Path, line: int, problems: Problems) -> Table | None:
    """The table at `path` in `folder`; None with the reason in `problems`.

    Only files directly in the folder are read, so that no rule reaches other files.
    """
    if Path(path).name != path or path.startswith("."):
        problems.add(line, "bad_table_path", path=path)
        return None
    file = folder / path
    if not file.is_file() or file.is_symlink():
        near = [other.name for other in folder.glob("*.csv")]
        problems.add(line, "missing_table", suggest_near(path, near), path=path)
        return None
    if file.stat().st_size > MAX_TABLE_BYTES:
        problems.add(line, "bad_table", path=path, reason=f"larger than {MAX_TABLE_BYTES} bytes")
        return None
    try:
        return parse_table(name, file.read_text(encoding="utf-8-sig"))
    except (ValueError, OSError, csv.Error) as error:
        problems.add(line, "bad_table", path=path, reason=str(error))
        return None


def parse_table(name: str, text: str) -> Table:
    """The table of a CSV text. Raises `ValueError` where it cannot be one."""
    reader = csv.reader(io.StringIO(text, newline=""))
    header: list[str] = next(reader, list[str]())
    columns = tuple(_column(title) for title in header)
    if not columns or not all(columns) or len(set(columns)) != len(columns):
        raise ValueError(f"the first line must name each column once, in Latin letters: {header}")
    rows: dict[str, dict[str, str]] = {}
    for cells in reader:
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) > len(columns):
            raise ValueError(f"line {reader.line_num} has more cells than the first line")
        key = cells[0].strip().lower()
        if not key:
            raise ValueError(f"line {reader.line_num} has no key in its first cell")
        if key in rows:
            raise ValueError(f"line {reader.line_num} repeats the key {cells[0]!r}")
        padded = [cell.strip() for cell in cells] + [""] * (len(columns) - len(cells))
        rows[key] = dict(zip(columns, padded, strict=True))
    return Table(name, columns, rows)


def _column(title: str) -> str:
    """`Days since delivery` is the column `days_since_delivery`."""
    return re.sub(r"[^a-z0-9]+", "_", title.strip().lower()).strip("_")
