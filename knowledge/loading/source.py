"""What every text format asks of a file before it is parsed."""

import codecs
from pathlib import PurePosixPath

from knowledge.errors import BinaryDocument, DocumentTooLong
from knowledge.loading.blocks import tidy
from knowledge.loading.encoding import decode

# Bounds what parsing may cost: about 400,000 English words, or three long Chinese novels.
MAX_CHARACTERS = 2_000_000
# Plain text is only cut up: as much is read as the largest file may hold.
MAX_PLAIN_CHARACTERS = 64 * 2**20
_WIDE_MARKS = (
    codecs.BOM_UTF16_LE,
    codecs.BOM_UTF16_BE,
    codecs.BOM_UTF32_LE,
    codecs.BOM_UTF32_BE,
)


def read_text(
    name: str, data: bytes, declared: str | None = None, *, limit: int = MAX_CHARACTERS
) -> tuple[str, tuple[str, ...]]:
    """The at most `limit` characters of a text file, tidied, and warnings about its encoding.

    Raises `BinaryDocument`, `UnknownEncoding` or `DocumentTooLong`.
    """
    if b"\x00" in data and not data.startswith(_WIDE_MARKS):
        data = _with_mark(name, data)
    text, warnings = decode(data, name, declared)
    check_length(name, text, limit)
    return tidy(text), warnings


def check_length(name: str, text: str, limit: int = MAX_CHARACTERS) -> None:
    """Raise `DocumentTooLong` for more text than is read."""
    if len(text) > limit:
        raise DocumentTooLong(name=name, length=len(text), limit=limit)


def _with_mark(name: str, data: bytes) -> bytes:
    """UTF-16 that lacks its mark, with it: the upper bytes of Western text are all zero."""
    sample = data[:4096]
    zeros = (sample[::2].count(0), sample[1::2].count(0))
    for mark, upper, lower in ((codecs.BOM_UTF16_BE, *zeros), (codecs.BOM_UTF16_LE, *zeros[::-1])):
        if lower == 0 and upper > len(sample) * 0.3 and len(data) % 2 == 0:
            return mark + data
    raise BinaryDocument(name=name)


def file_stem(name: str) -> str:
    """The file's name without folders and ending: the title of a document that has none."""
    return PurePosixPath(name.replace("\\", "/")).stem
