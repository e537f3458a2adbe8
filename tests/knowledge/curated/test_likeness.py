"""What the words of two questions say about whether they ask the same."""

import pytest

from knowledge.curated.likeness import Objection, folded, objection

SAME = (
    ("What is the warranty of the K2?", "How is the K2's warranty?"),
    ("多久能收到退款？", "退款多久能收到？"),
    ("Can I return an unused mug?", "Can an unused mug be returned?"),
    ("水壶能不能退？", "水壶可以退吗？"),
)
OTHER: tuple[tuple[str, str, Objection], ...] = (
    ("How long is the warranty of the K2?", "How long is the warranty of the K3?", "values"),
    ("K2 保修多久？", "K3 保修多久？", "values"),
    ("Can I return a used mug?", "Can I not return a used mug?", "negation"),
    ("杯子能退吗？", "杯子不能退吗？", "negation"),
    ("How long does delivery take?", "How much does delivery cost?", "asks"),
    ("快递要多久？", "快递要多少钱？", "asks"),
    ("Do you deliver to Tibet?", "Do you deliver to Xinjiang?", "swapped"),
    ("可以送到西藏吗？", "可以送到新疆吗？", "swapped"),
    ("Do you sell gift cards?", "Do you hire students?", "words"),
)


@pytest.mark.parametrize(("one", "other"), SAME)
def test_other_words_for_the_same(one: str, other: str) -> None:
    assert objection(one, other) is None
    assert objection(other, one) is None


@pytest.mark.parametrize(("one", "other", "why"), OTHER)
def test_what_keeps_two_questions_apart(one: str, other: str, why: Objection) -> None:
    assert objection(one, other) == why
    assert objection(other, one) == why


@pytest.mark.parametrize(
    ("one", "other"),
    [("Do you HIRE?", "do you hire"), ("你們招人嗎？", "你们招人吗"), ("ＡＢＣ １２", "abc 12")],
)
def test_letter_for_letter_is_without_case_script_and_punctuation(one: str, other: str) -> None:
    assert folded(one) == folded(other)
