"""What is quoted of the evidence."""

import pytest

from knowledge.documents import Passage, Position
from knowledge.reading import Evidence, select_quote

_HEADER = "Article | Price"
_TEXT = f"{_HEADER}\nTureen | 75 EUR\nTeapot | 40 EUR\n\nWe wrap every tureen. A teapot, too."
_PASSAGE = Passage("p1", "prices.xlsx", "Prices", _TEXT, Position(0, len(_TEXT)))


def evidence(text: str, score: float) -> Evidence:
    start = _TEXT.index(text)
    context = _HEADER if " | " in text else ""
    return Evidence(_PASSAGE, start, start + len(text), score, context)


def quoted(question: str, *found: Evidence) -> list[str]:
    quote = select_quote(found, max_sentences=2, max_characters=500, question=question)
    return [item.text for item in quote]


TUREEN, TEAPOT = evidence("Tureen | 75 EUR", 0.9), evidence("Teapot | 40 EUR", 0.8)


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("What is the price of the tureen?", ["Tureen | 75 EUR"]),
        ("Tureen or teapot, which is dearer?", ["Tureen | 75 EUR", "Teapot | 40 EUR"]),
        ("What do you sell?", ["Tureen | 75 EUR", "Teapot | 40 EUR"]),
    ],
)
def test_of_a_table_the_rows_that_were_asked_for(question: str, rows: list[str]) -> None:
    assert quoted(question, TUREEN, TEAPOT) == rows


def test_a_sentence_is_no_row() -> None:
    beside = evidence("A teapot, too.", 0.7)
    assert quoted("What is the price of the tureen?", TUREEN, beside)[-1] == "A teapot, too."
