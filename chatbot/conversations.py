"""Conversations and their turns, kept in SQL."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, assert_never, cast

from sqlalchemy import Engine, delete, func, select, tuple_
from sqlalchemy.orm import Session

from chatbot.bulletin import Bulletin
from chatbot.errors import ConversationNotFound, TurnNotFound
from chatbot.messages import Answer, Channel, Message
from chatbot.outbox import record
from chatbot.paging import Page, moment_place, page_of
from chatbot.records import about, answer_data, answer_of, call_person, lock, next_ordinal
from chatbot.tables import ConversationRow, FeedbackRow, MessageRow, TurnRow
from chatbot.timeline import Entry, EventEntry, MessageEntry, Timeline, TurnEntry
from knowledge.documents import Language
from knowledge.tables import in_utc
from knowledge.transactions import writing

Status = Literal["bot", "waiting", "person", "closed"]


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation as its next turn finds it.

    `status` is `waiting` once a person has been asked for, `person` while `holder` has it
    in hand, and `closed` until the visitor writes again. `slots` are the facts the visitor
    gave; `pending_slot` the one the last turn asked for, on account of `pending_message`.
    `refusals` counts the turns refused in a row, `last_ordinal` turns and messages.
    """

    id: str
    language: Language
    status: Status = "bot"
    slots: Mapping[str, object] = field(default_factory=dict[str, object])
    pending_slot: str | None = None
    pending_message: str = ""
    turn_count: int = 0
    holder: str = ""
    refusals: int = 0
    last_ordinal: int = 0


@dataclass(frozen=True, slots=True)
class SavedTurn:
    """A question and the answer it got."""

    question: str
    answer: Answer
    created_at: datetime


@dataclass(frozen=True, slots=True)
class RatedTurn:
    """What a visitor thinks of an answer, 1 or -1, and since when."""

    rating: int
    comment: str
    at: datetime
    turn: SavedTurn


@dataclass(frozen=True, slots=True)
class TurnCounts:
    """How many turns took each route, called the Transformer, and were left unanswered.

    A question that is passed on to a person because nothing answers it is unanswered too.
    """

    by_route: Mapping[str, int]
    generator_called: int
    refused: int

    @property
    def total(self) -> int:
        """All turns of the period."""
        return sum(self.by_route.values())


