"""`POST /api/v1/chat`: one turn, as JSON or as server-sent events."""

from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from sse_starlette import ServerSentEvent

from chatbot.api.access import caller_of, visitor_of
from chatbot.api.idempotency import TurnId
from chatbot.api.parts import Desk
from chatbot.api.problems import remember_language
from chatbot.api.running import client_left, sent, turn_answer, turn_stream
from chatbot.api.schemas import ChatAnswer, ChatRequest
from chatbot.api.turns import TurnRunner
from chatbot.guard import admit
from chatbot.messages import ReplyEvent
from chatbot.serialise import Audience, event_json, turn_json

router = APIRouter(prefix="/api/v1", tags=["chat"])


@router.post(
    "/chat",
    response_model=ChatAnswer,
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
)
async def chat(request: Request, body: ChatRequest, turn_id: TurnId) -> Response:
    """Answer one message.

    With `Accept: text/event-stream` the answer comes as events: `working`, `trace`,
    `sources`, `delta`, `handover`, then `finished` (the JSON answer) or `error` (a problem).
    """
    remember_language(request, body.language)
    desk: Desk = request.app.state.desk
    runner: TurnRunner = request.app.state.turns
    caller = caller_of(request)
    request.app.state.gate.check_collection(caller, body.collection)
    visitor = visitor_of(request)
    admit(body.message, desk.settings.answers.max_question_characters)
    if body.conversation_id is not None:  # refused here, before a place among the turns is taken
        await run_sync(desk.conversations.get, body.conversation_id, visitor)
    channel = "api" if caller.by == "key" else "chat"
    turn = runner.start(replace(body.question(visitor), turn_id=turn_id, channel=channel))
    audience: Audience = "visitor" if caller.role is None else "team"
    if "text/event-stream" in request.headers.get("accept", ""):
        return await turn_stream(request, turn, partial(_server_sent, audience))
    answer = await turn_answer(request, turn)
    return client_left() if answer is None else JSONResponse(turn_json(answer, audience))


async def _server_sent(
    audience: Audience, events: AsyncIterator[ReplyEvent]
) -> AsyncIterator[ServerSentEvent]:
    async for event in events:
        yield sent(*event_json(event, audience))
