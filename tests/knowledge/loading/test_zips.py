"""Containers are judged by their directory before anything is unpacked; archives give their members."""

import random
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from io import BytesIO

import pytest
from pptx import Presentation

from knowledge.documents import Language
from knowledge.errors import (
    AnswerDeskError,
    DamagedDocument,
    EncryptedDocument,
    UnpacksTooLarge,
)
from knowledge.loading import load
from knowledge.loading.archive import members
from tests.knowledge.loading.office_files import docx, epub, ods, paragraph, xlsx, zipped


def bomb(megabytes: int) -> bytes:
    """Packed 1,000 times smaller than it is."""
    return zipped({"word/document.xml": b" " * (megabytes * 2**20)})


@pytest.mark.parametrize("name", ["a.docx", "a.pptx", "a.xlsx", "a.ods", "a.epub"])
@pytest.mark.parametrize(
    "data",
    [bomb(60), zipped({f"part{n}.xml": b"" for n in range(10_000)})],
    ids=["1000 to 1", "10,000 entries"],
)
def test_bombs_are_refused_before_they_are_unpacked(name: str, data: bytes) -> None:
    with pytest.raises(UnpacksTooLarge):  # what is imported for the format counts for nothing
        load(name, data)
    tracemalloc.start()
    try:
        with pytest.raises(UnpacksTooLarge) as caught:
            load(name, data)
        assert tracemalloc.get_traced_memory()[1] < 20 * 2**20
    finally:
        tracemalloc.stop()
    assert name in caught.value.text(Language.CHINESE)


def test_a_directory_that_lies_about_sizes_is_found_out() -> None:
    data = bytearray(bomb(60))
    directory = data.index(b"PK\x01\x02")
    data[directory + 24 : directory + 28] = struct.pack("<I", 1_000)
    tracemalloc.start()
    try:
        with pytest.raises(DamagedDocument):
            load("a.docx", bytes(data))
        assert tracemalloc.get_traced_memory()[1] < 20 * 2**20
    finally:
        tracemalloc.stop()


_LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha">'
    + "".join(
        f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + "]><w:document>&i;</w:document>"
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("a.docx", "word/document.xml"),
        ("a.docx", "word/styles.xml"),
        ("a.pptx", "ppt/presentation.xml"),
        ("a.xlsx", "xl/sharedStrings.xml"),
        ("a.ods", "content.xml"),
        ("a.epub", "META-INF/container.xml"),
    ],
)
def test_entities_that_multiply_are_not_expanded(name: str, part: str, encoding: str) -> None:
    with pytest.raises((UnpacksTooLarge, DamagedDocument)):
        load(name, zipped({part: _LAUGHS.encode(encoding)}))


def deck() -> bytes:
    out = BytesIO()
    presentation = Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[5])
    assert slide.shapes.title is not None
    slide.shapes.title.text = "Returns"
    presentation.save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("a.docx", lambda: docx(paragraph("Returns within 30 days."))),
        ("a.xlsx", lambda: xlsx({"S": [["Model", "Price"], ["K1", 5]]})),
        ("a.ods", lambda: ods([["Model", "Price"]])),
        ("a.epub", lambda: epub({"a.xhtml": "<p>Returns</p>"})),
        ("a.pptx", deck),
    ],
)
def test_damaged_files_are_read_or_refused(name: str, make: Callable[[], bytes]) -> None:
    whole = make()
    assert load(name, whole).text
    rng = random.Random(7)  # noqa: S311 -- repeatable damage
    for _ in range(60):
        data = bytearray(whole)
        for _ in range(rng.randint(1, 8)):
            data[rng.randrange(4, len(data))] = rng.randrange(256)
        cut = len(data) if rng.random() < 0.7 else rng.randrange(5, len(data))
        try:
            loaded = load(name, bytes(data[:cut]))
        except AnswerDeskError:
            continue
        assert "".join(loaded.text[s.start : s.end] for s in loaded.sections) == loaded.text


def test_an_archive_gives_its_documents() -> None:
    archive = zipped(
        {
            "guide/": b"",
            "guide/care.md": b"# Care\n\nWash cold.",
            "guide/手册.txt": "说明".encode(),
            "__MACOSX/guide/._care.md": b"x",
            ".DS_Store": b"x",
        }
    )
    unpacked = members("site.zip", archive)
    assert [(m.name, m.data) for m in unpacked.members] == [
        ("guide/care.md", b"# Care\n\nWash cold."),
        ("guide/手册.txt", "说明".encode()),
    ]
    assert unpacked.refused == ()


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("../../etc/passwd.txt", b"x", "leads out"),
        ("/etc/passwd.txt", b"x", "leads out"),
        ("C:\\temp\\a.txt", b"x", "leads out"),
        ("a\\..\\..\\b.txt", b"x", "leads out"),
        ("inner.zip", b"PK", "archive inside"),
        ("program.exe", b"MZ", "not a format"),
        ("empty.md", b"", "is empty"),
        ("picture.md", b"\x89PNG....", "not the text document"),
        ("zeros.txt", b"0" * (3 * 2**20), "is refused"),
        ("huge.txt", random.Random(1).randbytes(65 * 2**20), "65 MB"),  # noqa: S311 -- any bytes
    ],
)
def test_members_that_are_refused_are_told(name: str, content: bytes, reason: str) -> None:
    unpacked = members("a.zip", zipped({"good.txt": "好".encode(), name: content}))
    assert [m.name for m in unpacked.members] == ["good.txt"]
    (refused,) = unpacked.refused
    assert refused.name == name.replace("\\", "/")
    assert reason in refused.reason
    assert refused.name in refused.reason_zh


def test_members_behind_a_password_are_refused() -> None:
    data = bytearray(zipped({"secret.txt": b"x", "open.txt": b"y"}))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + offset] |= 1
    unpacked = members("a.zip", bytes(data))
    assert [m.name for m in unpacked.members] == ["open.txt"]
    assert unpacked.refused[0].reason == EncryptedDocument(name="secret.txt").text(Language.ENGLISH)


def test_a_damaged_member_costs_no_other() -> None:
    data = bytearray(zipped({"a.txt": b"first", "b.txt": b"second"}, zipfile.ZIP_STORED))
    data[data.index(b"first")] ^= 1
    unpacked = members("a.zip", bytes(data))
    assert [m.name for m in unpacked.members] == ["b.txt"]
    assert "damaged" in unpacked.refused[0].reason


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_of_two_members_of_one_name_the_first_is_kept() -> None:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.txt", "first")
        archive.writestr("a.txt", "second")
    unpacked = members("a.zip", out.getvalue())
    assert [m.data for m in unpacked.members] == [b"first"]
    assert "two files" in unpacked.refused[0].reason


def test_names_in_the_encoding_of_a_chinese_windows() -> None:
    data = zipped({"XXXX.txt": b"x"}).replace(b"XXXX", "说明".encode("gb18030"))
    assert [m.name for m in members("a.zip", data).members] == ["说明.txt"]


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"PK\x03\x04 no more", DamagedDocument),
        (b"text", DamagedDocument),
        (bomb(60), UnpacksTooLarge),
        (zipped({f"{n}.txt": b"x" for n in range(2_001)}), UnpacksTooLarge),
    ],
)
def test_archives_that_are_refused_as_a_whole(data: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        members("a.zip", data)
