"""What the admin needs of an assistant; `chatbot.assistant.Assistant` is one."""

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol

from chatbot.api.parts import Bundles, Fetching, Search, Upkeep
from chatbot.conversations import Conversations
from chatbot.inbox import Inbox
from chatbot.recognising import IntentRecogniser
from chatbot.settings import Settings
from chatbot.timeline import Timeline
from chatbot.widgets.store import Widgets
from knowledge.curated.matcher import CuratedMatcher
from knowledge.curated.store import CuratedAnswers
from knowledge.documents import DocumentRecord, LoadedText, Passage
from knowledge.embedding import Embedder
from knowledge.explaining_search import Library as SearchedPassages
from knowledge.loading.progress import PageRead
from knowledge.model_marks import SwapProgress
from knowledge.rules.book import RuleBook
from knowledge.synonyms import SynonymFile


class Shelf(SearchedPassages, Protocol):
    """The documents. Files come in through the API, not through here."""

    @property
    def upkeep(self) -> Upkeep: ...

    @property
    def bundles(self) -> Bundles: ...

    def swap_progress(self) -> SwapProgress | None: ...

    def reading(self) -> Mapping[str, PageRead | None]:
        """Scans that are being read, by their document's id: the page, None for those that wait."""
        ...

    def list(self, collection: str | None = None) -> Sequence[DocumentRecord]: ...

    def get(self, document_id: str) -> DocumentRecord:
        """Raises `DocumentNotFound`, as do the others."""
        ...

    def delete(self, document_id: str) -> None: ...

    def loaded_text(self, document_id: str) -> LoadedText: ...

    def passages_of(self, document_id: str) -> Sequence[Passage]:
        """The passages of a document, in the order of its text."""
        ...


class Engine(Protocol):
    """The language model that is loaded, or will be."""

    @property
    def name(self) -> str: ...

    @property
    def state(self) -> Literal["idle", "loading", "ready", "failed"]: ...


class Assistant(Protocol):
    """Everything that the admin pages reach."""

    @property
    def settings(self) -> Settings: ...

    @property
    def library(self) -> Shelf: ...

    @property
    def web(self) -> Fetching: ...

    @property
    def retriever(self) -> Search: ...

    @property
    def synonyms(self) -> SynonymFile: ...

    @property
    def rules(self) -> RuleBook: ...

    @property
    def conversations(self) -> Conversations: ...

    @property
    def inbox(self) -> Inbox: ...

    @property
    def timeline(self) -> Timeline: ...

    @property
    def widgets(self) -> Widgets: ...

    @property
    def answers(self) -> CuratedAnswers: ...

    @property
    def curated(self) -> CuratedMatcher: ...

    @property
    def embedder(self) -> Embedder: ...

    @property
    def recogniser(self) -> IntentRecogniser: ...

    @property
    def generator(self) -> Engine | None:
        """None when answers are made without a language model."""
        ...
