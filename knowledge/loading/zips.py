"""Opens ZIP containers (Office, EPUB, archives) after a look at what they would unpack to."""

import re
import zipfile
from collections.abc import Generator
from contextlib import contextmanager
from io import BytesIO

from knowledge.errors import (
    AnswerDeskError,
    DamagedDocument,
    EncryptedDocument,
    UnpacksTooLarge,
    WrongContent,
)

MEBIBYTE = 2**20
# A 2,000-page manual full of pictures has some hundred parts.
MAX_ENTRIES = 5_000
MAX_UNPACKED = 256 * MEBIBYTE
# Sheets of like rows pack 60 times smaller, bombs 1,000 times; small files may do as they like.
MAX_RATIO = 150
_SMALL = 8 * MEBIBYTE
OLE = b"\xd0\xcf\x11\xe0"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
IS_ENCRYPTED = 0x1
# Neither Office nor its like declares a document type: what does, brings entities that multiply.
_DOCTYPE = re.compile(rb"<\x00?!\x00?(?:D\x00?O\x00?C|E\x00?N\x00?T)")
_XML_HEAD = 4_096


@contextmanager
def damage_told(name: str) -> Generator[None]:
    """Whatever the parsers of others raise on a strange file says that the file is damaged."""
    try:
        yield
    except (AnswerDeskError, MemoryError):
        raise
    except Exception as error:
        raise DamagedDocument(name=name) from error


def open_package(name: str, data: bytes) -> zipfile.ZipFile:
    """An Office file, opened. Raises what `open_zip` does, and for entities in its XML."""
    if data.startswith(OLE):
        raise EncryptedDocument(name=name) if is_encrypted(data) else WrongContent(name=name)
    package = open_zip(name, data)
    if any(info.flag_bits & IS_ENCRYPTED for info in package.infolist()):
        raise EncryptedDocument(name=name)
    for info in package.infolist():
        if info.filename.lower().endswith((".xml", ".rels")):
            with damage_told(name), package.open(info) as part:
                head = part.read(_XML_HEAD)
            if _DOCTYPE.search(head):
                raise UnpacksTooLarge(name=name, found="<!DOCTYPE>")
    return package


def is_encrypted(data: bytes) -> bool:
    """Whether a file in the shape of Office 97-2003 is a newer one behind a password."""
    return _ENCRYPTED in data


def open_zip(name: str, data: bytes) -> zipfile.ZipFile:
    """A ZIP file whose directory promises a bearable size; nothing is unpacked.

    Raises `DamagedDocument` or `UnpacksTooLarge`. Reading an entry yields at most the
    size that its directory promises.
    """
    with damage_told(name):
        opened = zipfile.ZipFile(BytesIO(data))
    entries = opened.infolist()
    unpacked = sum(info.file_size for info in entries)
    if len(entries) > MAX_ENTRIES:
        raise UnpacksTooLarge(name=name, found=f"{len(entries):,} entries")
    if unpacked > MAX_UNPACKED or unpacked > max(_SMALL, MAX_RATIO * len(data)):
        raise UnpacksTooLarge(name=name, found=f"{unpacked / MEBIBYTE:,.0f} MiB")
    return opened
