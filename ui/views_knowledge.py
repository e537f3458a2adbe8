"""Documents as the knowledge page shows them: filter, rows, progress and time left. Pure."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from knowledge.documents import DocumentRecord, DocumentState, Language
from knowledge.loading.progress import PageRead
from ui.render_admin import moment, number
from ui.texts import text

# Beside the states that a document has by itself: a person has switched it off.
OFF = "off"
_UNDER_WAY = (DocumentState.QUEUED, DocumentState.KEYWORD_READY, DocumentState.EMBEDDING)
_MINUTE = 60
# Below this many seconds of observation a time left would jump about.
_OBSERVED = 2.0


@dataclass(frozen=True, slots=True)
class DocumentFilter:
    """What the table is narrowed to; empty means all. The state may be `OFF`."""

    query: str = ""
    state: str = ""
    collection: str = ""


@dataclass(frozen=True, slots=True)
class Pace:
    """When a document was first seen under way, in seconds, and how many passages were in then."""

    since: float
    embedded: int


@dataclass(frozen=True, slots=True)
class Words:
    """How a page says things: its language, and the company's time zone."""

    language: Language
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """A line of the table. `percent` is None when nothing is under way."""

    id: str
    title: str
    name: str
    state: str
    state_text: str
    percent: int | None
    time_left: str
    collection: str
    passages: int
    size: int
    updated: str
    reason: str
    same_as: str
    enabled: bool
    edited: bool
    bundle: str


def filtered(documents: Sequence[DocumentRecord], wanted: DocumentFilter) -> list[DocumentRecord]:
    """The documents that pass `wanted`, in their order. Case does not matter."""
    words = wanted.query.casefold().split()
    return [
        document
        for document in documents
        if _is_in_state(document, wanted.state)
        and wanted.collection in ("", document.collection)
        and all(word in _searched(document) for word in words)
    ]


def _is_in_state(document: DocumentRecord, wanted: str) -> bool:
    return not document.enabled if wanted == OFF else wanted in ("", document.state)


def _searched(document: DocumentRecord) -> str:
    return f"{document.title}\n{document.name}\n{document.source}".casefold()


def newest_first(documents: Sequence[DocumentRecord]) -> list[DocumentRecord]:
    """What changed last comes first; names in order where that was at the same time."""
    by_name = sorted(documents, key=lambda document: document.name)
    return sorted(by_name, key=lambda document: document.updated_at, reverse=True)


def in_progress(documents: Sequence[DocumentRecord]) -> bool:
    """Whether any document is still on its way."""
    return any(document.state in _UNDER_WAY for document in documents)


def updated_pace(
    before: Mapping[str, Pace], documents: Sequence[DocumentRecord], now: float
) -> dict[str, Pace]:
    """The pace of every document whose passages are being embedded; the others are forgotten."""
    return {
        document.id: before.get(document.id, Pace(now, document.embedded))
        for document in documents
        if document.state is DocumentState.EMBEDDING
    }


def seconds_left(document: DocumentRecord, pace: Pace | None, now: float) -> float | None:
    """Seconds until the document is ready at its pace so far; None while that is not known."""
    if pace is None or now - pace.since < _OBSERVED or document.embedded <= pace.embedded:
        return None
    rate = (document.embedded - pace.embedded) / (now - pace.since)
    return (document.total - document.embedded) / rate


def state_text(document: DocumentRecord, language: Language) -> str:
    """The state in words."""
    if not document.enabled and document.state is DocumentState.READY:
        return text("admin_state_off", language)
    key = f"admin_state_{document.state}"
    if document.state is DocumentState.EMBEDDING:
        done, total = number(document.embedded), number(document.total)
        return text(key, language, embedded=done, total=total)
    return text(key, language)


def reason_text(document: DocumentRecord, language: Language) -> str:
    """Why the document failed; empty when it did not."""
    chinese = document.reason_zh if language is Language.CHINESE else None
    return chinese or document.reason or ""


def time_left_text(seconds: float | None, language: Language) -> str:
    """Seconds left as a person says it; empty when not known."""
    if seconds is None:
        return ""
    if seconds < _MINUTE:
        return text("admin_time_left_seconds", language, count=max(1, math.ceil(seconds)))
    return text("admin_time_left_minutes", language, count=math.ceil(seconds / _MINUTE))


def document_row(
    document: DocumentRecord,
    names: Mapping[str, str],
    pace: Pace | None,
    now: float,
    words: Words,
    reading: PageRead | None = None,
) -> DocumentRow:
    """The line of `document`. `names` are all documents' names by id; `reading` is the page
    that a scan is read at.
    """
    same = document.same_content_as
    return DocumentRow(
        id=document.id,
        title=document.title or document.name,
        name=document.name,
        state=document.state if document.enabled else OFF,
        state_text=reading_text(reading, words.language) or state_text(document, words.language),
        percent=_percent(document, reading),
        time_left=time_left_text(seconds_left(document, pace, now), words.language),
        collection=document.collection,
        passages=document.total,
        size=document.size_bytes,
        updated=_when(document.updated_at, words.zone),
        reason=reason_text(document, words.language),
        same_as=names.get(same, same) if same else "",
        enabled=document.enabled,
        edited=document.edited,
        bundle=bundle_name(document.bundle),
    )


def _when(moment_in_iso: str, zone: ZoneInfo) -> str:
    return moment(datetime.fromisoformat(moment_in_iso), zone) if moment_in_iso else ""


def reading_text(reading: PageRead | None, language: Language) -> str:
    """How far the pages of a scan are read; empty where none is."""
    if reading is None:
        return ""
    page, pages = number(reading.page), number(reading.pages)
    return text("admin_state_scan", language, page=page, pages=pages)


def _percent(document: DocumentRecord, reading: PageRead | None) -> int | None:
    if document.state not in _UNDER_WAY:
        return None
    if reading is not None:
        return 100 * (reading.page - reading.is_begun) // reading.pages
    if document.state is DocumentState.EMBEDDING and document.total:
        return 100 * document.embedded // document.total
    return 0


def bundle_name(bundle: str) -> str:
    """An archive's name without the folders before it; a site's address as it is."""
    is_address = bundle.startswith(("http://", "https://"))
    return bundle if is_address else bundle.replace("\\", "/").rpartition("/")[2]


def edited_sources(documents: Sequence[DocumentRecord]) -> str:
    """As JSON, by collection the sources of edited documents: an upload would replace the edits."""
    found: dict[str, list[str]] = {}
    for document in documents:
        if document.edited:
            found.setdefault(document.collection, []).append(document.source)
    return json.dumps(found, ensure_ascii=False)
