"""What happens in conversations, as server-sent events to the team."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Final

from anyio.to_thread import run_sync
from fastapi import Request
from sse_starlette import EventSourceResponse, ServerSentEvent

from chatbot.api.access import Gate, caller_of
from chatbot.api.live import Look, Sight
from chatbot.api.needs import entrance_of
from chatbot.api.parts import Desk
from chatbot.api.running import HEARTBEAT_SECONDS, sent
from chatbot.bulletin import INBOX, Bulletin
from chatbot.errors import AnswerDeskError
from chatbot.inbox import Inbox, Marks
from knowledge.tables import now

# Another process's news ring no bell here: they are found by looking again.
_LOOK_SECONDS: Final = 5.0
# Two hundred visitors make news many times a second; people read slower.
_PAUSE_SECONDS: Final = 0.2
# How long a conversation that was closed stays in sight.
RECENT: Final = timedelta(days=1)
_DIGITS: Final = 9


def conversation_look(request: Request, conversation_id: str) -> Look:
    """Looks into one conversation, for as long as it is there and the caller may see it."""
    desk: Desk = request.app.state.desk
    admitted = admission(request)

    def look(after: int) -> Sight | None:
        if not admitted():
            return None
        try:
            found = desk.conversations.get(conversation_id)
        except AnswerDeskError:
            return None
        entries = desk.timeline.entries(conversation_id, after)
        return Sight(conversation_id, entries, {"status": found.status, "assignee": found.holder})

    return look


def inbox_response(request: Request) -> EventSourceResponse:
    """What changes in the inbox, for as long as the caller may see it."""
    desk: Desk = request.app.state.desk
    return EventSourceResponse(
        _inbox(desk.conversations.bulletin, InboxNews(desk.inbox), admission(request)),
        ping=HEARTBEAT_SECONDS,
        ping_message_factory=lambda: ServerSentEvent(comment="heartbeat"),
        send_timeout=30,
    )


async def _inbox(
    bulletin: Bulletin, news: "InboxNews", admitted: Callable[[], bool]
) -> AsyncIterator[ServerSentEvent]:
    with bulletin.watch(INBOX) as watch:
        while await run_sync(admitted):
            for event in await run_sync(news.look):
                yield event
            if await watch.wait(_LOOK_SECONDS):
                await asyncio.sleep(_PAUSE_SECONDS)


def cursor_of(after: int, last_event_id: str) -> int:
    """Where a reader goes on: a browser that reconnects names the last event it was sent."""
    known = last_event_id.isascii() and last_event_id.isdigit() and len(last_event_id) <= _DIGITS
    return max(after, int(last_event_id)) if known else after


def admission(request: Request) -> Callable[[], bool]:
    """Whether the caller is still who they were: sessions end and members are suspended."""
    gate: Gate = request.app.state.gate
    before = caller_of(request)
    entrance = entrance_of(request.method, request.scope["path"])

    def admitted() -> bool:
        try:
            caller = gate.identify(request.headers)
            gate.admit(caller, entrance)
        except AnswerDeskError:
            return False
        return caller.name == before.name

    return admitted


class InboxNews:
    """Which conversations of the inbox have changed, and how many wait whenever that changes."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._marks: Marks | None = None
        self._waiting = -1

    def look(self) -> list[ServerSentEvent]:
        """What is new since the last look. Reads SQL."""
        marks = self._inbox.marks(now() - RECENT)
        before, self._marks = self._marks, marks
        events = [] if before is None else self._changes(before, marks)
        waiting = self._inbox.count_waiting()
        if waiting != self._waiting:
            self._waiting = waiting
            events.append(sent("waiting", {"count": waiting}))
        return events

    def _changes(self, before: Marks, marks: Marks) -> list[ServerSentEvent]:
        gone = before.keys() - marks.keys()
        left: dict[str, str] = dict.fromkeys(sorted(gone), "gone")
        if gone:
            left |= self._inbox.statuses(gone)
        changed = {name: mark[0] for name, mark in marks.items() if before.get(name) != mark}
        return [
            sent("changed", {"id": name, "status": status})
            for name, status in {**left, **changed}.items()
        ]
