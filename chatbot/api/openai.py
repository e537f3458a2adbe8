"""`/v1`: the routes by which OpenAI's clients talk to AnswerDesk unchanged."""

from collections.abc import Sequence
from typing import Final

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from sse_starlette import ServerSentEvent

from chatbot.api.access import caller_of, visitor_of
from chatbot.api.embeddings import EMBEDDING_MODEL, BoundedEmbedding, embedding_list
from chatbot.api.openai_errors import NoSuchOpenAIRoute, UnknownChatModel
from chatbot.api.openai_replies import (
    MODELS,
    NEW_CONVERSATION,
    Reply,
    mode_of,
    read_messages,
    refuse_unsupported,
)
from chatbot.api.openai_shapes import (
    ChatMessage,
    Completion,
    CompletionRequest,
    EmbeddingList,
    EmbeddingsRequest,
    ModelList,
    ModelShape,
)
from chatbot.api.parts import Desk
from chatbot.api.problems import caller_language, problem_of, remember_language
from chatbot.api.running import (
    Failure,
    client_left,
    sent,
    turn_answer,
    turn_stream,
    unless_left,
)
from chatbot.api.turns import TurnRunner
from chatbot.messages import Question
from chatbot.serialise import Json
from knowledge.documents import Language

# OpenAI tells when each model was made; ours are no files, and share the day of this route.
_CREATED: Final = 1_790_000_000

router = APIRouter(prefix="/v1", tags=["openai"])


@router.post(
    "/chat/completions",
    response_model=Completion,
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
)
async def complete(request: Request, body: CompletionRequest) -> Response:
    """Answer the last message of the user, whole or (`stream`) in chunks."""
    remember_language(request, body.language)
    desk: Desk = request.app.state.desk
    request.app.state.gate.check_collection(caller_of(request), body.collection)
    question = _question(body, visitor_of(request), desk)
    if question.conversation_id is not None:
        await run_sync(desk.conversations.get, question.conversation_id, question.visitor)
    reply = Reply(
        model=body.model,
        prompt=_all_text(body.messages),
        embedder=desk.embedder,
        append_sources=body.citations == "append",
        include_usage=bool(body.stream_options and body.stream_options.include_usage),
    )
    runner: TurnRunner = request.app.state.turns
    turn = runner.start(question)
    if body.stream:
        return await turn_stream(request, turn, reply.chunks, _failure(request))
    answer = await turn_answer(request, turn)
    return client_left() if answer is None else JSONResponse(await reply.completion(answer))


@router.get("/models", response_model=ModelList)
async def models() -> Json:
    """The models that requests may name."""
    return {"object": "list", "data": [_model(name) for name in (*MODELS, EMBEDDING_MODEL)]}


@router.get("/models/{model:path}", response_model=ModelShape)
async def model(model: str) -> Json:
    """One model."""
    if model not in (*MODELS, EMBEDDING_MODEL):
        known = ", ".join((*MODELS, EMBEDDING_MODEL))
        raise UnknownChatModel(model=model, known=known, param="model")
    return _model(model)


@router.post("/embeddings", response_model=EmbeddingList)
async def embed(request: Request, body: EmbeddingsRequest) -> Response:
    """A vector for each text."""
    embedding: BoundedEmbedding = request.app.state.embedding
    found = await unless_left(request, embedding_list(body, embedding))
    return client_left() if found is None else Response(found, media_type="application/json")


@router.post("/completions", include_in_schema=False)
@router.post("/responses", include_in_schema=False)
async def elsewhere(request: Request) -> None:
    """OpenAI's other ways to ask, which clients may be set to."""
    raise NoSuchOpenAIRoute(path=request.scope["path"])


def _question(body: CompletionRequest, visitor: str, desk: Desk) -> Question:
    mode = mode_of(body.model)
    refuse_unsupported(body)
    answers = desk.settings.answers
    asked = read_messages(
        body.messages, limit=answers.max_question_characters, turns=answers.history_turns
    )
    kept = body.conversation_id is not None
    known = body.conversation_id != NEW_CONVERSATION
    return Question(
        text=asked.text,
        conversation_id=body.conversation_id if known else None,
        mode=mode,
        language=Language(body.language) if body.language else None,
        collection=body.collection,
        history=None if kept and known else asked.history,
        visitor=visitor,
        keep=kept,
        channel="api",
    )


def _all_text(messages: Sequence[ChatMessage]) -> str:
    contents = (message.content for message in messages)
    parts = (
        c if isinstance(c, str) else "\n".join(p.text or "" for p in c or ()) for c in contents
    )
    return "\n".join(parts)


def _failure(request: Request) -> Failure:
    def failure(error: Exception) -> ServerSentEvent:
        return sent(None, problem_of(error).openai_json(caller_language(request)))

    return failure


def _model(name: str) -> Json:
    return {"id": name, "object": "model", "created": _CREATED, "owned_by": "answerdesk"}
