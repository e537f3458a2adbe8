"""Takes HTML tags, components, comments and module lines out of Markdown, leaving their text.

Code blocks and code spans are left as they are. Every scan is bounded, so that the
cost stays linear in the length of the text.
"""

import re
from collections.abc import Iterator

from knowledge.loading.blocks import tag_names

_FENCE = re.compile(r"[ \t>]*(?:[-*+][ \t]+|\d{1,3}\.[ \t]+)?(`{3,}|~{3,})(.*)")
_INTERESTING = re.compile(r"`+|<!--|\{/\*|</?[A-Za-z]")
_TAG = re.compile(
    r"<(?P<close>/?)(?P<name>[A-Za-z][\w.-]*)"
    r"(?P<attributes>(?:[^<>\"'{}]++|\"[^\"]*+\"|'[^']*+'"
    r"|\{(?:[^{}]++|\{(?:[^{}]++|\{[^{}]*+\})*+\})*+\})*+)>"
)
_TITLE = re.compile(r"""\b(?:title|question)=\{?(?:"([^"]*)"|'([^']*)')""")
_MODULE_LINE = re.compile(
    r"(?:import\s+(?:[\w*{][^\n]*\sfrom\s*)?['\"]|import\s*\{\s*$|export\s+(?:default|const|let|var|function|async|class|\{|\*))"
)
_TAG_LIMIT = 2_000
_SPAN_LIMIT = 2_000

_INLINE = tag_names(
    "a abbr b big br cite code del dfn em font i img input ins kbd label mark q s samp small span "
    "strike strong sub sup time tt u var wbr"
)
_BLOCK = tag_names(
    "address article aside audio blockquote body button caption center col colgroup dd details div dl dt "
    "figcaption figure footer form h1 h2 h3 h4 h5 h6 head header hr html li main menu meta nav ol "
    "option p picture pre section select source summary table tbody td tfoot th thead tr ul video link"
)
_WITHOUT_CONTENT = tag_names("script style svg iframe noscript template math")


def remove_modules(source: str) -> str:
    """`source` without the import and export statements of MDX."""
    kept: list[str] = []
    depth = 0
    for line, is_code in _lines(source):
        if not is_code and (depth > 0 or _MODULE_LINE.match(line)):
            depth += sum(map(line.count, "({[")) - sum(map(line.count, ")}]"))
            continue
        depth = 0
        kept.append(line)
    return "\n".join(kept)


def remove_tags(source: str, *, is_mdx: bool) -> tuple[str, bool]:
    """`source` without tags and comments, and whether it held components.

    A component's title stays, as a paragraph of its own. In plain Markdown a capitalised
    tag is a component only if it is closed somewhere.
    """
    components = _components(source, is_mdx=is_mdx)
    parts: list[str] = []
    prose: list[str] = []
    for line, is_code in _lines(source):
        if not is_code:
            prose.append(line)
            continue
        if prose:
            parts.append(_Prose("\n".join(prose), components).cleaned())
            prose.clear()
        parts.append(line)
    if prose:
        parts.append(_Prose("\n".join(prose), components).cleaned())
    return "\n".join(parts), is_mdx or bool(components)


def _lines(source: str) -> Iterator[tuple[str, bool]]:
    """Each line, and whether it belongs to a fenced code block."""
    fence = ""
    for line in source.split("\n"):
        match = _FENCE.match(line)
        if fence:
            yield line, True
            closes = match and match.group(1).startswith(fence) and not match.group(2).strip()
            fence = "" if closes else fence
        else:
            fence = match.group(1) if match and "`" not in match.group(2) else ""
            yield line, bool(fence)


def _components(source: str, *, is_mdx: bool) -> frozenset[str] | None:
    """Names of components; None where every capitalised tag is one."""
    if is_mdx:
        return None
    return frozenset(re.findall(r"</([A-Z]\w*)>", source)) | frozenset(
        re.findall(r"<([A-Z]\w*)[^<>]{0,500}/>", source)
    )


class _Prose:
    """One stretch of Markdown outside fenced code."""

    def __init__(self, text: str, components: frozenset[str] | None) -> None:
        self._text = text
        self._components = components
        self._kept: list[str] = []
        self._missing: set[str] = set()

    def cleaned(self) -> str:
        position = 0
        while match := _INTERESTING.search(self._text, position):
            self._kept.append(self._text[position : match.start()])
            position = self._step(match)
        self._kept.append(self._text[position:])
        return "".join(self._kept)

    def _step(self, match: re.Match[str]) -> int:
        """Handle what begins at `match`; where to go on."""
        mark, start = match.group(), match.start()
        if mark.startswith("`"):
            end = self._end_of_span(mark, match.end())
        elif mark in ("<!--", "{/*"):
            closing = self._find("-->" if mark == "<!--" else "*/}", match.end())
            if closing is not None:
                return closing
            end = match.end()
        else:
            tag = _TAG.match(self._text, start, start + _TAG_LIMIT)
            if tag and self._is_known(tag["name"]):
                return self._replace(tag)
            end = match.end()
        self._kept.append(self._text[start:end])
        return end

    def _find(self, closing: str, start: int) -> int | None:
        if closing in self._missing:
            return None
        found = self._text.find(closing, start)
        if found < 0:
            self._missing.add(closing)
            return None
        return found + len(closing)

    def _end_of_span(self, ticks: str, start: int) -> int:
        paragraph_end = self._text.find("\n\n", start, start + _SPAN_LIMIT)
        limit = paragraph_end if paragraph_end >= 0 else start + _SPAN_LIMIT
        closing = self._text.find(ticks, start, limit)
        if closing < 0 or self._text[closing + len(ticks) : closing + len(ticks) + 1] == "`":
            return start
        return closing + len(ticks)

    def _is_known(self, name: str) -> bool:
        if name[0].isupper():
            return self._components is None or name in self._components
        return name.lower() in _INLINE | _BLOCK | _WITHOUT_CONTENT

    def _replace(self, tag: re.Match[str]) -> int:
        name, opens, end = tag["name"], not tag["close"], tag.end()
        if name.lower() in _WITHOUT_CONTENT:
            empty = not opens or tag["attributes"].endswith("/")
            return end if empty else self._find(f"</{name}>", end) or end
        if opens and re.fullmatch(r"h[1-6]", name):
            self._kept.append("\n\n" + "#" * int(name[1]) + " ")
            return (
                end + len(self._text[end : end + 200]) - len(self._text[end : end + 200].lstrip())
            )
        self._kept.append(self._replacement(tag))
        return end

    def _replacement(self, tag: re.Match[str]) -> str:
        name = tag["name"]
        line_start = self._text.rfind("\n", 0, tag.start()) + 1
        before = self._text[line_start : tag.start()]
        if before.lstrip().startswith("|"):
            return " "
        if name in _INLINE:
            return "  \n" if name == "br" else ""
        if name in {"td", "th"}:
            return " | " if tag["close"] else ""
        if name == "li":
            return "" if tag["close"] else "\n- "
        title = _TITLE.search(tag["attributes"]) if name[0].isupper() else None
        if title:
            return f"\n\n{title.group(1) or title.group(2)}\n\n"
        after = self._text[tag.end() : tag.end() + 200].partition("\n")[0]
        inside_line = name[0].isupper() and before.strip() and after.strip()
        return "" if inside_line else "\n\n"
