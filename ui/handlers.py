"""What the chat page does: one method an event, no components, no retrieval."""

import logging
import re
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol, assert_never

from chatbot.api.idempotency import scoped
from chatbot.cancellation import Cancellation
from chatbot.conversations import Conversation
from chatbot.errors import AnswerDeskError, ConversationNotFound
from chatbot.messages import Question, ReplyEvent, TraceStep
from chatbot.timeline import Entry, EventEntry, MessageEntry, TurnEntry
from knowledge.documents import Language
from ui import render
from ui.running import RunningTurns
from ui.texts import text
from ui.turns import TurnView, advance, asked, finished

_SHOWN_ENTRIES: Final = 60
_TURN_CHARACTERS: Final = 40
# A name that nobody else comes upon; any shorter one is only the browser's own.
_UNIQUE: Final = re.compile(r"[A-Za-z0-9_-]{20,40}")
# The conversations of this page belong to whoever knows their names, which cannot be guessed.
_VISITOR: Final = ""

logger = logging.getLogger(__name__)


class Dialogue(Protocol):
    """Answers questions; `chatbot.dialogue.DialogueManager` is the one that serves."""

    def respond(self, question: Question, cancellation: Cancellation) -> Iterator[ReplyEvent]:
        """The events of one turn; the last is `TurnFinished` unless cancelled."""
        ...


class Conversations(Protocol):
    """Knows conversations; `chatbot.conversations.Conversations` is the one that serves."""

    def get(self, conversation_id: str, visitor: str | None = None) -> Conversation:
        """The conversation. Raises `ConversationNotFound`, also for another visitor's."""
        ...


class Timeline(Protocol):
    """Remembers what was said; `chatbot.timeline.Timeline` is the one that serves."""

    def entries(self, conversation_id: str, after: int = 0) -> list[Entry]:
        """What came after the entry `after`, oldest first."""
        ...


class Handovers(Protocol):
    """Calls people; `chatbot.handover.Handovers` is the one that serves."""

    def ask(self, conversation_id: str, reason: str = "asked") -> None:
        """Call for a person. Raises `ConversationNotFound`."""
        ...


class Desk(Protocol):
    """What the page needs of an assistant; `chatbot.assistant.Assistant` is one."""

    @property
    def dialogue(self) -> Dialogue: ...

    @property
    def conversations(self) -> Conversations: ...

    @property
    def timeline(self) -> Timeline: ...

    @property
    def handovers(self) -> Handovers: ...


@dataclass(frozen=True, slots=True)
class Asked:
    """What the browser sends with an event. Anything missing or odd has its default.

    `turn` is the browser's own name for the question; it comes back with the reply. Sent again
    by the same name, a question is not asked twice.
    """

    language: Language
    conversation: str | None = None
    text: str = ""
    turn: str = ""

    @classmethod
    def read(cls, data: object) -> "Asked":
        """From the event's data, which anyone may have written."""
        fields: Mapping[str, object] = data if isinstance(data, Mapping) else {}  # pyright: ignore[reportUnknownVariableType] -- every value is checked below
        conversation = fields.get("conversation")
        chinese = fields.get("language") == Language.CHINESE
        return cls(
            language=Language.CHINESE if chinese else Language.ENGLISH,
            conversation=conversation if isinstance(conversation, str) and conversation else None,
            text=str(fields.get("text") or "").strip(),
            turn=str(fields.get("turn") or "")[:_TURN_CHARACTERS],
        )


@dataclass(frozen=True, slots=True)
class PageState:
    """The four parts of the page, as `gr.HTML` takes them."""

    header: str
    transcript: list[str]
    composer: str
    panel: str


