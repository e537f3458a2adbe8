"""CSV files: the delimiter is found, every row is kept and marked."""

import csv
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.documents import Place
from knowledge.loading import load
from knowledge.loading.warnings import BROKEN_QUOTES, NOT_UTF8


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(delimiter: str) -> None:
    rows = [["Model", "Price", "Note"], ["K1", "49,90", "red; small"], ["K2", "1,299", "a|b"]]
    out = StringIO()
    csv.writer(out, delimiter=delimiter).writerows(rows)
    loaded = load("x/kettles.csv", out.getvalue().encode())
    assert loaded.text == "Model | Price | Note\nK1 | 49,90 | red; small\nK2 | 1,299 | a|b"
    assert loaded.title == "kettles"


def test_a_delimiter_that_the_file_names() -> None:
    assert load("a.csv", b"sep=;\na,b;c\nd,e;f\n").text == "a,b | c\nd,e | f"


def test_tsv_keeps_its_commas() -> None:
    assert load("a.tsv", b"a,b\tc\nd,e\tf\n").text == "a,b | c\nd,e | f"


def test_quoted_line_breaks_and_marks() -> None:
    data = 'Model,Note\r\nK1,"two\r\nlines, ""quoted"""\r\n\r\nK2,last\r\n'
    loaded = load("a.csv", data.encode())
    assert loaded.text == 'Model | Note\nK1 | two lines, "quoted"\nK2 | last'
    assert [(loaded.text[m.start :].partition("\n")[0], m.place) for m in loaded.marks] == [
        ("Model | Note", Place("sheet", 1, 1)),
        ('K1 | two lines, "quoted"', Place("sheet", 2, 2)),
        ("K2 | last", Place("sheet", 4, 4)),
    ]


@pytest.mark.parametrize(
    "data",
    ['Size,Note\n"5 inch,wide\n6 inch,wider\n7 inch,widest\n', "a,b\n" * 300 + '"c,d\n' * 301],
)
def test_a_quotation_mark_that_is_never_closed_swallows_no_row(data: str) -> None:
    loaded = load("a.csv", data.encode())
    assert loaded.text.count("\n") == data.count("\n") - 1
    assert loaded.warnings == (BROKEN_QUOTES,)


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16", "utf-8-sig"])
def test_encodings_and_ten_thousand_rows(encoding: str) -> None:
    rows = [f"型号{n},第 {n} 种水壶的价格,{n}.50 元" for n in range(10_000)]
    loaded = load("a.csv", "\n".join(["型号,说明,价格", *rows]).encode(encoding))
    lines = loaded.text.split("\n")
    assert len(lines) == len(loaded.marks) == 10_001
    assert lines[-1] == "型号9999 | 第 9999 种水壶的价格 | 9999.50 元"
    assert loaded.marks[-1].place == Place("sheet", 10_001, 10_001)
    assert (NOT_UTF8 in loaded.warnings) == (encoding == "gb18030")


def test_questions_and_answers_become_pairs() -> None:
    loaded = load("faq.csv", b"Question,Answer\nCan I return it?,Yes.\nIs it free?,No.\n")
    assert [s.headings for s in loaded.sections] == [("Can I return it?",), ("Is it free?",)]


_CELLS = st.text('ab ,;"\n\r\t字1', max_size=8)


@given(st.lists(st.lists(_CELLS, min_size=2, max_size=4), min_size=1, max_size=20))
def test_what_a_spreadsheet_writes_is_read_back(rows: list[list[str]]) -> None:
    header = [f"column {n}" for n in range(4)]
    out = StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows([header, *rows])
    loaded = load("a.csv", out.getvalue().encode())
    shown = [[" ".join(cell.split()) for cell in row] for row in rows]
    for number, row in enumerate(shown, 2):
        starts = [m.start for m in loaded.marks if m.place == Place("sheet", number, number)]
        assert len(starts) == any(row)
        for start in starts:
            line = loaded.text[start:].partition("\n")[0]
            assert [c for c in line.split(" | ") if c] == [c for c in row if c]
