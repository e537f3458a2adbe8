"""Conversations and their turns, kept in SQL."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, cast

from pydantic import TypeAdapter
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from chatbot.errors import ConversationNotFound
from chatbot.messages import Answer, Message
from chatbot.tables import ConversationRow, TurnRow
from knowledge.documents import Language
from knowledge.tables import now

Status = Literal["bot", "waiting"]

_ANSWERS = TypeAdapter(Answer)


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation as its next turn finds it.

    `status` is `waiting` once a person has been asked for. `slots` are the facts the
    visitor gave; `pending_slot` the one the last turn asked for, on account of
    `pending_message`.
    """

    id: str
    language: Language
    status: Status = "bot"
    slots: Mapping[str, object] = field(default_factory=dict[str, object])
    pending_slot: str | None = None
    pending_message: str = ""
    turn_count: int = 0


@dataclass(frozen=True, slots=True)
class SavedTurn:
    """A question and the answer it got."""

    question: str
    answer: Answer
    created_at: datetime


@dataclass(frozen=True, slots=True)
class TurnCounts:
    """How many turns took each route, and how many called the Transformer."""

    by_route: Mapping[str, int]
    generator_called: int

    @property
    def total(self) -> int:
        """All turns of the period."""
        return sum(self.by_route.values())


def new_id() -> str:
    """An identifier that cannot be guessed: 192 random bits."""
    return secrets.token_urlsafe(24)


class Conversations:
    """Reads and writes conversations. Every method is one transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def start(self, language: Language, visitor: str = "") -> Conversation:
        """A new conversation, which belongs to `visitor` when one is named."""
        conversation = Conversation(new_id(), language)
        with Session(self._engine) as session, session.begin():
            session.add(ConversationRow(id=conversation.id, visitor=visitor, language=language))
        return conversation

    def get(self, conversation_id: str, visitor: str | None = None) -> Conversation:
        """The conversation. `visitor` None asks as a member of the team.

        Raises `ConversationNotFound`, also for a conversation of another visitor.
        """
        with Session(self._engine) as session:
            row = session.get(ConversationRow, conversation_id)
            if row is None or (visitor is not None and row.visitor not in ("", visitor)):
                raise ConversationNotFound(conversation_id=conversation_id)
            count = session.scalar(
                select(func.count()).where(TurnRow.conversation_id == conversation_id)
            )
            return Conversation(
                id=row.id,
                language=Language(row.language),
                status=cast("Status", row.status),
                slots=row.slots,
                pending_slot=row.pending_slot,
                pending_message=row.pending_message,
                turn_count=count or 0,
            )

    def turns(self, conversation_id: str, last: int | None = None) -> list[SavedTurn]:
        """The turns, oldest first; only the `last` ones when given."""
        newest_first = (
            select(TurnRow)
            .where(TurnRow.conversation_id == conversation_id)
            .order_by(TurnRow.ordinal.desc())
            .limit(last)
        )
        with Session(self._engine) as session:
            rows = list(session.scalars(newest_first))
        return [
            SavedTurn(row.question, _ANSWERS.validate_python(row.answer), row.created_at)
            for row in reversed(rows)
        ]

    def history(self, conversation_id: str, last: int) -> tuple[Message, ...]:
        """What was said in the `last` turns, oldest first."""
        return tuple(
            message
            for turn in self.turns(conversation_id, last)
            for message in (Message("user", turn.question), Message("assistant", turn.answer.text))
        )

    def save(self, conversation: Conversation, question: str, answer: Answer) -> None:
        """Add a finished turn and what the conversation has become by it.

        Two turns that end at the same moment both get in, one after the other.
        """
        with Session(self._engine) as session, session.begin():
            row = session.get(ConversationRow, conversation.id, with_for_update=True)
            if row is None:
                raise ConversationNotFound(conversation_id=conversation.id)
            row.language = conversation.language
            row.status = conversation.status
            row.slots = dict(conversation.slots)
            row.pending_slot = conversation.pending_slot
            row.pending_message = conversation.pending_message
            row.updated_at = now()
            session.flush()  # takes SQLite's write lock before the next ordinal is read
            session.add(
                TurnRow(
                    id=answer.turn_id,
                    conversation_id=conversation.id,
                    ordinal=_next_ordinal(session, conversation.id),
                    question=question,
                    route=answer.route,
                    generator_called=answer.generator_called,
                    answer=_ANSWERS.dump_python(answer, mode="json"),
                )
            )

    def counts(self, since: datetime) -> TurnCounts:
        """The routes of all turns after `since`."""
        recent = TurnRow.created_at >= since
        by_route = select(TurnRow.route, func.count()).where(recent).group_by(TurnRow.route)
        called = select(func.count()).where(recent, TurnRow.generator_called)
        with Session(self._engine) as session:
            routes = {row[0]: row[1] for row in session.execute(by_route)}
            return TurnCounts(routes, session.scalar(called) or 0)

    def unanswered(self, limit: int) -> list[SavedTurn]:
        """The latest questions that were refused, newest first."""
        refused = (
            select(TurnRow)
            .where(TurnRow.route == "refuse")
            .order_by(TurnRow.created_at.desc())
            .limit(limit)
        )
        with Session(self._engine) as session:
            return [
                SavedTurn(row.question, _ANSWERS.validate_python(row.answer), row.created_at)
                for row in session.scalars(refused)
            ]


def _next_ordinal(session: Session, conversation_id: str) -> int:
    highest = session.scalar(
        select(func.max(TurnRow.ordinal)).where(TurnRow.conversation_id == conversation_id)
    )
    return 1 if highest is None else highest + 1
