"""SQL tables of webhooks and of what they are sent."""

from datetime import datetime

from sqlalchemy import JSON, DateTime, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from knowledge.database import Base
from knowledge.tables import now


class WebhookRow(Base):
    """`generation` counts the secrets it has had, none of which is kept."""

    __tablename__ = "webhooks"

    id: Mapped[str] = mapped_column(String(43), primary_key=True)
    url: Mapped[str] = mapped_column(Text)
    happenings: Mapped[list[str]] = mapped_column(JSON)
    description: Mapped[str] = mapped_column(Text, default="")
    active: Mapped[bool] = mapped_column(default=True)
    generation: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now)
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now, onupdate=now)


class DeliveryRow(Base):
    """One message for one webhook; `body` is sent byte for byte at every attempt.

    `state` is `waiting` (for `next_try_at`), `delivered` or `failed`.
    """

    __tablename__ = "webhook_deliveries"

    id: Mapped[str] = mapped_column(String(43), primary_key=True)
    webhook_id: Mapped[str] = mapped_column(ForeignKey("webhooks.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(32))
    body: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16), default="waiting")
    attempts: Mapped[int] = mapped_column(default=0)
    last_status: Mapped[int | None] = mapped_column(default=None)
    error: Mapped[str] = mapped_column(Text, default="")
    error_zh: Mapped[str] = mapped_column(Text, default="")
    next_try_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), default=None)
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), default=None)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now, index=True)

    __table_args__ = (
        Index("ix_webhook_deliveries_state_next_try_at", "state", "next_try_at"),
        Index("ix_webhook_deliveries_webhook_id_created_at", "webhook_id", "created_at"),
    )
