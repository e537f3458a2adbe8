"""What webhooks are to be sent, in SQL: it outlives the process that was to send it."""

import json
import random
import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, cast

from sqlalchemy import Engine, delete, func, select, tuple_
from sqlalchemy.orm import Session

from chatbot.paging import Page, moment_place, page_of
from chatbot.tables import OutboxRow
from chatbot.webhooks.model import TEST, Delivery, Outcome, Outgoing, State
from chatbot.webhooks.store import Webhooks, webhook_row
from chatbot.webhooks.tables import DeliveryRow, WebhookRow
from knowledge.tables import in_utc, now
from knowledge.transactions import writing

# Between the attempts: what is down for a moment is told soon, what is down for a night not lost.
DELAYS: Final = tuple(timedelta(seconds=s) for s in (5, 30, 120, 600, 3600, 6 * 3600))
KEPT: Final = timedelta(days=7)
_JITTER: Final = 0.2
_FANNED_OUT_AT_ONCE: Final = 100


class Deliveries:
    """Reads and writes deliveries. Every method is one transaction and safe in any thread."""

    def __init__(
        self, engine: Engine, webhooks: Webhooks, clock: Callable[[], datetime] = now
    ) -> None:
        self._engine = engine
        self._webhooks = webhooks
        self.clock = clock

    def fan_out(self) -> int:
        """Make deliveries of what happened, for the active webhooks that want it; how much there was."""
        with Session(self._engine) as session:  # a look costs nothing, a write would lock
            if session.scalar(select(OutboxRow.id).limit(1)) is None:
                return 0
        with writing(self._engine) as session:
            oldest = select(OutboxRow).order_by(OutboxRow.id).limit(_FANNED_OUT_AT_ONCE)
            happened = list(session.scalars(oldest.with_for_update(skip_locked=True)))
            hooks = list(session.scalars(select(WebhookRow).where(WebhookRow.active)))
            for row in happened:
                body = _body(row.kind, in_utc(row.created_at), row.data)
                for hook in hooks:
                    if row.kind in hook.happenings:
                        session.add(self._new(hook.id, row.kind, body, self.clock()))
                session.delete(row)
        return len(happened)

    def due(self, under_way: Collection[str], each: int) -> Sequence[Outgoing]:
        """What is to be sent now, but for what is `under_way`: at most `each` for one webhook."""
        place = func.row_number().over(
            partition_by=DeliveryRow.webhook_id,
            order_by=(DeliveryRow.next_try_at, DeliveryRow.id),
        )
        # Those under way come first among their webhook's, and so count.
        ranked = (
            select(DeliveryRow.id, place.label("place"))
            .where(DeliveryRow.state == "waiting", DeliveryRow.next_try_at <= self.clock())
            .subquery()
        )
        wanted = (
            select(DeliveryRow, WebhookRow)
            .join(ranked, ranked.c.id == DeliveryRow.id)
            .join(WebhookRow, WebhookRow.id == DeliveryRow.webhook_id)
            .where(ranked.c.place <= each, WebhookRow.active)
            .order_by(DeliveryRow.next_try_at, DeliveryRow.id)
        )
        with Session(self._engine) as session:
            return [
                self._outgoing(row, hook)
                for row, hook in session.execute(wanted)
                if row.id not in under_way
            ]

    def new_test(self, webhook_id: str) -> Outgoing:
        """A message that nobody but the caller sends. Raises `WebhookNotFound`."""
        with Session(self._engine, expire_on_commit=False) as session, session.begin():
            hook = webhook_row(session, webhook_id)
            body = _body(TEST, self.clock(), {"webhook_id": webhook_id})
            row = self._new(webhook_id, TEST, body, None)
            session.add(row)
            session.flush()
            return self._outgoing(row, hook)

    def finish(self, delivery_id: str, outcome: Outcome) -> Delivery | None:
        """Note what came of an attempt, and when the next one is; None when it was deleted meanwhile.

        A receiver that wants no more has its webhook switched off.
        """
        with writing(self._engine) as session:
            row = session.get(DeliveryRow, delivery_id)
            if row is None:
                return None
            row.attempts += 1
            row.last_status = outcome.status
            row.error, row.error_zh = outcome.error, outcome.error_zh
            delay = self._delay(row, outcome)
            if delay is None:
                row.state = "delivered" if outcome.delivered else "failed"
                row.finished_at = self.clock()
            row.next_try_at = None if delay is None else self.clock() + delay
            if outcome.gone:
                webhook_row(session, row.webhook_id).active = False
            return _delivery(row)

    def page(self, webhook_id: str, limit: int, cursor: str | None = None) -> Page[Delivery]:
        """The webhook's deliveries, the newest first. Raises `WebhookNotFound`, `InvalidCursor`."""
        newest_first = (
            select(DeliveryRow)
            .where(DeliveryRow.webhook_id == webhook_id)
            .order_by(DeliveryRow.created_at.desc(), DeliveryRow.id.desc())
        )
        if cursor is not None:
            place = tuple_(DeliveryRow.created_at, DeliveryRow.id)
            newest_first = newest_first.where(place < moment_place(cursor))
        with Session(self._engine) as session:
            webhook_row(session, webhook_id)
            found = [_delivery(row) for row in session.scalars(newest_first.limit(limit + 1))]
        return page_of(found, limit, lambda item: (item.created_at.isoformat(), item.id))

    def prune(self) -> int:
        """Forget what is over, or was never sent, since `KEPT`; how many there were."""
        last = func.coalesce(DeliveryRow.finished_at, DeliveryRow.created_at)
        old = delete(DeliveryRow).where(last < self.clock() - KEPT)
        with Session(self._engine) as session, session.begin():
            return len(session.scalars(old.returning(DeliveryRow.id)).all())

    def _new(self, webhook_id: str, kind: str, body: str, at: datetime | None) -> DeliveryRow:
        return DeliveryRow(
            id=f"msg_{secrets.token_urlsafe(16)}",
            webhook_id=webhook_id,
            kind=kind,
            body=body,
            state="waiting",
            attempts=0,
            next_try_at=at,
            created_at=self.clock(),
        )

    def _outgoing(self, row: DeliveryRow, hook: WebhookRow) -> Outgoing:
        body = row.body.encode("utf-8", "surrogatepass")
        return Outgoing(row.id, hook.id, hook.url, body, self._webhooks.secrets(hook))

    def _delay(self, row: DeliveryRow, outcome: Outcome) -> timedelta | None:
        """How long to wait before the next attempt; None when there is to be none."""
        over = outcome.delivered or outcome.gone or row.kind == TEST
        if over or row.attempts > len(DELAYS):
            return None
        spread = 1 + random.uniform(-_JITTER, _JITTER)  # noqa: S311 -- spreads load, hides nothing
        return DELAYS[row.attempts - 1] * spread


def _body(kind: str, moment: datetime, data: Mapping[str, object]) -> str:
    message = {"type": kind, "timestamp": moment.isoformat(), "data": data}
    return json.dumps(message, separators=(",", ":"))


def _delivery(row: DeliveryRow) -> Delivery:
    return Delivery(
        id=row.id,
        kind=row.kind,
        state=cast("State", row.state),
        attempts=row.attempts,
        last_status=row.last_status,
        error=row.error,
        error_zh=row.error_zh,
        next_try_at=in_utc(row.next_try_at) if row.next_try_at else None,
        finished_at=in_utc(row.finished_at) if row.finished_at else None,
        created_at=in_utc(row.created_at),
    )
