"""The shapes of documents and of what happens to them, as OpenAPI shows them."""

from typing import Annotated, Literal

from pydantic import Field

from chatbot.api.schemas import Collection, LanguageCode, PositionShape, Strict
from knowledge.documents import DEFAULT_COLLECTION
from knowledge.editing import MAX_PASSAGE_CHARACTERS

PassageId = Annotated[str, Field(min_length=1, max_length=1000)]


class DocumentShape(Strict):
    """A document as the store lists it.

    One that is not `enabled` is kept and not found. `bundle` is the archive or site that it came
    in, `given_language` what a person said; a later upload replaces what was `edited`.
    """

    id: str
    collection: str
    source: str
    name: str
    title: str
    language: LanguageCode
    state: Literal["queued", "keyword_ready", "embedding", "ready", "failed"]
    progress: str
    total: int
    embedded: int
    reason: str | None
    warnings: list[str]
    same_content_as: str | None
    size_bytes: int
    content_hash: str
    updated_at: str
    version: int
    enabled: bool
    edited: bool
    bundle: str | None
    url: str | None
    given_language: LanguageCode | None
    has_original: bool


class DocumentsAnswer(Strict):
    """Documents by name, and the cursor of those that follow."""

    documents: list[DocumentShape]
    next: str | None


class UploadAnswer(Strict):
    """What a file has become: one document, or many ready passages."""

    documents: list[DocumentShape]


class TextAnswer(Strict):
    """What was read from a document's file."""

    title: str
    text: str
    warnings: list[str]


class DocumentChange(Strict):
    """What to change; what is left out stays. "auto": the language is found out from the text."""

    enabled: bool | None = None
    language: Literal["en", "zh", "auto"] | None = None
    collection: Collection | None = None


class PassageShape(Strict):
    """A piece of a document that can be found and cited."""

    passage_id: str
    text: str
    position: PositionShape


class PassagesAnswer(Strict):
    """The passages of a document, in the order of its text."""

    passages: list[PassageShape]


class PassageText(Strict):
    """A passage's new text."""

    passage_id: PassageId
    # Twice what is kept, so that the error that names the limit can be given.
    text: Annotated[str, Field(max_length=2 * MAX_PASSAGE_CHARACTERS)]


class VersionShape(Strict):
    """A content that the document had. Its passages are those of the one `in_use`."""

    version: int
    name: str
    size_bytes: int
    content_hash: str
    at: str
    in_use: bool


class VersionsAnswer(Strict):
    """The contents that are kept, the newest first."""

    versions: list[VersionShape]


class BundleShape(Strict):
    """The documents that came together from `source`: an archive, or a site."""

    collection: str
    source: str
    documents: int
    failed: int
    size_bytes: int


class BundlesAnswer(Strict):
    """Archives and sites, by collection and source."""

    bundles: list[BundleShape]


class BundleDeleted(Strict):
    """How many documents were deleted."""

    deleted: int


class ExplainRequest(Strict):
    """A query, and the passage that it should find among the `k` best."""

    query: Annotated[str, Field(min_length=1, max_length=2000)]
    passage_id: PassageId
    k: Annotated[int, Field(ge=1, le=100)] = 10
    collection: Collection = DEFAULT_COLLECTION
    history: Annotated[list[str], Field(max_length=50)] = Field(default_factory=list[str])


class ExplainAnswer(Strict):
    """How far the passage came: `stage` is what ended its way, or "found".

    Ranks and `place` count from 1. `keyword_score` is null where it shares no word with the query,
    `similarity` while its vector is being made; a rank is null beyond the first 5,000.
    """

    stage: Literal[
        "found", "below_top_k", "duplicate", "below_candidates", "other_collection", "switched_off"
    ]
    reason: str
    passage: PassageShape
    document_id: str
    collection: str
    k: int
    candidates: int
    keyword_rank: int | None
    keyword_score: float | None
    dense_rank: int | None
    similarity: float | None
    place: int | None
    score: float | None
    duplicate_of: str | None
