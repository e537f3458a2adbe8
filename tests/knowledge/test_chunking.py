"""Chunks cover their text, keep to their limit and respect what belongs together."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.chunking import LIMIT, TARGET, Chunk, chunk, weight
from knowledge.documents import LoadedText, Section
from knowledge.language import split_sentences
from knowledge.loading import load

_FRAGMENTS = st.sampled_from(
    [
        "Returns are accepted within 30 days.",
        "退货须在 30 天内提出。",
        "How long does delivery take?",
        "多久可以收到货？",
        "- an item",
        "1. a step",
        "Plan | Price",
        "Note:",
        "\n",
        "\n\n",
        "\n \n",
        " ",
        "x" * 70,
        "字" * 40,
        "e\u0301" * 9,
        "🙂",
        "\u3000",
        "Q: Why?\nA: Because.",
    ]
)


@st.composite
def loaded_texts(draw: st.DrawFn) -> LoadedText:
    parts = draw(st.lists(st.one_of(_FRAGMENTS, st.text(max_size=12)), max_size=40))
    text = "".join(parts)
    cuts = draw(st.lists(st.integers(0, len(text)), max_size=5))
    edges = sorted({0, len(text), *cuts})
    sections: list[Section] = []
    for start, end in pairwise(edges):
        path = draw(st.lists(st.sampled_from(["Orders", "退货", "Q?"]), max_size=3))
        sections.append(Section(tuple(path), start, end))
    return LoadedText("title", text, tuple(sections))


@given(loaded_texts(), st.integers(10, 120), st.integers(0, 80))
@settings(max_examples=400, deadline=None)
def test_chunks_tile_the_text_and_keep_to_the_limit(
    loaded: LoadedText, target: int, slack: int
) -> None:
    limit = target + slack
    chunks = chunk(loaded, target=target, limit=limit)
    assert "".join(loaded.text[c.start : c.end] for c in chunks) == loaded.text
    position = 0
    for piece in chunks:
        assert piece.start == position < piece.end
        position = piece.end
        assert weight(loaded.text[piece.start : piece.end]) <= limit


@given(loaded_texts(), st.integers(10, 120))
@settings(max_examples=300, deadline=None)
def test_only_a_sentence_over_the_limit_is_cut(loaded: LoadedText, target: int) -> None:
    whole = LoadedText("title", loaded.text, ())
    starts = [c.start for c in chunk(whole, target=target, limit=target + 40)]
    for span in split_sentences(loaded.text):
        inside = [start for start in starts if span.start < start < span.end]
        if all(loaded.text[start - 1] != "\n" for start in inside) and inside:
            rest = loaded.text[span.end :]
            blank = len(rest) - len(rest.lstrip())  # goes with the sentence before it
            assert weight(loaded.text[span.start : span.end + blank]) > target + 40


def _pieces(loaded: LoadedText) -> list[tuple[str, tuple[str, ...]]]:
    return [(loaded.text[c.start : c.end].strip(), c.headings) for c in chunk(loaded)]


def test_han_characters_weigh_more() -> None:
    assert weight("abc") == 3
    assert weight("退货") == 5


def test_an_empty_text_has_no_chunks() -> None:
    assert chunk(LoadedText("t", "", ())) == ()


def test_each_question_section_is_a_chunk_with_its_answer() -> None:
    text = "# FAQ\n\n## How do I return?\n\nSend it back.\n\n## 多久到货？\n\n三天之内。\n"
    assert _pieces(load("faq.md", text.encode())) == [
        ("FAQ\n\nHow do I return?\n\nSend it back.", ("FAQ", "How do I return?")),
        ("多久到货？\n\n三天之内。", ("FAQ", "多久到货？")),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Q: Can I return?\nA: Yes.\n\nQ: Can I pay by card?\nA: Yes, by any card.",
        "Can I return?\n\nYes, you can.\n\nCan I pay by card?\n\nYes, by any card.",
        "问：可以退货吗？\n答：可以。\n\n问：可以刷卡吗？\n答：可以，任何卡都行。",
    ],
)
def test_questions_in_plain_text_stay_with_their_answers(text: str) -> None:
    pieces = [piece for piece, _ in _pieces(load("faq.txt", text.encode()))]
    half = text.index("\n\n", len(text) // 3)
    assert len(pieces) == 2
    assert pieces == [text[: text.index(pieces[1])].strip(), pieces[1]]
    assert half > 0


def test_a_long_section_is_cut_between_paragraphs() -> None:
    paragraphs = [f"Paragraph {n} says something. " + "It goes on. " * 20 for n in range(12)]
    loaded = load("long.md", ("# Title\n\n" + "\n\n".join(paragraphs)).encode())
    pieces = _pieces(loaded)
    assert 3 <= len(pieces) <= 6
    assert all(headings == ("Title",) for _, headings in pieces)
    assert all(piece.endswith("It goes on.") for piece, _ in pieces)
    assert all(weight(piece) <= TARGET * 1.3 for piece, _ in pieces)


def test_a_long_list_is_cut_between_items() -> None:
    items = "\n".join(f"- item {n}: " + "something about it, " * 6 for n in range(30))
    pieces = [piece for piece, _ in _pieces(load("list.md", items.encode()))]
    assert len(pieces) > 2
    assert all(piece.startswith("- item") for piece in pieces)


def test_a_long_table_is_cut_between_rows() -> None:
    rows = "\n".join(
        f"| plan {n} | {n} dollars a month, {'billed yearly, ' * 5} |" for n in range(40)
    )
    pieces = [p for p, _ in _pieces(load("t.md", f"| Plan | Price |\n|---|---|\n{rows}".encode()))]
    assert len(pieces) > 2
    assert all(piece.startswith("plan ") for piece in pieces[1:])


def test_a_piece_of_a_table_is_found_by_the_names_of_its_columns() -> None:
    rows = "\n".join(f"plan {n} | {n} dollars a month, {'billed yearly, ' * 5}" for n in range(40))
    text = (
        f"# Prices\n\nWhat we ask for.\n\n| Plan | Price |\n|---|---|\n{rows}\n\nAsk us for more.\n"
    )
    pieces = _pieces(load("t.md", text.encode()))
    assert len(pieces) > 2
    assert pieces[0][1] == ("Prices",)
    assert "Plan | Price" in pieces[0][0]
    assert all(headings == ("Prices", "Plan | Price") for _, headings in pieces[1:])
    assert all("Plan | Price" not in piece for piece, _ in pieces[1:])


def test_text_after_a_table_does_not_stand_under_its_header() -> None:
    rows = "\n".join(f"plan {n} | {n} dollars a month, {'billed yearly, ' * 5}" for n in range(40))
    prose = "Prices hold for a year. " * 30
    pieces = _pieces(load("t.txt", f"Plan | Price\n{rows}\n\n{prose}".encode()))
    assert pieces[-1][0].startswith("Prices hold")
    assert pieces[-1][1] == ()
    assert pieces[-2][1] == ("Plan | Price",)


@given(st.integers(1, 120), st.integers(1, 8), st.integers(40, 400))
def test_every_chunk_that_begins_below_a_header_has_it(rows: int, cells: int, target: int) -> None:
    header = " | ".join(f"column {n}" for n in range(cells + 1))
    lines = [" | ".join(f"cell {r}.{n}" for n in range(cells + 1)) for r in range(rows)]
    text = "\n".join([header, *lines])
    chunks = chunk(LoadedText("t", text, ()), target=target, limit=target + 100)
    assert "".join(text[c.start : c.end] for c in chunks) == text
    for piece in chunks:
        assert piece.headings == ((header,) if piece.start > len(header) else ())


def test_an_answer_that_asks_back_stays_with_its_question() -> None:
    text = "Q: It does not start.\n\nA: Is it plugged in?\n\nQ: It is loud.\n\nA: Clean it."
    assert [piece for piece, _ in _pieces(load("faq.txt", text.encode()))] == [
        "Q: It does not start.\n\nA: Is it plugged in?",
        "Q: It is loud.\n\nA: Clean it.",
    ]


def test_chinese_chunks_hold_about_350_characters() -> None:
    text = "".join(f"第{n}条规定说明了退货与换货的办法和时限。" for n in range(150))
    pieces = [piece for piece, _ in _pieces(load("规定.txt", text.encode()))]
    assert all(300 <= len(piece) <= 400 for piece in pieces[:-1])
    assert all(piece.endswith("。") for piece in pieces)


def test_a_heading_is_never_left_behind() -> None:
    filler = "Some sentence of ordinary length stands here. " * 17
    text = f"# A\n\n{filler}\n\nFor example:\n\n{filler}\n"
    pieces = [piece for piece, _ in _pieces(load("a.md", text.encode()))]
    assert [piece.startswith("For example:") for piece in pieces] == [False, True]


def test_a_sentence_without_end_is_cut_within_the_limit() -> None:
    text = "word " * 2000
    pieces = chunk(LoadedText("t", text, ()))
    assert len(pieces) > 5
    assert all(weight(text[c.start : c.end]) <= LIMIT for c in pieces)
    assert all(text[c.start : c.end].endswith(" ") for c in pieces)


def test_headings_of_a_joined_introduction_are_the_sections_own() -> None:
    text = "# Shipping\n\nAll about it.\n\n## Cost\n\nFive dollars.\n"
    loaded = load("s.md", text.encode())
    assert chunk(loaded) == (Chunk(0, len(loaded.text), ("Shipping", "Cost")),)
