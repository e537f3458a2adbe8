"""Real, small implementations of protocols, for tests that need no model."""

import hashlib
import re
import threading
import time
from collections.abc import Sequence

import numpy as np

from knowledge.embedding import TextKind, Vectors
from knowledge.language import normalise, to_simplified


class HashEmbedder:
    """Embeds by hashed character trigrams: texts that share words are near, nothing is learnt.

    `delay` seconds pass for each text, for tests that interrupt; `fail_on` is a text
    part that raises, for tests of what then happens.
    """

    def __init__(
        self, dimension: int = 64, *, model: str = "hash", delay: float = 0.0, fail_on: str = ""
    ) -> None:
        self._dimension = dimension
        self._model = model
        self._delay = delay
        self._fail_on = fail_on
        self._lock = threading.Lock()
        self.embedded = 0

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256(f"{self._model}{self._dimension}".encode()).hexdigest()[:12]

    @property
    def dimension(self) -> int:
        return self._dimension

    def embed(self, texts: Sequence[str], kind: TextKind) -> Vectors:
        vectors = np.zeros((len(texts), self._dimension), dtype=np.float32)
        for row, text in enumerate(texts):
            if self._fail_on and self._fail_on in text:
                raise RuntimeError("this text cannot be embedded")
            self._add_trigrams(vectors[row], text)
            time.sleep(self._delay)
        with self._lock:
            self.embedded += len(texts) if kind == "passage" else 0
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    def count_tokens(self, text: str) -> int:
        """Words and single Han characters, and two markers."""
        return len(re.findall(r"[\u4e00-\u9fff]|[^\W\u4e00-\u9fff]+|[^\w\s]", text)) + 2

    def _add_trigrams(self, vector: Vectors, text: str) -> None:
        padded = f" {to_simplified(normalise(text)).casefold()} "
        vector[0] = 1e-3
        for start in range(len(padded) - 2):
            digest = hashlib.blake2b(
                padded[start : start + 3].encode("utf-8", "replace"), digest_size=4
            ).digest()
            vector[int.from_bytes(digest) % self._dimension] += 1.0
