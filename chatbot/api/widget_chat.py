"""`POST /widget/chat`: a visitor's message, answered as JSON or as server-sent events."""

from collections.abc import AsyncIterator

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from sse_starlette import ServerSentEvent

from chatbot.api.idempotency import scoped
from chatbot.api.limits import WidgetLimits
from chatbot.api.parts import Desk
from chatbot.api.problems import remember_language
from chatbot.api.running import client_left, turn_answer, turn_stream
from chatbot.api.turns import TurnRunner
from chatbot.api.widget_guard import Visit, Visiting, address_of
from chatbot.api.widget_schemas import FinishedAnswer, MessageBody
from chatbot.api.widget_views import finished_json, server_sent, standing
from chatbot.guard import admit
from chatbot.messages import Question, ReplyEvent
from knowledge.documents import Language
from knowledge.language import detect_language

router = APIRouter(prefix="/widget", tags=["widget"])


@router.post(
    "/chat",
    response_model=FinishedAnswer,
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
)
async def chat(request: Request, visit: Visiting, body: MessageBody) -> Response:
    """Answer a message, or pass it on to the person who has the conversation in hand.

    With `Accept: text/event-stream` as events: `working`, `sources`, `delta`, `handover`,
    `delivered`, then `finished` (the JSON answer) or `error` (a problem).
    """
    remember_language(request, body.language)
    desk: Desk = request.app.state.desk
    runner: TurnRunner = request.app.state.turns
    limits: WidgetLimits = request.app.state.widget_limits
    limits.admit_address("message", address_of(request))
    limits.admit_widget("message", visit.widget.id)
    admit(body.message, desk.settings.answers.max_question_characters)
    conversation_id = await run_sync(_conversation, desk, visit, body)
    after = (await run_sync(standing, desk, visit)).last
    turn = runner.start(_question(body, visit, conversation_id))
    if "text/event-stream" in request.headers.get("accept", ""):

        def translate(events: AsyncIterator[ReplyEvent]) -> AsyncIterator[ServerSentEvent]:
            return server_sent(desk, visit, events, after, _language(desk, body))

        return await turn_stream(request, turn, translate)
    answer = await turn_answer(request, turn)
    if answer is None:
        return client_left()
    return JSONResponse(await run_sync(finished_json, desk, visit, answer, after))


def _conversation(desk: Desk, visit: Visit, body: MessageBody) -> str:
    return desk.visitors.conversation_for(visit.visitor, _language(desk, body))


def _language(desk: Desk, body: MessageBody) -> Language:
    asked_in = Language(body.language or desk.settings.language)
    return detect_language(body.message, asked_in)


def _question(body: MessageBody, visit: Visit, conversation_id: str) -> Question:
    return Question(
        text=body.message,
        conversation_id=conversation_id,
        language=Language(body.language) if body.language else None,
        collection=visit.widget.collection,
        slots=dict(body.context),
        visitor=visit.visitor.key,
        turn_id=scoped("widget", visit.visitor.id_hash, body.id),
        channel="widget",
        widget=visit.widget.id,
    )
