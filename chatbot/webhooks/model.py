"""Webhooks and their deliveries: values only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from chatbot.outbox import Happening
from knowledge.documents import Language

TEST: Final = "webhook.test"
"""The kind of a delivery that somebody asked for to see whether it arrives."""

State = Literal["waiting", "delivered", "failed"]


@dataclass(frozen=True, slots=True)
class Webhook:
    """An address that is told of `happenings`. One that is not active is told nothing."""

    url: str
    happenings: Sequence[Happening]
    description: str = ""
    active: bool = True
    id: str = ""
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """How far one message has come. `attempts` counts those made; `next_try_at` None: no more."""

    id: str
    kind: str
    state: State
    attempts: int
    last_status: int | None
    error: str
    error_zh: str
    next_try_at: datetime | None
    finished_at: datetime | None
    created_at: datetime

    def reason(self, language: Language) -> str:
        """What went wrong at the last attempt; empty when nothing did."""
        return self.error_zh if language is Language.CHINESE else self.error


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message that is to be sent now. `secrets` are the newest and, if there is one, the one before."""

    delivery_id: str
    webhook_id: str
    url: str
    body: bytes
    secrets: Sequence[str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an attempt. `status` None: no answer."""

    status: int | None = None
    error: str = ""
    error_zh: str = ""

    @property
    def delivered(self) -> bool:
        """Whether the receiver has it."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def gone(self) -> bool:
        """Whether the receiver wants no more, ever."""
        return self.status == 410
