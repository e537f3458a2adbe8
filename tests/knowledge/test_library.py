"""Documents go in, are found, are replaced and deleted; the indexes agree with SQL throughout."""

import time
from pathlib import Path

import pytest

from knowledge.documents import DocumentState, Language
from knowledge.errors import (
    DocumentNotFound,
)
from knowledge.language import terms
from tests.fakes import HashEmbedder
from tests.knowledge.library_parts import (
    COLLECTION,
    add,
    assert_indexes_agree,
    found,
    found_by_meaning,
    library_at,
    ready,
)

RETURNS = "# Returns\n\nYou can return the lamp within 30 days. Shipping back is free.\n"
RETURNS_ZH = "# 退货\n\n台灯可以在 30 天内退货，退货运费由我们承担。\n"


def test_a_document_is_found_in_both_languages(tmp_path: Path) -> None:
    with library_at(tmp_path) as library:
        record = add(library, "returns.md", RETURNS)
        chinese = add(library, "退货.md", RETURNS_ZH)
        assert record.state is DocumentState.QUEUED
        ready(library)
        (passage,) = found(library, "How do I RETURN a lamp?")
        assert (passage.id, passage.document, passage.title) == (
            f"{record.id}-0",
            "returns.md",
            "Returns",
        )
        assert passage.text in library.loaded_text(record.id).text
        start, end = passage.position.start, passage.position.end
        assert library.loaded_text(record.id).text[start:end] == passage.text
        assert [p.document_id for p in found(library, "檯燈退貨運費")] == [chinese.id]
        assert found_by_meaning(library, "return the lamp")[0] == passage
        after = library.get(record.id)
        assert (after.state, after.total, after.embedded) == (DocumentState.READY, 1, 1)
        assert library.get(chinese.id).language is Language.CHINESE
        assert [record.name for record in library.list()] == ["returns.md", "退货.md"]
    assert_indexes_agree(tmp_path)


def test_words_are_found_while_vectors_are_still_being_made(tmp_path: Path) -> None:
    with library_at(tmp_path, HashEmbedder(delay=0.05)) as library:
        for number in range(30):
            add(library, f"{number}.md", f"# Lamp {number}\n\nThe code of this lamp is L{number}X.")
        begin = time.monotonic()
        while not found(library, "L29X"):
            assert time.monotonic() - begin < 30
            time.sleep(0.02)
        states = {record.state for record in library.list()}
        assert DocumentState.QUEUED not in states
        assert states & {DocumentState.KEYWORD_READY, DocumentState.EMBEDDING}
        ready(library)


def test_the_same_again_changes_nothing(tmp_path: Path) -> None:
    embedder = HashEmbedder()
    with library_at(tmp_path, embedder) as library:
        record = add(library, "returns.md", RETURNS)
        ready(library)
        before = library.get(record.id), found(library, "lamp"), embedder.embedded
        assert add(library, "returns.md", RETURNS).state is DocumentState.READY
        ready(library)
        assert (library.get(record.id), found(library, "lamp"), embedder.embedded) == before


def test_a_new_version_takes_the_place_of_the_old(tmp_path: Path) -> None:
    embedder = HashEmbedder()
    with library_at(tmp_path, embedder) as library:
        first = add(library, "returns.md", RETURNS + "\n## Colour\n\nIt is green.\n")
        ready(library)
        embedded = embedder.embedded
        second = add(
            library, "returns.md", RETURNS.replace("30", "14") + "\n## Colour\n\nIt is green.\n"
        )
        ready(library)
        assert first.id == second.id
        assert len(library.list()) == 1
        text = " ".join(p.text for p in found(library, "return lamp shipping days"))
        assert "14 days" in text
        assert "30 days" not in text
        # What did not change keeps its vector.
        assert embedder.embedded == embedded + 1
        # The content before is kept, to be restored.
        assert len(list((tmp_path / "files").iterdir())) == 2
    assert_indexes_agree(tmp_path)


def test_the_old_version_is_found_until_the_new_one_is(tmp_path: Path) -> None:
    with library_at(tmp_path) as library:
        add(library, "price.md", "The lamp costs 10 dollars.")
        ready(library)
        seen: set[str] = set()
        for price in range(11, 31):
            add(library, "price.md", f"The lamp costs {price} dollars.")
            deadline = time.monotonic() + 5
            while f"{price} dollars" not in str(seen) and time.monotonic() < deadline:
                passages = found(library, "lamp costs dollars")
                # Between looking up and reading, the version may have been swapped: then none.
                assert len(passages) <= 1
                seen.update(passage.text for passage in passages)
        assert "30 dollars" in str(seen)


