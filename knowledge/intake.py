"""What may be taken in: names, folders of files, and files of ready passages."""

import json
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from knowledge.documents import DocumentRecord, Language
from knowledge.errors import (
    AnswerDeskError,
    FileTooLarge,
    InvalidCollection,
    InvalidPassageFile,
    PathNotFound,
)
from knowledge.loading.blocks import tidy
from knowledge.loading.source import MAX_CHARACTERS
from knowledge.staging import ReadyPassage

MAX_FILE_BYTES = 64 * 2**20
_NAME_LENGTH = 300
_COLLECTION_LENGTH = 200
_SURROGATES = re.compile("[\ud800-\udfff]")

_Problem = tuple[int, str, str]


@dataclass(frozen=True, slots=True)
class Intake:
    """What came of taking in files: the documents, and the files that could not be read and why."""

    documents: tuple[DocumentRecord, ...]
    unreadable: tuple[tuple[str, AnswerDeskError], ...]


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file on disk. `name` is its path below the parent of the path that was asked for."""

    path: Path
    name: str


@dataclass(frozen=True, slots=True)
class AssignedPassage:
    """A ready passage and the collection it goes to."""

    collection: str
    passage: ReadyPassage


def clean_name(name: str) -> str:
    """A file's name as it is shown: one line, no control characters."""
    return " ".join(tidy(name).split())[-_NAME_LENGTH:] or "?"


def checked_collection(name: str) -> str:
    """`name` if a collection may be called so. Raises `InvalidCollection`."""
    if name != " ".join(tidy(name).split()) or not 1 <= len(name) <= _COLLECTION_LENGTH:
        raise InvalidCollection(limit=_COLLECTION_LENGTH)
    return name


def check_size(name: str, size: int) -> None:
    """Raise `FileTooLarge` for more bytes than are read of a file."""
    if size > MAX_FILE_BYTES:
        raise FileTooLarge(name=name, size_mb=size / 2**20, limit_mb=MAX_FILE_BYTES / 2**20)


def find_files(paths: Sequence[Path]) -> Iterator[FoundFile]:
    """The files named by `paths` and all below the folders among them, but for hidden ones.

    Raises `PathNotFound` before the first file is given out.
    """
    for path in paths:
        if not path.exists():
            raise PathNotFound(path=path)
    for path in paths:
        root = path.absolute()
        below = _walk(root) if root.is_dir() else iter([root])
        for file in below:
            yield FoundFile(file, file.relative_to(root.parent).as_posix())


def _walk(folder: Path) -> Iterator[Path]:
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if not name.startswith("."):
                yield Path(parent, name)


def parse_passages(name: str, data: bytes, collection: str) -> list[AssignedPassage]:
    """The ready passages of a JSONL file, one a line; blank lines are passed over.

    `collection` is for the lines that name none. Raises `InvalidPassageFile` with every
    bad line.
    """
    lines = data.decode("utf-8-sig", errors="surrogateescape").split("\n")
    problems: list[_Problem] = []
    seen: dict[tuple[str, str], int] = {}
    parsed: list[AssignedPassage] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            assigned = _parse_line(line, collection)
        except _BadLine as error:
            problems.append((number, error.en, error.zh))
            continue
        first = seen.setdefault((assigned.collection, assigned.passage.id), number)
        if first != number:
            problems.append(
                (number, f"the id is on line {first} already", f"该 id 已出现在第 {first} 行")
            )
        parsed.append(assigned)
    if not parsed and not problems:
        problems.append((1, "the file is empty", "文件为空"))
    if problems:
        raise InvalidPassageFile(name=name, problems=problems)
    return parsed


class _BadLine(Exception):
    def __init__(self, en: str, zh: str) -> None:
        self.en = en
        self.zh = zh


def _parse_line(line: str, collection: str) -> AssignedPassage:
    fields = _object(line)
    identity, text = _string(fields, "id"), _string(fields, "text")
    for field, value in (("id", identity), ("text", text)):
        if not value.strip():
            raise _BadLine(f'"{field}" is missing or empty', f"缺少“{field}”或其为空")
    if len(text) > MAX_CHARACTERS:
        raise _BadLine(
            f"the text has more than {MAX_CHARACTERS:,} characters",
            f"文字超过 {MAX_CHARACTERS:,} 个字符",
        )
    passage = ReadyPassage(
        id=identity,
        title=_string(fields, "title"),
        text=text,
        url=_string(fields, "url") or None,
    )
    try:
        return AssignedPassage(
            checked_collection(_string(fields, "collection") or collection), passage
        )
    except InvalidCollection as error:
        raise _BadLine(error.text(Language.ENGLISH), error.text(Language.CHINESE)) from error


def _object(line: str) -> dict[str, object]:
    if _SURROGATES.search(line):
        raise _BadLine("the line is not UTF-8", "该行不是 UTF-8 编码")
    try:
        value: object = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise _BadLine("the line is not JSON", "该行不是 JSON") from error
    if not isinstance(value, dict):
        raise _BadLine("the line is not a JSON object", "该行不是 JSON 对象")
    return cast("dict[str, object]", value)


def _string(fields: dict[str, object], field: str) -> str:
    """A field as text, empty if it is not there. A passage is kept to the letter, so that quotes match."""
    value = fields.get(field)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _BadLine(f'"{field}" is not a string', f"“{field}”不是字符串")
    # Escapes such as \\ud800 are characters that no database takes.
    return _SURROGATES.sub("\ufffd", value).replace("\x00", "")
