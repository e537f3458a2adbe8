"""What happens in a conversation, as server-sent events while it happens."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Final

from anyio.to_thread import run_sync
from sse_starlette import EventSourceResponse, ServerSentEvent

from chatbot.api.running import HEARTBEAT_SECONDS, sent
from chatbot.bulletin import Bulletin
from chatbot.serialise import Audience, Json, entry_json
from chatbot.timeline import Entry

# What ends a stream may ring no bell: a token that ran out, a permission that was taken away.
# There are many visitors, and few of the team, who see more.
_LOOK_AGAIN_SECONDS: Final[Mapping[Audience, float]] = {"visitor": 15.0, "team": 5.0}


@dataclass(frozen=True, slots=True)
class Sight:
    """What a reader sees when it looks: news since its last entry, and how things stand.

    `topic` is what the bulletin calls the next news.
    """

    topic: str
    entries: Sequence[Entry]
    status: Json


Look = Callable[[int], Sight | None]
"""Looks for entries after the given one; None when the reader may read no more. Blocks."""


def live_response(
    bulletin: Bulletin,
    look: Look,
    *,
    after: int,
    audience: Audience,
    held: AbstractContextManager[None] | None = None,
) -> EventSourceResponse:
    """`entry` events from `after` on and `status` events whenever it has changed, until `look` ends.

    `held` is entered for as long as the stream is open.
    """

    async def stream() -> AsyncIterator[ServerSentEvent]:
        with held or nullcontext():
            async for event in _live(bulletin, look, after, audience):
                yield event

    return EventSourceResponse(
        stream(),
        ping=HEARTBEAT_SECONDS,
        ping_message_factory=lambda: ServerSentEvent(comment="heartbeat"),
        send_timeout=30,
    )


async def _live(
    bulletin: Bulletin, look: Look, after: int, audience: Audience
) -> AsyncIterator[ServerSentEvent]:
    status: Json | None = None
    sight = await run_sync(look, after)
    while sight is not None:
        topic = sight.topic
        with bulletin.watch(topic) as watch:
            # Once more, listening: nothing that comes between two looks is missed.
            sight = await run_sync(look, after)
            while sight is not None and sight.topic == topic:
                for entry in sight.entries:
                    yield _entry(entry, audience)
                    after = entry.ordinal
                if sight.status != status:
                    status = sight.status
                    yield sent("status", status)
                await watch.wait(_LOOK_AGAIN_SECONDS[audience])
                sight = await run_sync(look, after)


def _entry(entry: Entry, audience: Audience) -> ServerSentEvent:
    event = sent("entry", entry_json(entry, audience))
    event.id = str(entry.ordinal)
    return event
