"""The parts of an Excel workbook: its sheets and the charts on them."""

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from posixpath import basename, dirname, join, normpath

from knowledge.loading.charts import chart_lines
from knowledge.loading.xml import Element, attribute, child, local, number, parse_xml


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart's title and numbers, line by line, and the row at its top, from 1."""

    row: int
    lines: tuple[str, ...]


def sheet_parts(package: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    """The name of each sheet and its part; none for what is no Excel workbook."""
    targets = _related(package, "xl/workbook.xml")
    listed = child(_part(package, "xl/workbook.xml"), "sheets")
    for sheet in listed if listed is not None else ():
        path = targets.get(attribute(sheet, "id") or "", ("", ""))[1]
        if path in package.namelist():
            yield attribute(sheet, "name") or "", path


def sheet_charts(package: zipfile.ZipFile) -> dict[str, list[Chart]]:
    """The charts on each sheet, from top to bottom."""
    return {
        name: sorted(_charts(package, path), key=lambda chart: chart.row)
        for name, path in sheet_parts(package)
    }


def _charts(package: zipfile.ZipFile, sheet: str) -> Iterator[Chart]:
    for kind, drawing in _related(package, sheet).values():
        if kind != "drawing":
            continue
        parts = _related(package, drawing)
        root = _part(package, drawing)
        for anchor in root if root is not None else ():
            row = number(_text(child(anchor, "from", "row"))) or 0
            for shown in (e for e in anchor.iter() if local(e) == "chart"):
                path = parts.get(attribute(shown, "id") or "", ("", ""))[1]
                if path in package.namelist():
                    yield Chart(row + 1, tuple(chart_lines(package.read(path))))


def _text(element: Element | None) -> str | None:
    return element.text if element is not None else None


def _related(package: zipfile.ZipFile, part: str) -> dict[str, tuple[str, str]]:
    """The parts that one refers to, by id: kind and path."""
    root = _part(package, join(dirname(part), "_rels", f"{basename(part)}.rels"))
    return {
        attribute(relation, "Id") or "": (
            (attribute(relation, "Type") or "").rpartition("/")[2],
            normpath(join("/", dirname(part), attribute(relation, "Target") or "")).lstrip("/"),
        )
        for relation in (root if root is not None else ())
    }


def _part(package: zipfile.ZipFile, path: str) -> Element | None:
    return parse_xml(package.read(path)) if path in package.namelist() else None
