"""Conversations as the inbox shows them: values for its templates. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, assert_never
from zoneinfo import ZoneInfo

from chatbot.inbox import InboxLine
from chatbot.messages import Citation
from chatbot.places import place_text
from chatbot.timeline import Entry, EventEntry, MessageEntry, TurnEntry
from knowledge.documents import Language
from ui.prose import safe_link
from ui.texts import text
from ui.views_document import place_link

_MINUTE = 60
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR


@dataclass(frozen=True, slots=True)
class Reader:
    """Who looks, when, and in which language and time zone."""

    name: str
    language: Language
    zone: ZoneInfo
    now: datetime

    def say(self, key: str, **values: object) -> str:
        """A string of the admin pages."""
        return text(f"admin_{key}", self.language, **values)


@dataclass(frozen=True, slots=True)
class TalkView:
    """A conversation in the list. `state` is its status, `state_text` who has it, in words."""

    id: str
    name: str
    preview: str
    preview_by_us: bool
    language: str
    state: str
    state_text: str
    channel: str
    when: str


@dataclass(frozen=True, slots=True)
class Section:
    """Conversations that belong together: `waiting`, `mine`, `theirs` or `closed`."""

    name: str
    talks: Sequence[TalkView]


@dataclass(frozen=True, slots=True)
class SourceView:
    """A source of an answer; `url` only when it is an ordinary web address.

    `where` is its page, slide or row in words, `place` what opens the document there.
    """

    number: int
    title: str
    quote: str
    url: str | None
    where: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class EntryView:
    """One entry of a conversation. `words` are the visitor's or the agent's, or what happened."""

    kind: Literal["turn", "visitor", "agent", "event"]
    id: str
    when: str
    words: str
    author: str = ""
    answer: str = ""
    language: str = ""
    route: str = ""
    sources: Sequence[SourceView] = ()
    feedback: int | None = None
    mine: bool = False


def talk_view(line: InboxLine, reader: Reader) -> TalkView:
    """A line of the list. A waiting one says since when, another one when it last changed."""
    since = line.waiting_since if line.status == "waiting" else None
    return TalkView(
        id=line.id,
        name=name_of(line, reader),
        preview=line.preview,
        preview_by_us=line.preview_by == "agent",
        language=str(line.language),
        state=line.status,
        state_text=state_text(line, reader),
        channel=reader.say(f"channel_{line.channel}"),
        when=ago(since or line.updated_at, reader),
    )


def name_of(line: InboxLine, reader: Reader) -> str:
    """The visitor's name, if they said one."""
    return line.contact.get("name") or line.contact.get("email") or reader.say("visitor")


def state_text(line: InboxLine, reader: Reader) -> str:
    """Who has the conversation."""
    if line.status == "person":
        mine = line.holder == reader.name
        return reader.say("with_you") if mine else reader.say("with_agent", agent=line.holder)
    return reader.say(f"talk_{line.status}")


def ago(moment: datetime, reader: Reader) -> str:
    """How long ago `moment` was."""
    seconds = max(0, int((reader.now - moment).total_seconds()))
    if seconds < _MINUTE:
        return reader.say("ago_now")
    for name, length in (("days", _DAY), ("hours", _HOUR)):
        if seconds >= length:
            return reader.say(f"ago_{name}", count=seconds // length)
    return reader.say("ago_minutes", count=seconds // _MINUTE)


def entry_view(entry: Entry, reader: Reader) -> EntryView:
    """An entry as the thread shows it."""
    when = clock(entry.created_at, reader)
    match entry:
        case TurnEntry():
            return _turn_view(entry, when, reader.language)
        case MessageEntry(by_agent=True):
            mine = entry.author == reader.name
            return EntryView("agent", entry.id, when, entry.text, author=entry.author, mine=mine)
        case MessageEntry():
            return EntryView("visitor", entry.id, when, entry.text)
        case EventEntry():
            return EntryView("event", entry.id, when, event_text(entry, reader))
        case _:
            assert_never(entry)


def event_text(entry: EventEntry, reader: Reader) -> str:
    """What happened, in words."""
    if entry.by and entry.by == reader.name:
        return reader.say(f"you_{entry.event}")
    return reader.say(f"event_{entry.event}", agent=entry.by)


def clock(moment: datetime, reader: Reader) -> str:
    """The time of day, with the date unless it is today's."""
    known = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    here = known.astimezone(reader.zone)
    today = here.date() == reader.now.astimezone(reader.zone).date()
    return here.strftime("%H:%M" if today else "%Y-%m-%d %H:%M")


def _turn_view(entry: TurnEntry, when: str, language: Language) -> EntryView:
    answer = entry.answer
    return EntryView(
        "turn",
        entry.id,
        when,
        entry.question,
        answer=answer.text,
        language=str(answer.language),
        route=answer.route,
        sources=[_source(citation, language) for citation in answer.citations],
        feedback=entry.feedback,
    )


def _source(citation: Citation, language: Language) -> SourceView:
    position = citation.position
    return SourceView(
        number=citation.number,
        title=citation.title or citation.document,
        quote=citation.quote,
        url=safe_link(citation.url),
        where=place_text(position.place, language),
        place=place_link(citation.document_id, citation.passage_id, (position.start, position.end)),
    )
