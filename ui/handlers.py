"""What the chat page does: one method an event, no components, no retrieval."""

import logging
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from chatbot.cancellation import Cancellation
from chatbot.conversations import SavedTurn
from chatbot.errors import AnswerDeskError, ConversationNotFound
from chatbot.messages import Question, ReplyEvent, TraceStep
from knowledge.documents import Language
from ui import render
from ui.running import RunningTurns
from ui.texts import text
from ui.turns import TurnView, advance, asked, finished

_SHOWN_TURNS = 50
_TURN_CHARACTERS = 40

logger = logging.getLogger(__name__)


class Dialogue(Protocol):
    """Answers questions; `chatbot.dialogue.DialogueManager` is the one that serves."""

    def respond(self, question: Question, cancellation: Cancellation) -> Iterator[ReplyEvent]:
        """The events of one turn; the last is `TurnFinished` unless cancelled."""
        ...


class History(Protocol):
    """Remembers turns; `chatbot.conversations.Conversations` is the one that serves."""

    def turns(self, conversation_id: str, last: int | None = None) -> list[SavedTurn]:
        """The turns, oldest first; none for a conversation that does not exist."""
        ...


@dataclass(frozen=True, slots=True)
class Asked:
    """What the browser sends with an event. Anything missing or odd has its default.

    `turn` is the browser's own name for the question; it comes back with the reply.
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

    def __init__(
        self,
        dialogue: Dialogue,
        history: History,
        suggestions: Mapping[str, Sequence[str]],
        limit: int,
    ) -> None:
        self.running = RunningTurns()
        self._dialogue = dialogue
        self._history = history
        self._suggestions = suggestions
        self._limit = limit

    def show(self, asked_for: Asked) -> PageState:
        """The whole page in the language asked for, with the conversation as saved."""
        language = asked_for.language
        return PageState(
            header=render.header(language),
            transcript=self._saved(asked_for) or [self._empty(language)],
            composer=render.composer(language, self._limit),
            panel=render.panel(language),
        )

    def send(self, asked_for: Asked, session: str) -> Generator[list[str]]:
        """The transcript after every event that changes it. Closing it stops the turn."""
        if not asked_for.text:
            return
        saved = self._saved(asked_for)
        cancellation = self.running.begin(session)
        try:
            for view in self._views(asked_for, cancellation):
                yield [*saved, render.turn(view, asked_for.language, asked_for.turn)]
        finally:
            self.running.end(session, cancellation)

    def stop(self, session: str) -> None:
        """End the work on the session's running turn."""
        self.running.stop(session)

    def _views(self, asked_for: Asked, cancellation: Cancellation) -> Iterator[TurnView]:
        view = asked(asked_for.text)
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
            events = iter(self._dialogue.respond(question, cancellation))
            first = next(events, None)
        except ConversationNotFound:
            question = replace(question, conversation_id=None)
            events = iter(self._dialogue.respond(question, cancellation))
            first = next(events, None)
        if first is not None:
            yield first
        yield from events

    def _saved(self, asked_for: Asked) -> list[str]:
        if asked_for.conversation is None:
            return []
        return [
            render.turn(finished(turn.question, turn.answer), asked_for.language)
            for turn in self._history.turns(asked_for.conversation, last=_SHOWN_TURNS)
        ]

    def _empty(self, language: Language) -> str:
        return render.empty(language, self._suggestions.get(language, ()))


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
    )
