"""Markdown and MDX into plain text that reads well: marks go, words, lists, tables and code stay."""

import re

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from knowledge.documents import LoadedText
from knowledge.language import is_han
from knowledge.loading.blocks import TextBlocks
from knowledge.loading.source import file_stem, read_text
from knowledge.loading.tags import remove_modules, remove_tags

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_TITLE = re.compile(r"^title[ \t]*:[ \t]*(.+?)[ \t]*$", re.MULTILINE | re.IGNORECASE)
_HEADING_ANCHOR = re.compile(r"[ \t]*\{#[^{}]*\}[ \t]*$")
# Longest front matter worth looking for; beyond it the dashes are rules in the text.
_FRONT_MATTER_LIMIT = 20_000
_CONTACT_LINKS = ("mailto:", "tel:")


def load(name: str, data: bytes) -> LoadedText:
    """The text of a Markdown or MDX file.

    Its title is the front matter's, else the first level-one heading, else the file's name.
    Front matter, comments, imports and component tags are not part of the text.
    """
    source, warnings = read_text(name, data)
    title, body = _split_front_matter(source)
    is_mdx = name.lower().endswith(".mdx")
    if is_mdx:
        body = remove_modules(body)
    body, has_components = remove_tags(body, is_mdx=is_mdx)
    blocks = TextBlocks()
    for node in _parse(body, indented_code=not has_components).children:
        if node.type == "heading":
            blocks.add_heading(int(node.tag[1:]), _HEADING_ANCHOR.sub("", _inline(node)))
        else:
            blocks.add(_block(node))
    return blocks.loaded(title or blocks.first_heading or file_stem(name), warnings)


def _split_front_matter(source: str) -> tuple[str | None, str]:
    match = _FRONT_MATTER.match(source[:_FRONT_MATTER_LIMIT])
    if match is None:
        return None, source
    title = _TITLE.search(match.group(1))
    return (title.group(1).strip("\"'") if title else None), source[match.end() :]


def _parse(body: str, *, indented_code: bool) -> SyntaxTreeNode:
    # html=False: what looks like a tag and is none (`<your-key>`) stays as it was written.
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    if not indented_code:
        parser.disable("code")
    return SyntaxTreeNode(parser.parse(body))


def _block(node: SyntaxTreeNode) -> str:
    match node.type:
        case "paragraph" | "heading":
            return _inline(node)
        case "fence" | "code_block":
            return node.content.rstrip()
        case "bullet_list" | "ordered_list":
            return _list(node)
        case "table":
            return _table(node)
        case _:
            return "\n\n".join(filter(None, map(_block, node.children)))


def _list(node: SyntaxTreeNode) -> str:
    number = int(node.attrs.get("start", 1))
    items: list[str] = []
    for offset, item in enumerate(node.children):
        mark = "-" if node.type == "bullet_list" else f"{number + offset}."
        lines = "\n".join(filter(None, map(_block, item.children))).split("\n")
        items.append(
            "\n".join([f"{mark} {lines[0]}", *(f"  {line}".rstrip() for line in lines[1:])])
        )
    return "\n".join(items)


def _table(node: SyntaxTreeNode) -> str:
    rows = [row for part in node.children for row in part.children]
    return "\n".join(" | ".join(_inline(cell) for cell in row.children) for row in rows)


def _inline(node: SyntaxTreeNode) -> str:
    """The words of a node's inline content; pictures are left out."""
    text = "".join(_words(child) for child in node.children)
    return "\n".join(line.strip() for line in text.split("\n"))


def _words(node: SyntaxTreeNode) -> str:
    match node.type:
        case "text" | "code_inline" | "html_inline":
            return node.content
        case "softbreak":
            return _soft_break(node)
        case "hardbreak":
            return "\n"
        case "image":
            return ""
        case "link":
            return _link(node)
        case _:
            return "".join(map(_words, node.children))


def _soft_break(node: SyntaxTreeNode) -> str:
    """Chinese runs on over a line's end without a space."""
    before, after = node.previous_sibling, node.next_sibling
    ends = (before.content[-1:] if before else "") + (after.content[:1] if after else "")
    return "" if len(ends) == 2 and all(map(_is_chinese, ends)) else " "


def _is_chinese(character: str) -> bool:
    return is_han(character) or character in "，。；：？！、（）《》“”"


def _link(node: SyntaxTreeNode) -> str:
    """A link's text; an address or telephone number behind it is kept, as customers need it."""
    text = "".join(map(_words, node.children))
    target = str(node.attrs.get("href", ""))
    if target.startswith(_CONTACT_LINKS):
        contact = target.partition(":")[2].partition("?")[0]
        return text if contact in text else f"{text} ({contact})"
    return text
