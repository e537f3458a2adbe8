"""Documents, passages and rankings: values only."""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import reduce
from typing import Literal

DEFAULT_COLLECTION = "default"


class Language(StrEnum):
    """The languages AnswerDesk speaks. Mixed text is filed under its main one."""

    ENGLISH = "en"
    CHINESE = "zh"


class DocumentState(StrEnum):
    """Where a document is on its way into the indexes.

    `queued -> keyword_ready -> embedding -> ready`, or `failed` from anywhere.
    """

    QUEUED = "queued"
    KEYWORD_READY = "keyword_ready"
    EMBEDDING = "embedding"
    READY = "ready"
    FAILED = "failed"


PlaceKind = Literal["page", "slide", "sheet"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a reader finds something in the original: pages, slides, or rows of a sheet `[first, last]`.

    All count from 1. `name` is the sheet's.
    """

    kind: PlaceKind
    first: int
    last: int
    name: str = ""

    def through(self, other: "Place") -> "Place":
        """From here to `other`, as far as that is in the same sheet."""
        if (self.kind, self.name) != (other.kind, other.name):
            return self
        return replace(self, last=max(self.last, other.last))


@dataclass(frozen=True, slots=True)
class Mark:
    """From character `start` of a `LoadedText` on, the original's `place`; up to the next mark."""

    start: int
    place: Place


Marks = tuple[Mark, ...]


def _start(mark: Mark) -> int:
    return mark.start


def place_between(marks: Marks, start: int, end: int) -> Place | None:
    """Where characters `[start, end)` of a text with these marks stand in the original."""
    starts = [mark.start for mark in marks]
    first = bisect_right(starts, start) - 1
    if first < 0:
        return None
    last = max(first, bisect_left(starts, end) - 1)
    return reduce(Place.through, (mark.place for mark in marks[first : last + 1]))


@dataclass(frozen=True, slots=True)
class Position:
    """Where a passage stands in its document's text: characters `[start, end)`.

    `marks` are those of the text that reach into it.
    """

    start: int
    end: int
    headings: tuple[str, ...] = ()
    marks: Marks = ()

    @property
    def place(self) -> Place | None:
        """Where it stands in the original."""
        return place_between(self.marks, self.start, self.end)


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and the text under it, as a loader found them; `[start, end)` in `LoadedText.text`."""

    headings: tuple[str, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class LoadedText:
    """What a loader makes of a file: plain text, the sections that tile it, and marks in order.

    A format without pages, slides or rows has no marks.
    """

    title: str
    text: str
    sections: tuple[Section, ...]
    warnings: tuple[str, ...] = ()
    marks: Marks = ()

    def marks_in(self, start: int, end: int) -> Marks:
        """The marks that reach into characters `[start, end)`."""
        first = bisect_right(self.marks, start, key=_start)
        return self.marks[max(0, first - 1) : bisect_left(self.marks, end, key=_start)]


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a document that can be found and cited."""

    id: str
    document: str
    title: str
    text: str
    position: Position
    collection: str = DEFAULT_COLLECTION
    url: str | None = None
    document_id: str = ""

    @property
    def searchable_text(self) -> str:
        """The text to index: title and heading path, then the passage itself."""
        return f"{self.heading_path}\n{self.text}" if self.heading_path else self.text

    @property
    def heading_path(self) -> str:
        """Title and headings, outermost first; empty when it has none."""
        path = [self.title, *(h for h in self.position.headings if h != self.title)]
        return " > ".join(part for part in path if part)


@dataclass(frozen=True, slots=True)
class Ranked:
    """A passage with its place in a ranking.

    `score` is comparable only within one ranking. `keyword_rank` and `dense_rank`
    count from 1 and are None where that index did not return the passage;
    `keyword_score` is BM25 (higher is better), `similarity` the cosine in [-1, 1], and
    `span_similarity` that of the passage's span that is most like the query.
    """

    passage: Passage
    score: float
    keyword_rank: int | None = None
    dense_rank: int | None = None
    keyword_score: float | None = None
    similarity: float | None = None
    span_similarity: float | None = None


@dataclass(frozen=True, slots=True)
class DocumentRecord:
    """A document as the store lists it. `total` and `embedded` count its passages.

    A document that is not `enabled` is kept but not found. `bundle` is the source of the archive
    or site that it came in, `url` where it was fetched, `edited` whether a person changed its text.
    `given_language` is what a person said its language is; `has_original` whether its file is kept.
    """

    id: str
    collection: str
    source: str
    name: str
    title: str
    language: Language
    state: DocumentState
    content_hash: str
    size_bytes: int
    total: int = 0
    embedded: int = 0
    reason: str | None = None
    warnings: tuple[str, ...] = field(default=())
    same_content_as: str | None = None
    updated_at: str = ""
    reason_zh: str | None = None
    version: int = 1
    enabled: bool = True
    bundle: str = ""
    url: str | None = None
    edited: bool = False
    given_language: Language | None = None
    has_original: bool = True

    @property
    def progress(self) -> str:
        """The state as people read it, with `n/m` while passages are being embedded."""
        if self.state is DocumentState.EMBEDDING:
            return f"embedding {self.embedded}/{self.total}"
        return self.state.value
