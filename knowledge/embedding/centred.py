"""Takes out of vectors what a language or a kind of text adds to all of them alike.

Multilingual models keep the texts of a language in a corner of their own: a Chinese question is
nearer to any Chinese text than an English passage with its answer should be. Without the mean of
its language and kind, what is left of a vector is what the text says.
"""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Final

import numpy as np

from knowledge.documents import Language
from knowledge.embedding import CountingEmbedder, TextKind, Vectors
from knowledge.language import detect_language

Means = Mapping[tuple[Language, TextKind], Vectors]
"""The mean of unit vectors of each language and kind, shape `(dimension,)`."""

# Of the mean. All of it finds as much across languages and costs .01 of hit@1 on squad2
# (tests/benchmarks/retrieval.md).
SHARE: Final = 0.8
_FOLDER: Final = resources.files("assets").joinpath("weights")


def centred(embedder: CountingEmbedder) -> CountingEmbedder:
    """`embedder` without its languages' means, where `tests/benchmarks/train_means.py` measured them."""
    file = _FOLDER.joinpath("means.json")
    stored = json.loads(file.read_text("utf-8"))
    if stored["embedder"] != embedder.fingerprint:
        return embedder
    means: Means = {
        (Language(item["language"]), item["kind"]): unpacked(item["mean"])
        for item in stored["means"]
    }
    return CentredEmbedder(embedder, means)


class CentredEmbedder:
    """An embedder whose vectors are centred by language and kind."""

    def __init__(self, inner: CountingEmbedder, means: Means) -> None:
        self._inner = inner
        self._means = means
        self._fingerprint = _fingerprint(inner.fingerprint, means)

    @property
    def fingerprint(self) -> str:
        return self._fingerprint

    @property
    def dimension(self) -> int:
        return self._inner.dimension

    def embed(self, texts: Sequence[str], kind: TextKind) -> Vectors:
        """As `Embedder.embed`."""
        if not texts:
            return self._inner.embed(texts, kind)
        vectors = self._inner.embed(texts, kind)
        means = np.stack([self._means[detect_language(text), kind] for text in texts])
        left = vectors - SHARE * means
        return left / np.linalg.norm(left, axis=1, keepdims=True)

    def count_tokens(self, text: str) -> int:
        """As the inner embedder does."""
        return self._inner.count_tokens(text)


def packed(mean: Vectors) -> str:
    """A mean as the weights keep it."""
    return base64.b64encode(mean.astype("<f4").tobytes()).decode("ascii")


def unpacked(stored: str) -> Vectors:
    """A mean that the weights kept."""
    return np.frombuffer(base64.b64decode(stored), "<f4").astype(np.float32)


def _fingerprint(inner: str, means: Means) -> str:
    content = hashlib.sha256(f"{inner} {SHARE}".encode())
    for language, kind in sorted(means):
        content.update(f"{language} {kind}".encode() + means[language, kind].tobytes())
    return content.hexdigest()[:12]
