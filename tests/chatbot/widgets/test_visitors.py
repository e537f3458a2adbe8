"""Visitors and their conversations in a real database, also when many come at once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from chatbot.conversations import Conversations
from chatbot.errors import ConversationNotFound
from chatbot.handover import Handovers
from chatbot.widgets.errors import IdentityReused, WidgetNotFound
from chatbot.widgets.identity import Identity
from chatbot.widgets.model import Visitor, Widget
from chatbot.widgets.store import Widgets
from chatbot.widgets.tokens import Tokens
from chatbot.widgets.visitors import Visitors
from knowledge.database import Base, open_engine, sqlite_url
from knowledge.documents import Language

EN = Language.ENGLISH
MEI = Identity("c42", "once", 2_000_000_000, "Mei", "mei@example.org")


class Clock:
    moment = datetime(2026, 11, 23, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(sqlite_url(tmp_path / "answerdesk.db"))
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def widget(engine: Engine) -> Widget:
    return Widgets(engine, Tokens(b"0" * 32)).add(Widget("", "Shop", ("https://shop.example",)))


@pytest.fixture
def conversations(engine: Engine) -> Conversations:
    return Conversations(engine)


@pytest.fixture
def visitors(engine: Engine, conversations: Conversations) -> Visitors:
    return Visitors(engine, conversations)


def test_a_widget_that_was_just_deleted_takes_no_visitor(
    engine: Engine, visitors: Visitors, widget: Widget
) -> None:
    Widgets(engine, Tokens(b"0" * 32)).remove(widget.id)
    with pytest.raises(WidgetNotFound):
        visitors.open(widget.id)


def test_a_visitor_is_found_by_an_id_that_is_kept_nowhere(
    visitors: Visitors, widget: Widget, tmp_path: Path
) -> None:
    visitor_id, visitor = visitors.open(widget.id)
    assert visitors.find(visitor_id, widget.id) == visitor
    assert visitors.find(visitor_id, "another") is None
    assert visitors.find(visitor.id_hash, widget.id) is None
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("answerdesk.db*"))
    assert visitor.id_hash.encode() in stored
    assert visitor_id.encode() not in stored
    visitors.end(visitor)
    assert visitors.find(visitor_id, widget.id) is None


def test_many_tabs_begin_one_conversation(visitors: Visitors, widget: Widget) -> None:
    _, visitor = visitors.open(widget.id)

    def begin(_: int) -> str:
        return visitors.conversation_for(visitor, EN)

    with ThreadPoolExecutor(8) as pool:
        begun = list(pool.map(begin, range(24)))
    assert len(set(begun)) == 1
    assert visitors.conversation_id(visitor) == begun[0]


def test_many_browsers_use_a_statement_once(visitors: Visitors, widget: Widget) -> None:
    browsers = [visitors.open(widget.id)[1] for _ in range(12)]

    def claims(visitor: Visitor) -> bool:
        try:
            visitors.claim(MEI, visitor)
        except IdentityReused:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        first = list(pool.map(claims, browsers))
    assert sum(first) == 1
    assert [claims(visitor) for visitor in browsers] == first


def test_a_statement_of_another_widget_is_another(engine: Engine, visitors: Visitors) -> None:
    widgets = Widgets(engine, Tokens(b"0" * 32))
    for _ in range(2):
        visitors.claim(MEI, visitors.open(widgets.add(Widget("", "Shop")).id)[1])


def test_what_was_said_comes_along_and_stays_in_view(
    visitors: Visitors, conversations: Conversations, widget: Widget
) -> None:
    _, laptop = visitors.open(widget.id)
    first = visitors.conversation_for(laptop, EN)
    laptop = visitors.identify(laptop, MEI)
    assert visitors.conversation_id(laptop) == first
    assert (laptop.name, laptop.email, laptop.identified) == ("Mei", "mei@example.org", True)
    _, phone = visitors.open(widget.id)
    second = visitors.conversation_for(phone, EN)
    before = phone.key
    phone = visitors.identify(phone, MEI)
    assert phone.key == laptop.key
    assert visitors.conversation_id(laptop) == visitors.conversation_id(phone) == second
    for conversation in (first, second):
        assert conversations.get(conversation, phone.key).id == conversation
    with pytest.raises(ConversationNotFound):
        conversations.get(second, before)


def test_a_person_who_was_called_is_not_lost_by_signing_in(
    engine: Engine, visitors: Visitors, conversations: Conversations, widget: Widget
) -> None:
    laptop = visitors.identify(visitors.open(widget.id)[1], MEI)
    waiting = visitors.conversation_for(laptop, EN)
    Handovers(engine, conversations.bulletin).ask(waiting)
    _, phone = visitors.open(widget.id)
    visitors.conversation_for(phone, EN)
    assert visitors.conversation_id(visitors.identify(phone, MEI)) == waiting


def test_a_new_conversation_of_a_customer_bears_their_name(
    engine: Engine, visitors: Visitors, widget: Widget
) -> None:
    mei = visitors.identify(visitors.open(widget.id)[1], MEI)
    conversation = visitors.conversation_for(mei, EN)
    with engine.connect() as connection:
        contact = connection.exec_driver_sql(
            "select contact from conversations where id = ?", (conversation,)
        ).scalar_one()
    assert "Mei" in contact


def test_erasing_leaves_nothing_and_ends_every_device(
    visitors: Visitors, conversations: Conversations, widget: Widget
) -> None:
    phone_id, phone = visitors.open(widget.id)
    laptop = visitors.identify(visitors.open(widget.id)[1], MEI)
    phone = visitors.identify(phone, MEI)
    other_id, other = visitors.open(widget.id)
    theirs = visitors.conversation_for(other, EN)
    mine = visitors.conversation_for(laptop, EN)
    visitors.erase(laptop)
    assert visitors.find(phone_id, widget.id) is None
    with pytest.raises(ConversationNotFound):
        conversations.get(mine)
    assert visitors.conversation_id(phone) is None
    assert visitors.find(other_id, widget.id) == other
    assert conversations.get(theirs).id == theirs


def test_a_widget_that_is_removed_takes_its_tickets_along(
    engine: Engine, visitors: Visitors, conversations: Conversations, widget: Widget
) -> None:
    visitor_id, visitor = visitors.open(widget.id)
    conversation = visitors.conversation_for(visitor, EN)
    Widgets(engine, Tokens(b"0" * 32)).remove(widget.id)
    assert visitors.find(visitor_id, widget.id) is None
    assert conversations.get(conversation).id == conversation  # the team's to keep


def test_those_who_never_said_a_word_are_forgotten_first(
    engine: Engine, conversations: Conversations, widget: Widget
) -> None:
    clock = Clock()
    visitors = Visitors(engine, conversations, clock)
    silent_id, _ = visitors.open(widget.id)
    spoke_id, spoke = visitors.open(widget.id)
    visitors.conversation_for(spoke, EN)
    clock.moment += timedelta(hours=23)
    visitors.open(widget.id)
    assert visitors.find(silent_id, widget.id)
    clock.moment += timedelta(hours=2)
    visitors.open(widget.id)
    assert visitors.find(silent_id, widget.id) is None
    clock.moment += timedelta(days=170)
    visitors.seen(spoke)
    clock.moment += timedelta(days=170)
    visitors.open(widget.id)
    assert visitors.find(spoke_id, widget.id)
    clock.moment += timedelta(days=11)
    visitors.open(widget.id)
    assert visitors.find(spoke_id, widget.id) is None


def test_used_statements_are_forgotten_once_they_cannot_be_used(
    engine: Engine, conversations: Conversations, widget: Widget
) -> None:
    clock = Clock()
    visitors = Visitors(engine, conversations, clock)
    soon = int((clock.moment + timedelta(minutes=5)).timestamp())
    visitors.claim(replace(MEI, expires_at=soon), visitors.open(widget.id)[1])
    clock.moment += timedelta(minutes=10)
    visitors.claim(replace(MEI, jti="other", expires_at=soon), visitors.open(widget.id)[1])
    with engine.connect() as connection:
        kept = connection.exec_driver_sql("select count(*) from widget_identities").scalar_one()
    assert kept == 1


def test_a_visitor_who_has_ended_is_not_identified(visitors: Visitors, widget: Widget) -> None:
    _, visitor = visitors.open(widget.id)
    visitors.end(visitor)
    assert visitors.identify(visitor, MEI) == visitor
