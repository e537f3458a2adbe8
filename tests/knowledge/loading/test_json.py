"""JSON becomes lines, tables and pairs that people can read."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.chunking import chunk
from knowledge.errors import AnswerDeskError, DamagedDocument, DocumentTooComplex
from knowledge.loading import load


def text_of(content: object) -> str:
    return load("a.json", json.dumps(content).encode()).text


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"name": "K1", "price": 49.9, "new": True, "note": None}, "name: K1\nprice: 49.9\nnew: true"),
        ({"colours": ["red", "blue"]}, "colours: red, blue"),
        ({"shop": {"city": "上海"}}, "shop\n\ncity: 上海"),
        ([{"model": "K1", "price": 5}, {"model": "K2", "price": 6}], "model | price\nK1 | 5\nK2 | 6"),
        ({"kettles": [{"m": "K1", "p": 5}, {"m": "K2"}]}, "kettles\n\nm | p\nK1 | 5\nK2"),
        (["tea", "coffee"], "- tea\n- coffee"),
        ([[1, 2], [3]], "- 1, 2\n- 3"),
        ("only words", "only words"),
    ],
)  # fmt: skip
def test_what_becomes_of_it(content: object, expected: str) -> None:
    assert text_of(content).strip() == expected.strip()


@pytest.mark.parametrize(("asked", "told"), [("question", "answer"), ("问题", "答案"), ("Q", "A")])
def test_pairs(asked: str, told: str) -> None:
    content = [
        {asked: "Can I return it?", told: "Yes.", "tag": "returns"},
        {asked: "Is it free?", told: "No."},
    ]
    loaded = load("faq.json", json.dumps({"title": "Help", "items": content}).encode())
    assert loaded.title == "Help"
    pieces = [(loaded.text[c.start : c.end].strip(), c.headings) for c in chunk(loaded)]
    assert pieces[1:] == [
        ("Is it free?\n\nNo.", ("items", "Is it free?")),
    ]
    assert pieces[0][0].endswith("Can I return it?\n\nYes.\n\ntag: returns")


def test_a_single_pair_is_one_too() -> None:
    loaded = load("a.json", b'{"question": "Open?", "answer": "From nine."}')
    assert loaded.sections[0].headings == ("Open?",)


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"{not json", DamagedDocument),
        (b'{"a": 1} trailing', DamagedDocument),
        (b"[" * 5_000 + b"1" + b"]" * 5_000, AnswerDeskError),
        (b'{"a":' * 80 + b"1" + b"}" * 80, DocumentTooComplex),
    ],
)
def test_refusals(data: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        load("a.json", data)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text("ab字 \n|", max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["a", "b", "question", "answer", "标题"]), inner, max_size=4
        )
    ),
    max_leaves=15,
)


def words(content: object) -> list[str]:
    if isinstance(content, dict):
        return [word for value in content.values() for word in words(value)]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]  # any JSON
    if isinstance(content, list):
        return [word for value in content for word in words(value)]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]  # any JSON
    return content.split() if isinstance(content, str) else []


@given(_JSON)
def test_every_word_is_kept(content: object) -> None:
    try:
        text = text_of(content)
    except AnswerDeskError:
        assert not words(content)
        return
    found = words(content)
    assert all(text.count(word) >= found.count(word) for word in found)
