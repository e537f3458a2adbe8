"""Curated answers in SQL."""

import secrets
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Engine, or_, select
from sqlalchemy.orm import Session

from knowledge.curated.errors import (
    AnswerNotFound,
    BadQuestion,
    InvalidAnswerFile,
    NoAnswer,
    NoQuestion,
    Problem,
    QuestionTaken,
)
from knowledge.curated.likeness import folded
from knowledge.curated.model import (
    ANSWER_CHARACTERS,
    MOST_QUESTIONS,
    QUESTION_CHARACTERS,
    SEPARATOR,
    CuratedAnswer,
)
from knowledge.documents import Language
from knowledge.intake import checked_collection
from knowledge.loading.blocks import tidy
from knowledge.tables import CuratedAnswerRow, in_utc, now
from knowledge.transactions import writing

# The owner of each way to ask, folded, in one collection.
_Owners = dict[tuple[str, str], str]
OnChange = Callable[[], None]


class CuratedAnswers:
    """Reads and writes curated answers. Every method is one transaction and safe in any thread.

    In a collection a way to ask belongs to one answer. `on_change` is called after each change.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._on_change: list[OnChange] = []

    def on_change(self, told: OnChange) -> None:
        """Have `told` called after every change."""
        self._on_change.append(told)

    def list(
        self,
        collection: str | None = None,
        after: tuple[datetime, str] | None = None,
        limit: int | None = None,
    ) -> Sequence[CuratedAnswer]:
        """Answers, of one collection or all, oldest first; after the one of that moment and id."""
        row = CuratedAnswerRow
        wanted = select(row).order_by(row.created_at, row.id).limit(limit)
        if collection is not None:
            wanted = wanted.where(row.collection == collection)
        if after is not None:
            moment, name = after
            later = or_(row.created_at > moment, (row.created_at == moment) & (row.id > name))
            wanted = wanted.where(later)
        with Session(self._engine) as session:
            return [_answer(found) for found in session.scalars(wanted)]

    def get(self, answer_id: str) -> CuratedAnswer:
        """One answer. Raises `AnswerNotFound`."""
        with Session(self._engine) as session:
            return _answer(_row(session, answer_id))

    def add(self, answer: CuratedAnswer) -> CuratedAnswer:
        """Keep a new answer, which gets an id. Raises `InvalidAnswer` or `InvalidCollection`."""
        return self._put(replace(checked(answer), id=secrets.token_hex(8)))

    def change(self, answer: CuratedAnswer) -> CuratedAnswer:
        """Replace the answer of that id.

        Raises `AnswerNotFound`, `InvalidAnswer` or `InvalidCollection`.
        """
        self.get(answer.id)
        return self._put(checked(answer))

    def remove(self, answer_id: str) -> None:
        """Delete an answer. Raises `AnswerNotFound`."""
        with writing(self._engine) as session:
            session.delete(_row(session, answer_id))
        self._changed()

    def take_in(
        self, name: str, lines: Sequence[tuple[int, CuratedAnswer]], by: str = ""
    ) -> tuple[int, int]:
        """Keep the answers of a file, all or none; how many are new, and how many took a place.

        An answer takes the place of the one that its first way to ask belongs to.
        Raises `InvalidAnswerFile` with every line that is wrong.
        """
        with writing(self._engine) as session:
            problems: list[Problem] = []
            owners = _owners(session)
            placed = _placed(lines, owners)
            for line, answer in placed:
                problems.extend(_taken(line, answer, owners))
            if problems:
                raise InvalidAnswerFile(name=name, problems=problems)
            for _, answer in placed:
                _write(session, replace(answer, updated_by=by))
        self._changed()
        before = set(owners.values())
        replaced = sum(answer.id in before for _, answer in placed)
        return len(placed) - replaced, replaced

    def _put(self, answer: CuratedAnswer) -> CuratedAnswer:
        with writing(self._engine) as session:
            owners = _owners(session)
            for question in answer.questions:
                owner = owners.get((answer.collection, folded(question)), answer.id)
                if owner != answer.id:
                    raise QuestionTaken(question=question)
            kept = _answer(_write(session, answer))
        self._changed()
        return kept

    def _changed(self) -> None:
        for told in self._on_change:
            told()


def checked(answer: CuratedAnswer) -> CuratedAnswer:
    """`answer` as it is kept: tidy, each way to ask once.

    Raises `InvalidAnswer` or `InvalidCollection`.
    """
    ways: dict[str, str] = {}
    for question in answer.questions:
        if asked := " ".join(tidy(question).split()):
            ways.setdefault(folded(asked), asked)
    questions = tuple(ways.values())
    if not 1 <= len(questions) <= MOST_QUESTIONS:
        raise NoQuestion(limit=MOST_QUESTIONS)
    for question in questions:
        if len(question) > QUESTION_CHARACTERS or SEPARATOR in question:
            raise BadQuestion(question=question[:80], limit=QUESTION_CHARACTERS)
    english, chinese = tidy(answer.answer_en).strip(), tidy(answer.answer_zh).strip()
    if not (english or chinese) or max(len(english), len(chinese)) > ANSWER_CHARACTERS:
        raise NoAnswer(limit=ANSWER_CHARACTERS)
    return replace(
        answer,
        questions=questions,
        answer_en=english,
        answer_zh=chinese,
        collection=checked_collection(answer.collection),
    )


def _placed(
    lines: Sequence[tuple[int, CuratedAnswer]], owners: _Owners
) -> list[tuple[int, CuratedAnswer]]:
    """The answers with the ids of those whose places they take, or new ones."""
    placed: list[tuple[int, CuratedAnswer]] = []
    for line, answer in lines:
        owner = owners.get((answer.collection, folded(answer.questions[0])))
        placed.append((line, replace(answer, id=owner or secrets.token_hex(8))))
    return placed


def _taken(line: int, answer: CuratedAnswer, owners: _Owners) -> list[Problem]:
    found: list[Problem] = []
    for question in answer.questions:
        if owners.get((answer.collection, folded(question)), answer.id) != answer.id:
            error = QuestionTaken(question=question)
            found.append((line, error.text(Language.ENGLISH), error.text(Language.CHINESE)))
    return found


def _owners(session: Session) -> _Owners:
    rows = session.execute(
        select(CuratedAnswerRow.id, CuratedAnswerRow.collection, CuratedAnswerRow.questions)
    )
    return {
        (collection, folded(question)): name
        for name, collection, questions in rows
        for question in questions
    }


def _write(session: Session, answer: CuratedAnswer) -> CuratedAnswerRow:
    row = session.get(CuratedAnswerRow, answer.id)
    if row is None:
        moment = now()
        row = CuratedAnswerRow(id=answer.id, created_at=moment, updated_at=moment)
        session.add(row)
    row.collection = answer.collection
    row.questions = list(answer.questions)
    row.answer_en, row.answer_zh = answer.answer_en, answer.answer_zh
    row.enabled = answer.enabled
    row.updated_at, row.updated_by = now(), answer.updated_by
    return row


def _row(session: Session, answer_id: str) -> CuratedAnswerRow:
    row = session.get(CuratedAnswerRow, answer_id)
    if row is None:
        raise AnswerNotFound(answer_id=answer_id)
    return row


def _answer(row: CuratedAnswerRow) -> CuratedAnswer:
    return CuratedAnswer(
        questions=tuple(row.questions),
        answer_en=row.answer_en,
        answer_zh=row.answer_zh,
        collection=row.collection,
        enabled=row.enabled,
        id=row.id,
        created_at=in_utc(row.created_at),
        updated_at=in_utc(row.updated_at),
        updated_by=row.updated_by,
    )
