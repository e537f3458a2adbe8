"""Curated answers on an empty folder, for tests."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from knowledge.curated.model import CuratedAnswer
from knowledge.curated.store import CuratedAnswers
from knowledge.database import Base, open_engine, sqlite_url


@contextmanager
def answers_at(folder: Path) -> Generator[CuratedAnswers]:
    """The curated answers of `folder`, their table made if it is missing."""
    engine = open_engine(sqlite_url(folder / "answerdesk.db"))
    Base.metadata.create_all(engine)
    try:
        yield CuratedAnswers(engine)
    finally:
        engine.dispose()


def written(
    *questions: str, collection: str = "default", answer_en: str = "", answer_zh: str = ""
) -> CuratedAnswer:
    """An answer to `questions`."""
    english = answer_en or ("" if answer_zh else "Yes.")
    return CuratedAnswer(questions, english, answer_zh, collection=collection)
