"""Documents that came together: archives and sites."""

from dataclasses import asdict
from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import APIRouter, Query, Request

from chatbot.api.document_shapes import BundleDeleted, BundlesAnswer
from chatbot.api.parts import Shelf
from chatbot.api.schemas import Collection
from chatbot.serialise import Json

router = APIRouter(prefix="/api/v1/bundles", tags=["documents"])


@router.get("", response_model=BundlesAnswer)
async def bundles(
    request: Request, collection: Annotated[Collection | None, Query()] = None
) -> Json:
    """The archives and sites that documents came in, of one collection or all."""
    shelf: Shelf = request.app.state.desk.library
    found = await run_sync(shelf.bundles.list, collection)
    return {"bundles": [asdict(bundle) for bundle in found]}


@router.delete("", response_model=BundleDeleted)
async def delete_bundle(
    request: Request,
    collection: Annotated[Collection, Query()],
    source: Annotated[str, Query(min_length=1, max_length=2000)],
) -> Json:
    """Delete all documents that came in an archive or from a site."""
    shelf: Shelf = request.app.state.desk.library
    return {"deleted": await run_sync(shelf.bundles.delete, collection, source)}
