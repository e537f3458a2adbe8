"""A copy of a Word document that holds only what is read of it, in forms that mammoth knows."""

import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from io import BytesIO
from posixpath import basename

from knowledge.loading.charts import chart_lines
from knowledge.loading.docx_numbers import Numbers
from knowledge.loading.docx_styles import Styles
from knowledge.loading.rows import CELL
from knowledge.loading.source import check_length
from knowledge.loading.warnings import COMMENTS, HIDDEN_TEXT, PICTURES
from knowledge.loading.xml import (
    Element,
    attribute,
    child,
    children,
    is_on,
    local,
    parse_xml,
    xml_bytes,
)

# Around the number of a list item, which mammoth would count anew: characters of no text.
NUMBER_START, NUMBER_END = "\ue000", "\ue001"

_BODIES = frozenset(("document.xml", "document2.xml", "footnotes.xml", "endnotes.xml"))
_BOX_HOLDERS = frozenset(("AlternateContent", "drawing", "pict"))
_DEEPEST_HEADING = 6
# What stands between the parts of a formula.
_SIGNS = {"f": "/", "sSup": "^", "sSub": "_", "e": "", "num": "", "den": ""}


def words_only(name: str, package: zipfile.ZipFile) -> tuple[bytes, tuple[str, ...]]:
    """The document without pictures, hidden text and contents lists; and warnings.

    Headings get Word's own style names, whatever they are called; numbered items begin
    with their number between `NUMBER_START` and `NUMBER_END`; text boxes stand below the
    paragraph that they hang on; formulas become text. Raises `DocumentTooLong`.
    """
    names = package.namelist()
    charts = _charts(package)
    words = _Words(
        Styles.read(_part(package, "styles.xml")), _part(package, "numbering.xml"), charts
    )
    copy = BytesIO()
    with zipfile.ZipFile(copy, "w", zipfile.ZIP_STORED) as target:
        for part in names:
            if part.endswith((".xml", ".rels")):
                content = package.read(part)
                if basename(part) in _BODIES:
                    root = parse_xml(content)
                    check_length(name, "".join(root.itertext()))
                    content = xml_bytes(words.rewritten(root))
                target.writestr(part, content)
    told = (
        (PICTURES, any("/media/" in part for part in names)),
        (COMMENTS, any(basename(part) == "comments.xml" for part in names)),
        (HIDDEN_TEXT, words.has_hidden),
    )
    return copy.getvalue(), tuple(warning for warning, holds in told if holds)


def _charts(package: zipfile.ZipFile) -> dict[str, list[str]]:
    """The lines of each chart in the main part, by the id of its relation."""
    relations = _part(package, "document.xml.rels")
    found: dict[str, list[str]] = {}
    for relation in relations if relations is not None else ():
        path = f"word/{attribute(relation, 'Target')}"
        if (attribute(relation, "Type") or "").endswith("/chart") and path in package.namelist():
            found[attribute(relation, "Id") or ""] = chart_lines(package.read(path))
    return found


def _part(package: zipfile.ZipFile, name: str) -> Element | None:
    found = next((n for n in package.namelist() if basename(n) == name), None)
    return parse_xml(package.read(found)) if found else None


class _Words:
    """Rewrites the parts that hold text, in the order of the document."""

    def __init__(
        self, styles: Styles, numbering: Element | None, charts: Mapping[str, list[str]]
    ) -> None:
        self._styles = styles
        self._charts = charts
        self._numbers = Numbers(numbering)
        self.has_hidden = False

    def rewritten(self, root: Element) -> Element:
        _free_text_boxes(root)
        self._write_charts(root)
        self._drop(root, self._is_hidden)
        self._drop(root, self._is_contents_line)
        _formulas_to_text(root)
        for paragraph in root.iter():
            if local(paragraph) == "p":
                self._mark(paragraph)
        return root

    def _mark(self, paragraph: Element) -> None:
        """Say in the paragraph itself what its styles say."""
        properties = child(paragraph, "pPr")
        level = self._styles.heading_level(properties)
        item = self._styles.item(properties)
        is_empty = not any(local(e) in {"t", "sym"} for e in paragraph.iter())
        label = self._numbers.next(item) if item is not None and not is_empty else None
        if level is not None:
            _set_style(paragraph, f"Heading{min(level, _DEEPEST_HEADING)}")
        if label is not None:
            space = "" if label.endswith("、") else " "
            text = f"{NUMBER_START}{label}{NUMBER_END}" if level is None else f"{label}{space}"
            paragraph.insert(0 if child(paragraph, "pPr") is None else 1, _run(paragraph, text))

    def _write_charts(self, root: Element) -> None:
        """Put the numbers of each chart as a table below the paragraph that holds it."""
        for parent in list(root.iter()):
            for position, paragraph in reversed(list(enumerate(parent))):
                if local(paragraph) != "p":
                    continue
                ids = [attribute(e, "id") or "" for e in paragraph.iter() if local(e) == "chart"]
                for lines in (self._charts[i] for i in ids if i in self._charts):
                    parent.insert(position + 1, _table(paragraph, lines))

    def _drop(self, root: Element, unwanted: Callable[[Element], bool]) -> None:
        for parent in root.iter():
            for element in [e for e in parent if unwanted(e)]:
                parent.remove(element)

    def _is_hidden(self, element: Element) -> bool:
        if local(element) != "r" or not is_on(child(element, "rPr", "vanish")):
            return False
        self.has_hidden = self.has_hidden or any(local(e) == "t" for e in element)
        return True

    def _is_contents_line(self, element: Element) -> bool:
        return local(element) == "p" and self._styles.is_contents_line(child(element, "pPr"))


