"""What may come into the library, and what is refused."""

import json
from pathlib import Path

import pytest

from knowledge.documents import Language
from knowledge.errors import (
    EmptyDocument,
    FileTooLarge,
    InvalidCollection,
    InvalidPassageFile,
    NotText,
    PathNotFound,
    UnsupportedFormat,
)
from tests.knowledge.library_parts import (
    COLLECTION,
    assert_indexes_agree,
    found,
    library_at,
    ready,
)

RETURNS = "# Returns\n\nYou can return the lamp within 30 days. Shipping back is free.\n"
RETURNS_ZH = "# 退货\n\n台灯可以在 30 天内退货，退货运费由我们承担。\n"


@pytest.mark.parametrize(
    ("name", "data", "error"),
    [
        ("a.exe", b"MZ\x90", UnsupportedFormat),
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
    (root / "deep" / "photo.mp3").write_bytes(b"\x89PNG")
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
        assert [name for name, _ in intake.unreadable] == ["kb/deep/empty.md", "kb/deep/photo.mp3"]
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
