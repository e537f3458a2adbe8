"""The way in: formats, encodings, refusals."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.documents import Language
from knowledge.errors import (
    AnswerDeskError,
    BinaryDocument,
    DocumentTooLong,
    EmptyDocument,
    NoTextFound,
    NotText,
    UnreadableDocument,
    UnsupportedFormat,
)
from knowledge.loading import load, readable_endings, warning_text
from knowledge.loading.warnings import DAMAGED, NOT_UTF8

ENGLISH = "Returns are accepted within 30 days – “no questions asked”."
CHINESE = "退货须在 30 天内提出，运费由我们承担。如何申请？请联系客服。"
TRADITIONAL = "退貨須在 30 天內提出，運費由我們承擔。如何申請？請聯繫客服。"


@pytest.mark.parametrize("name", ["a", "a.exe", "a.doc", "a.md.mp3", ".md", "noending."])
def test_unknown_endings_are_refused(name: str) -> None:
    with pytest.raises(UnsupportedFormat, match=r"\.md, \.mdx"):
        load(name, b"text")


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", EmptyDocument),
        (b" \n\t\n", NoTextFound),
        (b"\x89PNG\r\n\x1a\n....", NotText),
        (b"%PDF-1.7 ...", NotText),
        (b"PK\x03\x04....", NotText),
        (b"text with a \x00 in it", BinaryDocument),
        (b"\x00" * 100, BinaryDocument),
    ],
)
@pytest.mark.parametrize("name", ["a.md", "a.txt", "a.html"])
def test_content_that_is_no_text_is_refused(
    name: str, data: bytes, error: type[UnreadableDocument]
) -> None:
    with pytest.raises(error) as caught:
        load(name, data)
    assert name in caught.value.text(Language.ENGLISH)
    assert name in caught.value.text(Language.CHINESE)


@pytest.mark.parametrize("name", ["a.md", "a.html", "a.csv", "a.json"])
def test_far_too_much_to_parse_is_refused(name: str) -> None:
    with pytest.raises(DocumentTooLong) as caught:
        load(name, ("x" * 2_000_001).encode())
    assert "2,000,000" in caught.value.text(Language.CHINESE)


def test_of_plain_text_as_much_is_read_as_a_file_holds() -> None:
    line = "三十天内可以退货。\n\n"
    assert len(load("a.txt", (line * 1_000_000).encode()).text) > 10_000_000


@pytest.mark.parametrize(
    ("text", "encoding", "warnings"),
    [
        (ENGLISH, "utf-8", ()),
        (CHINESE, "utf-8", ()),
        (CHINESE, "utf-8-sig", ()),
        (CHINESE, "utf-16", ()),
        (CHINESE, "utf-32", ()),
        (ENGLISH, "utf-16-le", ()),
        (ENGLISH, "utf-16-be", ()),
        (CHINESE, "gb18030", (NOT_UTF8,)),
        (CHINESE * 30, "gb2312", (NOT_UTF8,)),
        (TRADITIONAL * 3, "big5", (NOT_UTF8,)),
        ("Das Gerät läuft für zwölf Stunden.", "cp1252", (NOT_UTF8,)),
    ],
)
def test_encodings(text: str, encoding: str, warnings: tuple[str, ...]) -> None:
    loaded = load("a.txt", text.encode(encoding))
    assert loaded.text == text
    assert loaded.warnings == warnings


def test_a_declared_encoding_is_believed() -> None:
    page = f'<html><head><meta charset="big5"></head><body><p>{TRADITIONAL}</p></body></html>'
    loaded = load("a.html", page.encode("big5"))
    assert (loaded.text, loaded.warnings) == (TRADITIONAL, ())


def test_damaged_characters_are_told() -> None:
    data = (CHINESE * 20).encode()
    loaded = load("a.txt", data[:50] + b"\xff" + data[50:])
    assert DAMAGED in loaded.warnings
    assert loaded.text.count("退货") >= 19
    assert "已损坏" in warning_text(DAMAGED, Language.CHINESE)
    assert warning_text(DAMAGED, Language.ENGLISH) == DAMAGED


def test_line_ends_and_controls_are_tidied() -> None:
    assert load("a.txt", b"one\r\ntwo\rthree\x07 \n\n\n\nfour\xc2\x85five").text == (
        "one\ntwo\nthree\n\nfour\nfive"
    )


def test_the_title_of_plain_text_is_its_file_name() -> None:
    assert load("folder/returns-policy.txt", b"text").title == "returns-policy"


@given(st.binary(max_size=300), st.sampled_from(readable_endings()))
@settings(max_examples=400, deadline=None)
def test_any_bytes_are_read_or_refused(data: bytes, ending: str) -> None:
    try:
        loaded = load(f"a{ending}", data)
    except AnswerDeskError:
        return
    assert loaded.text.strip()
    loaded.text.encode("utf-8")
    assert "\x00" not in loaded.text


_MARKUP = st.lists(
    st.sampled_from(
        ["# ", "## H\n", "- ", "1. ", "```", "`", "<div>", "</div>", "<Card title='x'>", "<!--", "-->",
         "{/*", "*/}", "| a | b |\n|---|---|\n", "<script>", "</script>", "<h2>", "</h2>", "> ", "\n", "\n\n",
         "    ", "word ", "字", "---\n", "title: x\n", "import x from 'y'\n", "<li>", "<table><tr><td>", "&amp;",
         "[a](b)", "![a](b)", "**", "<", ">", "{", "}", '"']
    ),
    max_size=40,
).map("".join)  # fmt: skip


@given(_MARKUP, st.sampled_from(readable_endings()))
@settings(max_examples=500, deadline=None)
def test_sections_tile_the_text(markup: str, ending: str) -> None:
    try:
        loaded = load(f"a{ending}", markup.encode())
    except AnswerDeskError:
        return
    assert "".join(loaded.text[s.start : s.end] for s in loaded.sections) == loaded.text
    assert all(section.start < section.end for section in loaded.sections)
    for section in loaded.sections:
        if section.headings:
            assert loaded.text[section.start :].startswith(section.headings[-1])