def _set_style(paragraph: Element, style: str) -> None:
    space = paragraph.tag.rpartition("}")[0] + "}"
    properties = child(paragraph, "pPr")
    if properties is None:
        properties = paragraph.makeelement(f"{space}pPr", {})
        paragraph.insert(0, properties)
    for name in ("pStyle", "numPr"):
        for old in list(children(properties, name)):
            properties.remove(old)
    properties.insert(0, properties.makeelement(f"{space}pStyle", {f"{space}val": style}))


def _table(near: Element, lines: Iterable[str]) -> Element:
    """A table in the namespace of `near`."""
    space = near.tag.rpartition("}")[0] + "}"
    table = near.makeelement(f"{space}tbl", {})
    for line in lines:
        row = near.makeelement(f"{space}tr", {})
        for text in line.split(CELL):
            cell, paragraph = (near.makeelement(f"{space}{tag}", {}) for tag in ("tc", "p"))
            paragraph.append(_run(near, text))
            cell.append(paragraph)
            row.append(cell)
        table.append(row)
    return table


def _run(near: Element, text: str) -> Element:
    """A run of text in the namespace of `near`."""
    space = near.tag.rpartition("}")[0] + "}"
    run = near.makeelement(f"{space}r", {})
    words = near.makeelement(f"{space}t", {})
    words.text = text
    run.append(words)
    return run


def _free_text_boxes(root: Element) -> None:
    """Move the paragraphs of each text box below the paragraph that it hangs on, inner boxes first."""
    for parent in reversed(list(root.iter())):
        for position, paragraph in reversed(list(enumerate(parent))):
            if local(paragraph) == "p":
                parent[position + 1 : position + 1] = list(_boxed(paragraph))


def _boxed(element: Element) -> Iterator[Element]:
    """The blocks of the boxes in an element, taken out of it."""
    for part in list(element):
        boxes = _boxes(part) if local(part) in _BOX_HOLDERS else []
        if boxes:
            element.remove(part)
            yield from (block for box in boxes for block in box)
        else:
            yield from _boxed(part)


def _boxes(holder: Element) -> list[Element]:
    """Its outermost boxes. Word writes a box twice, for newer and older readers; one is kept."""
    if local(holder) == "txbxContent":
        return [holder]
    if local(holder) == "AlternateContent":
        versions = [_boxes(version) for version in holder]
        return next(filter(None, versions), versions[-1]) if versions else []
    return [box for part in holder for box in _boxes(part)]


def _formulas_to_text(root: Element) -> None:
    for parent in list(root.iter()):
        if local(parent) not in {"p", "oMathPara", "hyperlink", "ins", "sdtContent"}:
            continue
        for position, element in enumerate(parent):
            if local(element) in {"oMath", "oMathPara"}:
                near = parent if local(parent) == "p" else root
                parent[position] = _run(near, _formula(element))


def _formula(element: Element) -> str:
    """A formula on one line: `a/b`, `x^2`."""
    name = local(element)
    if name == "t":
        return element.text or ""
    parts = [text for part in element if (text := _formula(part))]
    if name in {"f", "sSup", "sSub"}:
        parts = [f"({part})" if len(part.split()) > 1 or len(part) > 3 else part for part in parts]
    return _SIGNS.get(name, "").join(parts)
