"""One document as its sheet shows it: the text around a place, passages, versions. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from chatbot.places import place_text
from knowledge.documents import DocumentRecord, Language, Passage, Place, place_between
from knowledge.versions import ContentVersion
from ui.render_admin import moment
from ui.views_knowledge import Words

# Of the text, as much as a page scrolls smoothly.
TEXT_CHARACTERS = 60_000
# Of that, this much before the place that was asked for.
_BEFORE = 6_000
PASSAGES_AT_ONCE = 100

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class TextWindow:
    """Part of a document's text: what stands before the marked words, they, and what follows."""

    before: str
    marked: str
    after: str
    first: int
    last: int
    total: int


@dataclass(frozen=True, slots=True)
class PassageView:
    """A passage of an opened document, numbered from 1; `where` is its page, slide or row."""

    number: int
    id: str
    headings: str
    where: str
    text: str
    original: str


@dataclass(frozen=True, slots=True)
class PassagesView:
    """As many passages as are shown at once; `earlier` and `later` name those that lead on."""

    shown: Sequence[PassageView]
    count: int
    earlier: str
    later: str


@dataclass(frozen=True, slots=True)
class VersionView:
    """A content that a document had."""

    version: int
    name: str
    size: int
    when: str
    in_use: bool


def place_link(document_id: str, passage_id: str, span: Span) -> str:
    """What opens the document over the page, with these characters marked; empty without one."""
    if not document_id:
        return ""
    return (
        f"#knowledge/{quote(document_id, safe='')}/{quote(passage_id, safe='')}/{span[0]}-{span[1]}"
    )


def span_of(written: str) -> Span | None:
    """The span that a link names; None when it names none."""
    first, _, last = written.partition("-")
    numbers = [part for part in (first, last) if part.isascii() and part.isdigit()]
    if len(numbers) != 2 or max(map(len, numbers)) > 9:
        return None
    start, end = map(int, numbers)
    return (start, end) if start < end else None


def marked_span(passages: Sequence[Passage], passage_id: str, span: Span | None) -> Span | None:
    """What to mark: the span where it still is in that passage, else the passage."""
    position = next((p.position for p in passages if p.id == passage_id), None)
    if position is None:
        return None
    if span is not None and position.start <= span[0] and span[1] <= position.end:
        return span
    return position.start, position.end


def marked_place(passages: Sequence[Passage], passage_id: str, marked: Span | None) -> Place | None:
    """On which page, slide or row of the original the marked characters of that passage stand."""
    position = next((p.position for p in passages if p.id == passage_id), None)
    if position is None or marked is None:
        return None
    return place_between(position.marks, *marked)


def text_window(text: str, marked: Span | None) -> TextWindow:
    """As much of `text` as is shown, with the marked characters in it."""
    start, end = marked or (0, 0)
    first = max(0, min(start - _BEFORE, len(text) - TEXT_CHARACTERS))
    last = min(len(text), first + TEXT_CHARACTERS)
    return TextWindow(text[first:start], text[start:end], text[end:last], first, last, len(text))


def original_url(document: DocumentRecord, place: Place | None) -> str:
    """Where the team gets the document's file, at the page of `place`; empty without a file."""
    if not document.has_original:
        return ""
    at_page = place is not None and place.kind == "page"
    page = f"#page={place.first}" if place and at_page and _is_pdf(document) else ""
    return f"/api/v1/documents/{document.id}/original{page}"


def passages_view(
    document: DocumentRecord, passages: Sequence[Passage], wanted: str, language: Language
) -> PassagesView:
    """The passages around the one of the id `wanted`, or the first."""
    at = next((index for index, p in enumerate(passages) if p.id == wanted), 0)
    first = at - at % PASSAGES_AT_ONCE
    some = passages[first : first + PASSAGES_AT_ONCE]
    later = first + PASSAGES_AT_ONCE
    return PassagesView(
        shown=[
            _passage_view(document, number, passage, language)
            for number, passage in enumerate(some, first + 1)
        ],
        count=len(passages),
        earlier=passages[first - PASSAGES_AT_ONCE].id if first else "",
        later=passages[later].id if later < len(passages) else "",
    )


def version_views(versions: Sequence[ContentVersion], words: Words) -> list[VersionView]:
    """The contents of a document, the newest first."""
    return [
        VersionView(v.version, v.name, v.size_bytes, moment(v.at, words.zone), v.in_use)
        for v in versions
    ]


def _passage_view(
    document: DocumentRecord, number: int, passage: Passage, language: Language
) -> PassageView:
    headings = [h for h in passage.position.headings if h != document.title]
    place = passage.position.place
    return PassageView(
        number=number,
        id=passage.id,
        headings=" › ".join(headings),
        where=place_text(place, language),
        text=passage.text,
        original=original_url(document, place) if _is_pdf(document) else "",
    )


def _is_pdf(document: DocumentRecord) -> bool:
    return document.name.lower().endswith(".pdf")
