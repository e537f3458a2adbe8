"""Curated answers: what a person wrote for a question, and a file of many of them."""

from datetime import datetime
from typing import Annotated, Final, Literal

from anyio.to_thread import run_sync
from fastapi import APIRouter, File, Form, Query, Request, UploadFile
from fastapi.responses import JSONResponse, Response
from pydantic import Field

from chatbot.api.access import caller_of
from chatbot.api.page_query import Cursor, Limit
from chatbot.api.parts import Desk
from chatbot.api.problems import caller_language, problem_of
from chatbot.api.schemas import Collection, PlainText, Strict
from chatbot.paging import moment_place, page_of
from chatbot.serialise import Json, utc_json
from knowledge.curated.csv_file import parsed, written
from knowledge.curated.errors import InvalidAnswerFile
from knowledge.curated.model import (
    ANSWER_CHARACTERS,
    MOST_QUESTIONS,
    QUESTION_CHARACTERS,
    CuratedAnswer,
    Fit,
    Near,
)
from knowledge.documents import DEFAULT_COLLECTION, Language
from knowledge.intake import clean_name
from knowledge.language import detect_language
from knowledge.tables import now

router = APIRouter(prefix="/api/v1/curated", tags=["curated"])

_FILE_NAME: Final = "answers.csv"

WayToAsk = Annotated[PlainText, Field(min_length=1, max_length=QUESTION_CHARACTERS)]
AnswerText = Annotated[PlainText, Field(max_length=ANSWER_CHARACTERS)]


class CuratedBody(Strict):
    """Ways to ask, and the answer in one language or both."""

    questions: Annotated[list[WayToAsk], Field(min_length=1, max_length=MOST_QUESTIONS)]
    answer_en: AnswerText = ""
    answer_zh: AnswerText = ""
    collection: Collection = DEFAULT_COLLECTION
    enabled: bool = True


class CuratedShape(CuratedBody):
    """A curated answer; `updated_by` is the member who wrote it last."""

    id: str
    created_at: datetime
    updated_at: datetime
    updated_by: str


class CuratedAnswersShape(Strict):
    """Curated answers, the oldest first.

    `waiting` ways to ask are found letter for letter, but not by their meaning yet.
    """

    answers: list[CuratedShape]
    waiting: int
    next: str | None


class TryBody(Strict):
    """A question as a visitor would ask it."""

    question: WayToAsk
    collection: Collection = DEFAULT_COLLECTION
    k: Annotated[int, Field(ge=1, le=25)] = 5


class NearShape(Strict):
    """A way to ask beside the question.

    `fit` says whether it is the question (`same`, `fits`) or why not: meanings too `far` apart;
    other `values`; a `negation`; it `asks` for something else; other `words`; the same sentence
    with a word `swapped`; or a `rival` answer is as near.
    """

    answer_id: str
    question: str
    similarity: float
    fit: Fit


class TryAnswer(Strict):
    """What a visitor would get (null: no curated answer), and the nearest ways to ask."""

    answer: str | None
    language: Literal["en", "zh"] | None
    near: list[NearShape]


class ImportAnswer(Strict):
    """How many answers of a file are new, and how many took the place of one."""

    added: int
    replaced: int


