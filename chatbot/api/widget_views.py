"""What a widget's page is told, as JSON."""

from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from datetime import datetime

from anyio.to_thread import run_sync
from sse_starlette import ServerSentEvent

from chatbot.api.parts import Desk
from chatbot.api.running import sent
from chatbot.api.widget_guard import Visit
from chatbot.conversations import Status
from chatbot.messages import (
    Answer,
    Delivered,
    HandedOver,
    ReplyEvent,
    SourcesFound,
    TextDelta,
    TraceStep,
    TurnFinished,
    Working,
)
from chatbot.serialise import Json, entry_json, source_json
from chatbot.widgets.model import Widget
from knowledge.documents import Language


@dataclass(frozen=True, slots=True)
class Held:
    """The conversation that a visitor is in, if any, and who holds it."""

    id: str | None = None
    status: Status = "bot"
    agent: str | None = None
    last: int = 0


def config_json(widget: Widget, moment: datetime, limit: int) -> Json:
    """A widget as its page needs to know it; `limit` is in characters."""
    known = asdict(widget)
    for inside in ("origins", "collection", "hours", "frame"):
        del known[inside]
    return {**known, "open_now": widget.open_at(moment), "limit": limit}


def standing(desk: Desk, visit: Visit) -> Held:
    """How the visitor's conversation stands. Blocks."""
    conversation_id = desk.visitors.conversation_id(visit.visitor)
    if conversation_id is None:
        return Held()
    found = desk.conversations.get(conversation_id, visit.visitor.key)
    return Held(found.id, found.status, found.holder or None, found.last_ordinal)


def standing_json(held: Held) -> Json:
    """The part of a session's JSON that tells of the conversation."""
    return asdict(held)


def finished_json(desk: Desk, visit: Visit, answer: Answer, after: int) -> Json:
    """A message as it now stands in the conversation, which had `after` entries before. Blocks."""
    held = standing(desk, visit)
    for since in (after, 0):  # a message that was sent again stands further up
        for entry in desk.timeline.entries(answer.conversation_id, since):
            if entry.id == answer.turn_id:
                shown = entry_json(entry, "visitor")
                return {"entry": shown, "status": held.status, "agent": held.agent}
    raise RuntimeError(f"the turn {answer.turn_id} was not saved")


def visible(event: ReplyEvent, language: Language) -> ServerSentEvent | None:
    """What a visitor is shown of a turn while it runs; its end is `finished_json`."""
    match event:
        case Working():
            return sent("working", {"step": event.step})
        case SourcesFound():
            sources = [source_json(citation, language) for citation in event.citations]
            return sent("sources", {"citations": sources})
        case TextDelta():
            return sent("delta", {"text": event.text})
        case HandedOver():
            return sent("handover", {"reason": event.reason})
        case Delivered():
            return sent("delivered", {})
        case TraceStep() | TurnFinished():
            return None


async def server_sent(
    desk: Desk,
    visit: Visit,
    events: AsyncIterator[ReplyEvent],
    after: int,
    language: Language,
) -> AsyncIterator[ServerSentEvent]:
    """A turn in the words of the widget's pages; `language` is the one that it is asked in."""
    async for event in events:
        if isinstance(event, TurnFinished):
            finished = await run_sync(finished_json, desk, visit, event.answer, after)
            yield sent("finished", finished)
        elif (shown := visible(event, language)) is not None:
            yield shown
