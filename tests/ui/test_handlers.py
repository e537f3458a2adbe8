"""What the page does with an event, whoever wrote it."""

import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.cancellation import Cancellation
from chatbot.conversations import Conversation, Status
from chatbot.errors import ConversationNotFound, GeneratorBusy, QuestionTooLong
from chatbot.messages import (
    Answer,
    Delivered,
    Question,
    ReplyEvent,
    TextDelta,
    TurnFinished,
    Working,
)
from chatbot.timeline import Entry, EventEntry, MessageEntry, TurnEntry
from knowledge.documents import Language
from ui.handlers import Asked, ChatHandlers

Play = Callable[[Question, Cancellation], Iterator[ReplyEvent]]


def _answer(text: str = "Within 30 days.") -> Answer:
    return Answer("t1", "c1", text, Language.ENGLISH, "quote", refused=False, answerability=0.9)


def _plain(question: Question, cancellation: Cancellation) -> Iterator[ReplyEvent]:
    yield Working("searching")
    yield TextDelta("Within ")
    yield TextDelta("30 days.")
    yield TurnFinished(_answer())


def _before() -> list[Entry]:
    return [TurnEntry(1, "t0", datetime.now(UTC), "Before?", _answer("Before."))]


@dataclass
class Desk:
    """Plays `play`, remembers what it was asked, and has one saved turn in `c1`."""

    play: Play = _plain
    asked: list[Question] = field(default_factory=list[Question])
    saved: list[Entry] = field(default_factory=_before)
    status: Status = "bot"
    called: list[str] = field(default_factory=list[str])

    @property
    def dialogue(self) -> "Desk":
        return self

    conversations = timeline = handovers = dialogue

    def respond(self, question: Question, cancellation: Cancellation) -> Iterator[ReplyEvent]:
        self.asked.append(question)
        return self.play(question, cancellation)

    def get(self, conversation_id: str, visitor: str | None = None) -> Conversation:
        if conversation_id != "c1" or visitor != "":
            raise ConversationNotFound(conversation_id=conversation_id)
        holder = "Mei" if self.status == "person" else ""
        last = self.saved[-1].ordinal
        return Conversation("c1", Language.ENGLISH, self.status, holder=holder, last_ordinal=last)

    def entries(self, conversation_id: str, after: int = 0) -> list[Entry]:
        return [entry for entry in self.saved if entry.ordinal > after]

    def ask(self, conversation_id: str, reason: str = "asked") -> None:
        self.called.append(conversation_id)
        self.status = "waiting"

    def handlers(self) -> ChatHandlers:
        return ChatHandlers(self, {"en": ["Why?"], "zh": ["为什么？"]}, 2000)


def _ask(text: str, **fields: object) -> Asked:
    return Asked.read({"text": text, "language": "en", **fields})


def test_the_transcript_grows_with_the_reply() -> None:
    states = list(Desk().handlers().send(_ask("How long?"), "s"))
    assert [len(state) for state in states] == [1] * len(states)
    assert "Within </p>" in states[2][0] or "Within</p>" in states[2][0]
    assert 'data-conversation="c1"' in states[-1][0]
    assert "ad-working" not in states[-1][0]


def test_earlier_turns_stay_above() -> None:
    states = list(Desk().handlers().send(_ask("And then?", conversation="c1"), "s"))
    assert all("Before." in state[0] for state in states)
    assert "And then?" in states[-1][1]


def test_the_language_of_the_page_decides_only_where_the_message_shows_none() -> None:
    desk = Desk()
    handlers = desk.handlers()
    for text in ("10021", "订单在哪里", "where is it"):
        list(handlers.send(_ask(text, language="zh"), "s"))
    assert [question.language for question in desk.asked] == [Language.CHINESE, None, None]


def test_an_empty_message_asks_nothing() -> None:
    desk = Desk()
    assert list(desk.handlers().send(_ask("  \n"), "s")) == []
    assert desk.asked == []


def test_stop_ends_the_turn_with_what_was_said() -> None:
    started = threading.Event()

    def play(question: Question, cancellation: Cancellation) -> Iterator[ReplyEvent]:
        yield TextDelta("So far.")
        started.set()
        cancellation.wait(20)

    handlers = Desk(play).handlers()
    states: list[list[str]] = []
    reader = threading.Thread(target=lambda: states.extend(handlers.send(_ask("?"), "s")))
    reader.start()
    assert started.wait(5)
    handlers.stop("someone else")
    handlers.stop("s")
    reader.join(1)
    assert not reader.is_alive()
    assert "So far." in states[-1][0]
    assert "Stopped." in states[-1][0]
    assert len(handlers.running) == 0


def test_a_visitor_who_leaves_stops_the_work() -> None:
    seen: list[Cancellation] = []

    def play(question: Question, cancellation: Cancellation) -> Iterator[ReplyEvent]:
        seen.append(cancellation)
        yield TextDelta("So far.")
        yield TextDelta("And on.")

    handlers = Desk(play).handlers()
    events = handlers.send(_ask("?"), "s")
    assert [len(next(events)), len(next(events))] == [1, 1]
    events.close()
    assert seen[0].cancelled
    assert len(handlers.running) == 0


