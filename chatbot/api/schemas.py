"""The shapes of requests and responses, as OpenAPI shows them."""

import json
import unicodedata
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, field_validator
from pydantic_core import PydanticCustomError

from chatbot.messages import Mode, Question, Route
from knowledge.documents import DEFAULT_COLLECTION, Language

Collection = Annotated[str, Field(min_length=1, max_length=200)]
LanguageCode = Literal["en", "zh"]


def _cleaned(text: object) -> object:
    """Without outer space, and characters that nobody types and not every database keeps."""
    if not isinstance(text, str):
        return text
    kept = (c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs"))
    return "".join(kept).strip()


PlainText = Annotated[str, BeforeValidator(_cleaned)]
"""What people type."""


class Strict(BaseModel):
    """Nothing that is not named here."""

    model_config = ConfigDict(extra="forbid")


class ChatRequest(Strict):
    """A visitor's message. Without `conversation_id` a new conversation begins."""

    message: str
    conversation_id: Annotated[str, Field(max_length=100)] | None = None
    mode: Mode | None = None
    language: LanguageCode | None = None
    collection: Collection = DEFAULT_COLLECTION
    slots: dict[str, JsonValue] = Field(default_factory=dict[str, JsonValue])

    @field_validator("slots")
    @classmethod
    def _finite(cls, slots: dict[str, JsonValue]) -> dict[str, JsonValue]:
        try:
            json.dumps(slots, allow_nan=False)  # Python reads NaN, but it is not JSON
        except ValueError as error:
            raise PydanticCustomError("finite_number", "must be a finite number") from error
        return slots

    def question(self, visitor: str) -> Question:
        """The message as the dialogue takes it."""
        return Question(
            text=self.message,
            conversation_id=self.conversation_id,
            mode=self.mode,
            language=Language(self.language) if self.language else None,
            collection=self.collection,
            slots=dict(self.slots),
            visitor=visitor,
        )


class PlaceShape(Strict):
    """Pages, slides, or rows of the sheet `name`, `first` to `last`; all count from 1."""

    kind: Literal["page", "slide", "sheet"]
    first: int
    last: int
    name: str


class PositionShape(Strict):
    """Characters `[start, end)` of the document's text, the headings above, and the original's place."""

    start: int
    end: int
    headings: list[str]
    place: PlaceShape | None = None


class CitationShape(Strict):
    """A source of the answer; `number` is its mark `[1]` in the text."""

    number: int
    passage_id: str
    document: str
    title: str
    position: PositionShape
    quote: str
    url: str | None


class TraceShape(Strict):
    """One stage of the turn."""

    stage: str
    reason: str
    milliseconds: float
    details: dict[str, JsonValue]


class ChatAnswer(Strict):
    """A finished turn."""

    conversation_id: str
    turn_id: str
    answer: str
    language: LanguageCode
    route: Route
    refused: bool
    answerability: float
    citations: list[CitationShape]
    rules: list[str]
    generator_called: bool
    latency_ms: float
    first_token_ms: float
    suggestions: list[str]
    trace: list[TraceShape]


class SearchRequest(Strict):
    """A query; `history` are the visitor's earlier messages, oldest first."""

    query: Annotated[str, Field(min_length=1, max_length=2000)]
    k: Annotated[int, Field(ge=1, le=100)] = 10
    collection: Collection = DEFAULT_COLLECTION
    history: Annotated[list[str], Field(max_length=50)] = Field(default_factory=list[str])


class HitShape(Strict):
    """A passage that was found. Ranks count from 1; null where that index did not return it."""

    passage_id: str
    document: str
    title: str
    position: PositionShape
    text: str
    score: float
    keyword_rank: int | None
    dense_rank: int | None
    url: str | None


class SearchAnswer(Strict):
    """Hits, best first."""

    hits: list[HitShape]


class TurnShape(Strict):
    """A question and its answer."""

    question: str
    created_at: str
    answer: ChatAnswer


class UnansweredAnswer(Strict):
    """The questions that were refused, the latest first."""

    turns: list[TurnShape]
    next: str | None


class HealthAnswer(Strict):
    """The process answers."""

    status: Literal["ok"]


class ReadyAnswer(Strict):
    """Everything that answers need is there."""

    status: Literal["ready"]


class SignIn(Strict):
    """A member's name and password."""

    name: Annotated[str, Field(max_length=64)]
    password: Annotated[str, Field(max_length=1000)]


class SignedIn(Strict):
    """Who has signed in."""

    name: str
    role: Literal["agent", "editor", "admin"]


class RuleFileBody(Strict):
    """A file of rules."""

    name: Annotated[str, Field(max_length=100)]
    text: str


class RuleProblemShape(Strict):
    """One fault of a file; `line` counts from 1."""

    file: str
    line: int
    detail: str


class ProblemShape(Strict):
    """An error (RFC 9457). `code` is for programs, `detail` for people.

    Some say more: `holder` is the agent whose conversation it is, `problems` are all that is
    wrong with a file of rules, and `missing` is what answers still wait for.
    """

    type: str
    title: str
    status: int
    detail: str
    code: str
    holder: str = ""
    problems: list[RuleProblemShape] | None = None
    missing: list[str] | None = None


class RuleProblems(Strict):
    """Everything that is wrong; empty when the file can be used."""

    problems: list[RuleProblemShape]


class RuleShape(Strict):
    """A rule in force."""

    id: str
    priority: int
    description: str
    file: str
    line: int
    tests: int


class RulesAnswer(Strict):
    """The rules in force, in their order."""

    files: list[str]
    rules: list[RuleShape]
    problems: list[RuleProblemShape]
