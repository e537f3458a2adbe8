"""Curated answers as CSV: `questions`, `answer_en`, `answer_zh`, `collection`."""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from knowledge.curated.errors import InvalidAnswer, InvalidAnswerFile, Problem
from knowledge.curated.likeness import folded
from knowledge.curated.model import SEPARATOR, CuratedAnswer
from knowledge.curated.store import checked
from knowledge.documents import Language
from knowledge.errors import AnswerDeskError, InvalidCollection
from knowledge.loading.encoding import decode

COLUMNS: Final = ("questions", "answer_en", "answer_zh", "collection")
MOST_LINES: Final = 10_000
# A spreadsheet would take a cell that begins so for a formula. It is written behind an apostrophe,
# which is taken off again.
_FORMULA: Final = re.compile(r"'*[=+\-@\t\r]")
_QUOTED: Final = re.compile(r"'('*[=+\-@\t\r])")

Line = tuple[int, CuratedAnswer]


def written(answers: Iterable[CuratedAnswer]) -> bytes:
    """The file of `answers`, in UTF-8 with the mark that Excel looks for."""
    text = io.StringIO(newline="")
    lines = csv.writer(text)
    lines.writerow(COLUMNS)
    for answer in answers:
        questions = "\n".join(answer.questions)
        cells = (questions, answer.answer_en, answer.answer_zh, answer.collection)
        lines.writerow([_guarded(cell) for cell in cells])
    return text.getvalue().encode("utf-8-sig")


def parsed(name: str, data: bytes, collection: str) -> list[Line]:
    """The answers of a file with the lines they begin on, from 1.

    `collection` is for those that name none. Raises `InvalidAnswerFile` with every line that is
    wrong, or `UnknownEncoding`.
    """
    text, _ = decode(data, name)
    problems: list[Problem] = []
    lines: list[Line] = []
    try:
        for number, cells in _rows(text):
            answer = _read(number, cells, collection, problems)
            if answer is not None:
                lines.append((number, answer))
    except _Unusable as error:
        problems.append((error.line, error.en, error.zh))
    problems += _repeated(lines)
    if not lines and not problems:
        problems.append((1, "the file holds no answer", "文件中没有答案"))
    if problems:
        raise InvalidAnswerFile(name=name, problems=sorted(problems, key=lambda found: found[0]))
    return lines


class _Unusable(Exception):
    def __init__(self, line: int, en: str, zh: str) -> None:
        self.line = line
        self.en = en
        self.zh = zh


def _rows(text: str) -> Iterable[tuple[int, Mapping[str, str]]]:
    """The cells of each line that has any, by column, with the line each begins on."""
    # A semicolon is what Excel writes where the comma is decimal.
    head = text.split("\n", 1)[0]
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=";" if ";" in head and "," not in head else ","
    )
    begins = 1
    try:
        columns = _columns(next(reader, list[str]()))
        begins = reader.line_num + 1
        for count, cells in enumerate(reader):
            if count >= MOST_LINES:
                most = f"{MOST_LINES:,}"
                raise _Unusable(begins, f"at most {most} answers a file", f"每个文件最多 {most} 条")
            if any(cell.strip() for cell in cells):
                yield begins, dict(zip(columns, map(_plain, cells), strict=False))
            begins = reader.line_num + 1
    except csv.Error as error:
        raise _Unusable(begins, f"this is no CSV ({error})", f"不是 CSV（{error}）") from error


def _columns(head: Sequence[str]) -> list[str]:
    names = [cell.strip().casefold().replace(" ", "_") for cell in head]
    missing = [name for name in COLUMNS[:1] if name not in names]
    if missing or not {"answer_en", "answer_zh"} & set(names):
        known = ", ".join(COLUMNS)
        raise _Unusable(
            1, f"the first line must name the columns: {known}", f"首行须为列名：{known}"
        )
    return names


def _read(
    number: int, cells: Mapping[str, str], collection: str, problems: list[Problem]
) -> CuratedAnswer | None:
    questions = re.split(rf"[\r\n{re.escape(SEPARATOR)}]+", cells.get("questions", ""))
    answer = CuratedAnswer(
        questions=tuple(questions),
        answer_en=cells.get("answer_en", ""),
        answer_zh=cells.get("answer_zh", ""),
        collection=cells.get("collection", "").strip() or collection,
    )
    try:
        return checked(answer)
    except (InvalidAnswer, InvalidCollection) as error:
        problems.append(_problem(number, error))
        return None


def _repeated(lines: Sequence[Line]) -> list[Problem]:
    """Ways to ask that stand on two lines."""
    first: dict[tuple[str, str], int] = {}
    found: list[Problem] = []
    for number, answer in lines:
        for question in answer.questions:
            line = first.setdefault((answer.collection, folded(question)), number)
            if line != number:
                found.append(
                    (
                        number,
                        f"“{question}” is on line {line} already",
                        f"“{question}”已出现在第 {line} 行",
                    )
                )
    return found


def _problem(line: int, error: AnswerDeskError) -> Problem:
    return line, error.text(Language.ENGLISH), error.text(Language.CHINESE)


def _guarded(cell: str) -> str:
    return f"'{cell}" if _FORMULA.match(cell) else cell


def _plain(cell: str) -> str:
    return cell[1:] if _QUOTED.match(cell) else cell
