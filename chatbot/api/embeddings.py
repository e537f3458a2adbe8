"""Embeds texts for callers of the API, without starving anybody else."""

import asyncio
import base64
import json
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
from chatbot.api.openai_shapes import MAX_CHARACTERS, MAX_TEXTS, EmbeddingsRequest
from chatbot.errors import ServerBusy
from knowledge.embedding import CountingEmbedder, TextKind, Vectors

EMBEDDING_MODEL: Final = "answerdesk-embedding"
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
            parts: list[Vectors] = []
            for start in range(0, len(texts), _SLICE):
                async with self._turn:
                    batch = texts[start : start + _SLICE]
                    parts.append(await run_sync(self.embedder.embed, batch, kind))
            return np.concatenate(parts)
        finally:
            self._requests -= 1


async def embedding_list(body: EmbeddingsRequest, embedding: BoundedEmbedding) -> bytes:
    """The JSON that answers `body`. Raises what is wrong with it, and `ServerBusy`."""
    embedder = embedding.embedder
    if body.model != EMBEDDING_MODEL:
        raise UnknownChatModel(model=body.model, known=EMBEDDING_MODEL, param="model")
    if body.dimensions not in (None, embedder.dimension):
        raise OtherDimensions(
            dimensions=embedder.dimension, asked=body.dimensions, param="dimensions"
        )
    texts = _texts(body.input)
    vectors = await embedding.embed(texts, body.input_type)
    return await run_sync(_written, embedder, texts, vectors, body.encoding_format)


def _written(
    embedder: CountingEmbedder, texts: Sequence[str], vectors: Vectors, encoding: str | None
) -> bytes:
    # A vector at a time: in one go, a million numbers would hold up every other thread.
    data = [
        json.dumps({"object": "embedding", "index": index, "embedding": _encoded(row, encoding)})
        for index, row in enumerate(vectors)
    ]
    tokens = sum(count_tokens(embedder, texts))
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    rest = json.dumps({"object": "list", "model": EMBEDDING_MODEL, "usage": usage})
    return f'{rest[:-1]}, "data": [{", ".join(data)}]}}'.encode()


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
    return vector.tolist()
