"""`POST /api/v1/chat`: one turn, as JSON or as server-sent events."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable
from typing import Final, TypeVar

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.types import Message

from chatbot.api.access import caller_of, visitor_of
from chatbot.api.parts import Desk
from chatbot.api.problems import caller_language, problem_of, remember_language
from chatbot.api.schemas import ChatAnswer, ChatRequest
from chatbot.api.turns import RunningTurn, TurnRunner
from chatbot.guard import admit
from chatbot.messages import ReplyEvent
from chatbot.serialise import Json, event_json, turn_json

HEARTBEAT_SECONDS: Final = 10
# How nginx calls a client that left; nobody reads it.
_CLIENT_LEFT: Final = 499

T = TypeVar("T")

router = APIRouter(prefix="/api/v1", tags=["chat"])


@router.post(
    "/chat",
    response_model=ChatAnswer,
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
)
async def chat(request: Request, body: ChatRequest) -> Response:
    """Answer one message.

    With `Accept: text/event-stream` the answer comes as events: `working`, `trace`,
    `sources`, `delta`, `handover`, then `finished` (the JSON answer) or `error` (a problem).
    """
    remember_language(request, body.language)
    desk: Desk = request.app.state.desk
    runner: TurnRunner = request.app.state.turns
    request.app.state.gate.check_collection(caller_of(request), body.collection)
    visitor = visitor_of(request)
    admit(body.message, desk.settings.answers.max_question_characters)
    if body.conversation_id is not None:  # refused here, before a place among the turns is taken
        await run_sync(desk.conversations.get, body.conversation_id, visitor)
    turn = runner.start(body.question(visitor))
    if "text/event-stream" in request.headers.get("accept", ""):
        return await _stream(request, turn)
    answer = await _unless_left(request, turn, turn.answer())
    return Response(status_code=_CLIENT_LEFT) if answer is None else JSONResponse(turn_json(answer))


async def _stream(request: Request, turn: RunningTurn) -> Response:
    events = turn.events()
    # An error before the first event still gets its own status.
    first = await _unless_left(request, turn, anext(events))
    if first is None:
        return Response(status_code=_CLIENT_LEFT)

    async def left(_: Message) -> None:
        turn.cancel()

    return EventSourceResponse(
        _server_sent(request, first, events),
        ping=HEARTBEAT_SECONDS,
        ping_message_factory=lambda: ServerSentEvent(comment="heartbeat"),
        client_close_handler_callable=left,
        send_timeout=30,
    )


async def _server_sent(
    request: Request, first: ReplyEvent, rest: AsyncIterator[ReplyEvent]
) -> AsyncIterator[ServerSentEvent]:
    try:
        yield _sent(*event_json(first))
        async for event in rest:
            yield _sent(*event_json(event))
    except Exception as error:  # the status is sent already: say it in the stream
        yield _sent("error", problem_of(error).json(caller_language(request)))


def _sent(name: str, data: Json) -> ServerSentEvent:
    return ServerSentEvent(json.dumps(data, ensure_ascii=False), event=name)


async def _unless_left(request: Request, turn: RunningTurn, result: Awaitable[T]) -> T | None:
    """`result`, or None as soon as the client has left, and then the turn is cancelled."""
    work = asyncio.ensure_future(result)
    left = asyncio.ensure_future(_disconnected(request))
    try:
        await asyncio.wait({work, left}, return_when=asyncio.FIRST_COMPLETED)
        if work.done():
            return work.result()
        turn.cancel()
        return None
    finally:
        for task in (work, left):
            task.cancel()
        await asyncio.gather(work, left, return_exceptions=True)


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
