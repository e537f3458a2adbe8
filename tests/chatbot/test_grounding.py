"""The gate: what a generator writes and no source supports is never said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.grounding import Source, check_sentence, unsupported_values

RETURNS = Source(
    1,
    "Returns\nYou can return an unused item within 30 days of delivery. Return postage is ¥12. "
    "Opened filter paper cannot be returned. Write to help@kettleandcup.example.",
)
RETURNS_ZH = Source(
    1, "退货\n未使用的商品可在签收后 30 天内退货。退货运费 12 元。已拆封的滤纸不能退货。"
)


@pytest.mark.parametrize(
    "sentence",
    [
        "You can return an unused item within 30 days of delivery.",
        "Unused items can be returned within thirty days.",
        "Return postage is ¥12.",
        "Opened filter paper can't be returned.",
        "Please write to help@kettleandcup.example about a return.",
    ],
)
def test_supported_sentences_pass(sentence: str) -> None:
    verdict = check_sentence(sentence, [RETURNS])
    assert verdict.supported, verdict
    assert verdict.source == 1


@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        ("You can return an unused item within 45 days of delivery.", "value"),
        ("Return postage is ¥21.", "value"),
        ("Please write to refunds@other.example about a return.", "value"),
        ("See https://evil.example to return an item.", "value"),
        ("You can return an unused item to Amazon within 30 days of delivery.", "name"),
        ("Opened filter paper can be returned.", "polarity"),
        ("Our founders started with a small bakery by the sea.", "coverage"),
        ("...", "empty"),
    ],
)
def test_unsupported_sentences_are_dropped(sentence: str, reason: str) -> None:
    assert check_sentence(sentence, [RETURNS]).reason == reason


@pytest.mark.parametrize(
    ("sentence", "supported"),
    [
        ("未使用的商品可以在签收后三十天内退货。", True),
        ("退货运费为 ¥12。", True),
        ("退货运费为 20 元。", False),
        ("未使用的商品可在签收后 60 天内退货。", False),
        ("已拆封的滤纸可以退货。", False),
    ],
)
def test_chinese_is_judged_alike(sentence: str, supported: bool) -> None:
    assert check_sentence(sentence, [RETURNS_ZH]).supported is supported


def test_values_must_come_from_one_source() -> None:
    other = Source(2, "Warranty\nThe kettle K3 has a warranty of 3 years.")
    mixed = "You can return the kettle K3 within 30 days of delivery."
    assert not check_sentence(mixed, [RETURNS, other]).supported


def test_nothing_is_supported_by_nothing() -> None:
    assert not check_sentence("You can return it.", []).supported


@given(
    st.integers(min_value=100, max_value=99_999),
    st.sampled_from(["{} days", "¥{}", "{}%", "{} 元"]),
)
def test_no_number_gets_through_that_no_source_has(number: int, form: str) -> None:
    words = form.format(number)
    sentence = f"You can return an unused item within 30 days of delivery for {words}."
    verdict = check_sentence(sentence, [RETURNS])
    assert not verdict.supported
    assert unsupported_values(sentence, [RETURNS])
