"""How Excel shows a number that has a unit: `12.5%`, `$49.90`, `30 km`. The file's values lack it."""

import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from knowledge.loading.workbooks import sheet_parts
from knowledge.loading.xml import attribute, child, children, parse_xml

# Formats that every workbook has; Excel shows those from 5 to 8 in the reader's own currency.
_BUILT_IN: Mapping[int, str] = {9: "0%", 10: "0.00%"}
_DIGITS = frozenset("0#?")
_PLACEHOLDERS = re.compile(r"[0#?](?:[0#?,]*[0#?])?(?:\.[0#?]+)?")
_CELL = re.compile(rb"<(?:\w+:)?c\s[^>]*[^>/]>")
_AT = re.compile(rb'\sr="([A-Z]{1,3})([0-9]{1,7})"')
_STYLE = re.compile(rb'\ss="([0-9]+)"')
_TOKEN = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]|.', re.DOTALL)

Cell = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Shown:
    """What stands around a number, and how many of its decimals are shown."""

    prefix: str
    suffix: str
    decimals: int
    grouped: bool = False
    percent: bool = False

    def text(self, value: float) -> str:
        """The number as the sheet shows it."""
        number = Decimal(repr(value)) * (100 if self.percent else 1)
        step = Decimal(1).scaleb(-self.decimals)
        rounded = number.quantize(step, rounding=ROUND_HALF_UP)
        digits = f"{abs(rounded):,f}" if self.grouped else f"{abs(rounded):f}"
        return f"{'-' if rounded < 0 else ''}{self.prefix}{digits}{self.suffix}"


@dataclass(frozen=True, slots=True)
class SheetCells:
    """The filled cells of a sheet: its last row and column, and how some are shown; all from 0."""

    last: Cell
    shown: Mapping[Cell, Shown]


def read_cells(package: zipfile.ZipFile) -> dict[str, SheetCells]:
    """What the sheets of an Excel workbook say of their cells, by the sheet's name.

    A sheet that does not say where its cells stand is left out.
    """
    styles = _styles(package)
    return {
        name: cells
        for name, path in sheet_parts(package)
        if (cells := _cells(package.read(path), styles)) is not None
    }


def parse_format(code: str) -> Shown | None:
    """What a format code puts around a number; None for a plain number, a date and the like."""
    prefix, suffix, digits = "", "", ""
    for part in _TOKEN.findall(code):
        if part == ";":
            break
        if part in _DIGITS or (digits and part in {",", "."}):
            digits += part
            continue
        literal = _literal(part)
        if literal is None:
            return None
        prefix, suffix = (prefix, suffix + literal) if digits else (prefix + literal, suffix)
    suffix = suffix.rstrip()
    if not (prefix.strip() or suffix) or not _PLACEHOLDERS.fullmatch(digits):
        return None
    whole, _, decimals = digits.partition(".")
    return Shown(prefix.lstrip(), suffix, len(decimals), "," in whole, "%" in suffix)


def _literal(part: str) -> str | None:
    """The characters that a part of a format stands for; None if it asks for something else."""
    match part[0]:
        case '"':
            return part[1:-1]
        case "\\":
            return part[1:]
        case "_" | "*":
            return ""
        case "[":
            return part[2:-1].partition("-")[0] if part.startswith("[$") else ""
        case _:
            is_plain = part in "$€£¥%()-+ " or ord(part) > 0x7F
            return part if is_plain else None


def _styles(package: zipfile.ZipFile) -> dict[int, Shown]:
    """The cell styles that put something around a number, by their index."""
    if "xl/styles.xml" not in package.namelist():
        return {}
    root = parse_xml(package.read("xl/styles.xml"))
    codes = dict(_BUILT_IN)
    own = child(root, "numFmts")
    for found in children(own, "numFmt") if own is not None else ():
        codes[int(attribute(found, "numFmtId") or 0)] = attribute(found, "formatCode") or ""
    formats = child(root, "cellXfs")
    shown: dict[int, Shown] = {}
    for index, style in enumerate(children(formats, "xf") if formats is not None else ()):
        code = codes.get(int(attribute(style, "numFmtId") or 0))
        if code is not None and (parsed := parse_format(code)) is not None:
            shown[index] = parsed
    return shown


def _cells(content: bytes, styles: Mapping[int, Shown]) -> SheetCells | None:
    shown: dict[Cell, Shown] = {}
    last = (0, 0)
    for found in _CELL.finditer(content):
        tag = found.group()
        at = _AT.search(tag)
        if at is None:
            return None
        cell = (int(at.group(2)) - 1, _column(at.group(1)))
        last = (max(last[0], cell[0]), max(last[1], cell[1]))
        style = _STYLE.search(tag) if styles else None
        if style is not None and (form := styles.get(int(style.group(1)))) is not None:
            shown[cell] = form
    return SheetCells(last, shown)


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number - 1
