"""Any chat model of LangChain, and any endpoint that speaks OpenAI's protocol."""

import asyncio
import os
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Iterator, Mapping
from contextlib import aclosing
from typing import Any, cast

import httpx
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk
from pydantic import SecretStr

from chatbot.cancellation import Cancellation
from chatbot.errors import GeneratorFailed, InvalidSettings
from chatbot.generators import EngineLimits, ModelCard, Prompt
from chatbot.generators.chat import chat_messages
from chatbot.generators.connections import OwnConnection
from chatbot.generators.streams import Deadline, Pieces
from chatbot.settings import GeneratorSettings
from knowledge.documents import Language

Arguments = Callable[[Prompt], Mapping[str, Any]]
Release = Callable[[], Coroutine[Any, Any, None]]


def openai_arguments(prompt: Prompt) -> Mapping[str, Any]:
    """How most chat models of LangChain name the limits of one call."""
    return {
        "max_tokens": prompt.max_tokens,
        "temperature": prompt.temperature,
        "seed": prompt.seed,
    }


class LangChainGenerator:
    """`model` as a generator. Its calls run on one event loop, so that leaving cuts the connection.

    `arguments` names the limits of a call as the model wants them. With
    `names_the_end` a text without a finish reason counts as broken off. `release`
    runs last on the loop, when the generator is closed.
    """

    def __init__(
        self,
        model: BaseChatModel,
        card: ModelCard,
        limits: EngineLimits | None = None,
        *,
        arguments: Arguments = openai_arguments,
        names_the_end: bool = False,
        release: Release | None = None,
    ) -> None:
        self._model = model
        self._card = card
        self._limits = limits or EngineLimits()
        self._arguments = arguments
        self._names_the_end = names_the_end
        self._loop = _LoopThread(release)

    @property
    def name(self) -> str:
        return self._card.name

    @property
    def languages(self) -> frozenset[Language]:
        return self._card.languages

    def stream(self, prompt: Prompt, cancellation: Cancellation) -> Iterator[str]:
        deadline = Deadline(self._limits.deadline_seconds, cancellation)
        return self._stream(prompt, cancellation, deadline)

    def close(self) -> None:
        """End every call and the event loop."""
        self._loop.close()

    def _stream(
        self, prompt: Prompt, cancellation: Cancellation, deadline: Deadline
    ) -> Iterator[str]:
        pieces = Pieces()
        stop = self._loop.start(self._receive(prompt, pieces))
        try:
            yield from pieces.read(cancellation, deadline)
        finally:
            stop()

    async def _receive(self, prompt: Prompt, pieces: Pieces) -> None:
        try:
            async with aclosing(self._chunks(prompt)) as chunks:
                await self._hand_on(chunks, prompt.max_tokens, pieces)
        except Exception as error:
            pieces.fail(error)
        else:
            pieces.finish()

    async def _hand_on(
        self, chunks: AsyncIterator[AIMessageChunk], max_tokens: int, pieces: Pieces
    ) -> None:
        said, ended = 0, False
        async for chunk in chunks:
            text = str(chunk.text)
            said += bool(text)
            ended = ended or bool(chunk.response_metadata.get("finish_reason"))
            pieces.put(text)
            if said >= max_tokens:  # an endpoint may not know our name for the limit
                return
        if self._names_the_end and not ended:
            raise GeneratorFailed(reason="the endpoint broke off before the end")

    async def _chunks(self, prompt: Prompt) -> AsyncGenerator[AIMessageChunk, None]:
        messages = chat_messages(prompt)
        async for chunk in self._model.astream(messages, **self._arguments(prompt)):
            yield chunk


