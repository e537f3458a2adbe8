"""Documents, passages and rankings: values only."""

from dataclasses import dataclass, field
from enum import StrEnum

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


@dataclass(frozen=True, slots=True)
class Position:
    """Where a passage stands in its document's text: characters `[start, end)`."""

    start: int
    end: int
    headings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and the text under it, as a loader found them; `[start, end)` in `LoadedText.text`."""

    headings: tuple[str, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class LoadedText:
    """What a loader makes of a file: plain text and the sections that tile it."""

    title: str
    text: str
    sections: tuple[Section, ...]
    warnings: tuple[str, ...] = ()


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
    `keyword_score` is BM25 (higher is better), `similarity` the cosine in [-1, 1].
    """

    passage: Passage
    score: float
    keyword_rank: int | None = None
    dense_rank: int | None = None
    keyword_score: float | None = None
    similarity: float | None = None


@dataclass(frozen=True, slots=True)
class DocumentRecord:
    """A document as the store lists it. `total` and `embedded` count its passages."""

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

    @property
    def progress(self) -> str:
        """The state as people read it, with `n/m` while passages are being embedded."""
        if self.state is DocumentState.EMBEDDING:
            return f"embedding {self.embedded}/{self.total}"
        return self.state.value
