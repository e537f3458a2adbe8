"""Spreadsheets: every row is kept, under its header, with its place, as a person reads it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.chunking import chunk
from knowledge.documents import LoadedText, Place
from knowledge.errors import DamagedDocument, EncryptedDocument, TooManyCells, WrongContent
from knowledge.loading import load
from knowledge.loading.number_formats import parse_format
from knowledge.loading.warnings import HIDDEN_SHEETS
from tests.knowledge.loading.office_files import Value, ods, relations, xlsx, zipped


def line_at(loaded: LoadedText, place: Place) -> str:
    """What stands at the last mark of a place, to the end of the line."""
    start = [mark.start for mark in loaded.marks if mark.place == place][-1]
    return loaded.text[start:].partition("\n")[0]


def test_a_workbook() -> None:
    loaded = load(
        "x/prices.xlsx",
        xlsx(
            {
                "Kettles": [["Price list"], [], ["Model", None, "Price"], ["K1", None, 49.9]],
                "配送": [["城市", "天数"], ["上海", 2], ["北京", 3]],
            }
        ),
    )
    assert loaded.title == "prices"
    assert loaded.text == (
        "Kettles\n\nPrice list\n\nModel | Price\nK1 | 49.9\n\n配送\n\n城市 | 天数\n上海 | 2\n北京 | 3"
    )
    assert [s.headings for s in loaded.sections] == [("Kettles",), ("配送",)]
    assert line_at(loaded, Place("sheet", 1, 1, "Kettles")) == "Price list"
    assert line_at(loaded, Place("sheet", 4, 4, "Kettles")) == "K1 | 49.9"
    assert line_at(loaded, Place("sheet", 3, 3, "配送")) == "北京 | 3"
    assert loaded.marks[0].start == 0


@pytest.mark.parametrize(
    ("code", "value", "expected"),
    [
        ("0%", 0.19, "19%"),
        ("0.0%", 0.1234, "12.3%"),
        ('"$"#,##0.00', 1299.5, "$1,299.50"),
        ("[$€-407] #,##0.00;[Red]-[$€-407] #,##0.00", 5, "€ 5.00"),
        ('#,##0.00 "€"', -5.5, "-5.50 €"),
        ('_("¥"* #,##0_);_("¥"* (#,##0)', 88, "¥88"),
        ('0" km"', 30, "30 km"),
        ("0.00", 5, "5"),
        ("General", 0.1 + 0.2, "0.3"),
        ("General", 13800138000, "13800138000"),
        ("yyyy\\-mm\\-dd", 45366, "2024-03-15"),
        ("yyyy\\-mm\\-dd h:mm", 45366.75, "2024-03-15 18:00:00"),
        ("h:mm", 0.5, "12:00:00"),
    ],
)
def test_numbers_read_as_the_sheet_shows_them(code: str, value: float, expected: str) -> None:
    book = xlsx({"S": [["Name", "Value"], ["a", (value, 1)]]}, formats=[code])
    assert load("a.xlsx", book).text.endswith(f"a | {expected}")


@pytest.mark.parametrize(
    "code", ["0.00E+00", "# ?/?", "@", "", "0,", "[h]:mm", '"only words"', "dd.mm"]
)
def test_formats_that_are_no_number_with_a_unit_are_left_alone(code: str) -> None:
    assert parse_format(code) is None


def test_merged_cells_stand_in_each_row_but_titles_once() -> None:
    rows: list[list[Value]] = [
        ["Kettles of this year"],
        ["Model", "Colour", "Price"],
        ["K1", "red", 5],
        [None, "blue", 6],
    ]
    loaded = load("a.xlsx", xlsx({"S": rows}, merged=["A1:C1", "A3:A4"]))
    assert loaded.text == (
        "S\n\nKettles of this year\n\nModel | Colour | Price\nK1 | red | 5\nK1 | blue | 6"
    )


def test_tables_beside_and_below_each_other() -> None:
    rows: list[list[Value]] = [
        ["Model", "Price", None, "City", "Days"],
        ["K1", 5, None, "Berlin", 2],
        ["K2", 6],
        [],
        ["K3", 7],
        [],
        ["Part", "Stock"],
        ["lid", 4],
    ]
    assert load("a.xlsx", xlsx({"S": rows})).text == (
        "S\n\nModel | Price\nK1 | 5\nK2 | 6\nK3 | 7\n\nCity | Days\nBerlin | 2\n\nPart | Stock\nlid | 4"
    )


def test_a_label_inside_a_table_stays_in_it() -> None:
    rows: list[list[Value]] = [
        ["Model", "Price"], ["K1", 5], ["Accessories"], ["lid", None], [], ["Spare parts"], ["pin", 1]
    ]  # fmt: skip
    assert load("a.xlsx", xlsx({"S": rows})).text == (
        "S\n\nModel | Price\nK1 | 5\nAccessories\nlid\nSpare parts\npin | 1"
    )


def test_questions_and_answers_become_pairs() -> None:
    rows: list[list[Value]] = [
        ["分类", "问题", "答案"],
        ["售后", "可以退货吗？", "可以，30 天内。"],
        ["配送", "多久到货？", "三天之内。"],
    ]
    loaded = load("faq.xlsx", xlsx({"常见问题": rows}))
    assert [s.headings for s in loaded.sections] == [
        ("常见问题",),
        ("常见问题", "可以退货吗？"),
        ("常见问题", "多久到货？"),
    ]
    pieces = [(loaded.text[c.start : c.end].strip(), c.headings[-1]) for c in chunk(loaded)]
    assert pieces[-1] == ("多久到货？\n\n三天之内。\n\n分类: 配送", "多久到货？")
    assert line_at(loaded, Place("sheet", 3, 3, "常见问题")) == "多久到货？"


def test_hidden_sheets_are_left_out_and_told() -> None:
    loaded = load("a.xlsx", xlsx({"Open": [["shown"]], "Costs": [["secret"]]}, hidden=["Costs"]))
    assert "secret" not in loaded.text
    assert loaded.warnings == (HIDDEN_SHEETS,)


def test_open_document_sheets() -> None:
    loaded = load("a.ods", ods([["Model", "Price"], ["K1", "5 €"]], "Prices"))
    assert loaded.text == "Prices\n\nModel | Price\nK1 | 5 €"
    assert line_at(loaded, Place("sheet", 2, 2, "Prices")) == "K1 | 5 €"


def test_the_numbers_of_a_chart() -> None:
    office = "http://schemas.openxmlformats.org"
    points = '<c:pt idx="{}"><c:v>{}</c:v></c:pt>'
    chart = (
        f'<c:chartSpace xmlns:c="{office}/drawingml/2006/chart" xmlns:a="{office}/drawingml/2006/main">'
        "<c:chart><c:title><c:tx><c:rich><a:p><a:r><a:t>Sold a year</a:t></a:r></a:p></c:rich></c:tx>"
        "</c:title><c:plotArea><c:line3DChart><c:ser><c:tx><c:v>Kettles</c:v></c:tx>"
        f"<c:cat>{points.format(0, 2023)}{points.format(1, 2024)}</c:cat>"
        f"<c:val>{points.format(0, 120.0)}{points.format(1, 130.5)}</c:val></c:ser>"
        "</c:line3DChart></c:plotArea></c:chart></c:chartSpace>"
    )
    drawing = (
        f'<d:wsDr xmlns:d="{office}/drawingml/2006/spreadsheetDrawing" xmlns:r="{office}/officeDocument/2006/relationships"'
        f' xmlns:c="{office}/drawingml/2006/chart"><d:twoCellAnchor><d:from><d:row>4</d:row></d:from>'
        '<c:chart r:id="r1"/></d:twoCellAnchor></d:wsDr>'
    )
    parts = {
        "xl/worksheets/_rels/sheet1.xml.rels": relations([("drawing", "../drawings/drawing1.xml")]),
        "xl/drawings/drawing1.xml": drawing,
        "xl/drawings/_rels/drawing1.xml.rels": relations([("chart", "/xl/charts/chart1.xml")]),
        "xl/charts/chart1.xml": chart,
    }
    loaded = load("a.xlsx", xlsx({"S": [["See below"]]}, parts=parts))
    assert loaded.text == "S\n\nSee below\n\nSold a year\n | Kettles\n2023 | 120\n2024 | 130.5"
    assert line_at(loaded, Place("sheet", 5, 5, "S")) == "Sold a year"


@given(
    st.lists(
        st.lists(st.text("ab1 é字|\n", max_size=6), min_size=1, max_size=5), min_size=1, max_size=30
    )
)
def test_every_filled_cell_is_kept_and_marked_with_its_row(rows: list[list[str]]) -> None:
    shown = [[" ".join(cell.split()) for cell in row] for row in rows]
    if not any(map(any, shown)):
        return
    loaded = load("a.xlsx", xlsx({"S": rows}))
    for number, row in enumerate(shown, 1):
        filled = [cell for cell in row if cell]
        starts = [m.start for m in loaded.marks if m.place == Place("sheet", number, number, "S")]
        assert bool(starts) == bool(filled) or number == 1
        lines = " ".join(loaded.text[start:].partition("\n")[0] for start in starts)
        assert all(cell in lines for cell in filled)


def test_a_sheet_that_spans_the_whole_grid_is_refused_before_it_is_read() -> None:
    far = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        '<row r="1"><c r="A1"><v>1</v></c></row>'
        '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>'
    )
    book = xlsx({"S": [["a"]]}, parts={"xl/worksheets/sheet1.xml": far})
    with pytest.raises(TooManyCells, match="'S'"):
        load("a.xlsx", book)


def test_formatted_but_empty_cells_do_not_count() -> None:
    sheet = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        '<row r="1"><c r="A1"><v>1</v></c></row>'
        '<row r="1048576"><c r="XFD1048576" s="0"/></row></sheetData></worksheet>'
    )
    book = xlsx({"S": [["a"]]}, parts={"xl/worksheets/sheet1.xml": sheet})
    assert load("a.xlsx", book).text == "S\n\n1"


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (zipped({"xl/workbook.xml": "<workbook>"}), DamagedDocument),
        (b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), EncryptedDocument),
        (b"\xd0\xcf\x11\xe0 something else", DamagedDocument),
        (b"Model;Price", WrongContent),
    ],
)
def test_what_is_no_workbook_is_refused(data: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        load("a.xlsx", data)
