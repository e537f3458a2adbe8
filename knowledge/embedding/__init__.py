"""Turning texts into vectors."""

from collections.abc import Sequence
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

TextKind = Literal["query", "passage"]
Vectors = NDArray[np.float32]


class Embedder(Protocol):
    """Embeds queries and passages into one space."""

    @property
    def fingerprint(self) -> str:
        """Names the model's weights and processing: 12 hex digits; vectors of two fingerprints never mix."""
        ...

    @property
    def dimension(self) -> int: ...

    def embed(self, texts: Sequence[str], kind: TextKind) -> Vectors:
        """Vectors of `texts`, shape `(len(texts), dimension)`, float32, unit length. Thread-safe."""
        ...


class CountingEmbedder(Embedder, Protocol):
    """An embedder that tells how long a text is to it."""

    def count_tokens(self, text: str) -> int:
        """Tokens of `text` as a passage, prefix and markers included, however long it is."""
        ...