def test_a_new_version_that_cannot_be_read_leaves_the_old_one(tmp_path: Path) -> None:
    with library_at(tmp_path) as library:
        record = add(library, "returns.md", RETURNS)
        ready(library)
        library.add_file("returns.md", b"text\x00with\x01zeros", collection=COLLECTION)
        ready(library)
        failed = library.get(record.id)
        assert failed.state is DocumentState.FAILED
        assert failed.reason == "returns.md holds binary data, not text."
        assert failed.reason_zh == "returns.md 的内容是二进制数据，不是文本。"
        assert len(found(library, "lamp")) == 1
        add(library, "returns.md", RETURNS)
        ready(library)
        assert library.get(record.id).state is DocumentState.READY
        assert library.get(record.id).reason is None


def test_the_same_content_elsewhere_is_noted_and_shares_its_vectors(tmp_path: Path) -> None:
    embedder = HashEmbedder()
    with library_at(tmp_path, embedder) as library:
        first = add(library, "a.md", RETURNS)
        ready(library)
        second = add(library, "b.md", RETURNS)
        ready(library)
        assert library.get(second.id).same_content_as == first.id
        assert embedder.embedded == 1
        assert len(found_by_meaning(library, "return lamp")) == 2
        library.delete(first.id)
        assert library.get(second.id).same_content_as is None
        assert [p.document for p in found_by_meaning(library, "return lamp")] == ["b.md"]
        assert library.loaded_text(second.id).text.startswith("Returns")
    assert_indexes_agree(tmp_path)


def test_a_deleted_document_is_gone(tmp_path: Path) -> None:
    with library_at(tmp_path) as library:
        record = add(library, "returns.md", RETURNS)
        ready(library)
        library.delete(record.id)
        assert found(library, "lamp") == found_by_meaning(library, "lamp") == []
        assert library.idf(COLLECTION, ["lamp"]) == {"lamp": pytest.approx(0.6931, abs=1e-3)}
        for call in (library.get, library.delete, library.loaded_text, library.passages_of):
            with pytest.raises(DocumentNotFound):
                call(record.id)
        assert list((tmp_path / "files").iterdir()) == []
        again = add(library, "returns.md", RETURNS)
        ready(library)
        assert again.id == record.id
        assert len(found(library, "lamp")) == 1
    assert_indexes_agree(tmp_path)


def test_collections_do_not_see_each_other(tmp_path: Path) -> None:
    names = [f"c{number}" for number in range(20)]
    with library_at(tmp_path) as library:
        for name in names:
            add(library, "returns.md", RETURNS, name)
            add(library, "own.md", f"# Own\n\nOnly the word only{name} is here.", name)
        ready(library)
        rare, common = terms("onlyc3 lamp")
        for name in names:
            everything = [*found(library, "return lamp own word", name)]
            everything += found_by_meaning(library, "return lamp own word", name)
            assert {passage.collection for passage in everything} == {name}
            assert library.keyword_search(name, "onlyc3", 5) == [] or name == "c3"
        assert library.idf("c3", [rare])[rare] == library.idf("c3", [common])[common]
        assert library.idf("c4", [rare])[rare] > library.idf("c4", [common])[common]


def test_churn_leaves_nothing_behind(tmp_path: Path) -> None:
    with library_at(tmp_path) as library:
        for turn in range(25):
            for name in ("a.md", "b.md"):
                add(
                    library,
                    name,
                    f"# {name}\n\nTurn {turn} of the lamp.\n\n## More\n\nDone {turn}.",
                )
            if turn % 5 == 0:
                ready(library)
        ready(library)
        texts = [passage.text for passage in found(library, "turn lamp done")]
        assert len(texts) == 2
        assert all("24" in text for text in texts)
    assert_indexes_agree(tmp_path)


def test_a_passage_that_cannot_be_embedded_fails_alone(tmp_path: Path) -> None:
    with library_at(tmp_path, HashEmbedder(fail_on="poison")) as library:
        bad = add(library, "bad.md", "This is poison for the lamp.")
        good = add(library, "good.md", "This is good for the lamp.")
        ready(library)
        assert library.get(good.id).state is DocumentState.READY
        failed = library.get(bad.id)
        assert failed.state is DocumentState.FAILED
        assert failed.reason is not None
        assert "by its words only" in failed.reason
        assert {p.document for p in found(library, "lamp")} == {"bad.md", "good.md"}
