"""The steps of the database: what they make is what the code reads, and no row is lost on the way."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, text

from chatbot.conversations import Conversations
from chatbot.schema import METADATA, migrate, migration_config
from chatbot.timeline import Timeline, TurnEntry
from knowledge.database import open_engine, sqlite_url

ANSWER = (
    '{"turn_id": "t1", "conversation_id": "c1", "text": "I could not find that.", "language": "en",'
    ' "route": "refuse", "refused": true, "answerability": 0.1}'
)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(sqlite_url(tmp_path / "answerdesk.db"))
    yield engine
    engine.dispose()


def test_the_steps_make_the_tables_that_the_code_knows(engine: Engine) -> None:
    migrate(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []


def test_migrating_again_changes_nothing(engine: Engine) -> None:
    migrate(engine)
    migrate(engine)


def test_the_first_releases_rows_are_all_there_after_every_step(engine: Engine) -> None:
    upgrade_to(engine, "0001")
    with engine.begin() as connection:
        moment = "2026-01-02 03:04:05.000000"
        connection.execute(
            text(
                "INSERT INTO conversations (id, visitor, language, status, slots, pending_message,"
                " created_at, updated_at)"
                " VALUES ('c1', 'ann', 'en', 'bot', '{}', '', :moment, :moment)"
            ),
            {"moment": moment},
        )
        connection.execute(
            text(
                "INSERT INTO turns (id, conversation_id, ordinal, question, route, generator_called,"
                " answer, created_at) VALUES ('t1', 'c1', 7, 'Why?', 'refuse', 0, :answer, :moment)"
            ),
            {"answer": ANSWER, "moment": moment},
        )
    migrate(engine)
    conversations = Conversations(engine)
    assert conversations.get("c1", "ann").last_ordinal == 7
    assert [turn.question for turn in conversations.unanswered(5).rows] == ["Why?"]
    (entry,) = Timeline(engine).entries("c1")
    assert isinstance(entry, TurnEntry)
    assert entry.answer.text == "I could not find that."


def upgrade_to(engine: Engine, step: str) -> None:
    config = migration_config()
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, step)
        connection.commit()
