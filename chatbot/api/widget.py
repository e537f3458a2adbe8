"""What the widget's pages call, beside the chat itself: see `widget_guard` for who may."""

from typing import Annotated, Final

from anyio.to_thread import run_sync
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from chatbot.api.limits import WidgetLimits
from chatbot.api.live import Sight, live_response
from chatbot.api.parts import Desk
from chatbot.api.problems import remember_language
from chatbot.api.widget_guard import (
    Visit,
    Visiting,
    address_of,
    allow_settings,
    open_session,
    still_welcome,
)
from chatbot.api.widget_schemas import (
    ConfigAnswer,
    ContactBody,
    FeedbackBody,
    PersonAnswer,
    SessionAnswer,
    SessionBody,
    TimelineAnswer,
)
from chatbot.api.widget_views import config_json, standing, standing_json
from chatbot.serialise import Json, entry_json
from chatbot.widgets.errors import ContactMissing
from chatbot.widgets.tokens import TOKEN_SECONDS
from knowledge.documents import Language
from knowledge.tables import now

Cursor = Annotated[int, Query(ge=0, le=2**31 - 1)]

_EVENTS: Final[dict[int | str, dict[str, object]]] = {
    200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}
}

router = APIRouter(prefix="/widget", tags=["widget"])


@router.get("/{widget_id}/config", response_model=ConfigAnswer)
async def config(request: Request, widget_id: str) -> Json:
    """What the widget looks like and says."""
    limits: WidgetLimits = request.app.state.widget_limits
    limits.admit_address("request", address_of(request))
    desk: Desk = request.app.state.desk
    widget = await run_sync(desk.widgets.get, widget_id)
    allow_settings(request, widget)
    limits.admit_widget("request", widget.id)
    return config_json(widget, now(), desk.settings.answers.max_question_characters)


@router.post("/session", response_model=SessionAnswer)
async def session(request: Request, body: SessionBody) -> Json:
    """Begin or go on with a visitor's session."""
    remember_language(request, body.language)
    limits: WidgetLimits = request.app.state.widget_limits
    limits.admit_address("session", address_of(request))
    visit = await run_sync(open_session, request, body)
    limits.admit_widget("session", visit.widget.id)
    desk: Desk = request.app.state.desk
    tokens = desk.widgets.tokens
    whose = visit.visitor_id, visit.widget.id, visit.bound
    return {
        "token": tokens.token(*whose),
        "expires_in": TOKEN_SECONDS,
        "visitor": tokens.ticket(*whose),
        "identified": visit.visitor.identified,
        "conversation": standing_json(await run_sync(standing, desk, visit)),
    }


@router.get("/conversation", response_model=TimelineAnswer)
async def conversation(request: Request, visit: Visiting, after: Cursor = 0) -> Json:
    """The visitor's conversation, from the entry after `after` on."""
    desk: Desk = request.app.state.desk
    held = await run_sync(standing, desk, visit)
    entries = await run_sync(desk.timeline.entries, held.id, after) if held.id else []
    return {
        "conversation_id": held.id,
        "status": held.status,
        "agent": held.agent,
        "open_now": visit.widget.open_at(now()),
        "entries": [entry_json(entry, "visitor") for entry in entries],
        "last": entries[-1].ordinal if entries else held.last,
    }


@router.get("/events", response_class=Response, responses=_EVENTS)
async def events(request: Request, visit: Visiting, after: Cursor = 0) -> Response:
    """`entry` and `status` events as they happen, for as long as the token is good."""
    desk: Desk = request.app.state.desk
    limits: WidgetLimits = request.app.state.widget_limits
    address = address_of(request)
    limits.admit_stream(address)

    def look(after: int) -> Sight | None:
        seen = still_welcome(desk, visit)
        if seen is None:
            return None
        held = standing(desk, seen)
        # Most looks find nothing new, and cost no more than this.
        entries = desk.timeline.entries(held.id, after) if held.id and held.last > after else []
        open_now = seen.widget.open_at(now())
        status: Json = {"status": held.status, "agent": held.agent, "open_now": open_now}
        return Sight(held.id or seen.visitor.key, entries, status)

    return live_response(
        desk.conversations.bulletin,
        look,
        after=after,
        audience="visitor",
        held=limits.stream(address),
    )


@router.post("/feedback", status_code=204)
async def feedback(request: Request, visit: Visiting, body: FeedbackBody) -> None:
    """Say what an answer was worth."""
    desk: Desk = request.app.state.desk
    key = visit.visitor.key
    await run_sync(desk.conversations.rate, body.turn_id, body.rating, body.comment, key)


@router.post("/person", response_model=PersonAnswer)
async def person(request: Request, visit: Visiting) -> Json:
    """Ask for a person."""
    desk: Desk = request.app.state.desk
    _admit_message(request, visit)
    await run_sync(desk.handovers.ask, await _conversation(request, visit))
    held = await run_sync(standing, desk, visit)
    open_now = visit.widget.open_at(now())
    return {"status": held.status, "agent": held.agent, "open_now": open_now}


@router.post("/contact", status_code=204)
async def contact(request: Request, visit: Visiting, body: ContactBody) -> None:
    """Leave word how to be reached, and call for a person."""
    given = {"name": body.name, "email": body.email, "phone": body.phone}
    known = {field: value.strip() for field, value in given.items() if value and value.strip()}
    if not known.keys() & {"email", "phone"}:
        raise ContactMissing
    desk: Desk = request.app.state.desk
    _admit_message(request, visit)
    conversation_id = await _conversation(request, visit)
    words = (body.message or "").strip()
    await run_sync(desk.handovers.leave_contact, conversation_id, known, words)


@router.post("/reset", status_code=204)
async def reset(request: Request, visit: Visiting) -> None:
    """Forget the visitor on this browser; what was said stays with the team."""
    desk: Desk = request.app.state.desk
    await run_sync(desk.visitors.end, visit.visitor)


@router.delete("/data", status_code=204)
async def data(request: Request, visit: Visiting) -> None:
    """Delete all that the visitor has said."""
    desk: Desk = request.app.state.desk
    await run_sync(desk.visitors.erase, visit.visitor)


def _admit_message(request: Request, visit: Visit) -> None:
    limits: WidgetLimits = request.app.state.widget_limits
    limits.admit_address("message", address_of(request))
    limits.admit_widget("message", visit.widget.id)


async def _conversation(request: Request, visit: Visit) -> str:
    desk: Desk = request.app.state.desk
    language = Language(desk.settings.language)
    return await run_sync(desk.visitors.conversation_for, visit.visitor, language)
