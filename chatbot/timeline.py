"""A conversation as people read it: its turns, messages and events in one order."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, cast

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from chatbot.messages import Answer
from chatbot.records import answer_of
from chatbot.tables import FeedbackRow, MessageRow, TurnRow

EventName = Literal["waiting", "taken", "handed_back", "closed", "contact"]


@dataclass(frozen=True, slots=True)
class TurnEntry:
    """A question and the assistant's answer. `feedback` is 1, -1 or None."""

    ordinal: int
    id: str
    created_at: datetime
    question: str
    answer: Answer
    feedback: int | None = None


@dataclass(frozen=True, slots=True)
class MessageEntry:
    """Words of a person: the visitor's (no author) or an agent's."""

    ordinal: int
    id: str
    created_at: datetime
    author: str
    text: str
    by_agent: bool


@dataclass(frozen=True, slots=True)
class EventEntry:
    """Something that happened; `by` is the agent who did it, if one did."""

    ordinal: int
    id: str
    created_at: datetime
    event: EventName
    by: str = ""


Entry = TurnEntry | MessageEntry | EventEntry


class Timeline:
    """Reads entries. Ordinals grow within a conversation and are the cursor of every reader."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def entries(self, conversation_id: str, after: int = 0) -> list[Entry]:
        """What came after the entry `after`, oldest first; none for an unknown conversation."""
        with Session(self._engine) as session:
            found = [
                *_turns(session, conversation_id, after),
                *_messages(session, conversation_id, after),
            ]
        return sorted(found, key=lambda entry: entry.ordinal)


def _turns(session: Session, conversation_id: str, after: int) -> Sequence[Entry]:
    wanted = (
        select(TurnRow, FeedbackRow.rating)
        .outerjoin(FeedbackRow)
        .where(TurnRow.conversation_id == conversation_id, TurnRow.ordinal > after)
    )
    return [
        TurnEntry(row.ordinal, row.id, row.created_at, row.question, answer_of(row), rating)
        for row, rating in session.execute(wanted)
    ]


def _messages(session: Session, conversation_id: str, after: int) -> Sequence[Entry]:
    wanted = select(MessageRow).where(
        MessageRow.conversation_id == conversation_id, MessageRow.ordinal > after
    )
    return [_entry(row) for row in session.scalars(wanted)]


def _entry(row: MessageRow) -> Entry:
    common = row.ordinal, row.id, row.created_at
    if row.kind == "event":
        return EventEntry(*common, cast("EventName", row.data["event"]), row.author)
    return MessageEntry(*common, row.author, row.text, by_agent=row.kind == "agent")
