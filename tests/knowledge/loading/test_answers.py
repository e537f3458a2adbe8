"""What the reading process says is checked: no answer of it makes the server do more than refuse."""

import json
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.documents import LoadedText, Mark, Place, Section
from knowledge.errors import AnswerDeskError, DamagedDocument, DocumentTooLong
from knowledge.loading.answers import (
    error_frame,
    error_from,
    loaded_frame,
    loaded_from,
    page_frame,
    page_from,
    unpacked_frame,
    unpacked_from,
)
from knowledge.loading.archive import Member, Refused, Unpacked
from knowledge.loading.frames import BrokenFrame, Frame, receive, send
from knowledge.loading.layout import Box, Piece
from knowledge.loading.progress import PageRead

TEXT = "标题\n\nA | B\n1 | 2\n\nmore"
LOADED = LoadedText(
    "标题",
    TEXT,
    (Section(("标题",), 0, 10), Section(("标题", "b"), 10, len(TEXT))),
    ("careful",),
    (Mark(0, Place("page", 1, 1)), Mark(4, Place("sheet", 2, 3, "价格"))),
)


def _sent(frame: Frame) -> Frame:
    stream = BytesIO()
    send(stream, frame)
    stream.seek(0)
    received = receive(stream)
    assert received is not None
    return received


def test_a_text_arrives_as_it_was() -> None:
    assert loaded_from(_sent(loaded_frame(LOADED))) == LOADED


def test_pages_archives_and_errors_arrive_as_they_were() -> None:
    read = PageRead(2, 3, (Piece("x", Box(0, 1, 2.5, 3), 9.0, is_bold=True),))
    assert page_from(_sent(page_frame(read))) == read
    unpacked = Unpacked(
        (Member("a/b.md", b"\x00\xff"), Member("空", b"")), (Refused("c", "no", "不"),)
    )
    assert unpacked_from(_sent(unpacked_frame(unpacked))) == unpacked
    error = DocumentTooLong(name="a.md", length=3_000_000, limit=2_000_000)
    assert str(error_from(_sent(error_frame(error)), "a.md")) == str(error)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("loaded", None),
        ("loaded", "x" * 5_000),
        ("sections", []),
        ("sections", [[["a"], 0, 5], [["b"], 6, len(TEXT)]]),
        ("sections", [[["a"], 0, 10**12]]),
        ("sections", [[["a"], -5, len(TEXT)]]),
        ("sections", [["a", 0, len(TEXT)]]),
        ("sections", [[[7], 0, len(TEXT)]]),
        ("sections", {"a": 1}),
        ("marks", [[0, "folder", 1, 1, ""]]),
        ("marks", [[0, "page", 1, 1]]),
        ("marks", [[9, "page", 1, 1, ""], [3, "page", 2, 2, ""]]),
        ("marks", [[10**6, "page", 1, 1, ""]]),
        ("marks", [[True, "page", 1, 1, ""]]),
        ("warnings", "text"),
        ("warnings", [["x"]]),
    ],
)
def test_texts_that_no_loader_makes_are_refused(field: str, value: object) -> None:
    frame = loaded_frame(LOADED)
    with pytest.raises(BrokenFrame):
        loaded_from(Frame({**frame.header, field: value}, frame.body))


@pytest.mark.parametrize(
    "body", [b"\xff\xfe", b"a\x00b", "a\ud800".encode("utf-8", "surrogatepass")]
)
def test_text_that_no_database_takes_is_refused(body: bytes) -> None:
    header: dict[str, object] = {**loaded_frame(LOADED).header, "marks": []}
    with pytest.raises(BrokenFrame):
        loaded_from(Frame(header, body))


@pytest.mark.parametrize(
    "header",
    [
        {"error": "no_such_code", "details": {}},
        {"error": "data_folder_in_use", "details": {"pid": 1, "path": "/"}},  # not of reading
        {"error": "document_too_long", "details": {}},
        {"error": "document_too_long", "details": {"length": "x", "limit": "y"}},
        {"error": "damaged_document", "details": []},
        {"error": ["damaged_document"]},
        {},
    ],
)
def test_errors_that_no_loader_raises_are_refused(header: dict[str, Any]) -> None:
    with pytest.raises(BrokenFrame):
        error_from(Frame(header), "a.md")


def test_templates_in_details_stay_text() -> None:
    frame = Frame({"error": "damaged_document", "details": {"name": "{0.__class__}"}})
    error = error_from(frame, "a.md")
    assert isinstance(error, DamagedDocument)
    assert "{0.__class__}" in str(error)


@pytest.mark.parametrize(
    "data",
    [
        b"\x00",
        b"\xff" * 8,
        b"\x00\x00\x00\x04\x00\x00\x00\x00{}",
        b"\x00\x00\x00\x02\x00\x00\x00\x00[]",
        b"\x00\x00\x00\x02\x00\x00\x00\x00{,",
        b"\x00\x01\x86\xa0\x00\x00\x00\x00" + b"[" * 100_000,
        b"\x00\x00\x00\x02\x00\x00\x00\x09{}short",
    ],
)
def test_what_is_no_frame_is_refused(data: bytes) -> None:
    with pytest.raises(BrokenFrame):
        receive(BytesIO(data))


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
_FIELDS = ("loaded", "sections", "marks", "warnings", "error", "details", "page", "pages", "pieces",
           "unpacked", "refused")  # fmt: skip


@given(st.dictionaries(st.sampled_from(_FIELDS), _JSON), st.binary(max_size=30))
def test_any_answer_is_understood_or_refused(header: dict[str, Any], body: bytes) -> None:
    frame = Frame(json.loads(json.dumps(header)), body)
    for read in (loaded_from, page_from, unpacked_from):
        try:
            read(frame)
        except BrokenFrame:
            continue
    try:
        assert isinstance(error_from(frame, "a.md"), AnswerDeskError)
    except BrokenFrame:
        return
