"""SQL tables of conversations and of what happens in them."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from knowledge.database import Base
from knowledge.tables import now

# JSON columns hold what `dataclasses.asdict` made; `conversations.py` gives the types back.
JsonObject = dict[str, Any]


class ConversationRow(Base):
    __tablename__ = "conversations"

    id: Mapped[str] = mapped_column(String(43), primary_key=True)
    visitor: Mapped[str] = mapped_column(String(128), default="")
    language: Mapped[str] = mapped_column(String(2))
    status: Mapped[str] = mapped_column(String(16), default="bot")
    slots: Mapped[JsonObject] = mapped_column(JSON, default=dict)
    pending_slot: Mapped[str | None] = mapped_column(String(64), default=None)
    pending_message: Mapped[str] = mapped_column(Text, default="")
    channel: Mapped[str] = mapped_column(String(16), default="chat")
    widget_id: Mapped[str] = mapped_column(String(43), default="", index=True)
    # Who holds it, by name: a member who is removed leaves their conversations readable.
    holder: Mapped[str] = mapped_column(String(64), default="")
    # The highest ordinal that a turn or a message of this conversation has.
    last_ordinal: Mapped[int] = mapped_column(default=0)
    refusals: Mapped[int] = mapped_column(default=0)
    contact: Mapped[JsonObject] = mapped_column(JSON, default=dict)
    waiting_since: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), default=None)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now)
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now, onupdate=now)

    __table_args__ = (
        Index("ix_conversations_updated_at", "updated_at"),
        Index("ix_conversations_status_updated_at", "status", "updated_at"),
        Index("ix_conversations_visitor", "visitor"),
    )


class TurnRow(Base):
    __tablename__ = "turns"

    id: Mapped[str] = mapped_column(String(43), primary_key=True)
    conversation_id: Mapped[str] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE"), index=True
    )
    ordinal: Mapped[int]
    question: Mapped[str] = mapped_column(Text)
    route: Mapped[str] = mapped_column(String(16), index=True)
    refused: Mapped[bool] = mapped_column(default=False, index=True)
    generator_called: Mapped[bool]
    answer: Mapped[JsonObject] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now, index=True)

    __table_args__ = (UniqueConstraint("conversation_id", "ordinal"),)


class MessageRow(Base):
    """What people write, and what happens, beside the turns.

    `kind` is `visitor`, `agent` or `event`; an event's name stands in `data`. Turns and
    messages of a conversation share its ordinals, which are the cursor of every reader.
    """

    __tablename__ = "messages"

    id: Mapped[str] = mapped_column(String(43), primary_key=True)
    conversation_id: Mapped[str] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE"), index=True
    )
    ordinal: Mapped[int]
    kind: Mapped[str] = mapped_column(String(16))
    author: Mapped[str] = mapped_column(String(64), default="")
    text: Mapped[str] = mapped_column(Text, default="")
    data: Mapped[JsonObject] = mapped_column(JSON, default=dict)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now)

    __table_args__ = (UniqueConstraint("conversation_id", "ordinal"),)


class FeedbackRow(Base):
    """A visitor's word on an answer: 1 or -1, the latest counts."""

    __tablename__ = "feedback"

    turn_id: Mapped[str] = mapped_column(
        ForeignKey("turns.id", ondelete="CASCADE"), primary_key=True
    )
    rating: Mapped[int]
    comment: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now, index=True)


class OutboxRow(Base):
    """Something that happened and that others may want to be told."""

    __tablename__ = "outbox"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    kind: Mapped[str] = mapped_column(String(32))
    data: Mapped[JsonObject] = mapped_column(JSON, default=dict)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now)