class _LoopThread:
    """An event loop in a thread of its own, started with the first call."""

    def __init__(self, release: Release | None) -> None:
        self._release = release
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._closed = False

    def start(self, work: Coroutine[Any, Any, None]) -> Callable[[], object]:
        """Run `work`; the callable that is returned cancels it."""
        with self._lock:
            if self._closed:
                work.close()
                raise GeneratorFailed(reason="it has been closed")
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(
                    target=self._loop.run_forever, name="endpoint", daemon=True
                )
                self._thread.start()
            return asyncio.run_coroutine_threadsafe(work, self._loop).cancel

    def close(self) -> None:
        """Cancel what runs, release, and end the thread."""
        with self._lock:
            self._closed = True
            loop, thread, self._loop = self._loop, self._thread, None
        if loop is None or thread is None:
            return
        asyncio.run_coroutine_threadsafe(self._wind_up(), loop).result(timeout=5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=5)
        loop.close()

    async def _wind_up(self) -> None:
        running = asyncio.all_tasks() - {asyncio.current_task()}
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        if self._release is not None:
            await self._release()


def openai_compatible(settings: GeneratorSettings) -> LangChainGenerator:
    """The model `settings.model` behind `settings.base_url` (None: OpenAI's own).

    The key comes from the environment variable that the settings name; an endpoint of
    one's own may need none. Raises `InvalidSettings` when OpenAI's own lacks it.
    """
    # Importing it takes a second, which only those who use it should wait for.
    from langchain_openai import ChatOpenAI  # noqa: PLC0415

    key = os.environ.get(settings.api_key_variable, "")
    if not key and settings.base_url is None:
        raise InvalidSettings(
            field="generator.api_key_variable",
            reason=f"the environment variable {settings.api_key_variable} is not set",
        )
    client = httpx.AsyncClient(transport=OwnConnection(), timeout=settings.deadline_seconds)
    model = ChatOpenAI(
        model=settings.model,
        base_url=settings.base_url,
        api_key=SecretStr(key or "none"),
        max_retries=0,  # the turn has a deadline, and a quote of the evidence to fall back on
        http_async_client=client,
    )
    return LangChainGenerator(
        model,
        ModelCard(settings.model, spoken_languages(settings)),
        EngineLimits(deadline_seconds=settings.deadline_seconds),
        arguments=openai_arguments if settings.base_url is None else _older_arguments,
        names_the_end=True,
        release=client.aclose,
    )


def any_chat_model(settings: GeneratorSettings) -> LangChainGenerator:
    """The chat model `settings.model` (`provider:model`) of any provider that LangChain knows.

    The provider's package (`langchain-ollama` for `ollama:`) must be installed. Its key comes
    from the variable that the provider reads, or from one that the settings name. Raises
    `InvalidSettings` for what LangChain does not take.
    """
    from langchain.chat_models import init_chat_model  # noqa: PLC0415 -- it takes a second

    options: dict[str, Any] = {"temperature": 0, "max_tokens": settings.max_tokens}
    if settings.base_url is not None:
        options["base_url"] = settings.base_url
    if "api_key_variable" in settings.model_fields_set:
        options["api_key"] = SecretStr(os.environ.get(settings.api_key_variable, ""))
    try:
        model = cast("BaseChatModel", init_chat_model(settings.model, **options))
    except (ImportError, ValueError) as error:
        reason = str(error).strip().split("\n")[0]
        raise InvalidSettings(field="generator.model", reason=reason) from error
    return LangChainGenerator(
        model,
        ModelCard(settings.model, spoken_languages(settings)),
        EngineLimits(deadline_seconds=settings.deadline_seconds),
        arguments=_nothing_more,
    )


def spoken_languages(settings: GeneratorSettings) -> frozenset[Language]:
    """What the settings say, or every language."""
    return frozenset(Language(code) for code in settings.languages or Language)


def _nothing_more(_: Prompt) -> Mapping[str, Any]:
    """The model has its limits already: providers name those of one call in their own ways."""
    return {}


def _older_arguments(prompt: Prompt) -> Mapping[str, Any]:
    """LangChain sends `max_completion_tokens`; servers other than OpenAI's may know only `max_tokens`."""
    return {**openai_arguments(prompt), "extra_body": {"max_tokens": prompt.max_tokens}}
