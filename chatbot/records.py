"""Rows of conversations: locking one, adding to it, and giving its values their types back."""

from collections.abc import Mapping

from pydantic import TypeAdapter
from sqlalchemy import update
from sqlalchemy.orm import Session

from chatbot.errors import ConversationNotFound
from chatbot.messages import Answer
from chatbot.outbox import record
from chatbot.tables import ConversationRow, JsonObject, MessageRow, TurnRow
from knowledge.tables import now

_ANSWERS = TypeAdapter(Answer)


def answer_of(row: TurnRow) -> Answer:
    """The answer that a turn was saved with."""
    return _ANSWERS.validate_python(row.answer)


def answer_data(answer: Answer) -> JsonObject:
    """An answer as a turn keeps it."""
    return _ANSWERS.dump_python(answer, mode="json")


def lock(session: Session, conversation_id: str) -> ConversationRow:
    """The conversation, which nobody else changes until the transaction ends.

    Begins with a write, so that SQLite too reads what is true now. Raises `ConversationNotFound`.
    """
    mine = update(ConversationRow).where(ConversationRow.id == conversation_id)
    session.execute(mine.values(updated_at=now()))
    row = session.get(ConversationRow, conversation_id, populate_existing=True)
    if row is None:
        raise ConversationNotFound(conversation_id=conversation_id)
    return row


def next_ordinal(row: ConversationRow) -> int:
    """The place of the next turn or message of a locked conversation."""
    row.last_ordinal += 1
    return row.last_ordinal


def add_event(session: Session, row: ConversationRow, event: str, by: str, row_id: str) -> None:
    """Note in a locked conversation that something has happened."""
    session.add(
        MessageRow(
            id=row_id,
            conversation_id=row.id,
            ordinal=next_ordinal(row),
            kind="event",
            author=by,
            data={"event": event},
        )
    )


def call_person(session: Session, row: ConversationRow, reason: str, row_id: str) -> None:
    """Let a locked conversation that the assistant holds wait for a person."""
    if row.status not in ("bot", "closed"):
        return
    row.status = "waiting"
    row.waiting_since = now()
    add_event(session, row, "waiting", "", row_id)
    record(session, "conversation.waiting", {**about(row), "reason": reason})


def about(row: ConversationRow) -> Mapping[str, object]:
    """What those outside are told of a conversation; never its words."""
    return {
        "conversation_id": row.id,
        "channel": row.channel,
        "widget": row.widget_id,
        "language": row.language,
        "agent": row.holder,
    }
