"""Addresses of pages: one way to write each, which of them belong to a site, what files they name."""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, parse_qsl, unquote, urlencode, urljoin, urlsplit

from knowledge.errors import AnswerDeskError
from knowledge.fetching import normal_form
from knowledge.loading import ending

# Longer ones are made by scripts that go round in circles; so are deeper ones.
_MAX_LENGTH: Final = 2_000
_MAX_SEGMENTS: Final = 30
_MAX_REPEATED: Final = 3
_ENCODED: Final = re.compile(r"%[0-9a-f]{2}", re.IGNORECASE)
# They say where a visitor came from, not what the page is.
_TRACKING: Final = re.compile(
    r"(?:utm_\w+|gclid|dclid|fbclid|msclkid|yclid|mc_[ce]id|_ga|_gl|igshid|spm|scm)\Z",
    re.IGNORECASE,
)
# What pages are made of, and downloads that no loader reads: not worth a request.
_NO_PAGES: Final = frozenset(
    [
        ".7z",
        ".apk",
        ".avi",
        ".avif",
        ".bin",
        ".bmp",
        ".bz2",
        ".css",
        ".deb",
        ".dmg",
        ".eot",
        ".exe",
        ".flac",
        ".gif",
        ".gz",
        ".ico",
        ".iso",
        ".jar",
        ".jpeg",
        ".jpg",
        ".js",
        ".map",
        ".mjs",
        ".mov",
        ".mp3",
        ".mp4",
        ".mpeg",
        ".msi",
        ".ogg",
        ".otf",
        ".pkg",
        ".png",
        ".rar",
        ".rpm",
        ".svg",
        ".tar",
        ".tgz",
        ".tif",
        ".tiff",
        ".ttf",
        ".wasm",
        ".wav",
        ".webm",
        ".webmanifest",
        ".webp",
        ".wmv",
        ".woff",
        ".woff2",
        ".xz",
        ".zip",
        ".zst",
    ]
)


def page_address(url: str, base: str = "") -> str:
    """The one way in which the address of a page is written, with `base` for relative ones.

    Without fragment and tracking parameters. Raises `AddressRefused`.
    """
    joined = urljoin(base, url.strip()) if base else url.strip()
    # Twice: what was encoded for no reason may be dots, which then lead up.
    parts = urlsplit(normal_form(_ENCODED.sub(_plain, normal_form(joined))))
    if (parts.scheme, parts.port) in (("http", 80), ("https", 443)):
        parts = parts._replace(netloc=parts.netloc.rpartition(":")[0])
    if parts.query:
        pairs = parse_qsl(parts.query, keep_blank_values=True)
        kept = [(name, value) for name, value in pairs if not _TRACKING.match(name)]
        if len(kept) < len(pairs):
            parts = parts._replace(query=urlencode(kept))
    return parts._replace(fragment="", path=parts.path or "/").geturl()


def origin_of(url: str) -> str:
    """Scheme, host and port of a page's address."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def host_of(url: str) -> str:
    """The host of a page's address."""
    return urlsplit(url).hostname or ""


@dataclass(frozen=True, slots=True)
class Scope:
    """The pages of a site: those of one origin, at or below a path."""

    origin: str
    path: str

    @classmethod
    def of(cls, start: str) -> "Scope":
        """The site that begins at `start`: its folder and all below, as a reader would expect."""
        parts = urlsplit(start)
        path = parts.path or "/"
        last = path.rpartition("/")[2]
        if "." in last or parts.query:  # a file of the folder, not a folder without its slash
            path = path[: len(path) - len(last)]
        return cls(origin_of(start), path)

    def holds(self, url: str) -> bool:
        """Whether a page's address belongs to the site."""
        path = urlsplit(url).path
        below = self.path if self.path.endswith("/") else self.path + "/"
        return origin_of(url) == self.origin and (path == self.path or path.startswith(below))

    def page(self, link: str, base: str) -> str | None:
        """The address that `link` on the page `base` leads to; None unless it may be one of the site's."""
        try:
            url = page_address(link, base)
        except (AnswerDeskError, ValueError):
            return None
        parts = urlsplit(url)
        if parts.scheme == "http" and self.origin == f"https://{parts.netloc}":
            url = parts._replace(scheme="https").geturl()
        return url if self.holds(url) and not _is_no_page(parts) and not _is_trap(parts) else None


def document_name(url: str, file_ending: str) -> str:
    """What the document of a page is called: host and path, with the ending that chooses its loader."""
    parts = urlsplit(url)
    path = unquote(parts.path)
    if path.endswith("/"):
        path = path.rstrip("/") + "/index"
    name = f"{parts.hostname or ''}{path}" + (f"?{unquote(parts.query)}" if parts.query else "")
    is_named = ending(path) == file_ending and not parts.query
    return name if is_named else name + file_ending


def _plain(encoded: re.Match[str]) -> str:
    """An encoded character that need not be; else its code in upper case (RFC 3986, 6.2.2)."""
    character = chr(int(encoded.group()[1:], 16))
    needless = character.isascii() and (character.isalnum() or character in "-._~")
    return character if needless else encoded.group().upper()


def _is_no_page(parts: SplitResult) -> bool:
    return ending(parts.path) in _NO_PAGES


def _is_trap(parts: SplitResult) -> bool:
    segments = [segment for segment in parts.path.split("/") if segment]
    repeated = max((segments.count(segment) for segment in segments), default=0)
    too_long = len(parts.geturl()) > _MAX_LENGTH or len(segments) > _MAX_SEGMENTS
    return too_long or repeated > _MAX_REPEATED
