"""Webhooks on a database of their own."""

import contextlib
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine

from chatbot.conversations import Conversation, Conversations
from chatbot.outbox import Happening
from chatbot.webhooks.deliveries import Deliveries
from chatbot.webhooks.model import Delivery, Webhook
from chatbot.webhooks.store import Webhooks
from chatbot.webhooks.worker import Courier
from knowledge.database import Base, open_engine, sqlite_url
from knowledge.documents import Language


@dataclass
class Clock:
    """A moment that goes on when told to."""

    moment: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __call__(self) -> datetime:
        return self.moment

    def forward(self, **delta: float) -> None:
        self.moment += timedelta(**delta)


@dataclass(frozen=True)
class Office:
    """Where things happen, and those who tell of them."""

    engine: Engine
    conversations: Conversations
    webhooks: Webhooks
    deliveries: Deliveries

    def hook(self, url: str, *happenings: Happening) -> Webhook:
        """A webhook, by default for new conversations."""
        return self.webhooks.add(Webhook(url, happenings or ("conversation.started",)))

    def happen(self) -> Conversation:
        """Something: a conversation begins."""
        return self.conversations.start(Language.ENGLISH)

    def listed(self, hook: Webhook) -> Sequence[Delivery]:
        """The webhook's deliveries, the newest first."""
        return self.deliveries.page(hook.id, 100).rows


@contextlib.contextmanager
def open_office(folder: Path, clock: Clock | None = None) -> Generator[Office]:
    """An office that keeps its data in `folder`."""
    engine = open_engine(sqlite_url(folder / "answerdesk.db"))
    Base.metadata.create_all(engine)
    webhooks = Webhooks(engine, b"0" * 32)
    deliveries = Deliveries(engine, webhooks, clock) if clock else Deliveries(engine, webhooks)
    yield Office(engine, Conversations(engine), webhooks, deliveries)
    engine.dispose()


@contextlib.contextmanager
def at_work(office: Office, *, allow_private: bool = True) -> Generator[Courier]:
    """A courier that sends for the office during the block."""
    courier = Courier(office.deliveries, allow_private=allow_private)
    courier.start()
    try:
        yield courier
    finally:
        courier.close()
