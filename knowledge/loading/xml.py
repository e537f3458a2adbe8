"""XML parts of Office files and books."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeAlias
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    Element: TypeAlias = ET.Element[str]
else:
    Element = ET.Element

_ENTITY = re.compile(rb"<\x00?!\x00?E\x00?N\x00?T")
_PROLOGUE = 65_536


def parse_xml(content: bytes) -> Element:
    """The root of an XML part. Nothing outside it is fetched.

    Raises `ValueError` for a part that defines entities, and what the parser raises.
    """
    if _ENTITY.search(content[:_PROLOGUE]):
        raise ValueError("entities are not expanded")
    return ET.fromstring(content)  # noqa: S314 -- entities are refused, and expat bounds the rest


def xml_bytes(root: Element) -> bytes:
    """The part again."""
    return ET.tostring(root, encoding="utf-8", xml_declaration=True)


def local(element: Element) -> str:
    """An element's name without its namespace: strict and transitional files differ only there."""
    return element.tag.rpartition("}")[2]


def child(element: Element | None, *path: str) -> Element | None:
    """The first child of that local name, and on from there."""
    for name in path:
        if element is None:
            return None
        element = next((e for e in element if local(e) == name), None)
    return element


def children(element: Element, name: str) -> Iterator[Element]:
    """The children of that local name."""
    return (e for e in element if local(e) == name)


def attribute(element: Element | None, name: str = "val") -> str | None:
    """The attribute of that local name."""
    if element is None:
        return None
    return next((v for k, v in element.attrib.items() if k.rpartition("}")[2] == name), None)


def is_on(element: Element | None) -> bool:
    """Whether a switch of Word's is there and not set to off."""
    return element is not None and attribute(element) not in {"0", "false", "off"}


def number(value: str | None) -> int | None:
    """A whole number; None for anything else."""
    return int(value) if value is not None and value.isdecimal() and len(value) < 10 else None
