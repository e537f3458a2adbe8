"""What goes into a turn and what comes out of it: values only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from knowledge.documents import DEFAULT_COLLECTION, Language, Passage, Position

Mode = Literal["serial", "parallel", "mixed"]
Route = Literal["rule", "curated", "quote", "generate", "clarify", "refuse", "handover"]
Role = Literal["user", "assistant"]
Channel = Literal["chat", "widget", "api"]


@dataclass(frozen=True, slots=True)
class Message:
    """One earlier message of a conversation."""

    role: Role
    text: str


@dataclass(frozen=True, slots=True)
class Question:
    """What a visitor asks, and everything that may bear on it.

    `mode` and `language` fall back to the settings and to detection. `history`
    replaces the stored conversation; `passages` replaces the store (an empty
    tuple means that nothing was found). A turn that is not to be kept leaves no
    conversation behind (measurements, trying things out). `turn_id` is the name that the
    turn is saved by: asked again by the same one, it is not run again.
    """

    text: str
    conversation_id: str | None = None
    mode: Mode | None = None
    language: Language | None = None
    collection: str = DEFAULT_COLLECTION
    slots: Mapping[str, object] = field(default_factory=dict[str, object])
    history: tuple[Message, ...] | None = None
    passages: tuple[Passage, ...] | None = None
    visitor: str = ""
    keep: bool = True
    turn_id: str | None = None
    channel: Channel = "chat"
    widget: str = ""


@dataclass(frozen=True, slots=True)
class Citation:
    """Where a statement comes from. `quote` is literal text of `passage_text`, at `position`.

    `document` is a name; `document_id` is empty for passages that came with the question.
    """

    number: int
    passage_id: str
    document: str
    title: str
    position: Position
    quote: str
    passage_text: str = ""
    url: str | None = None
    document_id: str = ""


@dataclass(frozen=True, slots=True)
class TraceStep:
    """One stage of the turn: what it found, why, and how long it took."""

    stage: str
    reason: str
    milliseconds: float
    details: Mapping[str, object] = field(default_factory=dict[str, object])


@dataclass(frozen=True, slots=True)
class Answer:
    """The finished turn. `text` carries citation marks as `[1]` after the sentence they support."""

    turn_id: str
    conversation_id: str
    text: str
    language: Language
    route: Route
    refused: bool
    answerability: float
    citations: tuple[Citation, ...] = ()
    rules: tuple[str, ...] = ()
    suggestions: tuple[str, ...] = ()
    generator_called: bool = False
    latency_ms: float = 0.0
    first_token_ms: float = 0.0
    trace: tuple[TraceStep, ...] = ()


@dataclass(frozen=True, slots=True)
class Working:
    """The turn has reached a stage: `searching`, `checking` or `writing`."""

    step: Literal["searching", "checking", "writing"]


@dataclass(frozen=True, slots=True)
class SourcesFound:
    """The citations that the text to come may carry."""

    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class TextDelta:
    """More of the answer's text; joined, the deltas are the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class HandedOver:
    """A person is asked to take over."""

    reason: str


@dataclass(frozen=True, slots=True)
class Delivered:
    """The message was passed on to the person who has the conversation in hand."""


@dataclass(frozen=True, slots=True)
class TurnFinished:
    """The turn is saved and over."""

    answer: Answer


ReplyEvent = Working | SourcesFound | TextDelta | TraceStep | HandedOver | Delivered | TurnFinished
