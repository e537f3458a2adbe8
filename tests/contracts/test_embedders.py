"""What every embedder promises, whichever engine is behind it."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from knowledge.embedding import CountingEmbedder, TextKind
from knowledge.embedding.loading import load_embedder
from tests.fakes import HashEmbedder
from tests.knowledge.embedding.tiny_model import save_tiny_model

TEXTS = [
    "How do I return a parcel?",
    "退货",
    "Refunds arrive within 5 working days. " * 12,
    "您可以在“我的订单”中申请退款，运费 ¥12.50 不退。",
    "ok",
    "The warranty covers two years.",
]
ODD_TEXTS = [
    "",
    " \n\t",
    "\0",
    "\ud800 half a surrogate",
    "\u200b\u200d\ufeff",
    "👩‍👩‍👧‍👦🇨🇳",
    "a" * 20_000,
    "退" * 20_000,
]


@pytest.fixture(
    scope="module",
    params=[
        "fake",
        pytest.param("onnx", marks=pytest.mark.models),
        "sentence_transformers",
    ],
)
def embedder(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> CountingEmbedder:
    def onnx() -> CountingEmbedder:
        folder: Path = request.getfixturevalue("models_dir")
        return load_embedder("multilingual-e5-small", folder, threads=2)

    def sentence_transformers() -> CountingEmbedder:
        folder = tmp_path_factory.mktemp("tiny")
        save_tiny_model(folder)
        return load_embedder(str(folder), folder, threads=2)

    makers: dict[str, Callable[[], CountingEmbedder]] = {
        "fake": HashEmbedder,
        "onnx": onnx,
        "sentence_transformers": sentence_transformers,
    }
    return makers[request.param]()


@pytest.mark.parametrize("kind", ["query", "passage"])
def test_vectors_have_the_promised_shape_and_length(
    embedder: CountingEmbedder, kind: TextKind
) -> None:
    vectors = embedder.embed(TEXTS, kind)
    assert vectors.shape == (len(TEXTS), embedder.dimension)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)


def test_no_texts_give_no_vectors(embedder: CountingEmbedder) -> None:
    assert embedder.embed([], "query").shape == (0, embedder.dimension)


def test_a_vector_does_not_depend_on_its_neighbours(embedder: CountingEmbedder) -> None:
    alone = np.concatenate([embedder.embed([text], "passage") for text in TEXTS])
    together = embedder.embed(TEXTS, "passage")
    backwards = embedder.embed(TEXTS[::-1], "passage")[::-1]
    many = embedder.embed(TEXTS * 9, "passage")[-len(TEXTS) :]
    for other in (together, backwards, many):
        assert np.abs(other - alone).max() < 1e-3


def test_the_same_text_gives_the_same_vector(embedder: CountingEmbedder) -> None:
    assert np.array_equal(embedder.embed(TEXTS, "query"), embedder.embed(TEXTS, "query"))


def test_different_texts_give_different_vectors(embedder: CountingEmbedder) -> None:
    vectors = embedder.embed(TEXTS, "passage")
    cosines = vectors @ vectors.T - np.eye(len(TEXTS))
    assert cosines.max() < 0.9999


def test_odd_texts_give_finite_vectors(embedder: CountingEmbedder) -> None:
    vectors = embedder.embed(ODD_TEXTS, "passage")
    assert np.isfinite(vectors).all()


def test_threads_do_not_disturb_each_other(embedder: CountingEmbedder) -> None:
    expected = [embedder.embed([text], "passage")[0] for text in TEXTS]
    with ThreadPoolExecutor(8) as pool:
        work = [TEXTS[turn % len(TEXTS) :] for turn in range(24)]
        waiting = [pool.submit(embedder.embed, texts, "passage") for texts in work]
        found = [future.result() for future in waiting]
    for turn, vectors in enumerate(found):
        start = turn % len(TEXTS)
        assert np.abs(vectors - np.stack(expected[start:])).max() < 1e-3


def test_the_fingerprint_is_twelve_hex_digits(embedder: CountingEmbedder) -> None:
    assert re.fullmatch("[0-9a-f]{12}", embedder.fingerprint)


def test_longer_texts_have_more_tokens_however_long(embedder: CountingEmbedder) -> None:
    alone = embedder.count_tokens("")
    counts = [embedder.count_tokens("how long is it? " * times) - alone for times in (1, 10, 500)]
    assert 3 <= counts[0] <= 12
    assert counts[1] == pytest.approx(10 * counts[0], rel=0.3)
    assert counts[2] == pytest.approx(500 * counts[0], rel=0.3)
    assert embedder.count_tokens("支持七天无理由退货吗") > alone + 2
