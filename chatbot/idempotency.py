"""Which requests were carried out already, by the keys that clients gave them."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import DateTime, Engine, String, delete
from sqlalchemy.orm import Mapped, mapped_column

from chatbot.errors import IdempotencyKeyReused
from knowledge.database import Base
from knowledge.tables import now
from knowledge.transactions import writing

KEPT: Final = timedelta(hours=24)


class RequestRow(Base):
    """`name` says whose key it is and which, and `content_hash` what was asked with it."""

    __tablename__ = "requests"

    name: Mapped[str] = mapped_column(String(43), primary_key=True)
    content_hash: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now, index=True)


class Requests:
    """Remembers requests for `KEPT`."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime] = now) -> None:
        self._engine = engine
        self._clock = clock

    def note(self, name: str, content_hash: str) -> None:
        """Remember what is asked by `name`. Raises `IdempotencyKeyReused` if that was something else."""
        with writing(self._engine) as session:
            moment = self._clock()
            session.execute(delete(RequestRow).where(RequestRow.created_at < moment - KEPT))
            known = session.get(RequestRow, name)
            if known is None:
                row = RequestRow(name=name, content_hash=content_hash, created_at=moment)
                session.add(row)
            elif known.content_hash != content_hash:
                raise IdempotencyKeyReused
