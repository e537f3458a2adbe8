"""Web pages into plain text: what a reader sees, without navigation, scripts and hidden parts."""

import re
from collections.abc import Iterable, Iterator

from bs4 import BeautifulSoup
from bs4.element import NavigableString, PageElement, PreformattedString, Tag

from knowledge.documents import LoadedText
from knowledge.errors import DocumentTooComplex
from knowledge.loading.blocks import REPEATS_MARK, TextBlocks, tag_names
from knowledge.loading.rows import table_line
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
_PAGE_FURNITURE = frozenset(("header", "footer", "aside"))
_FURNITURE_ROLES = frozenset(("banner", "contentinfo", "complementary"))
_DROPPED_ROLES = tag_names("navigation search dialog alertdialog menu menubar tablist tooltip")
# What common site builders call notices about cookies, ways around the page, and marks beside headings.
_DROPPED_NAMES = re.compile(
    r"(?:cookies?|consent|gdpr|ccpa)[-_]*(?:banner|bar|notice|popup|modal|dialog|overlay|consent|law)"
    r"(?:[-_]?\w+)?|onetrust[\w-]*|cybotcookiebot\w*|cc-window|cc-banner"
    r"|skip(?:-?to)?-?(?:link|content|main|nav(?:igation)?)s?"
    r"|breadcrumbs?|sr-only|visually-hidden|screen-reader-text|toc|table-of-contents|on-this-page"
    r"|headerlink|hash-link|edit-this-page|pagination-nav",
    re.IGNORECASE,
)
# A page about cookies is content; a notice about them is shorter than this many characters.
_NOTICE_LENGTH = 3_000
_REPEATS = re.compile(rb"<!--" + REPEATS_MARK.encode() + rb"((?: [0-9a-f]{12}){1,200})-->\s*\Z")
_REPEATS_BYTES = 4_096
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
# What a loader calls an item's own label, as `3.2`; no page has it.
LABEL = "answerdesk-label"
# Wider or taller cells are decoration, or an attack.
_MAX_SPAN = 50


def load(name: str, data: bytes) -> LoadedText:
    """The text of a web page, titled by its `<title>`, else its first `<h1>`, else the file's name."""
    declared = _CHARSET.search(data[:2048])
    encoding = declared.group(1).decode("ascii", errors="replace") if declared else None
    source, warnings = read_text(name, data, encoding)
    blocks = TextBlocks(_left_out(data))
    page_title = add_page(blocks, name, parsed(source))
    return blocks.loaded(page_title or blocks.first_heading or file_stem(name), warnings)


def _left_out(data: bytes) -> frozenset[str]:
    """The blocks that the page's last comment says its site repeats (see `knowledge.web.repeats`)."""
    named = _REPEATS.search(data[-_REPEATS_BYTES:])
    return frozenset(named.group(1).decode("ascii").split()) if named else frozenset()


def parsed(source: str) -> BeautifulSoup:
    """A page's elements."""
    # The empty comment keeps Beautiful Soup from taking a short text for a URL, or XHTML for XML.
    return BeautifulSoup("<!---->" + source, "lxml")


def add_page(blocks: TextBlocks, name: str, page: BeautifulSoup) -> str:
    """Add what a reader sees of a page to `blocks`; its `<title>`, or nothing.

    Raises `DocumentTooComplex`.
    """
    title = page.title.get_text() if page.title else ""
    _Walk(name, blocks).container(_main_part(page), depth=0)
    return title.strip()


def _main_part(page: BeautifulSoup) -> Tag:
    """Where a page has what it is for; all of it where that is not marked."""
    body = page.body or page
    marked = page.find("main") or page.find(role="main")
    if marked is not None:
        return marked
    articles = page.find_all("article", limit=2)
    if len(articles) == 1 and len(articles[0].get_text()) * 2 > len(body.get_text()):
        return articles[0]
    return body


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
    role = str(tag.get("role") or "")
    if role in _DROPPED_ROLES or _is_named_furniture(tag):
        return True
    is_furniture = tag.name in _PAGE_FURNITURE or role in _FURNITURE_ROLES
    if is_furniture and tag.find_parent(["article", "section", "main"]) is None:
        return True
    return _HIDDEN_STYLE.search(str(tag.get("style") or "")) is not None


def _is_named_furniture(tag: Tag) -> bool:
    names = [str(tag.get("id") or ""), *(tag.get_attribute_list("class") or ())]
    if not any(name and _DROPPED_NAMES.fullmatch(str(name)[:100]) for name in names):
        return False
    return tag.name not in ("html", "body", "main") and len(tag.get_text()) < _NOTICE_LENGTH


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
    number = _number(tag, 1, "start")
    for item in tag.find_all("li", recursive=False):
        inner: list[str] = []
        for child in item.find_all(["ul", "ol"], recursive=False):
            if indent < _MAX_INDENT:
                inner.append(_list(child, indent + 1))
                child.extract()
        if not _is_dropped(item):
            number = _number(item, number) + 1
            text = _visible_text(item)
            if text or not inner:
                lines.append(f"{'  ' * indent}{_mark(tag, item, number - 1)} {text}")
            lines.extend(filter(None, inner))
    return "\n".join(lines)


def _mark(tag: Tag, item: Tag, number: int) -> str:
    label = str(item.get(LABEL) or f"{number}.")
    return label if tag.name == "ol" else "-"


def _number(tag: Tag, otherwise: int, name: str = "value") -> int:
    """The number that a list or an item gives itself."""
    value = str(tag.get(name) or "")
    return int(value) if value.isdecimal() and len(value) < 10 else otherwise


def _is_layout(table: Tag) -> bool:
    """Tables that arrange a page rather than hold data."""
    if table.find(["table", "h1", "h2", "h3"]) is not None:
        return True
    return table.find(["ul", "ol"]) is not None and not _has_columns(table)


def _has_columns(table: Tag) -> bool:
    """Whether two rows or more have two cells or more."""
    widths = [len(row.find_all(["td", "th"], recursive=False)) for row in table.find_all("tr")]
    return sum(width > 1 for width in widths) > 1


def _table(table: Tag) -> str:
    caption = table.find("caption")
    rows = [row for row in table.find_all("tr") if not _is_dropped(row)]
    lines = map(table_line, _spread(rows))
    return "\n".join(filter(None, [_visible_text(caption) if caption else "", *lines]))


def _spread(rows: Iterable[Tag]) -> Iterator[list[str]]:
    """The cells of each row; one that spans others stands in each of them, but a full row once."""
    held: dict[int, tuple[int, str]] = {}
    for row in rows:
        cells = row.find_all(["td", "th"], recursive=False)
        is_full = len(cells) == 1 and not held
        line: list[str] = []
        pending: dict[int, tuple[int, str]] = {}
        for cell in cells:
            _take_held(line, held, pending)
            text = _visible_text(cell)
            width = 1 if is_full else _span(cell, "colspan")
            height = _span(cell, "rowspan")
            for _ in range(width):
                if height > 1:
                    pending[len(line)] = (height - 1, text)
                line.append(text)
        _take_held(line, held, pending)
        held = pending
        yield line


def _take_held(
    line: list[str], held: dict[int, tuple[int, str]], pending: dict[int, tuple[int, str]]
) -> None:
    """Put the cells that reach down from above next in the line."""
    while (found := held.pop(len(line), None)) is not None:
        left, text = found
        if left > 1:
            pending[len(line)] = (left - 1, text)
        line.append(text)


def _span(cell: Tag, name: str) -> int:
    value = str(cell.get(name) or "")
    return min(int(value), _MAX_SPAN) if value.isdecimal() and int(value) > 0 else 1
