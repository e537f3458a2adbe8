"""Pages and sites of the web as documents: order, watch, stop."""

from typing import Annotated, Literal

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import Field

from chatbot.api.parts import Desk
from chatbot.api.problems import caller_language
from chatbot.api.schemas import Collection, PlainText, Strict
from chatbot.fetch_json import fetch_json
from chatbot.serialise import Json
from knowledge.documents import DEFAULT_COLLECTION
from knowledge.web.errands import DEFAULT_DEPTH, DEFAULT_PAGES, MAX_DEPTH, Order

router = APIRouter(prefix="/api/v1/documents/fetch", tags=["documents"])


class FetchOrder(Strict):
    """A page or file, or with `site` all pages at and below that address.

    `depth`: how many links away from it; `max_pages`: how many at most.
    """

    url: Annotated[PlainText, Field(min_length=1, max_length=2000)]
    site: bool = False
    depth: Annotated[int, Field(ge=0, le=MAX_DEPTH)] = DEFAULT_DEPTH
    max_pages: Annotated[int, Field(ge=1, le=1_000_000)] = DEFAULT_PAGES
    collection: Collection = DEFAULT_COLLECTION


class FetchProblem(Strict):
    """A page that did not become a document."""

    url: str
    reason: str


class FetchShape(Strict):
    """How far a job has come. Of the addresses `found` so far, `taken` are new or changed pages.

    `removed` are gone from the site, `skipped` say what another page says or lead elsewhere,
    `left` were not looked at. `documents` are the ids of all pages, those of earlier runs
    included. `problems` are the first of those that `failed`; `reason` says why the whole job did.
    """

    id: str
    url: str
    collection: str
    site: bool
    depth: int
    max_pages: int
    state: Literal["waiting", "running", "done", "stopped", "failed"]
    found: int
    taken: int
    unchanged: int
    removed: int
    skipped: int
    failed: int
    left: int
    documents: list[str]
    problems: list[FetchProblem]
    reason: str | None
    updated_at: str


class FetchesAnswer(Strict):
    """The jobs, those at work first, then the one that ended last."""

    jobs: list[FetchShape]


@router.post("", status_code=202, response_model=FetchShape)
async def fetch(request: Request, body: FetchOrder) -> Json:
    """Fetch a page, a file or a site; look at the job for what becomes of it.

    The same order again looks for what has changed, or goes on where it was stopped. Pages
    that are gone from the site are deleted then.
    """
    desk = _desk(request)
    order = Order(
        url=body.url,
        collection=body.collection,
        site=body.site,
        depth=body.depth,
        max_pages=min(body.max_pages, desk.settings.fetch.max_pages),
    )
    return fetch_json(await run_sync(desk.web.start, order), caller_language(request))


@router.get("", response_model=FetchesAnswer)
async def fetches(request: Request) -> Json:
    """All jobs."""
    language = caller_language(request)
    return {"jobs": [fetch_json(job, language) for job in await run_sync(_desk(request).web.list)]}


@router.get("/{job_id}", response_model=FetchShape)
async def fetch_job(request: Request, job_id: str) -> Json:
    """One job."""
    job = await run_sync(_desk(request).web.get, job_id)
    return fetch_json(job, caller_language(request))


@router.delete("/{job_id}", status_code=204)
async def stop_fetch(request: Request, job_id: str) -> Response:
    """Stop a job at its next step; what has arrived is kept."""
    await run_sync(_desk(request).web.stop, job_id)
    return Response(status_code=204)


def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk
