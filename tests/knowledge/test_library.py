"""Documents go in, are found, are replaced and deleted; the indexes agree with SQL throughout."""

import json
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from knowledge.database import open_engine, sqlite_url
from knowledge.documents import DocumentState, Language
from knowledge.errors import (
    DocumentNotFound,
    EmptyDocument,
    FileTooLarge,
    InvalidCollection,
    InvalidPassageFile,
    NotText,
    PathNotFound,
    UnsupportedFormat,
)
from knowledge.indexes.chroma import ChromaIndex
from knowledge.indexes.keyword import KeywordIndex
from knowledge.language import terms
from knowledge.library import Library
from knowledge.passages import PassageStore
from tests.fakes import HashEmbedder
from tests.knowledge.library_parts import (
    COLLECTION,
    add,
    found,
    found_by_meaning,
    library_at,
    ready,
)

RETURNS = "# Returns\n\nYou can return the lamp within 30 days. Shipping back is free.\n"
RETURNS_ZH = "# 退货\n\n台灯可以在 30 天内退货，退货运费由我们承担。\n"


def assert_indexes_agree(folder: Path, embedder: HashEmbedder | None = None) -> None:
    """Every visible passage is in both indexes, once, and nothing else is."""
    embedder = embedder or HashEmbedder()
    engine = open_engine(sqlite_url(folder / "answerdesk.db"))
    passages = PassageStore(engine, embedder.fingerprint)
    keywords = KeywordIndex(folder / "index" / "keyword.db")
    vectors = ChromaIndex(
        folder / "index" / "chroma", fingerprint=embedder.fingerprint, dimension=embedder.dimension
    )
    try:
        with engine.connect() as connection:
            rows = connection.exec_driver_sql("SELECT key, collection, live FROM passages").all()
        assert all(live for _, _, live in rows)
        for collection in {collection for _, collection, _ in rows} | {COLLECTION}:
            keys = {key for key, where, _ in rows if where == collection}
            assert passages.keys(collection, embedded=True) == keys
            assert keywords.keys(collection) == keys
            assert vectors.keys(collection) == keys
    finally:
        vectors.close()
        keywords.close()
        engine.dispose()


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
        assert len(list((tmp_path / "files").iterdir())) == 1
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


@pytest.mark.parametrize(
    ("name", "data", "error"),
    [
        ("a.docx", b"PK\x03\x04", UnsupportedFormat),
        ("a", b"text", UnsupportedFormat),
        ("a.md", b"", EmptyDocument),
        ("a.md", b"\x89PNG\r\n\x1a\n", NotText),
        ("a.txt", bytes(65 * 2**20), FileTooLarge),
    ],
)
def test_what_is_no_document_is_refused(
    tmp_path: Path, name: str, data: bytes, error: type[Exception]
) -> None:
    with library_at(tmp_path, background=False) as library:
        with pytest.raises(error):
            library.add_file(name, data, collection=COLLECTION)
        assert library.list() == []


@pytest.mark.parametrize("collection", ["", " ", "a\nb", "x" * 201, "a\x00"])
def test_a_collection_has_a_name(tmp_path: Path, collection: str) -> None:
    with library_at(tmp_path, background=False) as library, pytest.raises(InvalidCollection):
        library.add_file("a.md", b"text", collection=collection)


def _tree(folder: Path) -> Path:
    root = folder / "kb"
    (root / "deep" / ".git").mkdir(parents=True)
    (root / "returns.md").write_text(RETURNS, encoding="utf-8")
    (root / "deep" / "退货.md").write_text(RETURNS_ZH, encoding="utf-8")
    (root / "deep" / "photo.png").write_bytes(b"\x89PNG")
    (root / "deep" / "empty.md").write_bytes(b"")
    (root / ".hidden.md").write_text("hidden", encoding="utf-8")
    (root / "deep" / ".git" / "note.md").write_text("hidden", encoding="utf-8")
    return root


