"""Search by meaning against comparing with every vector, by the exact search and by the graph."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from knowledge.indexes.chroma import EXACT_BELOW, ChromaIndex

DIMENSION = 128
VECTORS = 4_000
QUERIES = 200
TOP = 10


def directions(count: int, seed: int) -> NDArray[np.float32]:
    """Random unit vectors: near to nothing in particular, the hardest case for a graph."""
    rows = np.random.default_rng(seed).standard_normal((count, DIMENSION), np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.mark.parametrize(("exact_below", "share"), [(EXACT_BELOW, 1.0), (1, 0.99)])
def test_the_ten_nearest_are_found(tmp_path: Path, exact_below: int, share: float) -> None:
    index = ChromaIndex(
        tmp_path, fingerprint="random", dimension=DIMENSION, exact_below=exact_below
    )
    every, queries = directions(VECTORS, 1), directions(QUERIES, 2)
    index.add("c", list(enumerate(every)))
    gone = set(range(0, VECTORS, 7))
    index.delete("c", sorted(gone))
    scores = queries @ every.T
    scores[:, sorted(gone)] = -2
    nearest: list[list[int]] = np.argsort(-scores, axis=1)[:, :TOP].tolist()
    hits = 0
    for query, wanted in zip(queries, nearest, strict=True):
        found = {hit.key for hit in index.search("c", query, TOP)}
        assert len(found) == TOP
        assert not found & gone
        hits += len(found & set(wanted))
    index.close()
    assert hits / (QUERIES * TOP) >= share
