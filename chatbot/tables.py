"""SQL tables of conversations."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, DateTime, ForeignKey, Index, String, Text, UniqueConstraint
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
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now)
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now, onupdate=now)

    __table_args__ = (Index("ix_conversations_updated_at", "updated_at"),)


class TurnRow(Base):
    __tablename__ = "turns"

    id: Mapped[str] = mapped_column(String(43), primary_key=True)
    conversation_id: Mapped[str] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE"), index=True
    )
    ordinal: Mapped[int]
    question: Mapped[str] = mapped_column(Text)
    route: Mapped[str] = mapped_column(String(16), index=True)
    generator_called: Mapped[bool]
    answer: Mapped[JsonObject] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now, index=True)

    __table_args__ = (UniqueConstraint("conversation_id", "ordinal"),)
