"""One turn: what it starts from, what its stages have found, and the answer that it becomes."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from chatbot.answering import Draft
from chatbot.conversations import Conversation, Conversations, Origin, new_id
from chatbot.errors import IdempotencyKeyReused
from chatbot.guard import admit
from chatbot.messages import (
    Answer,
    Delivered,
    Message,
    Mode,
    Question,
    ReplyEvent,
    TurnFinished,
)
from chatbot.phrases import phrase
from chatbot.trace import Trace
from knowledge.curated.model import Near
from knowledge.documents import Language
from knowledge.language import detect_language


@dataclass(frozen=True, slots=True)
class TurnLimits:
    """The settings that one turn needs."""

    mode: Mode
    language: Language
    max_question_characters: int
    history_turns: int
    top_k: int
    refuse_below: float


@dataclass(slots=True)
class Turn:
    """What the stages have found so far. Belongs to one call of `respond`."""

    question: Question
    text: str
    mode: Mode
    conversation: Conversation
    history: tuple[Message, ...]
    trace: Trace = field(default_factory=Trace)
    said: str = ""
    first_token_ms: float = 0.0
    draft: Draft = field(default_factory=lambda: Draft("refuse"))
    answerability: float = 0.0
    rules: tuple[str, ...] = ()
    suggestions: tuple[str, ...] = ()
    unanswered: bool = False
    curated: Near | None = None

    @property
    def language(self) -> Language:
        """The language of the answer."""
        return self.conversation.language

    @property
    def asked_before(self) -> Sequence[str]:
        """The visitor's earlier messages, oldest first."""
        return [message.text for message in self.history if message.role == "user"]

    @property
    def answered_before(self) -> str:
        """What the visitor heard last, from the assistant."""
        heard = (message.text for message in reversed(self.history) if message.role == "assistant")
        return next(heard, "")

    def answer(self) -> Answer:
        """The turn as it stands, finished."""
        draft = self.draft
        rule_decided = draft.route in ("rule", "clarify", "handover")
        return Answer(
            turn_id=self.question.turn_id or new_id(),
            conversation_id=self.conversation.id,
            text=self.said,
            language=self.language,
            route=draft.route,
            refused=draft.route == "refuse" or self.unanswered,
            answerability=round(self.answerability, 3),
            citations=draft.citations,
            rules=self.rules if rule_decided or draft.route == "generate" else (),
            suggestions=self.suggestions if draft.route == "refuse" or self.unanswered else (),
            generator_called=draft.generator_called,
            latency_ms=self.trace.elapsed_ms,
            first_token_ms=self.first_token_ms,
            trace=self.trace.steps,
        )

    def passed_on(self, message_id: str) -> Answer:
        """What is said, to those who can only read answers, when a person has the message."""
        return _passed_on(self.conversation, message_id)


def begin(question: Question, conversations: Conversations, limits: TurnLimits) -> Turn:
    """The turn that `question` begins, in its conversation or in a new one.

    Raises `EmptyQuestion`, `QuestionTooLong`, `UnreadableQuestion` or `ConversationNotFound`.
    """
    text = admit(question.text, limits.max_question_characters)
    language = detect_language(text, question.language or limits.language)
    conversation = Conversation("", language)
    if question.conversation_id is not None:
        found = conversations.get(question.conversation_id, question.visitor)
        conversation = replace(found, language=detect_language(text, found.language))
    elif question.keep:
        origin = Origin(question.visitor, question.channel, question.widget)
        conversation = conversations.start(language, origin)
    history = question.history
    if history is None:
        history = _history(conversation, conversations, limits.history_turns)
    slots = {**conversation.slots, **question.slots}
    mode = question.mode or limits.mode
    return Turn(question, text, mode, replace(conversation, slots=slots), history)


def happened_before(question: Question, conversations: Conversations) -> tuple[ReplyEvent, ...]:
    """What is said again when this very question was taken in already; empty for a new one.

    Raises `IdempotencyKeyReused` when another one was asked by the same id, and
    `ConversationNotFound` when it was another visitor's.
    """
    name = question.turn_id
    turn = conversations.turn(name) if name else None
    message = conversations.message(name) if name and turn is None else None
    if name is None or (turn is None and message is None):
        return ()
    conversation_id, text = message or ("", "")
    if turn is not None:
        conversation_id, text = turn.answer.conversation_id, turn.question
    conversation = conversations.get(conversation_id, question.visitor)
    if text != admit(question.text, len(question.text)):
        raise IdempotencyKeyReused
    if turn is not None:
        return (TurnFinished(turn.answer),)
    return Delivered(), TurnFinished(_passed_on(conversation, name))


def _passed_on(conversation: Conversation, message_id: str) -> Answer:
    language = conversation.language
    agent = conversation.holder or phrase("colleague", language)
    return Answer(
        turn_id=message_id,
        conversation_id=conversation.id,
        text=phrase("passed_on", language, agent=agent),
        language=language,
        route="handover",
        refused=False,
        answerability=0.0,
    )


def _history(
    conversation: Conversation, conversations: Conversations, last: int
) -> tuple[Message, ...]:
    return conversations.history(conversation, last) if conversation.last_ordinal else ()
