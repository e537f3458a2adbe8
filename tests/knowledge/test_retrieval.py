"""Fusing what the indexes found, and pools that agree about it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.documents import Passage, Position
from knowledge.indexes import Hit
from knowledge.pools import Candidates, CollectionPool, GivenPool, Query
from knowledge.retrieval import Retriever, collapse_duplicates, fuse_rankings, keyword_trust
from tests.fakes import HashEmbedder
from tests.knowledge.library_parts import COLLECTION, add, library_at, ready

scores = st.dictionaries(st.integers(0, 11), st.floats(-1, 1, width=16), max_size=12)


def passage(key: int, text: str = "") -> Passage:
    return Passage(f"p{key:02}", "page.md", "Page", text or f"text {key}", Position(0, 6))


def candidates(
    keyword: dict[int, float], dense: dict[int, float], spans: dict[int, float]
) -> Candidates:
    keys = {*keyword, *dense}
    return Candidates(
        {key: passage(key) for key in keys},
        [Hit(key, score) for key, score in keyword.items()],
        [Hit(key, score) for key, score in dense.items()],
        dense,
        {key: score for key, score in spans.items() if key in keys},
    )


@given(scores, scores, scores, st.floats(0, 1), st.randoms())
def test_fusion_ignores_the_order_of_the_rankings(
    keyword: dict[int, float],
    dense: dict[int, float],
    spans: dict[int, float],
    trust: float,
    random: "st.DrawFn",
) -> None:
    found = candidates(keyword, dense, spans)
    shuffled = candidates(
        dict(sorted(keyword.items(), key=lambda item: hash((item, 1)))),
        dict(reversed(dense.items())),
        dict(reversed(spans.items())),
    )
    names = [(item.passage.id, item.score) for item in fuse_rankings(found, trust)]
    assert names == [(item.passage.id, item.score) for item in fuse_rankings(shuffled, trust)]
    assert {name for name, _ in names} == {p.id for p in found.passages.values()}


def test_the_best_span_decides_between_passages_that_are_alike() -> None:
    dense = {1: 0.5, 2: 0.5, 3: 0.1}
    ranked = fuse_rankings(candidates({}, dense, {1: 0.4, 2: 0.8, 3: 0.1}))
    assert [item.passage.id for item in ranked] == ["p02", "p01", "p03"]
    assert ranked[0].span_similarity == 0.8


def test_a_passage_whose_spans_are_not_embedded_yet_counts_by_its_whole() -> None:
    dense = {1: 0.6, 2: 0.5, 3: 0.1}
    ranked = fuse_rankings(candidates({}, dense, {2: 0.7, 3: 0.3}))  # spans are .2 above passages
    assert [item.passage.id for item in ranked] == ["p01", "p02", "p03"]
    assert ranked[0].span_similarity is None


def test_words_that_the_best_hit_hardly_has_are_not_trusted() -> None:
    found = Candidates({1: passage(1, "Kettles boil water.")}, [Hit(1, 2.0)], [], {})
    assert keyword_trust(found, {"kettl": 0.5, "water": 0.5}) == 1
    assert keyword_trust(found, {"kettl": 0.02, "refund": 0.98}) == 0
    assert 0 < keyword_trust(found, {"kettl": 0.15, "refund": 0.85}) < 1


def test_of_the_same_text_only_the_best_stays() -> None:
    alike = [passage(1, "Free  shipping."), passage(2, "free shipping."), passage(3, "Other.")]
    found = Candidates(dict(enumerate(alike)), [Hit(0, 1.0), Hit(1, 2.0), Hit(2, 0.5)], [], {})
    ranked = collapse_duplicates(fuse_rankings(found))
    assert [item.passage.id for item in ranked] == ["p02", "p03"]


@pytest.mark.parametrize("question", ["refund kettle", "shipping 运费", "退款", "nothing of it"])
def test_given_passages_rank_as_stored_ones_do(tmp_path: Path, question: str) -> None:
    texts = {
        "refunds.md": "# Refunds\n\nWe refund a kettle within 14 days.\n",
        "shipping.md": "# Shipping\n\nShipping is free from 50 euros. 满 50 欧元免运费。\n",
        "退款.md": "# 退款\n\n水壶可在 14 天内退款。\n",
    }
    embedder = HashEmbedder()
    with library_at(tmp_path, embedder, read_ahead=True) as library:
        for name, text in texts.items():
            add(library, name, text)
        ready(library)
        assert library.wait_for_spans(60)
        stored = [passage for r in library.list() for passage in library.passages_of(r.id)]
        retriever = Retriever(library, embedder, candidates=50)
        query = Query(question)
        from_store = retriever.search_pool(CollectionPool(library, COLLECTION), query, 5)
        from_given = retriever.search_pool(GivenPool(stored, embedder), query, 5)
    assert [item.passage.id for item in from_store] == [item.passage.id for item in from_given]
    for one, other in zip(from_store, from_given, strict=True):
        assert one.score == pytest.approx(other.score, abs=0.05)
        assert one.span_similarity == pytest.approx(other.span_similarity, abs=1e-3)
