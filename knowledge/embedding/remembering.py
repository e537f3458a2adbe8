"""Remembers the vectors of texts that are embedded again and again."""

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from knowledge.embedding import Embedder, TextKind, Vectors
from knowledge.recent import Recent

# 384 numbers of 4 bytes each: 30 MB when full.
CAPACITY: Final = 20_000

Vector = NDArray[np.float32]


class Shelf(Protocol):
    """Vectors of passages' texts that were computed ahead."""

    def recall(self, digests: Sequence[bytes]) -> Mapping[bytes, Vector]: ...


class RememberingEmbedder:
    """Embeds each text once, and forgets the one that was wanted longest ago. Thread-safe.

    Visitors ask of the same passages: what is read in them is the same each time, and only the
    question is new (tests/benchmarks/remembering.md).
    """

    def __init__(
        self, inner: Embedder, capacity: int = CAPACITY, shelf: Shelf | None = None
    ) -> None:
        """`shelf` is looked at for the texts of passages that are not remembered."""
        self._inner = inner
        self._shelf = shelf
        self._known = Recent[bytes, Vector](capacity)
        self.fingerprint = inner.fingerprint
        self.dimension = inner.dimension

    def embed(self, texts: Sequence[str], kind: TextKind) -> Vectors:
        """As the inner embedder does."""
        keys = [digest(text, kind) for text in texts]
        found = self._known.recall(keys)
        if self._shelf is not None and kind == "passage":
            on_shelf = self._shelf.recall([key for key in keys if key not in found])
            self._known.keep(on_shelf)
            found |= on_shelf
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in found}
        if missing:
            vectors = self._inner.embed(list(missing.values()), kind)
            new = dict(zip(missing, vectors, strict=True))
            # Copied: a row of a batch would keep the whole batch alive.
            self._known.keep({key: vector.copy() for key, vector in new.items()})
            found |= new
        if not keys:
            return np.zeros((0, self.dimension), dtype=np.float32)
        return np.stack([found[key] for key in keys])


def digest(text: str, kind: TextKind) -> bytes:
    """16 bytes that name `text` as a `kind`."""
    return blake2b(f"{kind}\0{text}".encode("utf-8", "surrogatepass"), digest_size=16).digest()
