"""The conversations of all visitors in a line each, as the team looks through them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, cast

from sqlalchemy import Engine, Select, func, literal, or_, select, tuple_
from sqlalchemy.orm import Session

from chatbot.conversations import Status
from chatbot.errors import ConversationNotFound
from chatbot.messages import Channel
from chatbot.paging import Page, moment_place, page_of
from chatbot.tables import ConversationRow, MessageRow, TurnRow
from knowledge.documents import Language
from knowledge.tables import in_utc

PREVIEW_CHARACTERS: Final = 160
# What the team is still to deal with, or is dealing with.
OPEN: Final[frozenset[Status]] = frozenset({"waiting", "person"})


@dataclass(frozen=True, slots=True)
class InboxLine:
    """One conversation. `preview` are the last words of a person, `preview_by` whose they are.

    `contact` is what the visitor left: `name`, `email`, `phone`. Moments are in UTC.
    """

    id: str
    status: Status
    channel: Channel
    language: Language
    holder: str
    contact: Mapping[str, str]
    waiting_since: datetime | None
    updated_at: datetime
    last_ordinal: int
    preview: str = ""
    preview_by: Literal["visitor", "agent"] = "visitor"


Marks = Mapping[str, tuple[str, str, int]]
"""Status, holder and last ordinal of conversations by id: what tells that one has changed."""


class Inbox:
    """Reads lines. Changes nothing."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def page(
        self, statuses: Collection[Status] | None = None, limit: int = 50, cursor: str | None = None
    ) -> Page[InboxLine]:
        """Conversations in one of `statuses` (None: in any), the last to change first.

        Raises `InvalidCursor` for a cursor that no page gave out.
        """
        wanted = _in(statuses).order_by(
            ConversationRow.updated_at.desc(), ConversationRow.id.desc()
        )
        if cursor is not None:
            place = tuple_(ConversationRow.updated_at, ConversationRow.id)
            wanted = wanted.where(place < moment_place(cursor))
        lines = self._lines(wanted.limit(limit + 1))
        return page_of(lines, limit, lambda line: (line.updated_at.isoformat(), line.id))

    def waiting(self, limit: int) -> Sequence[InboxLine]:
        """Conversations that a person was asked for, the longest waiting first."""
        wanted = _in({"waiting"}).order_by(ConversationRow.waiting_since, ConversationRow.id)
        return self._lines(wanted.limit(limit))

    def line(self, conversation_id: str) -> InboxLine:
        """One conversation. Raises `ConversationNotFound`."""
        lines = self._lines(select(ConversationRow).where(ConversationRow.id == conversation_id))
        if not lines:
            raise ConversationNotFound(conversation_id=conversation_id)
        return lines[0]

    def count_waiting(self) -> int:
        """How many conversations wait for a person."""
        waiting = select(func.count()).where(ConversationRow.status == "waiting")
        with Session(self._engine) as session:
            return session.scalar(waiting) or 0

    def marks(self, closed_since: datetime) -> Marks:
        """The marks of what the inbox shows: open ones, and those closed or changed since then."""
        shown = select(
            ConversationRow.id,
            ConversationRow.status,
            ConversationRow.holder,
            ConversationRow.last_ordinal,
        ).where(
            or_(
                ConversationRow.status.in_(OPEN),
                (ConversationRow.status == "closed") & (ConversationRow.updated_at > closed_since),
            )
        )
        with Session(self._engine) as session:
            return {name: (status, who, last) for name, status, who, last in session.execute(shown)}

    def statuses(self, conversation_ids: Collection[str]) -> Mapping[str, Status]:
        """The statuses of those of the conversations that there are."""
        wanted = select(ConversationRow.id, ConversationRow.status).where(
            ConversationRow.id.in_(conversation_ids)
        )
        with Session(self._engine) as session:
            return {name: cast("Status", status) for name, status in session.execute(wanted)}

    def _lines(self, wanted: Select[ConversationRow]) -> list[InboxLine]:
        with Session(self._engine) as session:
            rows = list(session.scalars(wanted))
            words = _last_words(session, [row.id for row in rows])
        return [_line(row, words.get(row.id, _NO_WORDS)) for row in rows]


@dataclass(frozen=True, slots=True)
class _Words:
    text: str
    by: Literal["visitor", "agent"]


_NO_WORDS: Final = _Words("", "visitor")


def _in(statuses: Collection[Status] | None) -> Select[ConversationRow]:
    wanted = select(ConversationRow)
    return wanted if statuses is None else wanted.where(ConversationRow.status.in_(statuses))


def _last_words(session: Session, conversation_ids: Sequence[str]) -> Mapping[str, _Words]:
    """What people said last: the question of the last turn, or a later message."""
    asked = select(
        TurnRow.conversation_id,
        TurnRow.ordinal,
        func.substr(TurnRow.question, 1, PREVIEW_CHARACTERS).label("words"),
        literal("visitor").label("kind"),
    ).where(TurnRow.conversation_id.in_(conversation_ids))
    written = select(
        MessageRow.conversation_id,
        MessageRow.ordinal,
        func.substr(MessageRow.text, 1, PREVIEW_CHARACTERS),
        MessageRow.kind,
    ).where(MessageRow.conversation_id.in_(conversation_ids), MessageRow.kind != "event")
    said = asked.union_all(written).cte().c
    newest = (
        select(said.conversation_id, func.max(said.ordinal).label("ordinal"))
        .group_by(said.conversation_id)
        .subquery()
        .c
    )
    last = select(said.conversation_id, said.words, said.kind).where(
        said.conversation_id == newest.conversation_id, said.ordinal == newest.ordinal
    )
    return {
        name: _Words(" ".join(words.split()), "agent" if kind == "agent" else "visitor")
        for name, words, kind in session.execute(last)
    }


def _line(row: ConversationRow, words: _Words) -> InboxLine:
    return InboxLine(
        id=row.id,
        status=cast("Status", row.status),
        channel=cast("Channel", row.channel),
        language=Language(row.language),
        holder=row.holder,
        contact={name: str(value) for name, value in row.contact.items()},
        waiting_since=in_utc(row.waiting_since) if row.waiting_since else None,
        updated_at=in_utc(row.updated_at),
        last_ordinal=row.last_ordinal,
        preview=words.text,
        preview_by=words.by,
    )
