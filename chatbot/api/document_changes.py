"""What happens to documents after they came in: off and on, moved, edited, restored; and the original."""

from dataclasses import asdict
from typing import Final, cast
from urllib.parse import quote

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from fastapi.responses import Response

from chatbot.api.document_shapes import (
    DocumentChange,
    DocumentShape,
    PassagesAnswer,
    PassageText,
    VersionsAnswer,
)
from chatbot.api.parts import Shelf
from chatbot.api.problems import caller_language
from chatbot.serialise import Json, document_json, passage_json, utc_json
from knowledge.document_errors import VersionNotFound
from knowledge.documents import DocumentRecord, Language
from knowledge.versions import ContentVersion

router = APIRouter(prefix="/api/v1/documents", tags=["documents"])

# As many digits as any SQL database takes.
_VERSION_DIGITS: Final = 9


def _shelf(request: Request) -> Shelf:
    shelf: Shelf = request.app.state.desk.library
    return shelf


@router.patch("/{document_id}", response_model=DocumentShape)
async def change(request: Request, document_id: str, body: DocumentChange) -> Json:
    """Switch a document off or on, say its language, or move it to another collection.

    A document that is off is found by no search from then on; nothing of it is lost. A moved one
    keeps its id, and leaves its bundle.
    """
    record = await run_sync(_change, _shelf(request), document_id, body)
    return document_json(record, caller_language(request))


@router.post("/{document_id}/retry", status_code=202, response_model=DocumentShape)
async def retry(request: Request, document_id: str) -> Json:
    """Try again what failed; a document that did not is left as it is."""
    record = await run_sync(_shelf(request).upkeep.retry, document_id)
    return document_json(record, caller_language(request))


@router.get("/{document_id}/passages", response_model=PassagesAnswer)
async def passages(request: Request, document_id: str) -> Json:
    """The pieces that the document was cut into, which answers are quoted from."""
    found = await run_sync(_shelf(request).passages_of, document_id)
    return {"passages": [passage_json(passage) for passage in found]}


@router.put("/{document_id}/passages", response_model=DocumentShape)
async def edit(request: Request, document_id: str, body: PassageText) -> Json:
    """Give a passage another text. A later upload of the document's file replaces it."""
    shelf = _shelf(request)
    record = await run_sync(shelf.upkeep.edit_passage, document_id, body.passage_id, body.text)
    return document_json(record, caller_language(request))


@router.get("/{document_id}/versions", response_model=VersionsAnswer)
async def versions(request: Request, document_id: str) -> Json:
    """The last contents of the document, the present one among them; ready passages have none."""
    found = await run_sync(_shelf(request).upkeep.versions, document_id)
    return {"versions": [_version_json(version) for version in found]}


@router.post(
    "/{document_id}/versions/{version}/restore", status_code=202, response_model=DocumentShape
)
async def restore(request: Request, document_id: str, version: str) -> Json:
    """Take an earlier content in again. What was edited by hand is lost."""
    if not (version.isascii() and version.isdigit() and len(version) <= _VERSION_DIGITS):
        raise VersionNotFound(document_id=document_id, version=version)
    record = await run_sync(_shelf(request).upkeep.restore, document_id, int(version))
    return document_json(record, caller_language(request))


@router.get(
    "/{document_id}/original",
    response_class=Response,
    responses={200: {"content": {"application/octet-stream": {}}}},
)
async def original(request: Request, document_id: str) -> Response:
    """The file that the document came as, to be saved: it is never shown by this site.

    For the team only; visitors are shown what was quoted.
    """
    shelf = _shelf(request)
    record = await run_sync(shelf.get, document_id)
    data = await run_sync(shelf.original, document_id)
    name = quote(record.name.rpartition("/")[2], safe="")
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{name}",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    return Response(data, media_type=_media_type(record), headers=headers)


def _media_type(record: DocumentRecord) -> str:
    """What a PDF reader needs to be told; everything else is bytes."""
    is_pdf = record.name.lower().endswith(".pdf")
    return "application/pdf" if is_pdf else "application/octet-stream"


def _change(shelf: Shelf, document_id: str, body: DocumentChange) -> DocumentRecord:
    record = shelf.get(document_id)
    if body.collection is not None:  # the only one that may be refused
        record = shelf.upkeep.move(document_id, body.collection)
    if body.language is not None:
        language = None if body.language == "auto" else Language(body.language)
        record = shelf.upkeep.say_language(document_id, language)
    if body.enabled is not None:
        record = shelf.upkeep.enable(document_id, enabled=body.enabled)
    return record


def _version_json(version: ContentVersion) -> Json:
    return {**cast("Json", asdict(version)), "at": utc_json(version.at)}
