"""What every index of passages must do, asked of all of them.

`space` makes entries and queries of words, so that one suite serves texts and vectors.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from knowledge.embedding import Vectors
from knowledge.indexes import Hit, PassageIndex
from knowledge.indexes.chroma import ChromaIndex
from knowledge.indexes.keyword import KeywordIndex
from knowledge.indexes.memory import MemoryIndex
from tests.fakes import HashEmbedder

DIMENSION = 64


@dataclass(frozen=True)
class Subject:
    """An index under test, and how a text becomes what it stores and what it is asked."""

    index: PassageIndex[Any, Any]
    entry: Callable[[str], Any]
    query: Callable[[str], Any]

    def add(self, collection: str, texts: dict[int, str]) -> None:
        self.index.add(collection, [(key, self.entry(text)) for key, text in texts.items()])

    def search(self, text: str, limit: int = 10, collection: str = "shop") -> list[Hit]:
        return self.index.search(collection, self.query(text), limit)


def _vector(text: str) -> Vectors:
    return HashEmbedder(DIMENSION).embed([text], "passage")[0]


def _same(text: str) -> str:
    return text


@pytest.fixture(params=["keyword", "memory", "chroma", "chroma-hnsw"])
def subject(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[Subject]:
    kind: str = request.param
    if kind == "keyword":
        keyword = KeywordIndex(tmp_path / "keyword.db")
        yield Subject(keyword, _same, _same)
        keyword.close()
    elif kind == "memory":
        yield Subject(MemoryIndex(DIMENSION), _vector, _vector)
    else:
        chroma = _chroma(tmp_path, exact_below=0 if kind == "chroma-hnsw" else 1000)
        yield Subject(chroma, _vector, _vector)
        chroma.close()


def _chroma(
    folder: Path, *, exact_below: int = 1000, fingerprint: str = "aaaaaaaaaaaa"
) -> ChromaIndex:
    return ChromaIndex(
        folder / "chroma", fingerprint=fingerprint, dimension=DIMENSION, exact_below=exact_below
    )


TEXTS = {
    1: "the green lamp costs ten dollars",
    2: "delivery takes three days",
    3: "台灯的退货运费由我们承担",
    4: "gift cards never expire",
}


def test_the_nearest_comes_first(subject: Subject) -> None:
    subject.add("shop", TEXTS)
    for key, text in TEXTS.items():
        hits = subject.search(text)
        assert hits[0].key == key
        assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_an_empty_index_finds_nothing(subject: Subject) -> None:
    assert subject.search("lamp") == []
    subject.index.delete("shop", [1, 2])
    assert subject.search("lamp") == []


def test_no_more_than_the_limit(subject: Subject) -> None:
    subject.add("shop", {key: f"lamp number {key} of many" for key in range(1, 40)})
    assert len(subject.search("lamp number", 7)) == 7
    assert subject.search("lamp number", 0) == []


def test_no_entry_is_found_twice(subject: Subject) -> None:
    subject.add("shop", {key: f"lamp number {key} of many" for key in range(1, 30)})
    keys = [hit.key for hit in subject.search("lamp number", 30)]
    assert len(set(keys)) == len(keys)


def test_a_key_that_is_there_is_replaced(subject: Subject) -> None:
    subject.add("shop", TEXTS)
    subject.add("shop", {2: "umbrellas are made of silk"})
    assert subject.search("umbrellas are made of silk")[0].key == 2
    hits = {hit.key: hit.score for hit in subject.search("delivery takes three days")}
    own = {hit.key: hit.score for hit in subject.search("umbrellas are made of silk")}
    assert hits.get(2, -1.0) < own[2]


def test_what_is_deleted_is_not_found(subject: Subject) -> None:
    subject.add("shop", TEXTS)
    subject.search("warm up")
    subject.index.delete("shop", [1, 3, 999])
    assert {hit.key for hit in subject.search(TEXTS[1])} <= {2, 4}
    assert subject.search(TEXTS[4])[0].key == 4


def test_collections_are_apart(subject: Subject) -> None:
    names = ("shop", "other", "Shop", "x", "店铺", "a'b\"c; --", "n" * 300)
    for key, name in enumerate(names, 1):
        subject.add(name, {key: TEXTS[1]})
    for key, name in enumerate(names, 1):
        assert [hit.key for hit in subject.search(TEXTS[1], 10, name)] == [key]
    subject.index.delete("other", [1])
    assert len(subject.search(TEXTS[1])) == 1


def test_nothing_to_add_or_delete_is_no_error(subject: Subject) -> None:
    subject.index.add("shop", [])
    subject.index.delete("shop", [])
    assert subject.search("lamp") == []


@pytest.fixture(params=["memory", "chroma"])
def dense(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[MemoryIndex | ChromaIndex]:
    if request.param == "memory":
        yield MemoryIndex(DIMENSION)
    else:
        chroma = _chroma(tmp_path)
        yield chroma
        chroma.close()


def _random(count: int, dimension: int = DIMENSION, seed: int = 7) -> NDArray[np.float32]:
    rows = np.random.default_rng(seed).standard_normal((count, dimension)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.mark.parametrize(
    "bad",
    [
        np.full(DIMENSION, np.nan, dtype=np.float32),
        np.full(DIMENSION, np.inf, dtype=np.float32),
        np.ones(DIMENSION + 1, dtype=np.float32),
    ],
    ids=["nan", "inf", "dimension"],
)
def test_a_bad_vector_is_refused_and_nothing_is_stored(
    dense: MemoryIndex | ChromaIndex, bad: Vectors
) -> None:
    good = _random(1)[0]
    with pytest.raises(ValueError, match="vector"):
        dense.add("shop", [(1, good), (2, bad)])
    assert dense.search("shop", good, 5) == []


def test_scores_are_cosines_and_vectors_come_back(dense: MemoryIndex | ChromaIndex) -> None:
    rows = _random(50)
    dense.add("shop", list(enumerate(rows)))
    best = dense.search("shop", rows[3], 5)
    assert best[0].key == 3
    assert best[0].score == pytest.approx(1.0, abs=1e-5)
    exact = np.sort(rows @ rows[3])[::-1][:5]
    assert [hit.score for hit in best] == pytest.approx(exact.tolist(), abs=1e-5)
    stored = dense.vectors("shop", [3, 7, 99])
    assert stored.keys() == {3, 7}
    assert np.allclose(stored[7], rows[7], atol=1e-6)


def test_large_collections_are_searched_nearly_exactly(tmp_path: Path) -> None:
    rows = _random(3000, seed=1)
    queries = _random(200, seed=2)
    index = _chroma(tmp_path, exact_below=100)
    try:
        index.add("shop", list(enumerate(rows)))
        found = sum(
            len(
                {hit.key for hit in index.search("shop", query, 10)}
                & set(np.argsort(-rows @ query)[:10].tolist())
            )
            for query in queries
        )
        assert found / (10 * len(queries)) >= 0.99
    finally:
        index.close()


def test_a_growing_collection_changes_over_without_loss(tmp_path: Path) -> None:
    rows = _random(300)
    index = _chroma(tmp_path, exact_below=100)
    try:
        for start in range(0, 300, 30):
            index.add("shop", [(key, rows[key]) for key in range(start, start + 30)])
            assert index.search("shop", rows[start], 1)[0].key == start
            assert index.search("shop", rows[0], 1)[0].key == 0
    finally:
        index.close()


def test_what_was_stored_is_there_after_a_restart(tmp_path: Path) -> None:
    rows = _random(20)
    for start in (0, 10):
        index = _chroma(tmp_path)
        index.add("shop", [(key, rows[key]) for key in range(start, start + 10)])
        index.close()
    index = _chroma(tmp_path)
    assert index.keys("shop") == set(range(20))
    index.compact("shop")
    assert index.keys("shop") == set(range(20))
    assert index.search("shop", rows[12], 1)[0].key == 12
    index.close()


def test_two_embedders_do_not_share_vectors(tmp_path: Path) -> None:
    row = _random(1)[0]
    first = _chroma(tmp_path)
    first.add("shop", [(1, row)])
    first.close()
    second = _chroma(tmp_path, fingerprint="bbbbbbbbbbbb")
    assert second.search("shop", row, 5) == []
    second.add("shop", [(2, row)])
    assert [hit.key for hit in second.search("shop", row, 5)] == [2]
    second.drop_others(["shop"])
    second.close()
    first = _chroma(tmp_path)
    assert first.keys("shop") == set()
    first.close()


def test_churn_does_not_fill_the_disk(tmp_path: Path) -> None:
    def size() -> int:
        return sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file())

    rows = _random(600)
    index = _chroma(tmp_path)
    index.add("shop", list(enumerate(rows)))
    fresh = size()
    for turn in range(1, 9):
        index.add("shop", [(600 * turn + number, row) for number, row in enumerate(rows)])
        index.delete("shop", range(600 * (turn - 1), 600 * turn))
        index.tidy()
    assert index.keys("shop") == set(range(4800, 5400))
    assert index.search("shop", rows[5], 1)[0].key == 4805
    assert size() < 2.5 * fresh
    index.close()


@pytest.mark.parametrize(
    "query",
    ['"lamp" OR *', "terms:lamp", "NEAR(lamp costs, 2)", 'lamp" AND "', "lamp*", "-lamp", "^lamp",
     "lamp'--", "{lamp}", "lamp AND NOT green", "(lamp", "lamp + costs", "lamp\x00costs"],
)  # fmt: skip
def test_a_query_is_words_only(tmp_path: Path, query: str) -> None:
    index = KeywordIndex(tmp_path / "keyword.db")
    index.add("shop", list(TEXTS.items()))
    assert [hit.key for hit in index.search("shop", query, 5)] == [1]
    index.close()


def test_document_frequencies_are_those_of_the_collection(tmp_path: Path) -> None:
    index = KeywordIndex(tmp_path / "keyword.db")
    index.add("shop", [(1, "lamp v6.4.0"), (2, "lamp lamp"), (3, "desk 退货")])
    index.add("other", [(9, "lamp")])
    assert index.document_frequency("shop", ["lamp", "v6.4.0", "退货", "none"]) == (
        3,
        {"lamp": 2, "v6.4.0": 1, "退货": 1, "none": 0},
    )
    assert index.document_frequency("nowhere", ["lamp"]) == (0, {"lamp": 0})
    index.delete("shop", [2])
    assert index.document_frequency("shop", ["lamp"]) == (2, {"lamp": 1})
    index.drop_others(["shop"])
    assert index.keys("other") == set()
    assert index.keys("shop") == {1, 3}
    index.close()
