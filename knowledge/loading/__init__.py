"""Files into plain text. One module a format; `load` is the only way in.

To add a format, write `load(name, data) -> LoadedText` in a module of its own and
name its endings in `_FORMATS`.
"""

from collections.abc import Callable, Mapping
from pathlib import PurePosixPath

from knowledge.documents import Language, LoadedText
from knowledge.errors import EmptyDocument, NoTextFound, NotText, UnsupportedFormat
from knowledge.loading import html, markdown, text
from knowledge.loading.encoding import CHINESE_WARNINGS

Loader = Callable[[str, bytes], LoadedText]

_FORMATS: Mapping[str, Loader] = {
    ".md": markdown.load,
    ".mdx": markdown.load,
    ".markdown": markdown.load,
    ".txt": text.load,
    ".html": html.load,
    ".htm": html.load,
}

# What files begin with that are no text, whatever their name says.
_SIGNATURES = (
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"%PDF-", "PDF"),
    (b"PK\x03\x04", "ZIP / Office"),
    (b"\xd0\xcf\x11\xe0", "Office 97-2003"),
    (b"\x1f\x8b", "gzip"),
    (b"7z\xbc\xaf", "7z"),
    (b"Rar!", "RAR"),
    (b"\x7fELF", "ELF"),
    (b"MZ\x90", "EXE"),
    (b"SQLite format 3", "SQLite"),
    (b"RIFF", "RIFF"),
    (b"OggS", "Ogg"),
    (b"ID3", "MP3"),
    (b"{\\rtf", "RTF"),
)


def load(name: str, data: bytes) -> LoadedText:
    """The plain text of a file with its title and sections.

    The ending of `name` chooses the loader and the content must agree with it. Raises
    `UnsupportedFormat` for an ending that cannot be read and `UnreadableDocument`,
    with the reason, for content that cannot.
    """
    check(name, data)
    loaded = _FORMATS[ending(name)](name, data)
    if not loaded.text.strip():
        raise NoTextFound(name=name)
    return loaded


def check(name: str, data: bytes) -> None:
    """Raise what `load` would raise, as far as can be told without parsing."""
    if ending(name) not in _FORMATS:
        raise UnsupportedFormat(name=name, known=", ".join(readable_endings()))
    if not data:
        raise EmptyDocument(name=name)
    for signature, kind in _SIGNATURES:
        if data.startswith(signature):
            raise NotText(name=name, kind=kind)


def readable_endings() -> tuple[str, ...]:
    """The file endings that `load` can read."""
    return tuple(_FORMATS)


def ending(name: str) -> str:
    """The ending of a file name, lower-cased, with its dot."""
    return PurePosixPath(name.replace("\\", "/")).suffix.lower()


def warning_text(warning: str, language: Language) -> str:
    """A loader's warning in `language`; warnings are stored in English."""
    return CHINESE_WARNINGS.get(warning, warning) if language is Language.CHINESE else warning
