"""Names in questions and answers."""

import pytest

from knowledge.answer_types import counted_missing, type_fit
from knowledge.names import missing_names, names_in


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Does the K3 talk to my phone over Bluetooth?", ["K3", "Bluetooth"]),
        ("How long is the warranty?", []),
        ("I think it's broken. Can I return it?", []),
        ("K2 和 iPhone 能一起用吗？", ["K2", "iPhone"]),
        ("门罗在NCAA的每场平均分是多少？", ["NCAA"]),
    ],
)
def test_names_are_found(text: str, names: list[str]) -> None:
    assert names_in(text) == names


def test_case_does_not_matter_for_a_name() -> None:
    assert missing_names("Do you ship to Berlin and PARIS?", "We ship to Paris.") == ["Berlin"]


@pytest.mark.parametrize(
    ("question", "text", "fit"),
    [
        ("How long can it run?", "Run it for at most 60 seconds.", 1.0),
        ("How long can it run?", "It runs quietly.", -1.0),
        ("运费是多少？", "运费 10 元。", 1.0),
        ("要等多久？", "请联系客服。", -1.0),
        ("Is it loud?", "It runs quietly.", 0.0),
    ],
)
def test_an_answer_has_the_kind_that_is_asked_for(question: str, text: str, fit: float) -> None:
    assert type_fit(question, text) == fit


def test_what_is_counted_must_be_mentioned() -> None:
    text = "The G2 grinds 60 g at 30 seconds."
    assert counted_missing("How many decibels does the G2 make?", text)
    assert not counted_missing("How many seconds does it take?", text)
    assert counted_missing("G2 有多少分贝？", "G2 一次装 60 克。")
    assert not counted_missing("先从几档试起？", "先从 17 档试起。")
    assert not counted_missing("特快运费多少钱？", "特快运费 22 元。")
