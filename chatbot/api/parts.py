"""What the API needs of an assistant; `chatbot.assistant.Assistant` is one."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from chatbot.accounts import Accounts
from chatbot.cancellation import Cancellation
from chatbot.conversations import Conversations
from chatbot.handover import Handovers
from chatbot.idempotency import Requests
from chatbot.inbox import Inbox
from chatbot.messages import Question, ReplyEvent
from chatbot.settings import Settings
from chatbot.timeline import Timeline
from chatbot.webhooks.store import Webhooks
from chatbot.webhooks.worker import Courier
from chatbot.widgets.store import Widgets
from chatbot.widgets.visitors import Visitors
from knowledge.bundles import Bundle
from knowledge.curated.matcher import CuratedMatcher
from knowledge.curated.store import CuratedAnswers
from knowledge.documents import DocumentRecord, Language, LoadedText, Passage, Ranked
from knowledge.embedding import CountingEmbedder
from knowledge.explaining_search import Library as SearchedPassages
from knowledge.pools import PassagePool, Query
from knowledge.rewording import Reworded
from knowledge.rules.book import RuleBook
from knowledge.synonyms import SynonymFile
from knowledge.versions import ContentVersion
from knowledge.web.errands import FetchJob, Order


class Dialogue(Protocol):
    """Answers a question."""

    def respond(self, question: Question, cancellation: Cancellation) -> Iterator[ReplyEvent]:
        """What happens during one turn; `TurnFinished` comes last."""
        ...


class Search(Protocol):
    """Finds passages."""

    def search(
        self, query: str, collection: str, top_k: int, history: Sequence[str] = ()
    ) -> list[Ranked]:
        """At most `top_k` passages of `collection`, best first."""
        ...

    def pool(self, collection: str) -> PassagePool: ...

    def reword(self, query: Query, pool: PassagePool) -> Reworded: ...

    def search_pool(self, pool: PassagePool, query: Query, top_k: int) -> list[Ranked]: ...


class Upkeep(Protocol):
    """What a person does to documents that are there. Each raises `DocumentNotFound`."""

    def enable(self, document_id: str, *, enabled: bool) -> DocumentRecord: ...

    def say_language(self, document_id: str, language: Language | None) -> DocumentRecord: ...

    def move(self, document_id: str, collection: str) -> DocumentRecord: ...

    def edit_passage(self, document_id: str, passage_id: str, text: str) -> DocumentRecord: ...

    def versions(self, document_id: str) -> Sequence[ContentVersion]: ...

    def restore(self, document_id: str, version: int) -> DocumentRecord: ...

    def retry(self, document_id: str) -> DocumentRecord: ...


class Bundles(Protocol):
    """Documents that came together."""

    def list(self, collection: str | None = None) -> Sequence[Bundle]: ...

    def documents_of(self, collection: str, bundle: str) -> Sequence[DocumentRecord]: ...

    def delete(self, collection: str, bundle: str) -> int: ...


class Shelf(SearchedPassages, Protocol):
    """Keeps documents."""

    @property
    def upkeep(self) -> Upkeep: ...

    @property
    def bundles(self) -> Bundles: ...

    def add_file(
        self, name: str, data: bytes, *, collection: str, source: str | None = None
    ) -> DocumentRecord: ...

    def add_archive(
        self, name: str, data: bytes, *, collection: str, source: str | None = None
    ) -> Sequence[DocumentRecord]: ...

    def add_passages(
        self, name: str, data: bytes, *, collection: str
    ) -> Sequence[DocumentRecord]: ...

    def list(
        self,
        collection: str | None = None,
        after: tuple[str, str] | None = None,
        limit: int | None = None,
    ) -> Sequence[DocumentRecord]: ...

    def get(self, document_id: str) -> DocumentRecord: ...

    def delete(self, document_id: str) -> None: ...

    def loaded_text(self, document_id: str) -> LoadedText: ...

    def passages_of(self, document_id: str) -> Sequence[Passage]: ...

    def original(self, document_id: str) -> bytes: ...


class Fetching(Protocol):
    """Fetches pages and sites of the web in the background."""

    def start(self, order: Order) -> FetchJob: ...

    def get(self, job_id: str) -> FetchJob: ...

    def list(self) -> Sequence[FetchJob]: ...

    def stop(self, job_id: str) -> FetchJob: ...


class Desk(Protocol):
    """Everything that the routes reach."""

    @property
    def settings(self) -> Settings: ...

    @property
    def dialogue(self) -> Dialogue: ...

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
    def handovers(self) -> Handovers: ...

    @property
    def timeline(self) -> Timeline: ...

    @property
    def inbox(self) -> Inbox: ...

    @property
    def accounts(self) -> Accounts: ...

    @property
    def widgets(self) -> Widgets: ...

    @property
    def visitors(self) -> Visitors: ...

    @property
    def requests(self) -> Requests: ...

    @property
    def webhooks(self) -> Webhooks: ...

    @property
    def courier(self) -> Courier: ...

    @property
    def answers(self) -> CuratedAnswers: ...

    @property
    def curated(self) -> CuratedMatcher: ...

    @property
    def embedder(self) -> CountingEmbedder: ...
