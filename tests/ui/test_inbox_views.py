"""What the inbox says of conversations, and that nothing people wrote becomes markup."""

from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.conversations import Status
from chatbot.inbox import InboxLine
from chatbot.messages import Answer, Channel, Citation, Route
from chatbot.timeline import Entry, EventEntry, EventName, MessageEntry, TurnEntry
from knowledge.documents import Language, Position
from tests.ui.test_render import HOSTILE
from ui.render_admin import render
from ui.views_inbox import Reader, Section, ago, clock, entry_view, name_of, state_text, talk_view

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
EN = Reader("mei", Language.ENGLISH, ZoneInfo("Asia/Shanghai"), NOW)
ZH = Reader("mei", Language.CHINESE, ZoneInfo("Asia/Shanghai"), NOW)


def line(status: Status = "waiting", **changes: object) -> InboxLine:
    fields: dict[str, object] = {
        "id": "c1",
        "status": status,
        "channel": "widget",
        "language": Language.ENGLISH,
        "holder": "",
        "contact": {},
        "waiting_since": NOW - timedelta(minutes=7) if status == "waiting" else None,
        "updated_at": NOW - timedelta(seconds=20),
        "last_ordinal": 3,
        "preview": "Where is it?",
        **changes,
    }
    return InboxLine(**fields)  # pyright: ignore[reportArgumentType] -- the fields differ in type


@pytest.mark.parametrize(
    ("seconds", "english", "chinese"),
    [
        (0, "just now", "刚刚"),
        (59, "just now", "刚刚"),
        (60, "1 min", "1 分钟"),
        (3599, "59 min", "59 分钟"),
        (3600, "1 h", "1 小时"),
        (86400 * 3, "3 d", "3 天"),
        (-5, "just now", "刚刚"),  # clocks of two machines differ
    ],
)
def test_how_long_ago(seconds: int, english: str, chinese: str) -> None:
    moment = NOW - timedelta(seconds=seconds)
    assert (ago(moment, EN), ago(moment, ZH)) == (english, chinese)


def test_a_waiting_one_says_since_when_and_another_when_it_changed() -> None:
    assert talk_view(line(), EN).when == "7 min"
    assert talk_view(line("person", holder="lin"), EN).when == "just now"


def test_who_has_it_is_said_in_words() -> None:
    assert state_text(line("person", holder="mei"), EN) == "With you"
    assert state_text(line("person", holder="lin"), ZH) == "由 lin 处理"
    assert {state_text(line(status), EN) for status in ("bot", "waiting", "closed")} == {
        "With the assistant",
        "Waiting",
        "Closed",
    }


def test_a_visitor_is_called_by_what_they_left() -> None:
    assert name_of(line(contact={"name": "Ann", "email": "a@example.com"}), EN) == "Ann"
    assert name_of(line(contact={"email": "a@example.com"}), EN) == "a@example.com"
    assert name_of(line(contact={"phone": "1"}), ZH) == "访客"


def test_today_needs_no_date() -> None:
    assert clock(NOW, EN) == "20:00"
    assert clock(NOW.replace(tzinfo=None), EN) == "20:00"
    assert clock(NOW - timedelta(days=1), EN) == "2026-03-01 20:00"


@pytest.mark.parametrize("event", get_args(EventName))
@pytest.mark.parametrize("reader", [EN, ZH])
def test_every_event_has_words_for_both_sides(event: EventName, reader: Reader) -> None:
    mine = entry_view(EventEntry(1, "e", NOW, event, "mei"), reader).words
    theirs = entry_view(EventEntry(1, "e", NOW, event, "lin"), reader).words
    assert mine
    assert theirs
    assert "mei" not in mine
    assert ("lin" in theirs) is (event in ("taken", "handed_back", "closed"))


@pytest.mark.parametrize("channel", get_args(Channel))
@pytest.mark.parametrize("language", list(Language))
def test_every_channel_and_language_has_a_name(channel: Channel, language: Language) -> None:
    for reader in (EN, ZH):
        talk = talk_view(line(channel=channel, language=language), reader)
        thread: dict[str, object] = {
            "line": line(),
            "talk": talk,
            "name": "Ann",
            "state_text": "Waiting",
            "mine": False,
            "entries": [],
            "earlier": 0,
        }
        assert talk.channel in render(
            "inbox_thread", reader.language, number="1", opened="c1", some=True, thread=thread
        )


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.handlers: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.add(tag)
        self.handlers += [name for name, _ in attrs if name.startswith("on")]
        self.links += [value or "" for name, value in attrs if name == "href"]


@given(st.sampled_from(HOSTILE), st.sampled_from(get_args(Route)))
def test_no_word_becomes_an_element(words: str, route: Route) -> None:
    cited = Citation(1, words, words, words, Position(0, 1), words, words, words)
    answer = Answer(
        "t",
        "c1",
        words,
        Language.ENGLISH,
        route,
        refused=False,
        answerability=1,
        citations=(cited,),
    )
    entries: list[Entry] = [
        TurnEntry(1, words, NOW, words, answer, 1),
        MessageEntry(2, words, NOW, words, words, by_agent=True),
        MessageEntry(3, words, NOW, "", words, by_agent=False),
        EventEntry(4, words, NOW, "taken", words),
    ]
    seen = line("person", holder=words, contact={"name": words, "email": words}, preview=words)
    thread = {
        "line": seen,
        "talk": talk_view(seen, EN),
        "name": name_of(seen, EN),
        "state_text": state_text(seen, EN),
        "mine": False,
        "entries": [entry_view(entry, EN) for entry in entries],
        "earlier": 1,
    }
    sections = [Section("theirs", [talk_view(seen, EN)])]
    tags = _Tags()
    tags.feed(render("inbox_list", Language.ENGLISH, sections=sections, opened=words))
    values = {"number": words, "opened": words, "some": True, "thread": thread}
    tags.feed(render("inbox_thread", Language.ENGLISH, **values))
    assert not tags.found & {"script", "img", "b", "iframe"}
    assert tags.handlers == []
    assert all(link.startswith(("#inbox", "http")) for link in tags.links)
