"""Embeds texts for callers of the API, without starving anybody else."""

import asyncio
import base64
from collections.abc import Sequence
from typing import Final

import numpy as np
from anyio.to_thread import run_sync

from chatbot.api.openai_errors import (
    OtherDimensions,
    TextTooLong,
    TokensAreNotText,
    TooManyTexts,
    UnknownChatModel,
)
from chatbot.api.openai_replies import count_tokens
from chatbot.api.openai_shapes import EmbeddingsRequest
from chatbot.errors import ServerBusy
from chatbot.serialise import Json
from knowledge.embedding import CountingEmbedder, TextKind, Vectors

EMBEDDING_MODEL: Final = "answerdesk-embedding"
# As OpenAI: clients choose the size of their batches by it.
MAX_TEXTS: Final = 2048
# Many times the 512 tokens that E5 reads of a text; a longer one is a mistake.
MAX_CHARACTERS: Final = 8192

# About a second of one core: what a request that comes later, or leaves, waits for.
_SLICE: Final = 16
_MOST_REQUESTS: Final = 8
_RETRY_SECONDS: Final = 5


class BoundedEmbedding:
    """One slice of texts at a time, whoever asks; at most eight requests take turns."""

    def __init__(self, embedder: CountingEmbedder) -> None:
        self.embedder = embedder
        self._turn = asyncio.Semaphore(1)
        self._requests = 0

    async def embed(self, texts: Sequence[str], kind: TextKind) -> Vectors:
        """Vectors of `texts`, as `Embedder.embed`. Raises `ServerBusy`. Stops when it is cancelled."""
        if self._requests >= _MOST_REQUESTS:
            raise ServerBusy(seconds=_RETRY_SECONDS)
        self._requests += 1
        try:
            return np.concatenate([await part for part in self._slices(texts, kind)])
        finally:
            self._requests -= 1

    def _slices(self, texts: Sequence[str], kind: TextKind):
        for start in range(0, len(texts), _SLICE):
            yield self._slice(texts[start : start + _SLICE], kind)

    async def _slice(self, texts: Sequence[str], kind: TextKind) -> Vectors:
        async with self._turn:
            return await run_sync(self.embedder.embed, texts, kind)


async def embedding_list(body: EmbeddingsRequest, embedding: BoundedEmbedding) -> Json:
    """The response to `body`. Raises what is wrong with it, and `ServerBusy`."""
    embedder = embedding.embedder
    if body.model != EMBEDDING_MODEL:
        raise UnknownChatModel(model=body.model, known=EMBEDDING_MODEL, param="model")
    if body.dimensions not in (None, embedder.dimension):
        raise OtherDimensions(
            dimensions=embedder.dimension, asked=body.dimensions, param="dimensions"
        )
    texts = _texts(body.input)
    vectors = await embedding.embed(texts, body.input_type)
    tokens = sum(await run_sync(count_tokens, embedder, texts))
    data = [
        {"object": "embedding", "index": index, "embedding": _encoded(row, body.encoding_format)}
        for index, row in enumerate(vectors)
    ]
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return {"object": "list", "data": data, "model": EMBEDDING_MODEL, "usage": usage}


def _texts(given: str | Sequence[str] | Sequence[int] | Sequence[Sequence[int]]) -> list[str]:
    items = [given] if isinstance(given, str) else given
    texts = [item for item in items if isinstance(item, str)]
    if len(texts) < len(items):
        raise TokensAreNotText(param="input")
    if not 1 <= len(texts) <= MAX_TEXTS:
        raise TooManyTexts(count=len(texts), limit=MAX_TEXTS, param="input")
    for index, text in enumerate(texts):
        if len(text) > MAX_CHARACTERS:
            raise TextTooLong(param=f"input[{index}]", length=len(text), limit=MAX_CHARACTERS)
    return texts


def _encoded(vector: Vectors, encoding: str | None) -> str | list[float]:
    if encoding == "base64":
        return base64.b64encode(vector.astype("<f4").tobytes()).decode()
    return [float(number) for number in vector]
