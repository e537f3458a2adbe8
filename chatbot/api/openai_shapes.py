"""Requests and responses in OpenAI's shapes, as OpenAPI shows them, with our additions."""

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, WithJsonSchema

from chatbot.api.schemas import CitationShape, Collection, LanguageCode, Strict
from chatbot.messages import Route
from knowledge.documents import DEFAULT_COLLECTION

# What may be said of the things we do not do; anything else would be misled by being ignored.
HARMLESS: Final[dict[str, tuple[JsonValue, ...]]] = {
    "n": (None, 1),
    "tools": (None, []),
    "tool_choice": (None, "none", "auto"),
    "functions": (None, []),
    "function_call": (None, "none", "auto"),
    "logprobs": (None, False),
    "top_logprobs": (None, 0),
    "logit_bias": (None, {}),
    "response_format": (None, {"type": "text"}),
    "modalities": (None, ["text"]),
    "audio": (None,),
    "web_search_options": (None,),
}


def _harmless(name: str) -> WithJsonSchema:
    # Only shown, not checked: the refusal is to say more than that a value is not in a list.
    return WithJsonSchema({"enum": list(HARMLESS[name])})


class Lenient(BaseModel):
    """What clients send beside this is left alone: every client has fields of its own."""

    model_config = ConfigDict(extra="ignore")


class ContentPart(Lenient):
    """A part of a message. Only parts with text can be read."""

    type: Annotated[str, Field(max_length=100)]
    text: str | None = None


class ChatMessage(Lenient):
    """A message. Those of `system` and `developer` change nothing: instructions are the settings'."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[ContentPart] | None = None


class StreamOptions(Lenient):
    """With `include_usage` a last chunk counts the tokens."""

    include_usage: bool | None = None


class CompletionRequest(Lenient):
    """The last message of the user is the question; the ones before it are its history.

    `temperature`, `max_tokens`, `stop`, `seed` and the like change nothing. What would change
    the answer's kind is refused: `n` above 1, tools, log probabilities, JSON and audio output.

    Beside OpenAI's fields: `conversation_id` keeps the turn in that conversation, whose own
    history then counts (`new` begins one); `citations: append` adds a list of the sources to
    the text; `collection` and `language` are those of the chat route.
    """

    model: Annotated[str, Field(max_length=200, examples=["answerdesk"])]
    messages: Annotated[
        list[ChatMessage],
        Field(
            min_length=1,
            max_length=1000,
            examples=[[{"role": "user", "content": "How long is the warranty of the K3?"}]],
        ),
    ]
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    conversation_id: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    collection: Collection = DEFAULT_COLLECTION
    language: LanguageCode | None = None
    citations: Literal["field", "append"] = "field"
    n: Annotated[JsonValue, _harmless("n")] = None
    tools: Annotated[JsonValue, _harmless("tools")] = None
    tool_choice: Annotated[JsonValue, _harmless("tool_choice")] = None
    functions: Annotated[JsonValue, _harmless("functions")] = None
    function_call: Annotated[JsonValue, _harmless("function_call")] = None
    logprobs: Annotated[JsonValue, _harmless("logprobs")] = None
    top_logprobs: Annotated[JsonValue, _harmless("top_logprobs")] = None
    logit_bias: Annotated[JsonValue, _harmless("logit_bias")] = None
    response_format: Annotated[JsonValue, _harmless("response_format")] = None
    modalities: Annotated[JsonValue, _harmless("modalities")] = None
    audio: Annotated[JsonValue, _harmless("audio")] = None
    web_search_options: Annotated[JsonValue, _harmless("web_search_options")] = None


class UsageShape(Strict):
    """Tokens as the embedding model's tokenizer counts them, whichever engine answered."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class AboutTurn(Strict):
    """What OpenAI's shape has no place for. A turn that was not kept has no ids."""

    conversation_id: str | None
    turn_id: str | None
    route: Route
    refused: bool
    answerability: float
    language: LanguageCode
    suggestions: list[str]


class ReplyMessage(Strict):
    """The answer. `citations` are its sources; `number` is the mark `[1]` in the text."""

    role: Literal["assistant"]
    content: str
    refusal: None
    citations: list[CitationShape]


class Choice(Strict):
    """The only choice."""

    index: Literal[0]
    message: ReplyMessage
    logprobs: None
    finish_reason: Literal["stop"]


class Completion(Strict):
    """A finished turn."""

    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    choices: list[Choice]
    usage: UsageShape
    answerdesk: AboutTurn


class ModelShape(Strict):
    """A model that can be named in a request."""

    id: str
    object: Literal["model"]
    created: int
    owned_by: str


class ModelList(Strict):
    """All models."""

    object: Literal["list"]
    data: list[ModelShape]


# As OpenAI: clients choose the size of their batches by it.
MAX_TEXTS: Final = 2048
# Many times the 512 tokens that E5 reads of a text; a longer one is a mistake.
MAX_CHARACTERS: Final = 8192
_TEXT: Final = {"type": "string"}
_COUNT: Final = {"minItems": 1, "maxItems": MAX_TEXTS}


class EmbeddingsRequest(Lenient):
    """Texts to embed. They count as passages to be found, unless `input_type` is `query`.

    Arrays of tokens are refused: another model's numbers mean nothing here.
    """

    model: Annotated[str, Field(max_length=200, examples=["answerdesk-embedding"])]
    input: Annotated[
        str | list[str] | list[int] | list[list[int]],
        WithJsonSchema({"anyOf": [_TEXT, {"type": "array", "items": _TEXT, **_COUNT}]}),
        Field(examples=[["The warranty is two years."]]),
    ]
    encoding_format: Literal["float", "base64"] | None = None
    dimensions: Annotated[int, Field(ge=1)] | None = None
    input_type: Literal["query", "passage"] = "passage"


class EmbeddingShape(Strict):
    """A vector of unit length: numbers, or base64 of little-endian 32-bit floats."""

    object: Literal["embedding"]
    index: int
    embedding: list[float] | str


class EmbeddingUsage(Strict):
    """Tokens of the texts."""

    prompt_tokens: int
    total_tokens: int


class EmbeddingList(Strict):
    """A vector for each text, in their order."""

    object: Literal["list"]
    data: list[EmbeddingShape]
    model: str
    usage: EmbeddingUsage


class OpenAIErrorBody(Strict):
    """What went wrong. `param` names the field at fault, where there is one."""

    message: str
    type: str
    param: str | None
    code: str


class OpenAIErrorShape(Strict):
    """An error in OpenAI's shape."""

    error: OpenAIErrorBody
