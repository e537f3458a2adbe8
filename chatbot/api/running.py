"""A turn as a response: one JSON body or server-sent events. Whoever leaves cancels it."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final, TypeVar

from fastapi import Request
from fastapi.responses import Response
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.types import Message

from chatbot.api.problems import caller_language, problem_of
from chatbot.api.turns import RunningTurn
from chatbot.messages import Answer, ReplyEvent
from chatbot.serialise import Json

HEARTBEAT_SECONDS: Final = 10
# How nginx calls a client that left; nobody reads it.
_CLIENT_LEFT: Final = 499

# Characters that end a line for some clients (JavaScript's `$`, Python's `splitlines`).
_LINE_ENDS: Final = {ord(end): f"\\u{ord(end):04x}" for end in "\x85\u2028\u2029"}

T = TypeVar("T")

Translate = Callable[[AsyncIterator[ReplyEvent]], AsyncIterator[ServerSentEvent]]
"""Words a turn's events as a route's clients know them."""
Failure = Callable[[Exception], ServerSentEvent]
"""The last event of a stream that broke off."""


async def turn_answer(request: Request, turn: RunningTurn) -> Answer | None:
    """The finished answer, or None when the client has left, and then the turn is cancelled."""
    answer = await unless_left(request, turn.answer())
    if answer is None:
        turn.cancel()
    return answer


async def turn_stream(
    request: Request, turn: RunningTurn, translate: Translate, failure: Failure | None = None
) -> Response:
    """The turn as server-sent events. `failure` None: an event `error` with the problem.

    Raises what the turn raises before its first event, which so still gets its own status.
    """
    events = turn.events()
    first = await unless_left(request, anext(events))
    if first is None:
        turn.cancel()
        return client_left()

    async def left(_: Message) -> None:
        turn.cancel()

    def problem(error: Exception) -> ServerSentEvent:
        return sent("error", problem_of(error).json(caller_language(request)))

    return EventSourceResponse(
        _to_the_end(translate(_resumed(first, events)), failure or problem),
        ping=HEARTBEAT_SECONDS,
        ping_message_factory=lambda: ServerSentEvent(comment="heartbeat"),
        client_close_handler_callable=left,
        send_timeout=30,
    )


def sent(name: str | None, data: Json) -> ServerSentEvent:
    """`data` as an event called `name`, on a line that every client takes for one."""
    line = json.dumps(data, ensure_ascii=False).translate(_LINE_ENDS)
    return ServerSentEvent(line, event=name)


def client_left() -> Response:
    """The response to nobody."""
    return Response(status_code=_CLIENT_LEFT)


async def unless_left(request: Request, result: Awaitable[T]) -> T | None:
    """`result`, or None as soon as the client has left, and then its task is cancelled."""
    work = asyncio.ensure_future(result)
    left = asyncio.ensure_future(_disconnected(request))
    try:
        await asyncio.wait({work, left}, return_when=asyncio.FIRST_COMPLETED)
        return work.result() if work.done() else None
    finally:
        for task in (work, left):
            task.cancel()
        await asyncio.gather(work, left, return_exceptions=True)


async def _resumed(first: ReplyEvent, rest: AsyncIterator[ReplyEvent]) -> AsyncIterator[ReplyEvent]:
    yield first
    async for event in rest:
        yield event


async def _to_the_end(
    events: AsyncIterator[ServerSentEvent], failure: Failure
) -> AsyncIterator[ServerSentEvent]:
    try:
        async for event in events:
            yield event
    except Exception as error:  # the status is sent already: say it in the stream
        yield failure(error)


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
