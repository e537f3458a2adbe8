"""What happened, written in the transaction in which it happened, for those who want to be told."""

from collections.abc import Mapping
from typing import Final, Literal, get_args

from sqlalchemy.orm import Session

from chatbot.tables import OutboxRow
from knowledge.documents import DocumentRecord

Happening = Literal[
    "conversation.started",
    "conversation.waiting",
    "conversation.taken",
    "conversation.closed",
    "feedback.given",
    "question.unanswered",
    "document.failed",
]
HAPPENINGS: Final[tuple[Happening, ...]] = get_args(Happening)


def record(session: Session, kind: Happening, data: Mapping[str, object]) -> None:
    """Add to the outbox; it is there if, and only if, the transaction is committed."""
    session.add(OutboxRow(kind=kind, data=dict(data)))


def record_failure(session: Session, document: DocumentRecord) -> None:
    """Add that a document could not be taken in."""
    about = {"document_id": document.id, "name": document.name, "collection": document.collection}
    record(session, "document.failed", {**about, "reason": document.reason})
