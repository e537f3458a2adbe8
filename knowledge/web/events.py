"""lxml's parsers that tell of tags one by one: linear in time, no tree, no entities, no network."""

from importlib import import_module
from typing import Any, Protocol

# Without types: what is used of it stays in this module.
_etree: Any = import_module("lxml.etree")


class Listener(Protocol):
    """Told of tags and texts in order. Only names of attributes that were written come along."""

    def start(self, tag: str, attributes: dict[str, str]) -> None: ...

    def end(self, tag: str) -> None: ...

    def data(self, text: str) -> None: ...


def tell_html(data: bytes, listener: Listener, charset: str = "") -> None:
    """Tell `listener` of a web page. Never raises for what is written in it: faults end it."""
    try:
        parser = _etree.HTMLParser(target=_Target(listener), encoding=charset or None)
    except LookupError:  # an encoding that lxml does not know
        parser = _etree.HTMLParser(target=_Target(listener))
    _feed(parser, data)


def tell_xml(data: bytes, listener: Listener) -> None:
    """Tell `listener` of XML, as `tell_html` does; names are without their namespace."""
    parser = _etree.XMLParser(
        target=_Target(listener),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        recover=True,
    )
    _feed(parser, data)


def _feed(parser: Any, data: bytes) -> None:
    try:
        parser.feed(data)
        parser.close()
    except (_etree.LxmlError, AssertionError):
        return  # what came before the fault counts


class _Target:
    """What lxml calls, comments and processing instructions left out."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._listener.start(tag.rpartition("}")[2], attributes)

    def end(self, tag: str) -> None:
        self._listener.end(tag.rpartition("}")[2])

    def data(self, text: str) -> None:
        self._listener.data(text)

    def close(self) -> None:
        return
