"""Conversations as the team reads them."""

from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import APIRouter, Query, Request

from chatbot.api.parts import Desk
from chatbot.api.schemas import ConversationAnswer, UnansweredAnswer
from chatbot.conversations import Conversations, SavedTurn
from chatbot.serialise import Json, turn_json

router = APIRouter(prefix="/api/v1/conversations", tags=["conversations"])


@router.get("/unanswered", response_model=UnansweredAnswer)
async def unanswered(request: Request, limit: Annotated[int, Query(ge=1, le=500)] = 50) -> Json:
    """The latest questions that were refused: what the knowledge lacks."""
    turns = await run_sync(_conversations(request).unanswered, limit)
    return {"turns": [_turn(turn) for turn in turns]}


@router.get("/{conversation_id}", response_model=ConversationAnswer)
async def conversation(request: Request, conversation_id: str) -> Json:
    """One conversation with its turns."""
    conversations = _conversations(request)
    found = await run_sync(conversations.get, conversation_id)
    turns = await run_sync(conversations.turns, conversation_id)
    return {
        "id": found.id,
        "language": found.language.value,
        "status": found.status,
        "turns": [_turn(turn) for turn in turns],
    }


def _conversations(request: Request) -> Conversations:
    desk: Desk = request.app.state.desk
    return desk.conversations


def _turn(turn: SavedTurn) -> Json:
    return {
        "question": turn.question,
        "created_at": turn.created_at.isoformat(),
        "answer": turn_json(turn.answer),
    }
