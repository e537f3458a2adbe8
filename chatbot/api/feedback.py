"""What visitors think of answers: they say it, the team reads it."""

from datetime import datetime
from typing import Annotated, Literal

from anyio.to_thread import run_sync
from fastapi import APIRouter, Query, Request
from pydantic import BeforeValidator, Field

from chatbot.api.access import visitor_of
from chatbot.api.page_query import Cursor, Limit
from chatbot.api.parts import Desk
from chatbot.api.schemas import LanguageCode, PlainText, Strict
from chatbot.conversations import RatedTurn
from chatbot.errors import TurnNotFound
from chatbot.messages import Route
from chatbot.serialise import Json, utc_json

router = APIRouter(prefix="/api/v1/feedback", tags=["feedback"])

Rating = Literal[1, -1]


def _number(rating: object) -> object:
    return {"1": 1, "-1": -1}.get(str(rating), rating)  # a query is text


class RatingBody(Strict):
    """A visitor's word on an answer of theirs; the latest counts."""

    conversation_id: Annotated[str, Field(max_length=100)]
    turn_id: Annotated[str, Field(max_length=100)]
    rating: Rating
    comment: Annotated[PlainText, Field(max_length=2000)] = ""


class FeedbackShape(Strict):
    """A rated answer, and the question it was given to."""

    conversation_id: str
    turn_id: str
    rating: Rating
    comment: str
    question: str
    answer: str
    language: LanguageCode
    route: Route
    created_at: datetime


class FeedbackAnswer(Strict):
    """Rated answers, the latest first."""

    feedback: list[FeedbackShape]
    next: str | None


@router.post("", status_code=204)
async def rate(request: Request, body: RatingBody) -> None:
    """Say what an answer was worth: 1 or -1.

    A visitor rates answers of their own conversations, known by `X-Visitor-Token`.
    """
    await run_sync(_rate, request.app.state.desk, body, visitor_of(request))


@router.get("", response_model=FeedbackAnswer)
async def feedback(
    request: Request,
    rating: Annotated[Rating | None, BeforeValidator(_number), Query()] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Json:
    """Rated answers; only those with the `rating` when one is named."""
    desk: Desk = request.app.state.desk
    page = await run_sync(desk.conversations.ratings, rating, limit, cursor)
    return {"feedback": [_rated(row) for row in page.rows], "next": page.next}


def _rate(desk: Desk, body: RatingBody, visitor: str) -> None:
    saved = desk.conversations.turn(body.turn_id)
    if saved is None or saved.answer.conversation_id != body.conversation_id:
        raise TurnNotFound(turn_id=body.turn_id)
    desk.conversations.rate(body.turn_id, body.rating, body.comment, visitor)


def _rated(row: RatedTurn) -> Json:
    answer = row.turn.answer
    return {
        "conversation_id": answer.conversation_id,
        "turn_id": answer.turn_id,
        "rating": row.rating,
        "comment": row.comment,
        "question": row.turn.question,
        "answer": answer.text,
        "language": answer.language.value,
        "route": answer.route,
        "created_at": utc_json(row.at),
    }
