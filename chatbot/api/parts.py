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
from knowledge.documents import DocumentRecord, LoadedText, Ranked
from knowledge.embedding import CountingEmbedder
from knowledge.rules.book import RuleBook


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


class Shelf(Protocol):
    """Keeps documents."""

    def add_file(
        self, name: str, data: bytes, *, collection: str, source: str | None = None
    ) -> DocumentRecord: ...

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


class Desk(Protocol):
    """Everything that the routes reach."""

    @property
    def settings(self) -> Settings: ...

    @property
    def dialogue(self) -> Dialogue: ...

    @property
    def library(self) -> Shelf: ...

    @property
    def retriever(self) -> Search: ...

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
    def embedder(self) -> CountingEmbedder: ...
