"""What will be read is embedded in the background, and goes when its passages go."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from knowledge.documents import Ranked
from knowledge.embedding import TextKind, Vectors
from knowledge.embedding.remembering import RememberingEmbedder
from knowledge.indexes.spans import SpanVectors
from knowledge.library import Library
from knowledge.pools import CollectionPool, Query
from knowledge.reader import Reader, ReaderWeights
from tests.fakes import HashEmbedder
from tests.knowledge.library_parts import COLLECTION, add, found, library_at, ready

TEXT = "# Refunds\n\nWe refund within 14 days. Send the kettle back.\n\n# Boxes\n\nKeep the box."


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def read_ahead(library: Library) -> None:
    """Wait until the spans of all passages are there."""
    count = sum(len(library.passages_of(record.id)) for record in library.list())
    eventually(lambda: len(library.spans.keys()) == count)


class OnlyQuestions(HashEmbedder):
    """Refuses to embed a passage."""

    def embed(self, texts: Sequence[str], kind: TextKind) -> Vectors:
        assert kind == "query", texts
        return super().embed(texts, kind)


def test_reading_needs_no_passage_embedded_any_more(tmp_path: Path) -> None:
    with library_at(tmp_path, read_ahead=True) as library:
        add(library, "refunds.md", TEXT)
        ready(library)
        read_ahead(library)
        embedder = RememberingEmbedder(OnlyQuestions(), shelf=library.spans)
        plain = HashEmbedder()
        ranked = [Ranked(passage, 1.0) for passage in found(library, "refund box kettle")]
        pool, query = CollectionPool(library, COLLECTION), Query("When do you refund?")
        weights = ReaderWeights.load()
        ahead = Reader(embedder, weights).read(query, ranked, pool)
        fresh = Reader(plain, weights).read(query, ranked, pool)
    assert [item.text for item in ahead.evidence] == [item.text for item in fresh.evidence]
    assert abs(ahead.answerability - fresh.answerability) < 0.005


def test_spans_go_with_their_passages_and_come_again_after_a_loss(tmp_path: Path) -> None:
    with library_at(tmp_path, read_ahead=True) as library:
        refunds = add(library, "refunds.md", TEXT)
        add(library, "kettles.md", "# Kettles\n\nThe K1 holds one litre.")
        ready(library)
        read_ahead(library)
        library.delete(refunds.id)
        add(library, "kettles.md", "# Kettles\n\nThe K2 holds two litres.")
        ready(library)
        shown = {hit.key for hit in library.keyword_search(COLLECTION, "K2 litres", 5)}
        eventually(lambda: library.spans.keys() == shown)
    (tmp_path / "index" / "spans.db").write_bytes(b"no database" * 100)
    with library_at(tmp_path, read_ahead=True) as library:
        read_ahead(library)


def test_vectors_are_kept_to_half_a_thousandth_and_only_for_their_embedder(tmp_path: Path) -> None:
    vectors = HashEmbedder().embed(["one", "two"], "passage")
    spans = SpanVectors(tmp_path / "spans.db", "model")
    spans.add({7: {b"1": vectors[0], b"2": vectors[1]}, 8: {}})
    assert spans.keys() == {7, 8}
    assert spans.recall([b"2", b"3"]).keys() == {b"2"}
    assert np.allclose(spans.of_passages([7, 8])[7] @ vectors[0], vectors @ vectors[0], atol=5e-4)
    spans.delete([7])
    assert (spans.keys(), spans.recall([b"1"])) == ({8}, {})
    spans.close()
    other = SpanVectors(tmp_path / "spans.db", "another model")
    assert other.keys() == set()
    other.close()
