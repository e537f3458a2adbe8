"""Everything that the library and its background work read and write."""

import threading
from dataclasses import dataclass, field

from knowledge.embedding import Embedder
from knowledge.indexes.keyword import KeywordIndex
from knowledge.indexes.spans import SpanVectors
from knowledge.loading.kept import KeptPages
from knowledge.model_marks import ModelMarks
from knowledge.passages import PassageStore
from knowledge.priority import PriorityGate
from knowledge.reading_ahead import ReadingAhead
from knowledge.serving import Serving
from knowledge.store import DocumentStore


@dataclass(frozen=True, slots=True)
class Stores:
    """Whoever puts passages into indexes, or moves them between, holds `changing` meanwhile.

    `embedder` is the one that the settings name; `vectors` knows which is searched with.
    """

    documents: DocumentStore
    passages: PassageStore
    marks: ModelMarks
    keywords: KeywordIndex
    kept_pages: KeptPages
    vectors: Serving
    spans: SpanVectors
    embedder: Embedder
    gate: PriorityGate
    ahead: ReadingAhead | None
    changing: threading.Lock = field(default_factory=threading.Lock)