def new_id() -> str:
    """An identifier that cannot be guessed: 192 random bits."""
    return secrets.token_urlsafe(24)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a conversation comes from: whose it is, and through which door they came."""

    visitor: str = ""
    channel: Channel = "chat"
    widget: str = ""


class Conversations:
    """Reads and writes conversations. Every method is one transaction; what changes is posted."""

    def __init__(self, engine: Engine, bulletin: Bulletin | None = None) -> None:
        self._engine = engine
        self.bulletin = bulletin or Bulletin()

    def start(self, language: Language, origin: Origin | None = None) -> Conversation:
        """A new conversation, which belongs to the visitor of `origin` when one is named."""
        origin = origin or Origin()
        conversation = Conversation(new_id(), language)
        row = ConversationRow(
            id=conversation.id,
            visitor=origin.visitor,
            language=language,
            channel=origin.channel,
            widget_id=origin.widget,
        )
        with Session(self._engine) as session, session.begin():
            session.add(row)
            session.flush()
            record(session, "conversation.started", about(row))
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
                holder=row.holder,
                refusals=row.refusals,
                last_ordinal=row.last_ordinal,
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
        return [_saved(row) for row in reversed(rows)]

    def turn(self, turn_id: str) -> SavedTurn | None:
        """The turn of that id, if it was saved."""
        with Session(self._engine) as session:
            row = session.get(TurnRow, turn_id)
            return _saved(row) if row else None

    def message(self, message_id: str) -> tuple[str, str] | None:
        """The conversation's id and the words of a visitor's message to a person, if it was kept."""
        with Session(self._engine) as session:
            row = session.get(MessageRow, message_id)
            return (row.conversation_id, row.text) if row and row.kind == "visitor" else None

    def history(self, conversation: Conversation, last: int) -> tuple[Message, ...]:
        """What was said in the `last` turns and messages, oldest first."""
        entries = Timeline(self._engine).entries(conversation.id, conversation.last_ordinal - last)
        return tuple(message for entry in entries for message in _said(entry))

    def save(self, conversation: Conversation, question: str, answer: Answer) -> None:
        """Add a finished turn and what the conversation has become by it.

        Two turns that end at the same moment both get in, one after the other. Of the status
        only the call for a person is taken over: an agent may have come in the meantime.
        """
        with Session(self._engine) as session, session.begin():
            row = lock(session, conversation.id)
            row.language = conversation.language
            row.slots = dict(conversation.slots)
            row.pending_slot = conversation.pending_slot
            row.pending_message = conversation.pending_message
            row.refusals = row.refusals + 1 if answer.refused else 0
            session.add(
                TurnRow(
                    id=answer.turn_id,
                    conversation_id=conversation.id,
                    ordinal=next_ordinal(row),
                    question=question,
                    route=answer.route,
                    refused=answer.refused,
                    generator_called=answer.generator_called,
                    answer=answer_data(answer),
                )
            )
            if answer.refused:
                record(session, "question.unanswered", {**about(row), "question": question})
            if conversation.status == "waiting":
                call_person(session, row, answer.route, new_id())
            elif row.status == "closed":
                row.status = "bot"
        self.bulletin.post(conversation.id)

    def erase(self, visitor: str) -> int:
        """Delete every conversation of `visitor`, words and all; how many there were."""
        with Session(self._engine) as session, session.begin():
            theirs = delete(ConversationRow).where(ConversationRow.visitor == visitor)
            gone = session.scalars(theirs.returning(ConversationRow.id)).all()
        for conversation_id in gone:
            self.bulletin.post(conversation_id)
        return len(gone)

    def rate(self, turn_id: str, rating: Literal[1, -1], comment: str, visitor: str) -> None:
        """Note what a visitor thinks of an answer; the latest word counts. Raises `TurnNotFound`."""
        with writing(self._engine) as session:
            turn = session.get(TurnRow, turn_id)
            row = session.get(ConversationRow, turn.conversation_id) if turn else None
            if row is None or row.visitor not in ("", visitor):
                raise TurnNotFound(turn_id=turn_id)
            known = session.get(FeedbackRow, turn_id)
            if known is not None and (known.rating, known.comment) == (rating, comment):
                return
            session.merge(FeedbackRow(turn_id=turn_id, rating=rating, comment=comment))
            record(session, "feedback.given", {**about(row), "turn_id": turn_id, "rating": rating})

    def ratings(
        self, rating: Literal[1, -1] | None, limit: int, cursor: str | None = None
    ) -> Page[RatedTurn]:
        """Answers that visitors rated (None: either way), the latest first. Raises `InvalidCursor`."""
        latest = (
            select(FeedbackRow, TurnRow)
            .join(TurnRow)
            .order_by(FeedbackRow.created_at.desc(), FeedbackRow.turn_id.desc())
            .limit(limit + 1)
        )
        if rating is not None:
            latest = latest.where(FeedbackRow.rating == rating)
        if cursor is not None:
            place = tuple_(FeedbackRow.created_at, FeedbackRow.turn_id)
            latest = latest.where(place < moment_place(cursor))
        with Session(self._engine) as session:
            found = [
                RatedTurn(row.rating, row.comment, in_utc(row.created_at), _saved(turn))
                for row, turn in session.execute(latest)
            ]
        return page_of(found, limit, lambda item: (item.at.isoformat(), item.turn.answer.turn_id))

    def counts(self, since: datetime) -> TurnCounts:
        """The routes of all turns after `since`."""
        recent = TurnRow.created_at >= since
        by_route = select(TurnRow.route, func.count()).where(recent).group_by(TurnRow.route)
        called = select(func.count()).where(recent, TurnRow.generator_called)
        refused = select(func.count()).where(recent, TurnRow.refused)
        with Session(self._engine) as session:
            routes = {row[0]: row[1] for row in session.execute(by_route)}
            return TurnCounts(routes, session.scalar(called) or 0, session.scalar(refused) or 0)

    def unanswered(self, limit: int, cursor: str | None = None) -> Page[SavedTurn]:
        """The questions that were refused, the latest first. Raises `InvalidCursor`."""
        refused = (
            select(TurnRow)
            .where(TurnRow.refused)
            .order_by(TurnRow.created_at.desc(), TurnRow.id.desc())
            .limit(limit + 1)
        )
        if cursor is not None:
            refused = refused.where(tuple_(TurnRow.created_at, TurnRow.id) < moment_place(cursor))
        with Session(self._engine) as session:
            found = [_saved(row) for row in session.scalars(refused)]
        return page_of(found, limit, lambda t: (t.created_at.isoformat(), t.answer.turn_id))


def _saved(row: TurnRow) -> SavedTurn:
    return SavedTurn(row.question, answer_of(row), in_utc(row.created_at))


def _said(entry: Entry) -> tuple[Message, ...]:
    match entry:
        case TurnEntry():
            return Message("user", entry.question), Message("assistant", entry.answer.text)
        case MessageEntry():
            return (Message("assistant" if entry.by_agent else "user", entry.text),)
        case EventEntry():
            return ()
        case _:
            assert_never(entry)
