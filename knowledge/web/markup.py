"""What a crawler needs of a page's HTML; its text is the loader's business."""

import hashlib
import re
from dataclasses import dataclass
from typing import Final

from knowledge.web.events import tell_html

MAX_LINKS: Final = 5_000
_MAX_ATTRIBUTE: Final = 4_000
_UNSEEN: Final = frozenset(("script", "style", "template", "noscript", "head", "svg"))
_REFRESH: Final = re.compile(
    r"\s*\d{1,3}(?:\.\d*)?\s*[;,]\s*url\s*=\s*['\"]?([^'\"]+)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Markup:
    """Links are as they are written, relative to `base` (empty: the page's own address).

    `text_hash` is of the words that can be seen, and `length` counts their characters.
    `refresh` is where the page sends its reader by itself.
    """

    links: tuple[str, ...]
    base: str
    canonical: str
    refresh: str
    asks_password: bool
    length: int
    text_hash: str


def read_markup(data: bytes, charset: str = "") -> Markup:
    """Read a page in linear time, without building its tree. Never raises: faults end it."""
    seen = _Seen()
    tell_html(data, seen, charset)
    return Markup(
        links=tuple(dict.fromkeys(seen.links)),
        base=seen.base,
        canonical=seen.canonical,
        refresh=seen.refresh,
        asks_password=seen.asks_password,
        length=seen.length,
        text_hash=seen.digest.hexdigest(),
    )


class _Seen:
    """Told of each tag and text in order."""

    def __init__(self) -> None:
        self.links: list[str] = []
        self.base = self.canonical = self.refresh = ""
        self.asks_password = False
        self.length = 0
        self.digest = hashlib.sha256()
        self._hidden = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._hidden += tag in _UNSEEN
        match tag:
            case "a" | "area":
                self._link(attributes.get("href"))
            case "link":
                self._head_link(attributes)
            case "base":
                self.base = self.base or attributes.get("href", "")[:_MAX_ATTRIBUTE]
            case "meta":
                self._meta(attributes)
            case "input":
                self.asks_password |= attributes.get("type", "").lower() == "password"
            case "frame":
                self._link(attributes.get("src"))
            case _:
                pass

    def end(self, tag: str) -> None:
        self._hidden = max(0, self._hidden - (tag in _UNSEEN))

    def data(self, text: str) -> None:
        if self._hidden:
            return
        words = text.split()
        self.length += sum(map(len, words))
        for word in words:
            self.digest.update(word.encode("utf-8", "replace") + b" ")

    def _link(self, href: str | None) -> None:
        if href and len(href) <= _MAX_ATTRIBUTE and len(self.links) < MAX_LINKS:
            self.links.append(href.strip())

    def _head_link(self, attributes: dict[str, str]) -> None:
        relations = attributes.get("rel", "").lower().split()
        if "canonical" in relations and not self.canonical:
            self.canonical = attributes.get("href", "").strip()[:_MAX_ATTRIBUTE]
        elif "next" in relations:
            self._link(attributes.get("href"))

    def _meta(self, attributes: dict[str, str]) -> None:
        if attributes.get("http-equiv", "").lower() == "refresh":
            target = _REFRESH.match(attributes.get("content", "")[:_MAX_ATTRIBUTE])
            self.refresh = target.group(1).strip() if target else self.refresh