class ChatHandlers:
    """`suggestions` by language are the questions of the empty page; `limit` is in characters."""

    def __init__(self, desk: Desk, suggestions: Mapping[str, Sequence[str]], limit: int) -> None:
        self.running = RunningTurns()
        self._desk = desk
        self._suggestions = suggestions
        self._limit = limit

    def show(self, asked_for: Asked) -> PageState:
        """The whole page in the language asked for, with the conversation as saved."""
        language = asked_for.language
        conversation = self._conversation(asked_for)
        saved = self._saved(conversation, language)
        return PageState(
            header=render.header(language, _standing(conversation)),
            transcript=saved or [self._empty(language)],
            composer=render.composer(language, self._limit),
            panel=render.panel(language),
        )

    def send(self, asked_for: Asked, session: str) -> Generator[list[str]]:
        """The transcript after every event that changes it. Closing it stops the turn."""
        if not asked_for.text:
            return
        conversation = self._conversation(asked_for)
        saved = self._saved(conversation, asked_for.language, without=_turn_id(asked_for))
        to_person = conversation is not None and conversation.status == "person"
        cancellation = self.running.begin(session)
        try:
            for view in self._views(asked_for, cancellation, to_person=to_person):
                yield [*saved, render.turn(view, asked_for.language, asked_for.turn)]
        finally:
            self.running.end(session, cancellation)

    def call(self, asked_for: Asked) -> PageState:
        """Call for a person, and show the page that says so."""
        conversation = self._conversation(asked_for)
        if conversation is not None:
            self._desk.handovers.ask(conversation.id)
        return self.show(asked_for)

    def stop(self, session: str) -> None:
        """End the work on the session's running turn."""
        self.running.stop(session)

    def _views(
        self, asked_for: Asked, cancellation: Cancellation, *, to_person: bool
    ) -> Iterator[TurnView]:
        view = asked(asked_for.text, to_person=to_person, entry=_turn_id(asked_for) or "")
        yield view
        try:
            for event in self._events(_question(asked_for), cancellation):
                view = advance(view, event)
                if not isinstance(event, TraceStep):
                    yield _cut_short(view, cancellation)
        except AnswerDeskError as error:
            view = replace(view, step=None, error=_excuse(error, asked_for.language))
            yield view
        except Exception:
            logger.exception("a turn of conversation %s failed", asked_for.conversation)
            view = replace(view, step=None, error=text("chat_failed", asked_for.language))
            yield view
        if view.step is not None:
            yield _unfinished(view, cancellation, asked_for.language)

    def _events(self, question: Question, cancellation: Cancellation) -> Iterator[ReplyEvent]:
        """The reply; a conversation that is no longer there is begun anew."""
        try:
            events = iter(self._desk.dialogue.respond(question, cancellation))
            first = next(events, None)
        except ConversationNotFound:
            question = replace(question, conversation_id=None)
            events = iter(self._desk.dialogue.respond(question, cancellation))
            first = next(events, None)
        if first is not None:
            yield first
        yield from events

    def _conversation(self, asked_for: Asked) -> Conversation | None:
        """The conversation asked for, if it is there and this page's."""
        if asked_for.conversation is None:
            return None
        try:
            return self._desk.conversations.get(asked_for.conversation, _VISITOR)
        except ConversationNotFound:
            return None

    def _saved(
        self, conversation: Conversation | None, language: Language, without: str | None = None
    ) -> list[str]:
        if conversation is None:
            return []
        after = max(0, conversation.last_ordinal - _SHOWN_ENTRIES)
        entries = self._desk.timeline.entries(conversation.id, after)
        return [
            _shown(entry, conversation.id, language) for entry in entries if entry.id != without
        ]

    def _empty(self, language: Language) -> str:
        return render.empty(language, self._suggestions.get(language, ()))


def _shown(entry: Entry, conversation: str, language: Language) -> str:
    match entry:
        case TurnEntry():
            return render.turn(finished(entry.question, entry.answer), language)
        case MessageEntry():
            return render.message(entry, conversation, language)
        case EventEntry():
            return render.event(entry, conversation, language)
        case _:
            assert_never(entry)


def _standing(conversation: Conversation | None) -> render.Standing:
    """Who has the conversation; one that was closed is the assistant's with the next message."""
    if conversation is None:
        return render.Standing()
    held = conversation.status in ("waiting", "person")
    return render.Standing(
        conversation.status if held else "now",
        conversation.holder,
        conversation.id,
        conversation.last_ordinal,
    )


def _turn_id(asked_for: Asked) -> str | None:
    """The name by which the turn is saved, so that a question sent again is not asked twice."""
    return scoped("page", asked_for.turn) if _UNIQUE.fullmatch(asked_for.turn) else None


def _excuse(error: AnswerDeskError, language: Language) -> str:
    """What the visitor can mend is said; what is ours is only that we are sorry."""
    if error.status < 500:
        return error.text(language)
    return text("chat_busy" if error.status == 503 else "chat_failed", language)


def _cut_short(view: TurnView, cancellation: Cancellation) -> TurnView:
    """A turn that was stopped says so, also when it was saved with what it had."""
    return replace(view, stopped=cancellation.cancelled) if view.answer else view


def _unfinished(view: TurnView, cancellation: Cancellation, language: Language) -> TurnView:
    if cancellation.cancelled:
        return replace(view, step=None, stopped=True)
    return replace(view, step=None, error=text("chat_failed", language))


def _question(asked_for: Asked) -> Question:
    """The language of the page decides only where the message itself shows none."""
    speaks = any(letter.isalpha() for letter in asked_for.text)
    return Question(
        text=asked_for.text,
        conversation_id=asked_for.conversation,
        language=None if speaks else asked_for.language,
        turn_id=_turn_id(asked_for),
    )
