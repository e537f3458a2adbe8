"""What is embedded once is not embedded again, and nothing else changes."""

import threading
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.embedding import TextKind, Vectors
from knowledge.embedding.remembering import RememberingEmbedder
from tests.fakes import HashEmbedder


class Counting(HashEmbedder):
    """Tells which texts it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.given: list[str] = []

    def embed(self, texts: Sequence[str], kind: TextKind) -> Vectors:
        self.given.extend(texts)
        return super().embed(texts, kind)


@pytest.fixture
def inner() -> Counting:
    return Counting()


def test_a_text_is_embedded_once_for_each_kind(inner: Counting) -> None:
    embedder = RememberingEmbedder(inner)
    first = embedder.embed(["a", "b", "a"], "passage")
    again = embedder.embed(["b", "c"], "passage")
    embedder.embed(["a"], "query")
    assert inner.given == ["a", "b", "c", "a"]
    assert np.array_equal(first[1], again[0])
    assert np.array_equal(first[0], first[2])


def test_the_one_wanted_longest_ago_is_forgotten(inner: Counting) -> None:
    embedder = RememberingEmbedder(inner, capacity=2)
    for text in ("a", "b", "a", "c", "a", "b"):
        embedder.embed([text], "passage")
    assert inner.given == ["a", "b", "c", "b"]


def test_more_texts_than_there_is_room_for_still_get_their_vectors(inner: Counting) -> None:
    texts = [str(number) for number in range(10)]
    vectors = RememberingEmbedder(inner, capacity=3).embed(texts, "passage")
    assert np.array_equal(vectors, HashEmbedder().embed(texts, "passage"))


def test_nothing_gives_nothing(inner: Counting) -> None:
    assert RememberingEmbedder(inner).embed([], "passage").shape == (0, inner.dimension)


@given(st.lists(st.lists(st.text(max_size=3), max_size=5), max_size=8), st.integers(1, 6))
def test_it_answers_as_the_inner_one_does(batches: list[list[str]], capacity: int) -> None:
    embedder, plain = RememberingEmbedder(HashEmbedder(), capacity), HashEmbedder()
    for texts in batches:
        given = embedder.embed(texts, "passage")
        assert np.array_equal(given, plain.embed(texts, "passage").reshape(given.shape))


def test_threads_share_it() -> None:
    embedder, plain = RememberingEmbedder(HashEmbedder(), capacity=5), HashEmbedder()
    wrong: list[str] = []

    def work(seed: int) -> None:
        for number in range(200):
            text = str((seed * 7 + number) % 11)
            if not np.array_equal(embedder.embed([text], "query"), plain.embed([text], "query")):
                wrong.append(text)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
