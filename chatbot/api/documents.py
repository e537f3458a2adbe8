"""Documents: list, upload, read, delete."""

import hashlib
import json
from typing import Annotated, Final, cast

from anyio.to_thread import run_sync
from fastapi import APIRouter, File, Form, Query, Request, UploadFile
from fastapi.responses import Response

from chatbot.api.access import caller_of
from chatbot.api.document_shapes import DocumentsAnswer, DocumentShape, TextAnswer, UploadAnswer
from chatbot.api.idempotency import IdempotencyKey, scoped
from chatbot.api.page_query import Cursor, Limit
from chatbot.api.parts import Shelf
from chatbot.api.problems import caller_language
from chatbot.api.schemas import Collection
from chatbot.paging import page_of, place_of
from chatbot.serialise import Json, document_json
from knowledge.bundles import ARCHIVE_ENDING
from knowledge.documents import DEFAULT_COLLECTION, DocumentRecord

router = APIRouter(prefix="/api/v1/documents", tags=["documents"])

_PART_BYTES: Final = 1024 * 1024


def _shelf(request: Request) -> Shelf:
    shelf: Shelf = request.app.state.desk.library
    return shelf


@router.get("", response_model=DocumentsAnswer)
async def documents(
    request: Request,
    collection: Annotated[Collection | None, Query()] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Json:
    """Documents, of one collection or all, by name."""
    after = None if cursor is None else cast("tuple[str, str]", place_of(cursor, 2))
    found = await run_sync(_shelf(request).list, collection, after, limit + 1)
    page = page_of(found, limit, lambda record: (record.name, record.id))
    language = caller_language(request)
    return {"documents": [document_json(row, language) for row in page.rows], "next": page.next}


@router.post("", status_code=202, response_model=UploadAnswer)
async def upload(
    request: Request,
    key: IdempotencyKey,
    file: Annotated[UploadFile, File()],
    collection: Annotated[Collection, Form()] = DEFAULT_COLLECTION,
    source: Annotated[str | None, Form(max_length=1000)] = None,
) -> Json:
    """Take in a file; it can be found by keyword at once and by meaning when `state` is `ready`.

    The same `source` (the file's name when not given) replaces what it held. A `.jsonl` file is
    taken as ready passages, each a document, and a `.zip` file as the documents in it. Sent again,
    a file changes nothing; an `Idempotency-Key` also makes sure that the same was meant.
    """
    if key is not None:
        name = scoped("documents", caller_of(request).name, key)
        content = await run_sync(_content_hash, file, collection, source)
        await run_sync(request.app.state.desk.requests.note, name, content)
    records = await run_sync(_add, _shelf(request), file, collection, source)
    return {"documents": [document_json(record, caller_language(request)) for record in records]}


@router.get("/{document_id}", response_model=DocumentShape)
async def document(request: Request, document_id: str) -> Json:
    """One document."""
    record = await run_sync(_shelf(request).get, document_id)
    return document_json(record, caller_language(request))


@router.get("/{document_id}/text", response_model=TextAnswer)
async def text(request: Request, document_id: str) -> Json:
    """The text that was read from the document; positions of citations count in it."""
    loaded = await run_sync(_shelf(request).loaded_text, document_id)
    return {"title": loaded.title, "text": loaded.text, "warnings": list(loaded.warnings)}


@router.delete("/{document_id}", status_code=204)
async def delete(request: Request, document_id: str) -> Response:
    """Remove a document and everything derived from it."""
    await run_sync(_shelf(request).delete, document_id)
    return Response(status_code=204)


def _content_hash(file: UploadFile, collection: str, source: str | None) -> str:
    digest = hashlib.sha256(json.dumps([file.filename, collection, source]).encode())
    while part := file.file.read(_PART_BYTES):
        digest.update(part)
    file.file.seek(0)
    return digest.hexdigest()


def _add(
    shelf: Shelf, file: UploadFile, collection: str, source: str | None
) -> list[DocumentRecord]:
    name = _shown_name(file.filename or "")
    data = file.file.read()
    if name.lower().endswith(".jsonl"):
        return list(shelf.add_passages(name, data, collection=collection))
    if name.lower().endswith(ARCHIVE_ENDING):
        return list(shelf.add_archive(name, data, collection=collection, source=source or None))
    return [shelf.add_file(name, data, collection=collection, source=source or None)]


def _shown_name(name: str) -> str:
    """A name to show, which is never a path to anything: files are kept by their content's hash."""
    parts = name.replace("\\", "/").split("/")
    return "/".join(part for part in parts if part.strip() not in ("", ".", ".."))
