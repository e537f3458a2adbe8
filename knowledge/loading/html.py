"""Web pages into plain text: what a reader sees, without navigation, scripts and hidden parts."""

import re

from bs4 import BeautifulSoup
from bs4.element import NavigableString, PageElement, PreformattedString, Tag

from knowledge.documents import LoadedText
from knowledge.errors import DocumentTooComplex
from knowledge.loading.blocks import TextBlocks, tag_names
from knowledge.loading.source import file_stem, read_text

_CHARSET = re.compile(
    rb"""<(?:meta|\?xml)[^>]{0,200}?(?:charset|encoding)\s*=\s*["']?\s*([\w.:-]{1,40})""",
    re.IGNORECASE,
)
_DROPPED = tag_names(
    "head script style noscript template nav svg iframe object embed canvas audio video select "
    "option textarea input button dialog math"
)
# A page's own header and footer repeat on every page; inside an article they belong to it.
_PAGE_FURNITURE = frozenset(("header", "footer"))
_HIDDEN_STYLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?![.\d])", re.IGNORECASE
)
_INLINE = tag_names(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i img ins kbd label mark output q rp rt "
    "ruby s samp small span strike strong sub sup time tt u var wbr"
)
_HEADING = re.compile(r"h[1-6]")
# Deeper nesting is no page that people write; it also keeps the walk within Python's stack.
_MAX_DEPTH = 200
_MAX_INDENT = 8


def load(name: str, data: bytes) -> LoadedText:
    """The text of a web page, titled by its `<title>`, else its first `<h1>`, else the file's name."""
    declared = _CHARSET.search(data[:2048])
    encoding = declared.group(1).decode("ascii", errors="replace") if declared else None
    source, warnings = read_text(name, data, encoding)
    blocks = TextBlocks()
    page_title = add_page(blocks, name, parsed(source))
    return blocks.loaded(page_title or blocks.first_heading or file_stem(name), warnings)


def parsed(source: str) -> BeautifulSoup:
    """A page's elements."""
    # The empty comment keeps Beautiful Soup from taking a short text for a URL, or XHTML for XML.
    return BeautifulSoup("<!---->" + source, "lxml")


def add_page(blocks: TextBlocks, name: str, page: BeautifulSoup) -> str:
    """Add what a reader sees of a page to `blocks`; its `<title>`, or nothing.

    Raises `DocumentTooComplex`.
    """
    title = page.title.get_text() if page.title else ""
    _Walk(name, blocks).container(page.find("main") or page.body or page, depth=0)
    return title.strip()


class _Walk:
    """Reads elements in order; inline text gathers until a block ends it."""

    def __init__(self, name: str, blocks: TextBlocks) -> None:
        self.blocks = blocks
        self._name = name
        self._inline: list[str] = []

    def container(self, tag: Tag, depth: int) -> None:
        self._children(tag, depth)
        self._flush()

    def _children(self, tag: Tag, depth: int) -> None:
        if depth > _MAX_DEPTH:
            raise DocumentTooComplex(name=self._name)
        for child in tag.children:
            if isinstance(child, Tag):
                if not _is_dropped(child):
                    self._element(child, depth + 1)
            elif _is_text(child):
                self._inline.append(str(child))

    def _element(self, tag: Tag, depth: int) -> None:
        if tag.name == "br":
            self._inline.append("\n")
        elif tag.name in _INLINE:
            self._children(tag, depth)
        else:
            self._flush()
            self._block(tag, depth)

    def _block(self, tag: Tag, depth: int) -> None:
        if _HEADING.fullmatch(tag.name):
            self.blocks.add_heading(int(tag.name[1]), _visible_text(tag))
        elif tag.name == "pre":
            self.blocks.add(tag.get_text().strip("\n"))
        elif tag.name in {"ul", "ol"}:
            self.blocks.add(_list(tag, indent=0))
        elif tag.name == "table" and not _is_layout(tag):
            self.blocks.add(_table(tag))
        else:
            self.container(tag, depth)

    def _flush(self) -> None:
        # Line ends in the source are spaces; only <br> breaks a line.
        lines = "".join(part if part == "\n" else _folded(part) for part in self._inline)
        self._inline.clear()
        self.blocks.add("\n".join(" ".join(line.split()) for line in lines.split("\n")))


def _folded(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def _is_text(node: PageElement) -> bool:
    return isinstance(node, NavigableString) and not isinstance(node, PreformattedString)


def _is_dropped(tag: Tag) -> bool:
    if tag.name in _DROPPED or tag.has_attr("hidden") or tag.get("aria-hidden") == "true":
        return True
    if tag.name in _PAGE_FURNITURE and tag.find_parent(["article", "section", "main"]) is None:
        return True
    return _HIDDEN_STYLE.search(str(tag.get("style") or "")) is not None


def _visible_text(tag: Tag) -> str:
    """The text of an element on one line, without its hidden parts."""
    parts: list[str] = []
    pending: list[PageElement] = list(tag.children)[::-1]
    while pending:
        node = pending.pop()
        if not isinstance(node, Tag):
            parts.append(str(node) if _is_text(node) else "")
        elif not _is_dropped(node):
            if node.name not in _INLINE:
                parts.append(" ")
                pending.append(NavigableString(" "))
            pending.extend(list(node.children)[::-1])
    return " ".join("".join(parts).split())


def _list(tag: Tag, indent: int) -> str:
    lines: list[str] = []
    for number, item in enumerate(tag.find_all("li", recursive=False), 1):
        inner: list[str] = []
        for child in item.find_all(["ul", "ol"], recursive=False):
            if indent < _MAX_INDENT:
                inner.append(_list(child, indent + 1))
                child.extract()
        if not _is_dropped(item):
            mark = f"{item.get('value') or number}." if tag.name == "ol" else "-"
            lines.append(f"{'  ' * indent}{mark} {_visible_text(item)}")
            lines.extend(filter(None, inner))
    return "\n".join(lines)


def _is_layout(table: Tag) -> bool:
    """Tables that arrange a page rather than hold data."""
    return table.find(["table", "h1", "h2", "h3", "ul", "ol"]) is not None


def _table(table: Tag) -> str:
    rows = [
        " | ".join(_visible_text(cell) for cell in row.find_all(["td", "th"], recursive=False))
        for row in table.find_all("tr")
        if not _is_dropped(row)
    ]
    caption = table.find("caption")
    return "\n".join(filter(None, [_visible_text(caption) if caption else "", *rows]))
