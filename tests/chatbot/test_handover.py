"""Who holds a conversation, what its timeline says, and who is woken."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from chatbot.bulletin import INBOX
from chatbot.conversations import Conversation, Conversations, Origin, new_id
from chatbot.errors import (
    ConversationNotFound,
    HeldByAnother,
    IdempotencyKeyReused,
    NotHeld,
    TurnNotFound,
)
from chatbot.handover import Handovers
from chatbot.messages import Answer, Message
from chatbot.schema import migrate
from chatbot.tables import OutboxRow
from chatbot.timeline import EventEntry, MessageEntry, Timeline, TurnEntry
from knowledge.database import open_engine, sqlite_url
from knowledge.documents import Language


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


@pytest.fixture
def talk(conversations: Conversations) -> Conversation:
    return conversations.start(Language.ENGLISH, Origin("ann"))


def answer(conversation: Conversation, *, refused: bool = False) -> Answer:
    return Answer(
        turn_id=new_id(),
        conversation_id=conversation.id,
        text="Within 14 days.",
        language=Language.ENGLISH,
        route="refuse" if refused else "quote",
        refused=refused,
        answerability=0.5,
    )


def happened(engine: Engine) -> list[str]:
    with Session(engine) as session:
        return list(session.scalars(select(OutboxRow.kind).order_by(OutboxRow.id)))


def shown(engine: Engine, conversation: Conversation, after: int = 0) -> list[str]:
    """The timeline in a word an entry."""
    words: list[str] = []
    for entry in Timeline(engine).entries(conversation.id, after):
        match entry:
            case TurnEntry():
                words.append(f"turn {entry.question}")
            case MessageEntry():
                words.append(f"{'agent' if entry.by_agent else 'visitor'} {entry.text}")
            case EventEntry():
                words.append(f"{entry.event} {entry.by}".strip())
    return words


def test_from_the_assistant_to_a_person_and_back(
    engine: Engine, conversations: Conversations, handovers: Handovers, talk: Conversation
) -> None:
    conversations.save(talk, "How long?", answer(talk))
    handovers.ask(talk.id)
    handovers.ask(talk.id)
    assert conversations.get(talk.id).status == "waiting"
    handovers.take(talk.id, "mei")
    assert conversations.get(talk.id).holder == "mei"
    assert handovers.pass_on(talk.id, "Are you there?") is not None
    handovers.say(talk.id, "mei", "Yes.")
    handovers.hand_back(talk.id, "mei")
    assert handovers.pass_on(talk.id, "And now?") is None
    handovers.ask(talk.id)
    handovers.close(talk.id, "li")
    assert shown(engine, talk) == [
        "turn How long?",
        "waiting",
        "taken mei",
        "visitor Are you there?",
        "agent Yes.",
        "handed_back mei",
        "waiting",
        "closed li",
    ]
    assert shown(engine, talk, after=6) == ["waiting", "closed li"]
    assert happened(engine) == [
        "conversation.started",
        "conversation.waiting",
        "conversation.taken",
        "conversation.waiting",
        "conversation.closed",
    ]


def test_two_agents_cannot_hold_the_same_unknowingly(
    handovers: Handovers, talk: Conversation
) -> None:
    handovers.take(talk.id, "mei")
    handovers.take(talk.id, "mei")
    with pytest.raises(HeldByAnother, match="mei"):
        handovers.take(talk.id, "li")
    with pytest.raises(HeldByAnother, match="mei"):
        handovers.say(talk.id, "li", "Hello")
    for leave in (handovers.close, handovers.hand_back):
        with pytest.raises(HeldByAnother, match="mei"):
            leave(talk.id, "li")
    handovers.take(talk.id, "li", known_holder="mei")
    with pytest.raises(HeldByAnother, match="li"):
        handovers.say(talk.id, "mei", "Hello")


def test_of_many_agents_at_once_one_gets_it(handovers: Handovers, talk: Conversation) -> None:
    won: list[str] = []
    start = threading.Barrier(8)

    def take(agent: str) -> None:
        start.wait()
        try:
            handovers.take(talk.id, agent)
        except HeldByAnother:
            return
        won.append(agent)

    threads = [threading.Thread(target=take, args=(f"agent{n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1


def test_nobody_speaks_without_holding(handovers: Handovers, talk: Conversation) -> None:
    with pytest.raises(NotHeld):
        handovers.say(talk.id, "mei", "Hello")
    handovers.ask(talk.id)
    with pytest.raises(NotHeld):
        handovers.hand_back(talk.id, "mei")


def test_a_message_sent_twice_arrives_once(
    engine: Engine, handovers: Handovers, talk: Conversation
) -> None:
    handovers.take(talk.id, "mei")
    for _ in range(2):
        assert handovers.say(talk.id, "mei", "Hello", "m1") == "m1"
        assert handovers.pass_on(talk.id, "Hi", "v1") == "v1"
    assert shown(engine, talk) == ["taken mei", "agent Hello", "visitor Hi"]
    with pytest.raises(IdempotencyKeyReused):
        handovers.say(talk.id, "mei", "Something else", "m1")


def test_another_conversations_message_id_is_not_found(
    conversations: Conversations, handovers: Handovers, talk: Conversation
) -> None:
    other = conversations.start(Language.ENGLISH)
    for conversation in (talk, other):
        handovers.take(conversation.id, "mei")
    handovers.say(talk.id, "mei", "Hello", "m1")
    with pytest.raises(ConversationNotFound):
        handovers.say(other.id, "mei", "Hello", "m1")


def test_a_turn_that_ends_late_does_not_take_the_conversation_from_the_agent(
    engine: Engine, conversations: Conversations, handovers: Handovers, talk: Conversation
) -> None:
    handovers.take(talk.id, "mei")
    conversations.save(replace(talk, status="waiting"), "How long?", answer(talk))
    assert (conversations.get(talk.id).status, conversations.get(talk.id).holder) == (
        "person",
        "mei",
    )
    assert shown(engine, talk) == ["taken mei", "turn How long?"]


def test_turns_and_messages_at_once_get_an_ordinal_each(
    engine: Engine, conversations: Conversations, handovers: Handovers, talk: Conversation
) -> None:
    handovers.take(talk.id, "mei")

    def in_threads(act: Callable[[], object]) -> list[threading.Thread]:
        return [threading.Thread(target=act) for _ in range(10)]

    threads = [
        *in_threads(lambda: conversations.save(talk, "How long?", answer(talk))),
        *in_threads(lambda: handovers.say(talk.id, "mei", "Hello")),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ordinals = [entry.ordinal for entry in Timeline(engine).entries(talk.id)]
    assert ordinals == list(range(1, 22))


def test_refusals_are_counted_in_a_row(conversations: Conversations, talk: Conversation) -> None:
    for refused, count in ((True, 1), (True, 2), (False, 0), (True, 1)):
        conversations.save(talk, "Why?", answer(talk, refused=refused))
        assert conversations.get(talk.id).refusals == count


def test_a_closed_conversation_opens_again_with_the_next_turn(
    conversations: Conversations, handovers: Handovers, talk: Conversation
) -> None:
    handovers.close(talk.id, "mei")
    conversations.save(conversations.get(talk.id), "One more thing", answer(talk))
    assert conversations.get(talk.id).status == "bot"


def test_the_history_holds_what_people_said(
    conversations: Conversations, handovers: Handovers, talk: Conversation
) -> None:
    conversations.save(talk, "How long?", answer(talk))
    handovers.take(talk.id, "mei")
    handovers.pass_on(talk.id, "Are you there?")
    handovers.say(talk.id, "mei", "Yes.")
    assert conversations.history(conversations.get(talk.id), 3) == (
        Message("user", "Are you there?"),
        Message("assistant", "Yes."),
    )


def test_a_contact_is_kept_and_calls_a_person(
    engine: Engine, conversations: Conversations, handovers: Handovers, talk: Conversation
) -> None:
    handovers.leave_contact(talk.id, {"email": "ann@example.com"}, "Please write to me.")
    assert conversations.get(talk.id).status == "waiting"
    assert shown(engine, talk) == ["contact", "visitor Please write to me.", "waiting"]


def test_feedback_belongs_to_the_visitor(
    engine: Engine, conversations: Conversations, talk: Conversation
) -> None:
    said = answer(talk)
    conversations.save(talk, "How long?", said)
    with pytest.raises(TurnNotFound):
        conversations.rate(said.turn_id, -1, "", "ben")
    with pytest.raises(TurnNotFound):
        conversations.rate("unknown", 1, "", "ann")
    conversations.rate(said.turn_id, -1, "", "ann")
    conversations.rate(said.turn_id, 1, "Thank you", "ann")
    (turn,) = Timeline(engine).entries(talk.id)
    assert isinstance(turn, TurnEntry)
    assert turn.feedback == 1


def test_erasing_takes_every_word_of_one_visitor_only(
    engine: Engine, conversations: Conversations, handovers: Handovers, talk: Conversation
) -> None:
    other = conversations.start(Language.ENGLISH, Origin("ben"))
    for conversation in (talk, other):
        said = answer(conversation)
        conversations.save(conversation, "How long?", said)
        conversations.rate(said.turn_id, 1, "", {talk.id: "ann", other.id: "ben"}[conversation.id])
        handovers.ask(conversation.id)
    assert conversations.erase("ann") == 1
    assert shown(engine, talk) == []
    assert shown(engine, other) == ["turn How long?", "waiting"]


def test_readers_are_woken_and_no_ring_is_lost(
    conversations: Conversations, handovers: Handovers, talk: Conversation
) -> None:
    async def read() -> list[bool]:
        bulletin = conversations.bulletin
        with bulletin.watch(talk.id) as watch, bulletin.watch(INBOX) as inbox:
            await asyncio.to_thread(handovers.ask, talk.id)
            rung = [await watch.wait(5), await inbox.wait(5)]
            rung += [await watch.wait(0.01)]
            await asyncio.to_thread(bulletin.post, "another")
            return [*rung, await watch.wait(0.01), await inbox.wait(5)]

    assert asyncio.run(read()) == [True, True, False, False, True]
