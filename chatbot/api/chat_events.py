"""`GET /api/v1/chat/{conversation_id}/events`: what happens in a visitor's conversation, live."""

from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import Response
from sse_starlette import EventSourceResponse

from chatbot.api.access import visitor_of
from chatbot.api.inbox_events import admission, cursor_of
from chatbot.api.live import Look, Sight, live_response
from chatbot.api.parts import Desk
from chatbot.errors import ConversationNotFound

router = APIRouter(prefix="/api/v1", tags=["chat"])


@router.get(
    "/chat/{conversation_id}/events",
    response_class=EventSourceResponse,
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
)
async def chat_events(
    request: Request,
    conversation_id: str,
    after: Annotated[int, Query(ge=0, lt=10**9)] = 0,
    last_event_id: Annotated[str, Header()] = "",
) -> Response:
    """A conversation as it goes on: `entry` after `after`, and `status` whenever it changes.

    `id:` is the entry's ordinal: a client that reconnects with `Last-Event-ID` misses nothing.
    """
    desk: Desk = request.app.state.desk
    await run_sync(desk.conversations.get, conversation_id, visitor_of(request))
    look = _look(request, conversation_id)
    after = cursor_of(after, last_event_id)
    return live_response(desk.conversations.bulletin, look, after=after, audience="visitor")


def _look(request: Request, conversation_id: str) -> Look:
    desk: Desk = request.app.state.desk
    visitor, admitted = visitor_of(request), admission(request)

    def look(after: int) -> Sight | None:
        if not admitted():
            return None
        try:
            found = desk.conversations.get(conversation_id, visitor)
        except ConversationNotFound:
            return None
        entries = desk.timeline.entries(conversation_id, after)
        # Only a widget has opening hours.
        status = {"status": found.status, "agent": found.holder or None, "open_now": True}
        return Sight(conversation_id, entries, dict(status))

    return look
