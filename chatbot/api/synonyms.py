"""Words that mean the same: the groups in force, as people write them."""

from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from pydantic import Field

from chatbot.api.schemas import Strict
from chatbot.serialise import Json
from knowledge.synonyms import MOST_CHARACTERS, SynonymFile, Synonyms

router = APIRouter(prefix="/api/v1/synonyms", tags=["search"])


class SynonymsBody(Strict):
    """A group a line, its words set apart by commas; `#` begins a comment."""

    text: Annotated[str, Field(max_length=MOST_CHARACTERS)]


class SynonymsAnswer(SynonymsBody):
    """The text as it was written, and the groups in force."""

    groups: list[list[str]]


@router.get("", response_model=SynonymsAnswer)
async def synonyms(request: Request) -> Json:
    """The groups of words that questions are read by."""
    file = _file(request)
    return _shown(await run_sync(file.text), await run_sync(file.current))


@router.put("", response_model=SynonymsAnswer)
async def replace(request: Request, body: SynonymsBody) -> Json:
    """Put other groups in force, or nothing of them: 422 names every line that is wrong."""
    return _shown(body.text, await run_sync(_file(request).replace, body.text))


def _shown(text: str, synonyms: Synonyms) -> Json:
    return {"text": text, "groups": [list(group) for group in synonyms.groups]}


def _file(request: Request) -> SynonymFile:
    file: SynonymFile = request.app.state.desk.synonyms
    return file