def test_a_folder_is_taken_in_with_all_below_it(tmp_path: Path) -> None:
    root = _tree(tmp_path)
    with library_at(tmp_path / "data") as library:
        seen: list[str] = []
        intake = library.add_paths([root], COLLECTION, seen.append)
        assert [record.name for record in intake.documents] == ["kb/returns.md", "kb/deep/退货.md"]
        assert [record.source for record in intake.documents] == [
            str(root / "returns.md"),
            str(root / "deep" / "退货.md"),
        ]
        assert [name for name, _ in intake.unreadable] == ["kb/deep/empty.md", "kb/deep/photo.png"]
        assert len(seen) == 4
        ready(library)
        again = library.add_paths([root / "returns.md"], COLLECTION)
        assert [record.name for record in again.documents] == ["returns.md"]
        assert len(library.list()) == 2
        with pytest.raises(PathNotFound):
            library.add_paths([root, tmp_path / "nowhere"], COLLECTION)


def _lines(*objects: object) -> bytes:
    return "\n".join(json.dumps(item, ensure_ascii=False) for item in objects).encode()


def test_ready_passages_are_documents_of_their_own(tmp_path: Path) -> None:
    long = "The lamp is described at length. " * 200
    data = _lines(
        {
            "id": "p1",
            "title": "Returns",
            "text": "Return the lamp\r\nwithin 30 days.",
            "url": "https://x/1",
        },
        {"id": "p2", "title": "", "text": long},
        {"id": "p3", "title": "别处", "text": "台灯", "collection": "other"},
    )
    with library_at(tmp_path) as library:
        records = library.add_passages("kb.jsonl", data, collection=COLLECTION)
        assert sorted(record.name for record in records) == ["p1", "p2", "p3"]
        ready(library)
        first = next(p for p in found(library, "return lamp") if p.id == "p1")
        assert (first.document, first.text, first.url) == (
            "p1",
            "Return the lamp\r\nwithin 30 days.",
            "https://x/1",
        )
        assert next(p for p in found(library, "described at length")).text == long
        assert [p.id for p in found(library, "台灯", "other")] == ["p3"]
        assert library.loaded_text(records[0].id).text == first.text
        library.add_passages(
            "kb.jsonl", data.replace(b"30 days", b"60 days"), collection=COLLECTION
        )
        ready(library)
        assert len(library.list()) == 3
        assert "60 days" in found(library, "return within days")[0].text
    assert_indexes_agree(tmp_path)


def test_every_bad_line_is_named_and_nothing_is_taken(tmp_path: Path) -> None:
    data = b"\n".join(
        [
            _lines({"id": "p1", "title": "t", "text": "fine"}),
            b"{not json",
            b"",
            _lines({"id": "p2", "title": "t"}),
            _lines({"id": "p1", "title": "t", "text": "again"}),
            _lines({"id": "p4", "text": 5}),
            b'{"id": "p5", "text": "\xff"}',
            _lines(["list"]),
            b"[" * 100_000,
        ]
    )
    with library_at(tmp_path) as library:
        with pytest.raises(InvalidPassageFile) as caught:
            library.add_passages("kb.jsonl", data, collection=COLLECTION)
        assert [line for line, _, _ in caught.value.problems] == [2, 4, 5, 6, 7, 8, 9]
        assert 'line 4: "text" is missing or empty' in str(caught.value)
        assert "第 4 行：缺少“text”或其为空" in caught.value.text(Language.CHINESE)
        assert library.list() == []


def test_naughty_strings_do_no_harm(tmp_path: Path) -> None:
    naughty = ['"; DROP TABLE passages; --', "NEAR(a b)", "a AND OR NOT *", "\x00\x01", "\ud800", "'" * 500,
               "{}[]()^~:\\", "🙂👩‍👩‍👧", "᚛᚜", "ﷺ", "İstanbul ǅ", "-col:x", "%s%n", "../../etc/passwd",
               "<script>alert(1)</script>", "\u202eabc", "退" * 5000, " ", ""]  # fmt: skip
    with library_at(tmp_path) as library:
        add(library, "returns.md", RETURNS)
        for number, text in enumerate(naughty):
            name = f"{text[:40]}{number}.txt"
            library.add_file(
                name,
                f"lamp {text} {number}".encode("utf-8", "surrogatepass"),
                collection=COLLECTION,
                source=f"s{number}",
            )
        ready(library)
        for text in naughty:
            found(library, text)
            found_by_meaning(library, text + " lamp")
            library.idf(COLLECTION, [text])
        # All but the one with a NUL in it, which is binary.
        assert len(library.keyword_search(COLLECTION, "lamp", 50)) == len(naughty)
        assert library.progress().failed == 1
    assert_indexes_agree(tmp_path)


