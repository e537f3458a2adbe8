"""Which pieces of a passage can be quoted."""

from hypothesis import given
from hypothesis import strategies as st

from knowledge.spans import answer_spans


def quoted(text: str, headings: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    return [(text[s.start : s.end], s.context) for s in answer_spans(text, headings)]


def test_sentences_are_spans_and_headings_are_not() -> None:
    text = "Delivery\n\nExpress takes one day. It costs ¥22.\n"
    assert quoted(text, ("Shop", "Delivery")) == [
        ("Express takes one day.", ""),
        ("It costs ¥22.", ""),
    ]


def test_a_question_is_the_context_of_its_answer() -> None:
    text = "I got it as a gift. Can I return it? Yes, with the slip.\nNothing to do with it."
    assert quoted(text) == [
        ("Yes, with the slip.", "I got it as a gift. Can I return it?"),
        ("Nothing to do with it.", ""),
    ]


def test_a_question_on_its_own_line_asks_for_the_lines_below() -> None:
    assert quoted("C1 的釉含铅吗？\n不含。") == [("不含。", "C1 的釉含铅吗？")]


def test_a_lead_takes_its_list_along() -> None:
    text = "Not returnable:\n- gift cards\n- opened packs\n\nAll else is."
    spans = quoted(text)
    assert spans[0] == ("Not returnable:\n- gift cards\n- opened packs", "")
    assert spans[1] == ("- gift cards", "Not returnable:")
    assert spans[-1] == ("All else is.", "")


def test_a_table_row_knows_its_header() -> None:
    text = "Model | Capacity\nK2 | 1.7 l\nK3 | 0.9 l"
    assert quoted(text) == [("K2 | 1.7 l", "Model | Capacity"), ("K3 | 0.9 l", "Model | Capacity")]


def test_a_row_cut_from_its_table_knows_the_header_above_it() -> None:
    text = "K9 | 1.2 l\nKitchen\nK10 | 2 l\n\nSee also the list."
    assert quoted(text, ("Kettles", "Model | Capacity")) == [
        ("K9 | 1.2 l", "Model | Capacity"),
        ("Kitchen", ""),
        ("K10 | 2 l", "Model | Capacity"),
        ("See also the list.", ""),
    ]


def test_a_heading_with_a_bar_is_no_table_header_where_it_stands_in_the_text() -> None:
    text = "Prices | Shop\n\nModel | Price\nK9 | 5"
    assert quoted(text, ("Prices | Shop",)) == [("K9 | 5", "Model | Price")]


def test_each_table_has_its_own_header() -> None:
    text = "Model | Price\nK9 | 5\n\nCity | Days\nBerlin | 2"
    assert quoted(text) == [("K9 | 5", "Model | Price"), ("Berlin | 2", "City | Days")]


@given(st.text(alphabet="ab。？:\n-|1. ", max_size=120))
def test_spans_are_literal_and_never_empty(text: str) -> None:
    for span in answer_spans(text):
        assert 0 <= span.start < span.end <= len(text)
        assert text[span.start : span.end].strip()
