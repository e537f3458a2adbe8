"""The conversations of all visitors, a line each."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, update
from sqlalchemy.orm import Session

from chatbot.conversations import Conversation, Conversations, Origin, new_id
from chatbot.errors import ConversationNotFound, InvalidCursor
from chatbot.handover import Handovers
from chatbot.inbox import PREVIEW_CHARACTERS, Inbox
from chatbot.messages import Answer
from chatbot.schema import migrate
from chatbot.tables import ConversationRow
from knowledge.database import open_engine, sqlite_url
from knowledge.documents import Language
from knowledge.tables import now


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(sqlite_url(tmp_path / "answerdesk.db"))
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def conversations(engine: Engine) -> Conversations:
    return Conversations(engine)


@pytest.fixture
def handovers(engine: Engine, conversations: Conversations) -> Handovers:
    return Handovers(engine, conversations.bulletin)


def asked(conversations: Conversations, question: str, visitor: str = "ann") -> Conversation:
    talk = conversations.start(Language.ENGLISH, Origin(visitor, "widget", "w1"))
    answer = Answer(
        turn_id=new_id(),
        conversation_id=talk.id,
        text="Within 14 days.",
        language=Language.ENGLISH,
        route="quote",
        refused=False,
        answerability=0.5,
    )
    conversations.save(talk, question, answer)
    return talk


def test_a_line_shows_the_last_words_and_whose_they_are(
    engine: Engine, conversations: Conversations, handovers: Handovers
) -> None:
    inbox = Inbox(engine)
    talk = asked(conversations, "How   long\n" + "x" * 500)
    line = inbox.line(talk.id)
    assert line.preview.startswith("How long xxx")
    assert len(line.preview) <= PREVIEW_CHARACTERS
    assert (line.preview_by, line.channel, line.status, line.last_ordinal) == (
        "visitor",
        "widget",
        "bot",
        1,
    )
    handovers.leave_contact(talk.id, {"name": "Ann", "email": "ann@example.com"}, "")
    handovers.take(talk.id, "mei")
    assert inbox.line(talk.id).preview.startswith("How long")  # what happened is not said
    handovers.say(talk.id, "mei", "Hello Ann")
    line = inbox.line(talk.id)
    assert (line.preview, line.preview_by, line.holder) == ("Hello Ann", "agent", "mei")
    assert line.contact == {"name": "Ann", "email": "ann@example.com"}
    handovers.pass_on(talk.id, "Thank you")
    assert inbox.line(talk.id).preview == "Thank you"
    with pytest.raises(ConversationNotFound):
        inbox.line("unknown")


def test_the_longest_waiting_come_first(
    engine: Engine, conversations: Conversations, handovers: Handovers
) -> None:
    inbox = Inbox(engine)
    talks = [asked(conversations, f"Question {number}") for number in range(4)]
    for talk in (talks[2], talks[0], talks[1]):
        handovers.ask(talk.id)
    handovers.pass_on(talks[2].id, "still there")
    assert [line.id for line in inbox.waiting(10)] == [talks[2].id, talks[0].id, talks[1].id]
    assert [line.id for line in inbox.waiting(1)] == [talks[2].id]
    waiting_since = inbox.waiting(1)[0].waiting_since
    assert waiting_since is not None
    assert now() - waiting_since < timedelta(minutes=1)
    assert inbox.count_waiting() == 3


def test_pages_cover_everything_once_also_where_moments_are_equal(
    engine: Engine, conversations: Conversations, handovers: Handovers
) -> None:
    inbox = Inbox(engine)
    talks = [asked(conversations, f"Question {number}") for number in range(7)]
    with Session(engine) as session, session.begin():
        session.execute(update(ConversationRow).values(updated_at=now()))
    seen: list[str] = []
    cursor: str | None = None
    for _ in range(4):
        page = inbox.page(None, 2, cursor)
        seen += [line.id for line in page.rows]
        cursor = page.next
    assert cursor is None
    assert sorted(seen) == sorted(talk.id for talk in talks)
    handovers.ask(talks[3].id)
    page = inbox.page({"waiting", "person"}, 2)
    assert [line.id for line in page.rows] == [talks[3].id]
    assert page.next is None
    assert inbox.page(None, 1).rows[0].id == talks[3].id


@pytest.mark.parametrize("cursor", ["x", "%%%", "AAAA", "w6k", "MjAyNg"])
def test_a_cursor_of_ones_own_making_is_refused(engine: Engine, cursor: str) -> None:
    with pytest.raises(InvalidCursor):
        Inbox(engine).page(None, 2, cursor)


def test_marks_tell_what_has_changed(
    engine: Engine, conversations: Conversations, handovers: Handovers
) -> None:
    inbox = Inbox(engine)
    talk, other = asked(conversations, "One"), asked(conversations, "Two", "ben")
    yesterday = now() - timedelta(days=1)
    assert inbox.marks(yesterday) == {}
    handovers.ask(talk.id)
    waiting = inbox.marks(yesterday)
    assert waiting == {talk.id: ("waiting", "", 2)}
    handovers.take(talk.id, "mei")
    handovers.say(talk.id, "mei", "Hello")
    assert inbox.marks(yesterday) == {talk.id: ("person", "mei", 4)}
    handovers.close(talk.id, "mei")
    assert inbox.marks(yesterday) == {talk.id: ("closed", "", 5)}
    assert inbox.marks(now()) == {}
    conversations.erase("ben")
    assert inbox.statuses([talk.id, other.id]) == {talk.id: "closed"}
