"""The shapes of conversations as the team reads and writes them."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from chatbot.api.schemas import LanguageCode, PlainText, Strict, TraceShape, TurnShape
from chatbot.conversations import Status
from chatbot.handover import MESSAGE_CHARACTERS
from chatbot.messages import Channel, Route

MemberName = Annotated[str, Field(max_length=64)]
ClientId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{16,64}$")]


class Take(Strict):
    """`from` names the colleague it is taken from, as far as the agent knows."""

    holder: Annotated[MemberName | None, Field(alias="from")] = None


class Reply(Strict):
    """An agent's words. Sent again with the same `id`, they arrive once."""

    text: Annotated[PlainText, StringConstraints(min_length=1, max_length=MESSAGE_CHARACTERS)]
    id: ClientId | None = None


class ReplySent(Strict):
    """The message's id, by which it stands among the entries."""

    id: str


class SourceShape(Strict):
    """A source of an answer; `passage` is the text around the quote, `where` its page, slide or row."""

    number: int
    title: str
    where: str
    quote: str
    url: str | None
    passage: str


class EntryCommon(Strict):
    """`ordinal` grows within a conversation: the last one read is a reader's cursor."""

    ordinal: int
    id: str
    created_at: str


class TurnEntryShape(EntryCommon):
    """A question and the assistant's answer. `feedback` is the visitor's: 1, -1 or null."""

    kind: Literal["turn"]
    question: str
    answer: str
    language: LanguageCode
    route: Route
    refused: bool
    citations: list[SourceShape]
    suggestions: list[str]
    feedback: Literal[1, -1] | None
    answerability: float
    rules: list[str]
    generator_called: bool
    trace: list[TraceShape]


class VisitorEntryShape(EntryCommon):
    """What the visitor wrote to a person."""

    kind: Literal["visitor"]
    text: str


class AgentEntryShape(EntryCommon):
    """What an agent wrote."""

    kind: Literal["agent"]
    author: str
    text: str


class EventEntryShape(EntryCommon):
    """What happened; `by` is the agent who did it, if one did."""

    kind: Literal["event"]
    event: Literal["waiting", "taken", "handed_back", "closed", "contact"]
    by: str | None


EntryShape = Annotated[
    TurnEntryShape | VisitorEntryShape | AgentEntryShape | EventEntryShape,
    Field(discriminator="kind"),
]


class ConversationLine(Strict):
    """A conversation in a line. `preview` are the last words of a person in it."""

    id: str
    status: Status
    channel: Channel
    language: LanguageCode
    assignee: str
    visitor_name: str
    waiting_since: str | None
    updated_at: str
    last: int
    preview: str


class ConversationsAnswer(Strict):
    """The conversations that changed last, and the cursor of those before them."""

    conversations: list[ConversationLine]
    next: str | None


class ContactShape(Strict):
    """How the visitor can be reached, as far as they said."""

    name: str = ""
    email: str = ""
    phone: str = ""


class ConversationAnswer(ConversationLine):
    """A conversation with all that is in it, oldest first. `turns` are also among `entries`."""

    contact: ContactShape
    entries: list[EntryShape]
    turns: list[TurnShape]


class StatusAnswer(Strict):
    """Who has the conversation now."""

    status: Status
    assignee: str
