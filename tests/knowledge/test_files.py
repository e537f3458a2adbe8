"""Files on their way into the library: scans aside, nothing waits for them, a restart goes on."""

import threading
import time
from pathlib import Path

import psutil
import pytest

from knowledge.documents import DocumentRecord, DocumentState
from knowledge.errors import DamagedDocument, UnreadableDocument
from knowledge.files import FileReader
from knowledge.loading.child import LoadingStopped
from knowledge.loading.kept import KeptPages
from knowledge.loading.layout import Box, Piece
from knowledge.store import Job
from tests.fakes import HashEmbedder
from tests.knowledge.library_parts import COLLECTION, add, found, library_at, ready
from tests.knowledge.loading.office_files import zipped
from tests.knowledge.loading.pdf_files import Page, pdf, picture, saved, scanned

SCAN = "Refunds take five working days."
PIECES = (Piece(SCAN, Box(0, 0, 90.5, 10), 9.5),)
HASH = "a" * 64


def _job(name: str, key: str = "d1", version: int = 1) -> Job:
    return Job(key, version, COLLECTION, name, HASH, is_file=True)


def _until(done: threading.Event) -> None:
    assert done.wait(60)


def test_text_is_read_at_once_and_pictures_aside(tmp_path: Path) -> None:
    done = threading.Event()
    reader = FileReader(KeptPages(tmp_path), done.set)
    try:
        text = reader.read(_job("a.pdf"), pdf(Page().text(72, 100, "All text")))
        assert text is not None
        assert text.text == "All text"
        scan = _job("b.pdf", "d2")
        assert reader.read(scan, scanned(picture(SCAN, height=1754))) is None
        assert reader.is_aside(scan)
        assert reader.read(_job("c.md", "d3"), b"# Not kept waiting") is not None
        _until(done)
        assert not reader.is_aside(scan)
        read = reader.read(scan, b"not looked at again")
        assert read is not None
        assert SCAN in read.text
        assert list(tmp_path.iterdir()) == []
    finally:
        reader.close()


def test_what_is_wrong_with_a_picture_is_told_when_it_is_asked_for_again(tmp_path: Path) -> None:
    done = threading.Event()
    reader = FileReader(KeptPages(tmp_path), done.set)
    try:
        assert reader.read(_job("a.png"), b"\x89PNG\r\n\x1a\n and no more") is None
        _until(done)
        with pytest.raises(DamagedDocument):
            reader.read(_job("a.png"), b"")
    finally:
        reader.close()


def test_closing_stops_at_once_and_the_next_start_goes_on(tmp_path: Path) -> None:
    kept = KeptPages(tmp_path)
    scan = scanned(*[picture(f"{SCAN} Page {n}.", height=1700) for n in range(1, 7)])
    reader = FileReader(kept, lambda: None)
    assert reader.read(_job("a.pdf"), scan) is None
    until = time.monotonic() + 60
    while not kept.pages(HASH):
        assert time.monotonic() < until
        time.sleep(0.05)
    began = time.monotonic()
    reader.close()
    assert time.monotonic() - began < 2
    before = kept.pages(HASH)
    assert 1 <= len(before) < 6
    assert psutil.Process().children() == []

    # What was kept is not read again: were it, this would not be found.
    (tmp_path / f"{HASH}.jsonl").unlink()
    for page in before:
        kept.keep(HASH, page, (Piece(f"kept page {page}", Box(0, 0, 90, 10), 9.0),))
    done = threading.Event()
    again = FileReader(kept, done.set)
    try:
        assert again.read(_job("a.pdf"), scan) is None
        _until(done)
        read = again.read(_job("a.pdf"), b"")
        assert read is not None
        assert "kept page 1" in read.text
        assert "Page 6." in read.text
        assert len(read.marks) == 6
    finally:
        again.close()


def test_a_closed_reader_reads_no_more(tmp_path: Path) -> None:
    reader = FileReader(KeptPages(tmp_path), lambda: None)
    reader.close()
    with pytest.raises(LoadingStopped):
        reader.read(_job("a.md"), b"# text")


def test_kept_pages_survive_what_a_crash_cut_off(tmp_path: Path) -> None:
    kept = KeptPages(tmp_path / "reading")
    assert kept.pages(HASH) == {}
    kept.keep(HASH, 1, PIECES)
    path = tmp_path / "reading" / f"{HASH}.jsonl"
    with path.open("a") as file:
        file.write('[2, [["cut o')
    kept.keep(HASH, 3, PIECES)
    assert kept.pages(HASH) == {1: PIECES, 3: PIECES}
    kept.keep("b" * 64, 1, PIECES)
    kept.sweep({HASH})
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    kept.forget(HASH)
    assert kept.pages(HASH) == {}