@router.get("", response_model=CuratedAnswersShape)
async def answers(
    request: Request,
    collection: Annotated[Collection | None, Query()] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Json:
    """Curated answers, of one collection or all."""
    desk = _desk(request)
    after = None if cursor is None else moment_place(cursor)
    found = await run_sync(desk.answers.list, collection, after, limit + 1)
    page = page_of(found, limit, _place)
    return {
        "answers": [curated_json(answer) for answer in page.rows],
        "waiting": await run_sync(lambda: desk.curated.waiting),
        "next": page.next,
    }


@router.post("", status_code=201, response_model=CuratedShape)
async def add(request: Request, body: CuratedBody) -> Json:
    """Write an answer. It is given from now on, and to questions near in meaning in a moment.

    A way to ask belongs to one answer of its collection: 409 names one that is taken.
    """
    return curated_json(await run_sync(_desk(request).answers.add, _given(request, body)))


@router.post("/try", response_model=TryAnswer)
async def attempt(request: Request, body: TryBody) -> Json:
    """What a question would get, and why. Rules are left out; they come first."""
    near = await run_sync(_desk(request).curated.nearest, body.question, body.collection, body.k)
    found = near[0] if near and near[0].matches else None
    text, language = found.answer.answer(detect_language(body.question)) if found else (None, None)
    return {"answer": text, "language": language, "near": [near_json(way) for way in near]}


@router.post("/import", response_model=ImportAnswer)
async def take_in(
    request: Request,
    file: Annotated[UploadFile, File()],
    collection: Annotated[Collection, Form()] = DEFAULT_COLLECTION,
) -> Response:
    """Take in a CSV file, or nothing of it: 422 names every line that is wrong.

    Columns: `questions` (on lines of their own or parted by `|`), `answer_en`, `answer_zh` and
    `collection` (the one given here where it is empty). An answer takes the place of the one that
    its first way to ask belongs to.
    """
    try:
        added, replaced = await run_sync(_take_in, request, file, collection)
    except InvalidAnswerFile as error:
        return _refused(error, caller_language(request))
    return JSONResponse({"added": added, "replaced": replaced})


@router.get(
    "/export",
    response_class=Response,
    responses={
        200: {"content": {"text/csv": {"schema": {"type": "string"}}}, "description": "The file"}
    },
)
async def export(
    request: Request, collection: Annotated[Collection | None, Query()] = None
) -> Response:
    """All curated answers, of one collection or all, as a CSV file that can be taken in again."""
    found = await run_sync(_desk(request).answers.list, collection)
    return Response(
        written(found),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{_FILE_NAME}"'},
    )


@router.get("/{answer_id}", response_model=CuratedShape)
async def answer(request: Request, answer_id: str) -> Json:
    """One curated answer."""
    return curated_json(await run_sync(_desk(request).answers.get, answer_id))


@router.put("/{answer_id}", response_model=CuratedShape)
async def change(request: Request, answer_id: str, body: CuratedBody) -> Json:
    """Write an answer anew."""
    given = _given(request, body, answer_id)
    return curated_json(await run_sync(_desk(request).answers.change, given))


@router.delete("/{answer_id}", status_code=204)
async def remove(request: Request, answer_id: str) -> Response:
    """Delete an answer."""
    await run_sync(_desk(request).answers.remove, answer_id)
    return Response(status_code=204)


def curated_json(answer: CuratedAnswer) -> Json:
    """A curated answer."""
    return {
        "id": answer.id,
        "questions": list(answer.questions),
        "answer_en": answer.answer_en,
        "answer_zh": answer.answer_zh,
        "collection": answer.collection,
        "enabled": answer.enabled,
        "created_at": utc_json(answer.created_at or now()),
        "updated_at": utc_json(answer.updated_at or now()),
        "updated_by": answer.updated_by,
    }


def near_json(near: Near) -> Json:
    """A way to ask beside a question."""
    return {
        "answer_id": near.answer.id,
        "question": near.question,
        "similarity": round(near.similarity, 4),
        "fit": near.fit,
    }


def _take_in(request: Request, file: UploadFile, collection: str) -> tuple[int, int]:
    name = clean_name(file.filename or _FILE_NAME)
    lines = parsed(name, file.file.read(), collection)
    return _desk(request).answers.take_in(name, lines, caller_of(request).name)


def _given(request: Request, body: CuratedBody, answer_id: str = "") -> CuratedAnswer:
    return CuratedAnswer(
        questions=tuple(body.questions),
        answer_en=body.answer_en,
        answer_zh=body.answer_zh,
        collection=body.collection,
        enabled=body.enabled,
        id=answer_id,
        updated_by=caller_of(request).name,
    )


def _place(answer: CuratedAnswer) -> tuple[str, str]:
    return (answer.created_at or now()).isoformat(), answer.id


def _refused(error: InvalidAnswerFile, language: Language) -> JSONResponse:
    problem = problem_of(error)
    response = problem.response(language)
    chinese = language is Language.CHINESE
    problems = [
        {"file": str(error.details["name"]), "line": line, "detail": zh if chinese else en}
        for line, en, zh in error.problems
    ]
    return JSONResponse(
        {**problem.json(language), "problems": problems},
        status_code=problem.status,
        media_type=response.media_type,
    )


def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk
