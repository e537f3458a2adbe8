"""From OpenAI's messages to a question, and from a turn to OpenAI's objects."""

import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from anyio.to_thread import run_sync
from sse_starlette import ServerSentEvent

from chatbot.api.openai_errors import (
    NoQuestion,
    UnknownChatModel,
    UnsupportedContent,
    UnsupportedParameter,
)
from chatbot.api.openai_shapes import HARMLESS, ChatMessage, CompletionRequest
from chatbot.api.running import sent
from chatbot.conversations import new_id
from chatbot.errors import EmptyQuestion, UnreadableQuestion
from chatbot.guard import admit
from chatbot.messages import Answer, Citation, Message, Mode, ReplyEvent, TextDelta, TurnFinished
from chatbot.serialise import Json, citation_json
from knowledge.documents import Language
from knowledge.embedding import CountingEmbedder

MODELS: Final[dict[str, Mode | None]] = {
    "answerdesk": None,
    "answerdesk-serial": "serial",
    "answerdesk-parallel": "parallel",
    "answerdesk-mixed": "mixed",
}
NEW_CONVERSATION: Final = "new"

_SOURCES: Final = {Language.ENGLISH: "Sources:", Language.CHINESE: "来源："}


@dataclass(frozen=True, slots=True)
class Asked:
    """The question of a request, and what the user and the assistant said before it."""

    text: str
    history: tuple[Message, ...]


def mode_of(model: str) -> Mode | None:
    """How `model` combines rules and Transformer; None as the settings say. Raises `UnknownChatModel`."""
    if model not in MODELS:
        raise UnknownChatModel(model=model, known=", ".join(MODELS), param="model")
    return MODELS[model]


def refuse_unsupported(body: CompletionRequest) -> None:
    """Raises `UnsupportedParameter` for what would be misleading to ignore."""
    for name, harmless in HARMLESS.items():
        if getattr(body, name) not in harmless:
            raise UnsupportedParameter(param=name)


def read_messages(messages: Sequence[ChatMessage], *, limit: int, turns: int) -> Asked:
    """The last message of the user, and at most `turns` turns before it.

    Raises `NoQuestion`, `UnsupportedContent` for pictures and sounds, `UnsupportedParameter`
    for what tools said, and what `admit` raises for a question above `limit` characters.
    """
    said = [
        (message.role, _text(message, f"messages[{place}]"))
        for place, message in enumerate(messages)
        if message.role not in ("system", "developer")
    ]
    last = max((place for place, (role, _) in enumerate(said) if role == "user"), default=None)
    if last is None:
        raise NoQuestion(param="messages")
    earlier = [
        Message("user" if role == "user" else "assistant", readable)
        for role, text in said[:last]
        if (readable := _readable(text, limit))
    ]
    return Asked(admit(said[last][1], limit), tuple(earlier[-2 * turns :]))


def _text(message: ChatMessage, place: str) -> str:
    if message.role in ("tool", "function"):
        raise UnsupportedParameter(param=f"{place}.role")
    if not isinstance(message.content, list):
        return message.content or ""
    for number, part in enumerate(message.content):
        if part.type != "text" or part.text is None:
            raise UnsupportedContent(param=f"{place}.content[{number}]", kind=part.type)
    return "\n".join(part.text or "" for part in message.content)


def _readable(text: str, limit: int) -> str:
    """An earlier message as far as it can be read: it helps to understand, and is not answered."""
    try:
        return admit(text[:limit], limit)
    except (EmptyQuestion, UnreadableQuestion):
        return ""


def sources_text(citations: Sequence[Citation], language: Language) -> str:
    """A numbered list of the sources, to come after the answer; empty without any."""
    if not citations:
        return ""
    lines = [f"[{c.number}] {_one_line(c.title or c.document)}{_where(c)}" for c in citations]
    return "\n\n" + "\n".join([_SOURCES[language], *lines])


def _where(citation: Citation) -> str:
    return f" {_one_line(citation.url)}" if citation.url else ""


def _one_line(text: str) -> str:
    return " ".join(text.split())


@dataclass(frozen=True, slots=True)
class Reply:
    """How one request is answered. `prompt` is all the text that its messages hold."""

    model: str
    prompt: str
    embedder: CountingEmbedder
    append_sources: bool = False
    include_usage: bool = False
    id: str = field(default_factory=lambda: f"chatcmpl-{new_id()}")
    created: int = field(default_factory=lambda: int(time.time()))

    async def completion(self, answer: Answer) -> Json:
        """The whole answer."""
        text = answer.text + self._sources(answer)
        message = {"role": "assistant", "content": text, "refusal": None, **_cited(answer)}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
        return {
            **self._head("chat.completion"),
            "choices": [choice],
            "usage": await self._usage(text),
            "answerdesk": about_turn(answer),
        }

    async def chunks(self, events: AsyncIterator[ReplyEvent]) -> AsyncIterator[ServerSentEvent]:
        """The answer piece by piece; the last chunk carries the citations."""
        yield self._chunk({"role": "assistant", "content": ""})
        async for event in events:
            if isinstance(event, TextDelta):
                yield self._chunk({"content": event.text})
            elif isinstance(event, TurnFinished):
                sources = self._sources(event.answer)
                if sources:
                    yield self._chunk({"content": sources})
                yield self._last_chunk(event.answer)
                if self.include_usage:
                    yield await self._usage_chunk(event.answer.text + sources)
        yield ServerSentEvent("[DONE]")

    def _sources(self, answer: Answer) -> str:
        return sources_text(answer.citations, answer.language) if self.append_sources else ""

    def _chunk(
        self, delta: Json, finish: str | None = None, more: Json | None = None
    ) -> ServerSentEvent:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        usage: Json = {"usage": None} if self.include_usage else {}
        head = self._head("chat.completion.chunk")
        return sent(None, {**head, "choices": [choice], **usage, **(more or {})})

    def _last_chunk(self, answer: Answer) -> ServerSentEvent:
        return self._chunk(_cited(answer), "stop", {"answerdesk": about_turn(answer)})

    async def _usage_chunk(self, text: str) -> ServerSentEvent:
        head = self._head("chat.completion.chunk")
        return sent(None, {**head, "choices": [], "usage": await self._usage(text)})

    def _head(self, kind: str) -> Json:
        return {"id": self.id, "object": kind, "created": self.created, "model": self.model}

    async def _usage(self, text: str) -> Json:
        prompt, completion = await run_sync(count_tokens, self.embedder, (self.prompt, text))
        return {
            "prompt_tokens": prompt,
            "completion_tokens": completion,
            "total_tokens": prompt + completion,
        }


def about_turn(answer: Answer) -> Json:
    """What OpenAI's shape has no place for."""
    kept = bool(answer.conversation_id)
    return {
        "conversation_id": answer.conversation_id if kept else None,
        "turn_id": answer.turn_id if kept else None,
        "route": answer.route,
        "refused": answer.refused,
        "answerability": round(answer.answerability, 4),
        "language": answer.language.value,
        "suggestions": list(answer.suggestions),
    }


def count_tokens(embedder: CountingEmbedder, texts: Sequence[str]) -> list[int]:
    """Tokens of each text alone, without what the embedder adds to every one."""
    added = embedder.count_tokens("")
    return [max(0, embedder.count_tokens(text) - added) if text else 0 for text in texts]


def _cited(answer: Answer) -> Json:
    return {"citations": [citation_json(citation) for citation in answer.citations]}