def _state(record: DocumentRecord) -> DocumentState:
    return record.state


def test_documents_added_after_a_scan_are_found_before_it(tmp_path: Path) -> None:
    scan = scanned(*[picture(f"{SCAN} Page {n}.", height=1700) for n in range(1, 5)])
    with library_at(tmp_path) as library:
        slow = library.add_file("scan.pdf", scan, collection=COLLECTION)
        add(library, "late.md", "# Parcels\n\nParcels leave on Mondays.")
        seen: set[int] = set()
        until = time.monotonic() + 60
        while not found(library, "parcels Mondays"):
            assert time.monotonic() < until
            time.sleep(0.02)
        assert _state(library.get(slow.id)) is DocumentState.QUEUED
        while (reading := library.reading()) or not found(library, "refunds"):
            assert time.monotonic() < until
            if reading.get(slow.id) is not None:
                seen.add(reading[slow.id].page)  # pyright: ignore[reportOptionalMemberAccess] -- asked above
            time.sleep(0.02)
        ready(library)
        assert _state(library.get(slow.id)) is DocumentState.READY
        assert seen <= {1, 2, 3, 4}
        assert len(seen) >= 2
        (passage,) = [p for p in found(library, "refunds page") if p.text.endswith("Page 3.")] or [
            found(library, "refunds page")[0]
        ]
        assert passage.position.place is not None
        assert passage.position.place.kind == "page"
        warnings = library.get(slow.id).warnings
        assert any("1-4" in warning for warning in warnings)


def test_a_library_that_is_closed_during_a_scan_reads_it_after_the_next_start(
    tmp_path: Path,
) -> None:
    scan = scanned(*[picture(f"{SCAN} Page {n}.", height=1700) for n in range(1, 4)])
    with library_at(tmp_path) as library:
        slow = library.add_file("scan.pdf", scan, collection=COLLECTION)
        until = time.monotonic() + 60
        while library.reading().get(slow.id) is None:
            assert time.monotonic() < until
            time.sleep(0.02)
        began = time.monotonic()
    assert time.monotonic() - began < 2
    assert psutil.Process().children() == []
    with library_at(tmp_path) as library:
        assert _state(library.get(slow.id)) is DocumentState.QUEUED
        ready(library)
        assert "Page 3." in library.loaded_text(slow.id).text
        assert list((tmp_path / "reading").iterdir()) == []


def test_a_document_replaced_while_it_is_read_keeps_the_newer(tmp_path: Path) -> None:
    with library_at(tmp_path) as library:
        slow = library.add_file("a.png", saved(picture(SCAN), "PNG"), collection=COLLECTION)
        until = time.monotonic() + 60
        while slow.id not in library.reading():
            assert time.monotonic() < until
            time.sleep(0.01)
        newer = saved(picture("Refunds take two days."), "PNG")
        library.add_file("a.png", newer, collection=COLLECTION)
        ready(library)
        assert "two days" in library.loaded_text(slow.id).text


def test_a_file_that_harms_its_process_fails_alone(tmp_path: Path) -> None:
    with library_at(tmp_path) as library:
        bad = library.add_file("bad.pdf", b"%PDF-1.7 \x00\xff", collection=COLLECTION)
        add(library, "good.md", "# Good\n\nAll is well.")
        ready(library)
        assert _state(library.get(bad.id)) is DocumentState.FAILED
        assert "damaged" in (library.get(bad.id).reason or "")
        assert found(library, "well")


def test_archives_are_unpacked_in_the_process(tmp_path: Path) -> None:
    with library_at(tmp_path) as library:
        records = library.add_archive(
            "all.zip", zipped({"a.md": "# A\n\nHello.", "../b.md": "x"}), collection=COLLECTION
        )
        ready(library)
        assert {record.name for record in records} >= {"a.md"}
        with pytest.raises(UnreadableDocument):
            library.add_archive("bad.zip", b"PK\x03\x04", collection=COLLECTION)


def test_a_page_does_not_wait_for_the_book_before_it(tmp_path: Path) -> None:
    book = "\n\n".join(f"# Chapter {n}\n\n{f'Word{n} of many. ' * 20}" for n in range(900))
    with library_at(tmp_path, HashEmbedder(delay=0.01)) as library:
        long = add(library, "book.md", book)
        while not library.get(long.id).embedded:
            time.sleep(0.05)
        short = add(library, "page.md", "# Page\n\nShort.")
        while _state(library.get(short.id)) is not DocumentState.READY:
            time.sleep(0.05)
        assert _state(library.get(long.id)) is DocumentState.EMBEDDING
