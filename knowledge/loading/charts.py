"""The numbers behind a chart of an Office file, whatever its kind, as a table."""

from collections.abc import Iterator

from knowledge.loading.rows import one_line, table_line
from knowledge.loading.xml import Element, attribute, child, local, parse_xml

# More points are a curve, not a table that anybody reads.
_MOST_POINTS = 500


def chart_lines(content: bytes) -> list[str]:
    """The title of the chart in `chartN.xml`, if it has one, and a table: a row a category.

    Raises what the XML parser raises.
    """
    root = parse_xml(content)
    series = [e for e in root.iter() if local(e) == "ser"]
    title = _text(child(root, "chart", "title"))
    columns = [_points(_first(one, "val", "yVal", "bubbleSize")) for one in series]
    labelled = [_points(_first(one, "cat", "xVal")) for one in series]
    labels = max(labelled, key=len, default=_points(None))
    numbers = sorted(set(labels).union(*columns))[:_MOST_POINTS]
    header = ["", *(_text(child(one, "tx")) or "" for one in series)]
    rows = [[labels.get(n, str(n + 1)), *(c.get(n, "") for c in columns)] for n in numbers]
    table = [table_line(header), *map(table_line, rows)] if numbers else []
    return [line for line in (title, *table) if line]


def _first(series: Element, *names: str) -> Element | None:
    return next((found for name in names if (found := child(series, name)) is not None), None)


def _text(element: Element | None) -> str:
    """The words in an element: of a title, or the cell that names a series."""
    if element is None:
        return ""
    return one_line("".join(e.text or "" for e in element.iter() if local(e) in {"t", "v"}))


def _points(element: Element | None) -> dict[int, str]:
    """The values of a series by their number, from 0."""
    return dict(_numbered(element)) if element is not None else {}


def _numbered(element: Element) -> Iterator[tuple[int, str]]:
    for point in element.iter():
        index = attribute(point, "idx") if local(point) == "pt" else None
        value = child(point, "v")
        if index is not None and index.isdecimal() and value is not None:
            yield int(index), _plain(one_line(value.text or ""))


def _plain(value: str) -> str:
    """A number without the noise of binary fractions; a label as it is."""
    try:
        return f"{float(value):.10g}" if "." in value else value
    except ValueError:
        return value
