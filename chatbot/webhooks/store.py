"""Webhooks in SQL."""

import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Final, cast

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from chatbot.accounts import load_secret
from chatbot.outbox import Happening
from chatbot.webhooks.errors import TooManyWebhooks, WebhookNotFound
from chatbot.webhooks.model import Webhook
from chatbot.webhooks.signing import derived_secret
from chatbot.webhooks.tables import WebhookRow
from knowledge.fetching import check_form
from knowledge.tables import in_utc

# Every happening is written out for each of them.
MOST_WEBHOOKS: Final = 50


class Webhooks:
    """Reads and writes webhooks. Every method is one transaction and safe in any thread."""

    def __init__(self, engine: Engine, secret: bytes) -> None:
        self._engine = engine
        self._secret = secret

    def list(self) -> Sequence[Webhook]:
        """All webhooks, oldest first."""
        oldest_first = select(WebhookRow).order_by(WebhookRow.created_at, WebhookRow.id)
        with Session(self._engine) as session:
            return [_webhook(row) for row in session.scalars(oldest_first)]

    def get(self, webhook_id: str) -> Webhook:
        """The webhook. Raises `WebhookNotFound`."""
        with Session(self._engine) as session:
            return _webhook(webhook_row(session, webhook_id))

    def add(self, webhook: Webhook) -> Webhook:
        """Keep a new webhook, which gets an id. Raises `AddressRefused` and `TooManyWebhooks`."""
        check_form(webhook.url)
        with Session(self._engine) as session, session.begin():
            if (session.scalar(select(func.count()).select_from(WebhookRow)) or 0) >= MOST_WEBHOOKS:
                raise TooManyWebhooks(most=MOST_WEBHOOKS)
            row = WebhookRow(id=secrets.token_hex(8))
            _write(row, webhook)
            session.add(row)
            session.flush()
            return _webhook(row)

    def change(self, webhook: Webhook) -> Webhook:
        """Replace the webhook of that id. Raises `WebhookNotFound` and `AddressRefused`."""
        check_form(webhook.url)
        with Session(self._engine) as session, session.begin():
            row = webhook_row(session, webhook.id)
            _write(row, webhook)
            return _webhook(row)

    def remove(self, webhook_id: str) -> None:
        """Delete the webhook and all that was to be sent to it. Raises `WebhookNotFound`."""
        with Session(self._engine) as session, session.begin():
            session.delete(webhook_row(session, webhook_id))

    def secret(self, webhook_id: str) -> str:
        """The secret its messages are signed with. Raises `WebhookNotFound`."""
        with Session(self._engine) as session:
            return self.secrets(webhook_row(session, webhook_id))[0]

    def rotate_secret(self, webhook_id: str) -> str:
        """Another secret. Until the next rotation messages are signed with the one before too.

        So a receiver changes over when it is ready. Raises `WebhookNotFound`.
        """
        with Session(self._engine) as session, session.begin():
            row = webhook_row(session, webhook_id)
            row.generation += 1
            return self.secrets(row)[0]

    def secrets(self, row: WebhookRow) -> Sequence[str]:
        """The secrets to sign with, the newest first."""
        generations = range(row.generation, max(0, row.generation - 2), -1)
        return [derived_secret(self._secret, row.id, number) for number in generations]


def open_webhooks(engine: Engine, data_dir: Path) -> Webhooks:
    """The webhooks in `engine`, whose secrets follow from that of the data folder."""
    return Webhooks(engine, load_secret(data_dir / "secret.key"))


def webhook_row(session: Session, webhook_id: str) -> WebhookRow:
    """The row of a webhook. Raises `WebhookNotFound`."""
    row = session.get(WebhookRow, webhook_id)
    if row is None:
        raise WebhookNotFound(webhook_id=webhook_id)
    return row


def _write(row: WebhookRow, webhook: Webhook) -> None:
    row.url = webhook.url
    row.happenings = list(dict.fromkeys(webhook.happenings))
    row.description = webhook.description
    row.active = webhook.active


def _webhook(row: WebhookRow) -> Webhook:
    return Webhook(
        url=row.url,
        happenings=cast("list[Happening]", row.happenings),
        description=row.description,
        active=row.active,
        id=row.id,
        created_at=in_utc(row.created_at),
    )
