"""SQL tables of widgets and of their visitors."""

from datetime import datetime

from sqlalchemy import JSON, DateTime, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from chatbot.tables import JsonObject
from knowledge.database import Base
from knowledge.tables import now


class WidgetRow(Base):
    """`settings` is the `Widget`; `generation` counts the identity secrets it has had."""

    __tablename__ = "widgets"

    id: Mapped[str] = mapped_column(String(43), primary_key=True)
    settings: Mapped[JsonObject] = mapped_column(JSON)
    generation: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now)
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now, onupdate=now)


class WidgetVisitorRow(Base):
    """A live ticket. `id_hash` is the SHA-256 of its id: a copy of the table opens nothing."""

    __tablename__ = "widget_visitors"

    id_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    widget_id: Mapped[str] = mapped_column(ForeignKey("widgets.id", ondelete="CASCADE"), index=True)
    visitor: Mapped[str] = mapped_column(String(128), index=True)
    identified: Mapped[bool] = mapped_column(default=False)
    name: Mapped[str] = mapped_column(String(200), default="")
    email: Mapped[str] = mapped_column(String(320), default="")
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now)
    seen_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now, index=True)


class WidgetThreadRow(Base):
    """The conversation that a visitor is in now."""

    __tablename__ = "widget_threads"

    visitor: Mapped[str] = mapped_column(String(128), primary_key=True)
    conversation_id: Mapped[str] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE"), index=True
    )


class WidgetIdentityRow(Base):
    """A site's statement about a visitor that was used, and by which ticket, until it expires."""

    __tablename__ = "widget_identities"

    id_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    used_by: Mapped[str] = mapped_column(String(64))
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)
