"""ZIP archives of documents. An archive is no document: its members are.

A pure function of bytes, to be run where strangers' files are parsed.
"""

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from knowledge.documents import Language
from knowledge.errors import (
    AnswerDeskError,
    ArchiveInArchive,
    EncryptedDocument,
    FileTooLarge,
    SecondOfItsName,
    UnpacksTooLarge,
    UnsafeMember,
)
from knowledge.loading import check
from knowledge.loading.blocks import tidy
from knowledge.loading.zips import IS_ENCRYPTED, MAX_RATIO, MEBIBYTE, damage_told, open_zip

MAX_MEMBERS = 2_000
MAX_MEMBER = 64 * MEBIBYTE
# What programs leave in archives beside the documents.
_LITTER = re.compile(
    r"(?:^|/)(?:__MACOSX/|\.DS_Store$|Thumbs\.db$|desktop\.ini$|~\$|\._)", re.IGNORECASE
)
_ARCHIVES = frozenset((".zip", ".7z", ".rar", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".jar"))
_IS_UTF8 = 0x800
_LONGEST_NAME = 500
_SMALL = MEBIBYTE


@dataclass(frozen=True, slots=True)
class Member:
    """A file of an archive; `name` is its path inside, with `/` between folders."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Refused:
    """A file of an archive that cannot be a document, and why, in both languages."""

    name: str
    reason: str
    reason_zh: str


@dataclass(frozen=True, slots=True)
class Unpacked:
    """What an archive holds, in its order; every file is in one of the two."""

    members: tuple[Member, ...]
    refused: tuple[Refused, ...]


def members(name: str, data: bytes) -> Unpacked:
    """The files of a ZIP archive, without folders and the litter of operating systems.

    Refused are paths that lead out of it, members behind a password, archives, what is
    too large or packed too tightly, damaged, or in no readable format, and the later of
    two of one name. Raises `DamagedDocument` or `UnpacksTooLarge` for the archive itself.
    """
    kept: list[Member] = []
    refused: list[Refused] = []
    with open_zip(name, data) as archive:
        files = [(info, _path(info)) for info in archive.infolist() if not info.is_dir()]
        files = [(info, path) for info, path in files if not _LITTER.search(path)]
        if len(files) > MAX_MEMBERS:
            raise UnpacksTooLarge(name=name, found=f"{len(files):,} files")
        seen: set[str] = set()
        for info, path in files:
            try:
                kept.append(_member(archive, info, path, seen))
            except AnswerDeskError as error:
                told = (error.text(language) for language in (Language.ENGLISH, Language.CHINESE))
                refused.append(Refused(path, *told))
    return Unpacked(tuple(kept), tuple(refused))


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, path: str, seen: set[str]) -> Member:
    _check(info, path)
    if path in seen:
        raise SecondOfItsName(name=path)
    with damage_told(path):
        content = archive.read(info)
    check(path, content)
    seen.add(path)
    return Member(path, content)


def _check(info: zipfile.ZipInfo, path: str) -> None:
    """Raise why a member is not even unpacked."""
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or ":" in parts[0] or ".." in parts:
        raise UnsafeMember(name=path)
    if info.flag_bits & IS_ENCRYPTED:
        raise EncryptedDocument(name=path)
    if PurePosixPath(path).suffix.lower() in _ARCHIVES:
        raise ArchiveInArchive(name=path)
    if info.file_size > MAX_MEMBER:
        raise FileTooLarge(
            name=path, size_mb=info.file_size / MEBIBYTE, limit_mb=MAX_MEMBER / MEBIBYTE
        )
    if info.file_size > max(_SMALL, MAX_RATIO * info.compress_size):
        raise UnpacksTooLarge(name=path, found=f"{info.file_size / MEBIBYTE:,.0f} MiB")


def _path(info: zipfile.ZipInfo) -> str:
    """A member's path; Windows in Chinese writes it in GB18030 without saying so."""
    name = info.orig_filename
    if not info.flag_bits & _IS_UTF8:
        name = next(_readings(name), name)
    return tidy(name).replace("\\", "/")[:_LONGEST_NAME]


def _readings(name: str) -> Iterator[str]:
    """What a name says in the encodings that are in use, the surest first."""
    try:
        raw = name.encode("cp437")
    except UnicodeEncodeError:
        return
    for encoding in ("utf-8", "gb18030"):
        try:
            yield raw.decode(encoding)
        except UnicodeDecodeError:
            continue
