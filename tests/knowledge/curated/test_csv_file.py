"""Curated answers as CSV: back and forth, and every bad line at once."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.curated.csv_file import MOST_LINES, parsed, written
from knowledge.curated.errors import InvalidAnswer, InvalidAnswerFile
from knowledge.curated.likeness import folded
from knowledge.curated.model import CuratedAnswer
from knowledge.curated.store import checked
from knowledge.documents import Language

HEAD = "questions,answer_en,answer_zh,collection\n"
CELL = st.text(st.sampled_from("ab=+-@'\",;\n\t é退货?？ "), min_size=1, max_size=12)


@given(st.lists(st.tuples(st.lists(CELL, min_size=1, max_size=3), CELL, CELL), max_size=6))
def test_what_is_written_is_read_again(drawn: list[tuple[list[str], str, str]]) -> None:
    kept: list[CuratedAnswer] = []
    taken: set[str] = set()
    for questions, english, chinese in drawn:
        try:
            answer = checked(CuratedAnswer(tuple(questions), english, chinese, "shop"))
        except InvalidAnswer:
            continue
        names = {folded(question) for question in answer.questions}
        if not names & taken:
            taken |= names
            kept.append(answer)
    if kept:
        assert [answer for _, answer in parsed("a.csv", written(kept), "default")] == kept


def test_no_cell_is_a_formula_to_a_spreadsheet() -> None:
    hostile = CuratedAnswer(("=1+1",), "=HYPERLINK(1)", "@SUM(1)")
    file = written([hostile]).decode("utf-8-sig")
    assert file.splitlines()[1] == "'=1+1,'=HYPERLINK(1),'@SUM(1),default"
    assert [a for _, a in parsed("a.csv", file.encode(), "default")] == [hostile]


def test_questions_are_parted_by_lines_or_bars_and_collections_are_filled_in() -> None:
    text = HEAD + '"a?|b?\nc?",Yes.,,\n\nd?,,是。,shop\n'
    assert parsed("a.csv", text.encode("gb18030"), "mine") == [
        (2, CuratedAnswer(("a?", "b?", "c?"), "Yes.", "", "mine")),
        (5, CuratedAnswer(("d?",), "", "是。", "shop")),
    ]
    semicolons = "Questions;Answer EN\na?;Yes, it is.\n"
    assert parsed("a.csv", semicolons.encode(), "mine") == [
        (2, CuratedAnswer(("a?",), "Yes, it is.", "", "mine"))
    ]


def test_every_bad_line_is_named_at_once() -> None:
    rows = [
        "a?,Yes.,,",
        ",Yes.,,",
        "b?,,,",
        f"{'x' * 501},Yes.,,",
        "c?|A?,Yes.,,",
        f"d?,Yes.,,{'n' * 201}",
    ]
    with pytest.raises(InvalidAnswerFile) as refused:
        parsed("a.csv", (HEAD + "\n".join(rows)).encode(), "default")
    assert [line for line, _, _ in refused.value.problems] == [3, 4, 5, 6, 7]
    english, chinese = (refused.value.text(language) for language in Language)
    assert len(english.splitlines()) == len(chinese.splitlines()) == 6
    assert "“A?” is on line 2 already" in english


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("", 1, "columns"),
        ("a,b\n", 1, "columns"),
        ("questions,collection\na?,shop\n", 1, "columns"),
        (HEAD, 1, "no answer"),
        (HEAD + "a?," + "x" * 200_000 + ",,\n", 2, "CSV"),
        (HEAD + "".join(f"q{n}?,Yes.,,\n" for n in range(MOST_LINES + 1)), 10_002, "10,000"),
    ],
)
def test_a_file_that_is_none_says_so(text: str, line: int, said: str) -> None:
    with pytest.raises(InvalidAnswerFile, match=said) as refused:
        parsed("a.csv", text.encode(), "default")
    assert [number for number, _, _ in refused.value.problems] == [line]


def test_ids_and_dates_are_no_part_of_a_file() -> None:
    kept = CuratedAnswer(("a?",), "Yes.", id="x", updated_by="mei")
    assert [a for _, a in parsed("a.csv", written([kept]), "d")] == [
        replace(kept, id="", updated_by="")
    ]
