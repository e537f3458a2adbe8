"""Sitemaps (sitemaps.org 0.9): the addresses in them, whoever wrote them."""

import zlib
from dataclasses import dataclass
from typing import Final

from knowledge.web.events import tell_xml

# sitemaps.org: at most 50,000 addresses and 50 MB in one file.
MAX_ADDRESSES: Final = 50_000
_MAX_BYTES: Final = 50_000_000
_MAX_ADDRESS: Final = 4_000


@dataclass(frozen=True, slots=True)
class Sitemap:
    """The pages that a sitemap names, and the further sitemaps that an index of them does."""

    pages: tuple[str, ...] = ()
    sitemaps: tuple[str, ...] = ()


def read_sitemap(data: bytes) -> Sitemap:
    """What a sitemap says: XML, XML within gzip, or an address a line. Never raises: faults end it."""
    data = _unpacked(data) if data.startswith(b"\x1f\x8b") else data
    if b"<" not in data[:1024]:
        lines = data.decode("utf-8-sig", "replace").splitlines()[:MAX_ADDRESSES]
        return Sitemap(tuple(line.strip() for line in lines if line.strip().startswith("http")))
    return _read_xml(data)


def _unpacked(data: bytes) -> bytes:
    try:
        return zlib.decompressobj(wbits=zlib.MAX_WBITS | 16).decompress(data, _MAX_BYTES)
    except zlib.error:
        return b""


def _read_xml(data: bytes) -> Sitemap:
    found = _Addresses()
    tell_xml(data, found)
    return Sitemap(tuple(found.pages), tuple(found.sitemaps))


class _Addresses:
    """Collects `<loc>` of `<url>` and of `<sitemap>`."""

    def __init__(self) -> None:
        self.pages: list[str] = []
        self.sitemaps: list[str] = []
        self._parent = ""
        self._text: list[str] | None = None
        self._length = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:  # noqa: ARG002 -- a listener's
        if tag in ("url", "sitemap"):
            self._parent = tag
        elif tag == "loc":
            self._text, self._length = [], 0

    def data(self, text: str) -> None:
        if self._text is not None and self._length < _MAX_ADDRESS:
            self._text.append(text)
            self._length += len(text)

    def end(self, tag: str) -> None:
        if tag != "loc" or self._text is None:
            return
        address = "".join(self._text).strip()
        into = self.sitemaps if self._parent == "sitemap" else self.pages
        if address and len(address) <= _MAX_ADDRESS and len(into) < MAX_ADDRESSES:
            into.append(address)
        self._text = None
