"""The visitors of widgets, and which conversation each is in."""

import hashlib
import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Engine, delete, exists, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from chatbot.conversations import Conversations, Origin
from chatbot.tables import ConversationRow
from chatbot.widgets.errors import IdentityReused, WidgetNotFound
from chatbot.widgets.identity import Identity
from chatbot.widgets.model import Visitor
from chatbot.widgets.tables import WidgetIdentityRow, WidgetThreadRow, WidgetVisitorRow
from chatbot.widgets.tokens import new_visitor_id
from knowledge.documents import Language
from knowledge.tables import now
from knowledge.transactions import writing

# A browser that never said a word is forgotten after a day, any other after half a year.
_SILENT: Final = timedelta(days=1)
_ABSENT: Final = timedelta(days=180)
_SWEEP_EVERY: Final = timedelta(minutes=10)


class Visitors:
    """Reads and writes visitors. Safe in any thread."""

    def __init__(
        self,
        engine: Engine,
        conversations: Conversations,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._engine = engine
        self._conversations = conversations
        self._clock = clock
        self._starting = threading.Lock()
        self._swept_at = clock()

    def open(self, widget_id: str) -> tuple[str, Visitor]:
        """A new visitor, and the id that their ticket carries and that is kept nowhere.

        Raises `WidgetNotFound` when the widget has been deleted meanwhile.
        """
        self._sweep()
        visitor_id = new_visitor_id()
        id_hash = hash_of(visitor_id)
        visitor = Visitor(id_hash, widget_id, key=f"w:{id_hash}")
        row = WidgetVisitorRow(
            id_hash=id_hash, widget_id=widget_id, visitor=visitor.key, seen_at=self._clock()
        )
        try:
            with Session(self._engine) as session, session.begin():
                session.add(row)
        except IntegrityError as error:  # the only key that can be missing
            raise WidgetNotFound(widget_id=widget_id) from error
        return visitor_id, visitor

    def find(self, visitor_id: str, widget_id: str) -> Visitor | None:
        """The visitor, unless they have ended their session or are another widget's."""
        with Session(self._engine) as session:
            row = session.get(WidgetVisitorRow, hash_of(visitor_id))
            return _visitor(row) if row is not None and row.widget_id == widget_id else None

    def seen(self, visitor: Visitor) -> None:
        """Note that the visitor is here."""
        mine = update(WidgetVisitorRow).where(WidgetVisitorRow.id_hash == visitor.id_hash)
        with Session(self._engine) as session, session.begin():
            session.execute(mine.values(seen_at=self._clock()))

    def claim(self, identity: Identity, visitor: Visitor) -> None:
        """Use a site's statement up. Raises `IdentityReused` when another browser has used it."""
        id_hash = hash_of(json.dumps([visitor.widget_id, identity.jti]))
        expires_at = datetime.fromtimestamp(identity.expires_at, UTC) + timedelta(minutes=1)
        with writing(self._engine) as session:
            over = WidgetIdentityRow.expires_at <= self._clock()
            session.execute(delete(WidgetIdentityRow).where(over))
            known = session.get(WidgetIdentityRow, id_hash)
            if known is None:
                session.add(
                    WidgetIdentityRow(
                        id_hash=id_hash, used_by=visitor.id_hash, expires_at=expires_at
                    )
                )
            elif known.used_by != visitor.id_hash:
                raise IdentityReused

    def identify(self, visitor: Visitor, identity: Identity) -> Visitor:
        """Make an anonymous visitor the customer whom the site names; what they said comes along."""
        key = customer_key(visitor.widget_id, identity.sub)
        with writing(self._engine) as session:
            row = session.get(WidgetVisitorRow, visitor.id_hash)
            if row is None:  # ended in the meantime
                return visitor
            row.visitor, row.identified = key, True
            row.name, row.email = identity.name, identity.email
            if visitor.key != key:
                _move(session, visitor.key, key)
            _note_contact(session, _visitor(row))
            return _visitor(row)

    def conversation_id(self, visitor: Visitor) -> str | None:
        """The conversation that the visitor is in, if they have said something."""
        with Session(self._engine) as session:
            thread = session.get(WidgetThreadRow, visitor.key)
            return thread.conversation_id if thread else None

    def conversation_for(self, visitor: Visitor, language: Language) -> str:
        """The conversation that the visitor is in, begun if need be; one, from however many tabs."""
        with self._starting:
            current = self.conversation_id(visitor)
            if current is not None:
                return current
            origin = Origin(visitor.key, "widget", visitor.widget_id)
            started = self._conversations.start(language, origin)
            with Session(self._engine) as session, session.begin():
                session.add(WidgetThreadRow(visitor=visitor.key, conversation_id=started.id))
                session.flush()
                _note_contact(session, visitor)
        self._conversations.bulletin.post(visitor.key)  # their other tabs wait under that name
        return started.id

    def end(self, visitor: Visitor) -> None:
        """End the ticket and all its tokens. What was said stays with the team."""
        with Session(self._engine) as session, session.begin():
            session.execute(
                delete(WidgetVisitorRow).where(WidgetVisitorRow.id_hash == visitor.id_hash)
            )
        self._ring(visitor)

    def erase(self, visitor: Visitor) -> None:
        """Delete all that the visitor has said, and end every ticket they have."""
        self._ring(visitor)
        with Session(self._engine) as session, session.begin():
            theirs = WidgetVisitorRow.visitor == visitor.key
            session.execute(delete(WidgetVisitorRow).where(theirs))
        self._conversations.erase(visitor.key)

    def _ring(self, visitor: Visitor) -> None:
        """Let those who read along look again."""
        bulletin = self._conversations.bulletin
        bulletin.post(self.conversation_id(visitor) or visitor.key)

    def _sweep(self) -> None:
        moment = self._clock()
        if moment - self._swept_at < _SWEEP_EVERY:
            return
        self._swept_at = moment
        spoke = exists().where(WidgetThreadRow.visitor == WidgetVisitorRow.visitor)
        silent = (WidgetVisitorRow.seen_at < moment - _SILENT) & ~spoke
        absent = WidgetVisitorRow.seen_at < moment - _ABSENT
        with Session(self._engine) as session, session.begin():
            session.execute(delete(WidgetVisitorRow).where(silent | absent))


def hash_of(secret: str) -> str:
    """What is kept of a secret."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def customer_key(widget_id: str, sub: str) -> str:
    """Who owns a customer's conversations, on whichever device."""
    return "i:" + hash_of(json.dumps([widget_id, sub]))


def _move(session: Session, before: str, after: str) -> None:
    """Give the conversations of `before` to `after`; the one they are in now stays in view.

    Unless a person has been called to the other, or holds it: that must not be missed.
    """
    theirs = update(ConversationRow).where(ConversationRow.visitor == before)
    session.execute(theirs.values(visitor=after))
    mine, other = session.get(WidgetThreadRow, before), session.get(WidgetThreadRow, after)
    if mine is None:
        return
    session.delete(mine)
    if other is None:
        session.add(WidgetThreadRow(visitor=after, conversation_id=mine.conversation_id))
    elif _status(session, other) not in ("waiting", "person"):
        other.conversation_id = mine.conversation_id


def _status(session: Session, thread: WidgetThreadRow) -> str | None:
    wanted = select(ConversationRow.status).where(ConversationRow.id == thread.conversation_id)
    return session.scalar(wanted)


def _visitor(row: WidgetVisitorRow) -> Visitor:
    return Visitor(row.id_hash, row.widget_id, row.visitor, row.identified, row.name, row.email)


def _note_contact(session: Session, visitor: Visitor) -> None:
    """Tell the team who they are talking to; what the visitor has left themselves stays."""
    thread = session.get(WidgetThreadRow, visitor.key)
    row = session.get(ConversationRow, thread.conversation_id) if thread else None
    if row is not None:
        named = {"name": visitor.name, "email": visitor.email}
        row.contact = {**row.contact, **{field: value for field, value in named.items() if value}}
