"""The library under odd text, many threads, another embedder and damaged indexes."""

import shutil
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from knowledge.library import Library
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
