"""Vectors without what a language adds to all of them."""

from typing import Any

import numpy as np
import pytest

from knowledge.documents import Language
from knowledge.embedding import CountingEmbedder, TextKind, Vectors
from knowledge.embedding.centred import SHARE, CentredEmbedder, centred, packed, unpacked
from knowledge.language import detect_language
from tests.fakes import HashEmbedder


class Cornered(HashEmbedder):
    """Keeps each language in a corner of its own, as multilingual models do."""

    def embed(self, texts: Any, kind: TextKind) -> Vectors:
        vectors = super().embed(texts, kind)
        for row, text in zip(vectors, texts, strict=True):
            row[0 if detect_language(text) is Language.ENGLISH else 1] += 2.0
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


ENGLISH = ["refund within days", "the kettle holds one litre", "open until nine"]
CHINESE = ["退款期限", "水壶容量", "营业时间"]


@pytest.fixture
def means() -> dict[tuple[Language, TextKind], Vectors]:
    plain = Cornered()
    return {
        (language, kind): plain.embed(texts, kind).mean(axis=0)
        for language, texts in ((Language.ENGLISH, ENGLISH), (Language.CHINESE, CHINESE))
        for kind in ("query", "passage")
    }


def test_what_a_language_adds_goes(means: dict[tuple[Language, TextKind], Vectors]) -> None:
    plain, embedder = Cornered(), CentredEmbedder(Cornered(), means)

    def likeness(model: CountingEmbedder) -> float:
        vectors = model.embed(["退款", "今天下雨"], "query")
        return float(vectors[0] @ vectors[1])

    assert likeness(plain) > 0.5  # two Chinese texts that have nothing in common
    assert abs(likeness(embedder)) < likeness(plain) / 2
    vectors = embedder.embed([*ENGLISH, *CHINESE], "passage")
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert vectors.dtype == np.float32
    assert embedder.embed([], "query").shape == (0, plain.dimension)


def test_a_text_has_the_same_vector_in_any_company(
    means: dict[tuple[Language, TextKind], Vectors],
) -> None:
    embedder = CentredEmbedder(Cornered(), means)
    together = embedder.embed([ENGLISH[0], CHINESE[0]], "passage")
    assert np.allclose(together[1], embedder.embed([CHINESE[0]], "passage")[0], atol=1e-6)


def test_the_means_are_part_of_the_fingerprint(
    means: dict[tuple[Language, TextKind], Vectors],
) -> None:
    other = {key: mean + 0.01 for key, mean in means.items()}
    names = {
        embedder.fingerprint
        for embedder in (
            Cornered(),
            CentredEmbedder(Cornered(), means),
            CentredEmbedder(Cornered(), other),
        )
    }
    assert len(names) == 3
    assert all(len(name) == 12 for name in names)


def test_an_embedder_whose_means_are_not_known_stays_as_it_is() -> None:
    embedder = HashEmbedder()
    assert centred(embedder) is embedder


def test_means_are_kept_exactly() -> None:
    mean = HashEmbedder().embed(["a mean"], "query")[0] / 3
    assert np.array_equal(unpacked(packed(mean)), mean)
    assert 0 < SHARE <= 1
