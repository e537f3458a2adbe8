"""Files into plain text. One module a format; `load` is the only way in.

To add a format, write `load(name, data) -> LoadedText` in a module of its own and
name its endings in `_FORMATS`. A module is imported when the first of its files is read.

Strangers' files are parsed in a process of their own: the server calls
`knowledge.loading.child.LoadingChild`, which calls `load` there.
"""

from collections.abc import Mapping
from importlib import import_module
from pathlib import PurePosixPath
from typing import Protocol, cast

from knowledge.documents import Language, LoadedText
from knowledge.errors import EmptyDocument, NoTextFound, NotText, UnsupportedFormat, WrongContent
from knowledge.loading.warnings import in_chinese

# Endings, and the module that reads them.
_FORMATS: Mapping[str, str] = {
    ".md": "markdown",
    ".mdx": "markdown",
    ".markdown": "markdown",
    ".txt": "text",
    ".html": "html",
    ".htm": "html",
    ".docx": "docx",
    ".docm": "docx",
    ".pptx": "pptx",
    ".pptm": "pptx",
    ".xlsx": "sheets",
    ".xlsm": "sheets",
    ".xls": "sheets",
    ".ods": "sheets",
    ".csv": "csv",
    ".tsv": "csv",
    ".epub": "epub",
    ".eml": "email",
    ".json": "json",
    ".pdf": "pdf",
    ".png": "image",
    ".jpg": "image",
    ".jpeg": "image",
    ".webp": "image",
    ".tif": "image",
    ".tiff": "image",
}

_SHEETS = frozenset((".xlsx", ".xlsm", ".xls", ".ods"))
_OFFICE = frozenset((".docx", ".docm", ".pptx", ".pptm")) | _SHEETS
_TIFF = frozenset((".tif", ".tiff"))
_NONE: frozenset[str] = frozenset()

# What files begin with that are no text, what it is called, and the endings that may hold it.
_SIGNATURES = (
    (b"\x89PNG", "PNG", frozenset((".png",))),
    (b"\xff\xd8\xff", "JPEG", frozenset((".jpg", ".jpeg"))),
    (b"GIF8", "GIF", _NONE),
    (b"II*\x00", "TIFF", _TIFF),
    (b"MM\x00*", "TIFF", _TIFF),
    (b"%PDF-", "PDF", frozenset((".pdf",))),
    (b"PK\x03\x04", "ZIP / Office", _OFFICE | frozenset((".epub",))),
    # A password makes of any Office file what the 97-2003 formats were.
    (b"\xd0\xcf\x11\xe0", "Office 97-2003", _OFFICE),
    (b"\x1f\x8b", "gzip", _NONE),
    (b"7z\xbc\xaf", "7z", _NONE),
    (b"Rar!", "RAR", _NONE),
    (b"\x7fELF", "ELF", _NONE),
    (b"MZ\x90", "EXE", _NONE),
    (b"SQLite format 3", "SQLite", _NONE),
    (b"RIFF", "RIFF", frozenset((".webp",))),
    (b"OggS", "Ogg", _NONE),
    (b"ID3", "MP3", _NONE),
    (b"{\\rtf", "RTF", _NONE),
)
# All other endings stand for text.
_BINARY = frozenset(ending for _, _, endings in _SIGNATURES for ending in endings)


class _Format(Protocol):
    """A module that reads a format."""

    @staticmethod
    def load(name: str, data: bytes) -> LoadedText: ...


def load(name: str, data: bytes) -> LoadedText:
    """The plain text of a file with its title and sections.

    The ending of `name` chooses the loader and the content must agree with it. Raises
    `UnsupportedFormat` for an ending that cannot be read and `UnreadableDocument`,
    with the reason, for content that cannot.
    """
    check(name, data)
    module = cast("_Format", import_module(f"knowledge.loading.{_FORMATS[ending(name)]}"))
    loaded = module.load(name, data)
    if not loaded.text.strip():
        raise NoTextFound(name=name)
    return loaded


def check(name: str, data: bytes) -> None:
    """Raise what `load` would raise, as far as can be told without parsing."""
    given = ending(name)
    if given not in _FORMATS:
        raise UnsupportedFormat(name=name, known=", ".join(readable_endings()))
    if not data:
        raise EmptyDocument(name=name)
    found = [(kind, endings) for mark, kind, endings in _SIGNATURES if data.startswith(mark)]
    if given in _BINARY and not any(given in endings for _, endings in found):
        raise WrongContent(name=name)
    if given not in _BINARY and found:
        raise NotText(name=name, kind=found[0][0])


def readable_endings() -> tuple[str, ...]:
    """The file endings that `load` can read."""
    return tuple(_FORMATS)


def ending(name: str) -> str:
    """The ending of a file name, lower-cased, with its dot."""
    return PurePosixPath(name.replace("\\", "/")).suffix.lower()


def warning_text(warning: str, language: Language) -> str:
    """A loader's warning in `language`; warnings are stored in English."""
    return in_chinese(warning) if language is Language.CHINESE else warning
