"""Who holds a conversation: the assistant or a person. Every change is one transaction."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from chatbot.bulletin import Bulletin
from chatbot.conversations import new_id
from chatbot.errors import ConversationNotFound, HeldByAnother, IdempotencyKeyReused, NotHeld
from chatbot.outbox import record
from chatbot.records import about, add_event, call_person, lock, next_ordinal
from chatbot.tables import ConversationRow, MessageRow

MESSAGE_CHARACTERS: Final = 4000


class Handovers:
    """Hands conversations over and back. Safe in any thread and in several processes.

    An agent is known by name. A `message_id` that is already there changes nothing, so that a
    message sent twice over a broken line arrives once.
    """

    def __init__(self, engine: Engine, bulletin: Bulletin) -> None:
        self._engine = engine
        self._bulletin = bulletin

    def ask(self, conversation_id: str, reason: str = "asked") -> None:
        """Call for a person; nothing changes where one was called or has come already."""
        with Session(self._engine) as session, session.begin():
            call_person(session, lock(session, conversation_id), reason, new_id())
        self._bulletin.post(conversation_id)

    def take(self, conversation_id: str, agent: str, *, known_holder: str = "") -> None:
        """Put the conversation into `agent`'s hands.

        `known_holder` is who holds it as far as the agent knows: taking it from a colleague
        works only knowingly. Raises `HeldByAnother`, which names the colleague.
        """
        with Session(self._engine) as session, session.begin():
            row = lock(session, conversation_id)
            if row.holder == agent:
                return
            if row.holder and row.holder != known_holder:
                raise HeldByAnother(holder=row.holder)
            row.holder = agent
            row.status = "person"
            row.waiting_since = None
            add_event(session, row, "taken", agent, new_id())
            record(session, "conversation.taken", about(row))
        self._bulletin.post(conversation_id)

    def say(self, conversation_id: str, agent: str, text: str, message_id: str = "") -> str:
        """Send the agent's words to the visitor; the message's id.

        Raises `NotHeld` or `HeldByAnother` unless the agent has the conversation in hand.
        """
        with Session(self._engine) as session, session.begin():
            row = lock(session, conversation_id)
            _held_by(row, agent)
            message = MessageRow(kind="agent", author=agent, text=text)
            added = _add_once(session, row, message, message_id)
        self._bulletin.post(conversation_id)
        return added

    def pass_on(self, conversation_id: str, text: str, message_id: str = "") -> str | None:
        """Keep the visitor's words for the person who holds the conversation; the message's id.

        None when nobody holds it (any more): then the assistant is to answer.
        """
        with Session(self._engine) as session, session.begin():
            row = lock(session, conversation_id)
            if row.status != "person":
                return None
            message = MessageRow(kind="visitor", text=text)
            added = _add_once(session, row, message, message_id)
        self._bulletin.post(conversation_id)
        return added

    def hand_back(self, conversation_id: str, agent: str) -> None:
        """Let the assistant answer again. Raises `NotHeld` or `HeldByAnother`."""
        self._leave(conversation_id, agent, status="bot", event="handed_back")

    def close(self, conversation_id: str, agent: str) -> None:
        """End the conversation until the visitor writes again.

        One that waits may be closed by anyone. Raises `HeldByAnother`.
        """
        self._leave(conversation_id, agent, status="closed", event="closed")

    def leave_contact(self, conversation_id: str, contact: Mapping[str, str], text: str) -> None:
        """Note how the visitor can be reached, with their words, and call for a person."""
        with Session(self._engine) as session, session.begin():
            row = lock(session, conversation_id)
            row.contact = {**row.contact, **contact}
            add_event(session, row, "contact", "", new_id())
            if text:
                _add_once(session, row, MessageRow(kind="visitor", text=text), "")
            call_person(session, row, "contact", new_id())
        self._bulletin.post(conversation_id)

    def _leave(self, conversation_id: str, agent: str, *, status: str, event: str) -> None:
        with Session(self._engine) as session, session.begin():
            row = lock(session, conversation_id)
            if row.status == status:
                return
            if status == "bot" or row.holder:
                _held_by(row, agent)
            row.status = status
            row.holder = ""
            row.waiting_since = None
            row.refusals = 0
            add_event(session, row, event, agent, new_id())
            if status == "closed":
                record(session, "conversation.closed", about(row))
        self._bulletin.post(conversation_id)


def _held_by(row: ConversationRow, agent: str) -> None:
    if not row.holder:
        raise NotHeld
    if row.holder != agent:
        raise HeldByAnother(holder=row.holder)


def _add_once(session: Session, row: ConversationRow, message: MessageRow, message_id: str) -> str:
    """Add `message` to a locked conversation unless its id is there with the same words."""
    message.id = name = message_id or new_id()
    known = session.get(MessageRow, name)
    if known is None:
        message.conversation_id = row.id
        message.ordinal = next_ordinal(row)
        session.add(message)
    elif known.conversation_id != row.id:
        raise ConversationNotFound(conversation_id=row.id)
    elif known.text != message.text:
        raise IdempotencyKeyReused
    return name
