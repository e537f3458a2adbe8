"""Conversations as the team reads them, takes them over and answers in them."""

from typing import Annotated, Any, Final, cast

from anyio.to_thread import run_sync
from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import Response
from sse_starlette import EventSourceResponse

from chatbot.api.access import caller_of
from chatbot.api.conversation_shapes import (
    ConversationAnswer,
    ConversationsAnswer,
    Reply,
    ReplySent,
    StatusAnswer,
    Take,
)
from chatbot.api.idempotency import scoped
from chatbot.api.inbox_events import conversation_look, cursor_of, inbox_response
from chatbot.api.live import live_response
from chatbot.api.page_query import Cursor, Limit
from chatbot.api.parts import Desk
from chatbot.api.schemas import UnansweredAnswer
from chatbot.conversations import SavedTurn, Status
from chatbot.inbox import InboxLine
from chatbot.serialise import Json, entry_json, turn_json, utc_json

router = APIRouter(prefix="/api/v1/conversations", tags=["conversations"])

_STATUS: Final = "(?:bot|waiting|person|closed)"
_EVENTS: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}
}

After = Annotated[int, Query(ge=0, lt=10**9)]


@router.get("", response_model=ConversationsAnswer)
async def conversations(
    request: Request,
    status: Annotated[str | None, Query(pattern=f"^{_STATUS}(?:,{_STATUS})*$")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> Json:
    """Conversations, the last to change first. `status` names one or more, with commas between."""
    statuses = cast("set[Status]", set(status.split(","))) if status else None
    page = await run_sync(_desk(request).inbox.page, statuses, limit, cursor)
    return {"conversations": [line_json(line) for line in page.rows], "next": page.next}


@router.get("/unanswered", response_model=UnansweredAnswer)
async def unanswered(request: Request, limit: Limit = 50, cursor: Cursor = None) -> Json:
    """The questions that were refused, the latest first: what the knowledge lacks."""
    page = await run_sync(_desk(request).conversations.unanswered, limit, cursor)
    return {"turns": [_turn(turn) for turn in page.rows], "next": page.next}


@router.get("/events", response_class=EventSourceResponse, responses=_EVENTS)
async def inbox_events(request: Request) -> Response:
    """The team's inbox as it changes: `waiting` with the count, `changed` with id and status.

    A conversation that was deleted has the status `gone`.
    """
    return inbox_response(request)


@router.get("/{conversation_id}", response_model=ConversationAnswer)
async def conversation(request: Request, conversation_id: str) -> Json:
    """One conversation with everything that was said in it."""
    desk = _desk(request)
    line = await run_sync(desk.inbox.line, conversation_id)
    entries = await run_sync(desk.timeline.entries, conversation_id)
    turns = await run_sync(desk.conversations.turns, conversation_id)
    return {
        **line_json(line),
        "contact": {name: line.contact.get(name, "") for name in ("name", "email", "phone")},
        "entries": [entry_json(entry, "team") for entry in entries],
        "turns": [_turn(turn) for turn in turns],
    }


@router.get("/{conversation_id}/events", response_class=EventSourceResponse, responses=_EVENTS)
async def conversation_events(
    request: Request,
    conversation_id: str,
    after: After = 0,
    last_event_id: Annotated[str, Header()] = "",
) -> Response:
    """One conversation as it goes on: `entry` and `status`. Ends when it is deleted.

    A client that reconnects with `Last-Event-ID` misses nothing and is told nothing twice.
    """
    desk = _desk(request)
    await run_sync(desk.conversations.get, conversation_id)
    after = cursor_of(after, last_event_id)
    look = conversation_look(request, conversation_id)
    return live_response(desk.conversations.bulletin, look, after=after, audience="team")


@router.post("/{conversation_id}/take", response_model=StatusAnswer)
async def take(request: Request, conversation_id: str, body: Take) -> Json:
    """Take the conversation into one's hands.

    A colleague's is given up only when `from` names them (409 `held_by_another`, with `holder`).
    """
    desk, agent = _desk(request), caller_of(request).name

    def taken() -> None:
        desk.handovers.take(conversation_id, agent, known_holder=body.holder or "")

    await run_sync(taken)
    return await _status(desk, conversation_id)


@router.post("/{conversation_id}/messages", response_model=ReplySent, status_code=201)
async def reply(request: Request, conversation_id: str, body: Reply) -> Json:
    """Write to the visitor of a conversation that one has in hand (409 otherwise)."""
    agent = caller_of(request).name
    name = scoped("agent", agent, body.id) if body.id else ""
    say = _desk(request).handovers.say
    return {"id": await run_sync(say, conversation_id, agent, body.text, name)}


@router.post("/{conversation_id}/hand-back", response_model=StatusAnswer)
async def hand_back(request: Request, conversation_id: str) -> Json:
    """Let the assistant answer again."""
    desk = _desk(request)
    await run_sync(desk.handovers.hand_back, conversation_id, caller_of(request).name)
    return await _status(desk, conversation_id)


@router.post("/{conversation_id}/close", response_model=StatusAnswer)
async def close(request: Request, conversation_id: str) -> Json:
    """End the conversation until the visitor writes again."""
    desk = _desk(request)
    await run_sync(desk.handovers.close, conversation_id, caller_of(request).name)
    return await _status(desk, conversation_id)


def line_json(line: InboxLine) -> Json:
    """A conversation in a line."""
    return {
        "id": line.id,
        "status": line.status,
        "channel": line.channel,
        "language": line.language.value,
        "assignee": line.holder,
        "visitor_name": line.contact.get("name", ""),
        "waiting_since": utc_json(line.waiting_since) if line.waiting_since else None,
        "updated_at": utc_json(line.updated_at),
        "last": line.last_ordinal,
        "preview": line.preview,
    }


async def _status(desk: Desk, conversation_id: str) -> Json:
    found = await run_sync(desk.conversations.get, conversation_id)
    return {"status": found.status, "assignee": found.holder}


def _desk(request: Request) -> Desk:
    return request.app.state.desk


def _turn(turn: SavedTurn) -> Json:
    return {
        "question": turn.question,
        "created_at": turn.created_at.isoformat(),
        "answer": turn_json(turn.answer),
    }