def test_a_second_question_of_a_session_stops_the_first() -> None:
    handlers = Desk().handlers()
    first = handlers.running.begin("s")
    second = handlers.running.begin("s")
    assert first.cancelled
    handlers.running.end("s", first)
    assert not second.cancelled
    assert len(handlers.running) == 1


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (QuestionTooLong(length=3000, limit=2000), "问题共 3000 个字符"),
        (GeneratorBusy(waiting=4), "现在提问的人较多"),
        (RuntimeError("secret detail"), "我们这边出了点问题"),
    ],
)
def test_an_error_is_told_in_the_language_of_the_page(
    error: Exception, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    def play(question: Question, cancellation: Cancellation) -> Iterator[ReplyEvent]:
        raise error

    caplog.set_level(logging.CRITICAL)
    states = list(Desk(play).handlers().send(_ask("?", language="zh"), "s"))
    assert said in states[-1][0]
    assert "secret" not in states[-1][0]
    assert "再试一次" in states[-1][0]


def test_a_conversation_that_is_gone_is_begun_anew() -> None:
    def play(question: Question, cancellation: Cancellation) -> Iterator[ReplyEvent]:
        if question.conversation_id is not None:
            raise ConversationNotFound(conversation_id=question.conversation_id)
        return _plain(question, cancellation)

    desk = Desk(play)
    states = list(desk.handlers().send(_ask("?", conversation="gone"), "s"))
    assert "30 days." in states[-1][0]
    assert desk.asked[-1].conversation_id is None


def test_a_reply_that_never_finishes_is_an_error() -> None:
    def play(question: Question, cancellation: Cancellation) -> Iterator[ReplyEvent]:
        yield Working("writing")

    states = list(Desk(play).handlers().send(_ask("?"), "s"))
    assert "Something went wrong" in states[-1][0]


def test_every_string_of_the_page_follows_the_language() -> None:
    handlers = Desk().handlers()
    english = handlers.show(Asked(Language.ENGLISH))
    chinese = handlers.show(Asked(Language.CHINESE))
    assert "Type your question" in english.composer
    assert "请输入您的问题" in chinese.composer
    assert "New conversation" in english.header
    assert "新对话" in chinese.header
    assert 'data-ask="Why?"' in english.transcript[0]
    assert 'data-ask="为什么？"' in chinese.transcript[0]
    assert "关闭" in chinese.panel


def test_a_reload_shows_the_saved_conversation() -> None:
    state = Desk().handlers().show(Asked(Language.ENGLISH, "c1"))
    assert "Before." in state.transcript[0]


def _with_person() -> Desk:
    moment = datetime.now(UTC)
    said: list[Entry] = [
        EventEntry(2, "e1", moment, "taken", "Mei"),
        MessageEntry(3, "m1", moment, "Mei", "Which order?", by_agent=True),
        MessageEntry(4, "m2", moment, "", "10021", by_agent=False),
    ]
    return Desk(_pass_on, saved=[*_before(), *said], status="person")


def _pass_on(question: Question, cancellation: Cancellation) -> Iterator[ReplyEvent]:
    yield Delivered()
    passed_on = replace(_answer("Passed on."), turn_id=question.turn_id or "m3", route="handover")
    yield TurnFinished(passed_on)


def test_people_and_what_they_say_are_shown() -> None:
    state = _with_person().handlers().show(Asked(Language.ENGLISH, "c1"))
    assert "Mei is here" in state.header
    assert 'data-last="4"' in state.header
    turn, event, agent, visitor = state.transcript
    assert "Before." in turn
    assert "Mei has joined the conversation." in event
    assert "Which order?" in agent
    assert "10021" in visitor
    assert 'data-by="visitor"' in visitor


def test_what_is_written_to_a_person_is_passed_on_at_once() -> None:
    desk = _with_person()
    states = list(desk.handlers().send(_ask("Hello?", conversation="c1", turn="x" * 24), "s"))
    assert all(len(state) == 5 for state in states)
    assert "Sending" in states[0][-1]
    assert "Passed on." not in states[-1][-1]
    assert 'aria-busy="false"' in states[-1][-1]
    assert f'data-entry="{desk.asked[0].turn_id}"' in states[0][-1]


def test_a_question_keeps_its_name_when_it_is_sent_again() -> None:
    desk = Desk()
    for turn in ("a" * 24, "a" * 24, "b" * 24, "short"):
        list(desk.handlers().send(_ask("How long?", turn=turn), "s"))
    first, again, other, none = (question.turn_id for question in desk.asked)
    assert first == again
    assert first != other
    assert none is None


def test_a_person_is_called_without_a_word() -> None:
    desk = Desk()
    state = desk.handlers().call(Asked(Language.CHINESE, "c1"))
    assert desk.called == ["c1"]
    assert desk.asked == []
    assert "正在呼叫同事" in state.header
    desk.handlers().call(Asked(Language.CHINESE, "someone else's"))
    desk.handlers().call(Asked(Language.CHINESE))
    assert desk.called == ["c1"]


def test_an_unknown_conversation_shows_the_empty_page() -> None:
    state = Desk().handlers().show(Asked(Language.ENGLISH, "someone else's"))
    assert "How can we help?" in state.transcript[0]


@given(
    st.recursive(
        st.none() | st.text() | st.integers(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(["text", "language", "conversation", "turn", "x"]), inner
            )
        ),
    )
)
def test_any_event_data_is_read(data: object) -> None:
    asked = Asked.read(data)
    assert asked.language in Language
    assert len(asked.turn) <= 40
