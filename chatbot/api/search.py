"""`/api/v1/search`: the passages a question would be answered from, and why one is not among them."""

from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import APIRouter, Query, Request

from chatbot.api.document_shapes import ExplainAnswer, ExplainRequest
from chatbot.api.parts import Desk
from chatbot.api.problems import caller_language
from chatbot.api.schemas import Collection, SearchAnswer, SearchRequest
from chatbot.guard import admit
from chatbot.serialise import Json, hits_json
from chatbot.why_not import explanation_json
from knowledge.documents import DEFAULT_COLLECTION
from knowledge.explaining_search import Wanted, explain

router = APIRouter(prefix="/api/v1/search", tags=["search"])


@router.get("", response_model=SearchAnswer)
async def search_by_query(
    request: Request,
    q: Annotated[str, Query(min_length=1, max_length=2000)],
    k: Annotated[int, Query(ge=1, le=100)] = 10,
    collection: Annotated[Collection, Query()] = DEFAULT_COLLECTION,
) -> Json:
    """At most `k` passages, best first."""
    return await _search(request, SearchRequest(query=q, k=k, collection=collection))


@router.post("", response_model=SearchAnswer)
async def search(request: Request, body: SearchRequest) -> Json:
    """At most `k` passages, best first, with the conversation taken into account."""
    return await _search(request, body)


@router.post("/explain", response_model=ExplainAnswer)
async def explain_search(request: Request, body: ExplainRequest) -> Json:
    """How far a certain passage comes in a search, and what leaves it behind."""
    desk: Desk = request.app.state.desk
    query = admit(body.query, desk.settings.answers.max_question_characters)
    wanted = Wanted(query, body.passage_id, body.collection, body.k, tuple(body.history))
    explained = await run_sync(explain, desk.library, desk.retriever, wanted)
    return explanation_json(explained, caller_language(request))


async def _search(request: Request, body: SearchRequest) -> Json:
    desk: Desk = request.app.state.desk
    query = admit(body.query, desk.settings.answers.max_question_characters)
    ranked = await run_sync(
        desk.retriever.search, query, body.collection, body.k, tuple(body.history)
    )
    return {"hits": hits_json(ranked)}
