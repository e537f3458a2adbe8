"""Whether the process lives, and whether it can answer."""

from collections.abc import Callable, Sequence

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from chatbot.api.problems import caller_language, problem_of
from chatbot.api.schemas import HealthAnswer, ReadyAnswer
from chatbot.errors import NotReady

Missing = Callable[[], Sequence[str]]

router = APIRouter(tags=["health"])


@router.get("/healthz", response_model=HealthAnswer)
async def healthz() -> dict[str, str]:
    """The process answers. Touches neither disk nor threads, so that load does not slow it."""
    return {"status": "ok"}


@router.get("/readyz", response_model=ReadyAnswer)
async def readyz(request: Request) -> Response:
    """Models and indexes are there; until then 503, and what is missing."""
    check: Missing = request.app.state.missing
    missing = list(await run_sync(check))
    if not missing:
        return JSONResponse({"status": "ready"})
    problem = problem_of(NotReady(missing=", ".join(missing)))
    language = caller_language(request)
    response = problem.response(language)
    return JSONResponse(
        {**problem.json(language), "missing": missing},
        status_code=problem.status,
        headers={"Retry-After": "2"},
        media_type=response.media_type,
    )
