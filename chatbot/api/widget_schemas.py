"""The shapes of what widgets and their set-up send and receive."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, JsonValue, StringConstraints
from pydantic_core import PydanticCustomError

from chatbot.api.schemas import Collection, LanguageCode, Strict

HoldingStatus = Literal["bot", "waiting", "person", "closed"]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
Suggestion = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Time = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$|^24:00$")]
Carried = Annotated[str, Field(max_length=1000)]
Scalar = Annotated[str, Field(max_length=500)] | float | int | bool
_CONTEXT_KEYS = 20


def _few(context: dict[str, Scalar]) -> dict[str, Scalar]:
    if len(context) > _CONTEXT_KEYS:
        raise PydanticCustomError("too_many", "must have at most 20 keys")
    if any(isinstance(value, float) and value - value != 0 for value in context.values()):
        raise PydanticCustomError("finite_number", "must be a finite number")
    return context


Context = Annotated[
    dict[Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$")], Scalar],
    AfterValidator(_few),
]


class TextsShape(Strict):
    """What the widget says by itself."""

    title: Line
    greeting: Words
    offline: Words


class TextsByLanguage(Strict):
    """In English and in Chinese."""

    en: TextsShape
    zh: TextsShape


class SuggestionsByLanguage(Strict):
    """Questions to begin with."""

    en: Annotated[list[Suggestion], Field(max_length=6)] = Field(default_factory=list[str])
    zh: Annotated[list[Suggestion], Field(max_length=6)] = Field(default_factory=list[str])


class HoursShape(Strict):
    """Opening hours by weekday, "1" (Monday) to "7"; a day that is missing is closed."""

    time_zone: Annotated[str, Field(max_length=64)]
    days: dict[Literal["1", "2", "3", "4", "5", "6", "7"], tuple[Time, Time]]


class WidgetBody(Strict):
    """A widget as it is set up."""

    name: Line
    origins: Annotated[list[Annotated[str, Field(max_length=300)]], Field(max_length=50)] = Field(
        default_factory=list[str]
    )
    collection: Collection = "default"
    color: Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")] = "#2563eb"
    position: Literal["right", "left"] = "right"
    theme: Literal["auto", "light", "dark"] = "auto"
    texts: TextsByLanguage | None = None
    suggestions: SuggestionsByLanguage = Field(default_factory=SuggestionsByLanguage)
    languages: Annotated[list[LanguageCode], Field(min_length=1, max_length=2)] = Field(
        default_factory=lambda: list[LanguageCode](("en", "zh"))
    )
    feedback: bool = True
    require_identity: bool = False
    hours: HoursShape | None = None
    frame: bool = False


class WidgetShape(WidgetBody):
    """A widget."""

    id: str


class WidgetsAnswer(Strict):
    """All widgets, oldest first."""

    widgets: list[WidgetShape]


class SecretAnswer(Strict):
    """The secret with which the widget's sites sign who their visitors are (HS256)."""

    secret: str


class CheckBody(Strict):
    """The page to look at."""

    url: Annotated[str, Field(min_length=1, max_length=2000)]


class FindingShape(Strict):
    """One thing that is right or wrong."""

    code: str
    level: Literal["ok", "warning", "error"]
    detail: str


class FindingsAnswer(Strict):
    """What was found on the page, the worst first."""

    findings: list[FindingShape]


class ConfigAnswer(Strict):
    """What the widget looks like and says. `limit`: characters of a message at most."""

    id: str
    name: str
    color: str
    position: Literal["right", "left"]
    theme: Literal["auto", "light", "dark"]
    texts: TextsByLanguage
    suggestions: SuggestionsByLanguage
    languages: list[LanguageCode]
    feedback: bool
    require_identity: bool
    open_now: bool
    limit: int


class SessionBody(Strict):
    """Who wants to talk: a ticket from before, and what proves more."""

    widget: Annotated[str, Field(max_length=43)]
    visitor: Carried | None = None
    language: LanguageCode | None = None
    identity: Annotated[str, Field(max_length=4000)] | None = None
    frame: Carried | None = None


class Standing(Strict):
    """The conversation that the visitor is in. `last`: the ordinal of its latest entry."""

    id: str | None
    status: HoldingStatus
    agent: str | None
    last: int


class SessionAnswer(Strict):
    """A token for `expires_in` seconds, and the ticket to get the next one with."""

    token: str
    expires_in: int
    visitor: str
    identified: bool
    conversation: Standing


class TimelineAnswer(Strict):
    """The entries after the one asked for."""

    conversation_id: str | None
    status: HoldingStatus
    agent: str | None
    open_now: bool
    entries: list[dict[str, JsonValue]]
    last: int


class MessageBody(Strict):
    """A visitor's message. `id` is the client's: sent again with it, it is not answered twice."""

    message: str
    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{20,64}$")]
    language: LanguageCode | None = None
    context: Context = Field(default_factory=dict[str, Scalar])


class FinishedAnswer(Strict):
    """The message as it now stands in the conversation, and who holds that."""

    entry: dict[str, JsonValue]
    status: HoldingStatus
    agent: str | None


class FeedbackBody(Strict):
    """What the visitor thinks of an answer."""

    turn_id: Annotated[str, Field(max_length=43)]
    rating: Literal[1, -1]
    comment: Annotated[str, Field(max_length=2000)] = ""


class PersonAnswer(Strict):
    """How things stand once a person has been asked for."""

    status: HoldingStatus
    agent: str | None
    open_now: bool


class ContactBody(Strict):
    """How to reach the visitor: `email` or `phone` is needed."""

    name: Annotated[str, Field(max_length=200)] | None = None
    email: Annotated[str, Field(max_length=320)] | None = None
    phone: Annotated[str, Field(max_length=64)] | None = None
    message: Annotated[str, Field(max_length=4000)] | None = None
