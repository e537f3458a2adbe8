"""A server's reply as a file that a loader can read, or why it is none."""

import codecs
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote, urlsplit

from knowledge.fetching import Reply
from knowledge.loading import ending, readable_endings
from knowledge.web.addresses import document_name
from knowledge.web.errors import (
    LoginRequired,
    NotReadable,
    PageNotFound,
    PageRefused,
    PageTooLarge,
    PageWithoutText,
)
from knowledge.web.markup import Markup, read_markup

HTML: Final = ".html"
_ENDING_OF: Final = {
    "text/html": HTML,
    "application/xhtml+xml": HTML,
    "text/markdown": ".md",
    "text/x-markdown": ".md",
    "text/plain": ".txt",
    "text/csv": ".csv",
    "text/tab-separated-values": ".tsv",
    "application/json": ".json",
    "application/pdf": ".pdf",
    "application/epub+zip": ".epub",
    "message/rfc822": ".eml",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": ".pptx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "application/vnd.ms-excel": ".xls",
    "application/vnd.oasis.opendocument.spreadsheet": ".ods",
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/tiff": ".tiff",
    "image/webp": ".webp",
}
# Types that say no more than "some bytes" or "some text": the address says more.
_VAGUE: Final = frozenset(
    ("", "text/plain", "application/octet-stream", "binary/octet-stream", "application/x-download")
)
_LOOKS_LIKE_HTML: Final = re.compile(
    rb"\s*(?:<!--.{0,500}?-->\s*)*<(?:!doctype\s+html|html)", re.IGNORECASE | re.DOTALL
)
_LOGIN: Final = re.compile(
    r"log-?_?in|sign-?_?in|sso|saml2?|oauth2?|auth|authorize|authenticate|accounts?", re.IGNORECASE
)
# A page that asks for a password and says little else; a shop's front page says more.
_LITTLE_TEXT: Final = 800
_MARKS: Final = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True, slots=True)
class Page:
    """A page or file at `url`. The ending of `name` chooses its loader; `markup` is that of HTML."""

    url: str
    name: str
    data: bytes
    markup: Markup | None


def page_of(reply: Reply, url: str, asked: str, max_bytes: int) -> Page:
    """The page at `url` that answered when `asked` was asked for. Raises a `PageError`."""
    _check_status(reply, url)
    if not reply.complete:
        raise PageTooLarge(url=url, limit_mb=max_bytes / 2**20)
    file_ending = _ending(reply, url)
    if file_ending != HTML:
        return Page(url, document_name(url, file_ending), reply.body, None)
    charset = _charset(reply)
    markup = read_markup(reply.body, charset)
    if _is_login(url, asked, markup):
        raise LoginRequired(url=asked)
    if not (markup.length or markup.links or markup.refresh):
        raise PageWithoutText(url=url)
    return Page(url, document_name(url, HTML), _in_utf8(reply.body, charset), markup)


def _check_status(reply: Reply, url: str) -> None:
    if reply.status in (401, 407):
        raise LoginRequired(url=url)
    if reply.status in (404, 410):
        raise PageNotFound(url=url, status=reply.status)
    if reply.status != 200:
        raise PageRefused(url=url, status=reply.status)


def _ending(reply: Reply, url: str) -> str:
    """The ending of a file like this one. Raises `NotReadable`."""
    kind = reply.headers.get("content-type", "").partition(";")[0].strip().lower()
    named = ending(_file_name(reply) or unquote(urlsplit(url).path))
    known = readable_endings()
    if kind in _VAGUE and named in known:
        return HTML if named == ".htm" else named
    found = _ENDING_OF.get(kind, "")
    if (
        not found
        and named in known
        and not kind.startswith(("image/", "audio/", "video/", "font/"))
    ):
        found = named
    if kind in ("", "text/plain") and _LOOKS_LIKE_HTML.match(reply.body[:2000]):
        found = HTML
    if found not in known:
        shown = ", ".join(known)
        raise NotReadable(url=url, kind=kind or named or "application/octet-stream", known=shown)
    return found


def _file_name(reply: Reply) -> str:
    """What the server says that the file is called, when it is to be saved."""
    said = reply.headers.get("content-disposition", "")[:1000]
    found = re.search(r"filename\*\s*=\s*[\w-]*'[\w-]*'([^;]+)", said, re.IGNORECASE) or re.search(
        r'filename\s*=\s*"?([^";]+)', said, re.IGNORECASE
    )
    return unquote(found.group(1)).strip() if found else ""


def _is_login(url: str, asked: str, markup: Markup) -> bool:
    if markup.asks_password and markup.length < _LITTLE_TEXT:
        return True
    target = urlsplit(url)
    moved = (urlsplit(asked).netloc, urlsplit(asked).path) != (target.netloc, target.path)
    segments = (segment.partition(".")[0] for segment in target.path.split("/"))
    return moved and markup.length < _LITTLE_TEXT and any(map(_LOGIN.fullmatch, segments))


def _charset(reply: Reply) -> str:
    """The encoding that the server names; empty without one that is known."""
    said = reply.headers.get("content-type", "").lower().partition("charset=")[2]
    name = said.partition(";")[0].strip(" \"'")
    try:
        return codecs.lookup(name).name if name else ""
    except (LookupError, ValueError):
        return ""


def _in_utf8(data: bytes, charset: str) -> bytes:
    """`data` with a mark, where only the server's header said what its encoding is."""
    if charset in ("", "utf-8", "ascii") or data.startswith(_MARKS):
        return data
    try:
        return codecs.BOM_UTF8 + data.decode(charset).encode()
    except (UnicodeError, LookupError):
        return data
