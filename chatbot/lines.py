"""Files of JSON lines: read whole and checked before anything is done with them."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from chatbot.errors import AnswerDeskError, InvalidLine, InvalidLines, PathNotFound
from chatbot.faults import describe_fault
from knowledge.documents import Language

T = TypeVar("T")


def read_lines(
    path: Path, shape: TypeAdapter[T], check: Callable[[T], None], key: Callable[[T], object]
) -> list[T]:
    """Every line of `path` as a `shape`; blank lines are skipped.

    `check` may raise an `AnswerDeskError`; `key` must differ from line to line. Raises
    `PathNotFound`, and `InvalidLines` with everything that is wrong.
    """
    found: list[T] = []
    errors: list[InvalidLine] = []
    seen: dict[object, int] = {}
    for number, line in _numbered(path):
        try:
            item = shape.validate_json(line)
            check(item)
        except ValidationError as error:
            en, zh = describe_fault(error.errors(include_input=False, include_url=False))
            errors.append(
                _invalid(path, number, en.replace("body: ", ""), zh.replace("body：", ""))
            )
        except AnswerDeskError as error:
            en, zh = error.text(Language.ENGLISH), error.text(Language.CHINESE)
            errors.append(_invalid(path, number, en, zh))
        else:
            first = seen.setdefault(key(item), number)
            if first != number:
                en, zh = f"the same id as line {first}", f"与第 {first} 行的 id 相同"
                errors.append(_invalid(path, number, en, zh))
            found.append(item)
    if errors:
        raise InvalidLines(errors)
    return found


def to_line(value: object) -> str:
    """`value` as one line of JSON, its line break included."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False) + "\n"


def _numbered(path: Path) -> Iterator[tuple[int, bytes]]:
    if not path.is_file():
        raise PathNotFound(path=path)
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            bare = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
            if bare.strip():
                yield number, bare


def _invalid(path: Path, line: int, en: str, zh: str) -> InvalidLine:
    return InvalidLine(name=path.name, line=line, reason=en, reason_zh=zh)