def test_many_threads_add_and_search_at_once(tmp_path: Path) -> None:
    problems: list[BaseException] = []

    def work(library: Library, number: int) -> None:
        try:
            for turn in range(5):
                add(library, f"{number}.md", f"# {number}\n\nThe lamp in turn {turn}.")
                add(library, "shared.md", f"Shared by all: {number} {turn}.")
                found(library, "lamp")
                found_by_meaning(library, "lamp")
        except BaseException as error:
            problems.append(error)

    with library_at(tmp_path) as library:
        threads = [threading.Thread(target=work, args=(library, n)) for n in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        ready(library)
        assert problems == []
        assert len(library.list()) == 7
    assert_indexes_agree(tmp_path)


def test_closing_takes_less_than_two_seconds(tmp_path: Path) -> None:
    with library_at(tmp_path, HashEmbedder(delay=0.02)) as library:
        for number in range(100):
            add(library, f"{number}.md", f"The lamp with number {number}. " * 20)
        while not library.progress().passages_done:
            time.sleep(0.01)
        begin = time.monotonic()
        library.close()
        assert time.monotonic() - begin < 2
    with library_at(tmp_path) as library:
        ready(library)
        assert library.progress().documents_done == 100
    assert_indexes_agree(tmp_path)


def test_another_embedder_makes_all_vectors_anew(tmp_path: Path) -> None:
    with library_at(tmp_path) as library:
        add(library, "returns.md", RETURNS)
        ready(library)
    other = HashEmbedder(model="other")
    with library_at(tmp_path, other) as library:
        ready(library)
        assert other.embedded == 1
        assert len(found_by_meaning(library, "lamp")) == 1
    assert_indexes_agree(tmp_path, other)


def _damage_keywords(index: Path) -> None:
    (index / "keyword.db").write_bytes(b"SQLite format 3\x00" + b"garbage" * 3000)


def _lose_keyword_rows(index: Path) -> None:
    connection = sqlite3.connect(index / "keyword.db")
    query = "SELECT name FROM sqlite_master WHERE name LIKE 'c%docsize'"
    (table,) = connection.execute(query).fetchone()
    connection.execute(f"DELETE FROM {table.removesuffix('_docsize')} WHERE rowid % 2")  # noqa: S608
    connection.commit()
    connection.close()


def _damage_chroma(index: Path) -> None:
    (index / "chroma" / "chroma.sqlite3").write_bytes(b"garbage" * 5000)


def _cut_vectors(index: Path) -> None:
    for file in index.glob("chroma/*/*.bin"):
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 3] + b"\xff" * 99)


def _lose_everything(index: Path) -> None:
    shutil.rmtree(index)


def _poll(count: Callable[[], int], expected: int) -> None:
    deadline = time.monotonic() + 60
    while count() < expected:
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize(
    "damage",
    [_damage_keywords, _lose_keyword_rows, _damage_chroma, _cut_vectors, _lose_everything],
)
def test_a_damaged_index_is_built_anew(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    with library_at(tmp_path) as library:
        for number in range(40):
            add(library, f"{number}.md", f"# Lamp {number}\n\nThe lamp with number {number}.")
        ready(library)
    damage(tmp_path / "index")
    with library_at(tmp_path) as library:
        _poll(lambda: len(library.keyword_search(COLLECTION, "lamp", 50)), 40)
        _poll(lambda: len(found_by_meaning(library, "lamp")), 20)
        ready(library)
    assert_indexes_agree(tmp_path)
