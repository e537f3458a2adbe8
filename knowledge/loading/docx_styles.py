"""What Word's styles make of a paragraph: a title, a heading, a line of a contents list, an item."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self, TypeVar

from knowledge.loading.xml import Element, attribute, child, children, number

_T = TypeVar("_T")
# Chains of styles are short; a loop among them must end.
_LONGEST_CHAIN = 20
_BODY_TEXT = 9  # Word's outline level of what is no heading


@dataclass(frozen=True, slots=True)
class Item:
    """A paragraph's place in a list: the list's id and the level in it, from 0."""

    list_id: str
    level: int


class Styles:
    """The paragraph styles of a document."""

    def __init__(self, styles: dict[str, Element]) -> None:
        self._styles = styles

    @classmethod
    def read(cls, root: Element | None) -> Self:
        """The styles of `styles.xml`; none without it."""
        found = children(root, "style") if root is not None else ()
        return cls({attribute(style, "styleId") or "": style for style in found})

    def heading_level(self, properties: Element | None) -> int | None:
        """A paragraph's level, 1 for titles and the highest headings; None for other text."""
        style = attribute(child(properties, "pStyle"))
        if (self._inherited(style, _name) or "") == "title":
            return 1
        own = _outline(properties)
        level = own if own is not None else self._inherited(style, _outline_of_style)
        return None if level is None or level >= _BODY_TEXT else level + 1

    def is_contents_line(self, properties: Element | None) -> bool:
        """Whether it is a line of a table of contents."""
        style = attribute(child(properties, "pStyle"))
        return (self._inherited(style, _name) or "").startswith("toc ")

    def item(self, properties: Element | None) -> Item | None:
        """Where the paragraph stands in a list; None if in none."""
        style = attribute(child(properties, "pStyle"))
        list_id = _list_id(properties) or self._inherited(style, _list_of_style)
        if list_id is None or list_id == "0":
            return None
        level = _list_level(properties)
        if level is None:
            level = self._inherited(style, _level_of_style) or 0
        return Item(list_id, level)

    def _inherited(self, style_id: str | None, get: Callable[[Element], _T | None]) -> _T | None:
        """What the style says, else the one that it is based on."""
        for _ in range(_LONGEST_CHAIN):
            style = self._styles.get(style_id or "")
            if style is None:
                return None
            found = get(style)
            if found is not None:
                return found
            style_id = attribute(child(style, "basedOn"))
        return None


def _name(style: Element) -> str | None:
    name = (attribute(child(style, "name")) or "").casefold()
    return name if name == "title" or name.startswith("toc ") else None


def _outline_of_style(style: Element) -> int | None:
    name = (attribute(child(style, "name")) or "").casefold()
    if name.startswith("heading ") and name[8:].isdecimal():
        return int(name[8:]) - 1
    return _outline(child(style, "pPr"))


def _outline(properties: Element | None) -> int | None:
    return number(attribute(child(properties, "outlineLvl")))


def _list_of_style(style: Element) -> str | None:
    return _list_id(child(style, "pPr"))


def _level_of_style(style: Element) -> int | None:
    return _list_level(child(style, "pPr"))


def _list_id(properties: Element | None) -> str | None:
    return attribute(child(properties, "numPr", "numId"))


def _list_level(properties: Element | None) -> int | None:
    return number(attribute(child(properties, "numPr", "ilvl")))
