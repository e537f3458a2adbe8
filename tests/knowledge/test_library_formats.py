"""From the file to the passage: found by what the file says, cited where it says it."""

from pathlib import Path

from knowledge.documents import DocumentState, Place
from knowledge.spans import answer_spans
from tests.knowledge.library_parts import COLLECTION, found, library_at, ready
from tests.knowledge.loading.office_files import docx, paragraph, style, xlsx, zipped

ROWS = [[f"K{n}", f"colour{n}", n] for n in range(1, 400)]


def test_a_row_in_the_middle_of_a_sheet_is_found_by_its_columns_and_cited_by_its_row(
    tmp_path: Path,
) -> None:
    book = xlsx({"Kettles": [["Model", "Finish", "Wattage"], *ROWS]})
    with library_at(tmp_path) as library:
        library.add_file("kettles.xlsx", book, collection=COLLECTION)
        ready(library)
        passage = found(library, "wattage of model K250")[0]
    assert "Wattage" not in passage.text
    assert passage.position.headings == ("Kettles", "Model | Finish | Wattage")
    span = next(
        s
        for s in answer_spans(passage.text, passage.position.headings)
        if passage.text[s.start : s.end].startswith("K250 ")
    )
    assert span.context == "Model | Finish | Wattage"
    place = passage.position.place
    assert place is not None
    assert place.kind == "sheet"
    assert place.name == "Kettles"
    assert place.first <= 251 <= place.last


def test_a_pair_is_a_passage(tmp_path: Path) -> None:
    data = "问题,答案\n可以退货吗？,可以，30 天内。\n多久到货？,三天之内。\n".encode("gb18030")
    with library_at(tmp_path) as library:
        library.add_file("常见问题.csv", data, collection=COLLECTION)
        ready(library)
        passage = found(library, "多久到货")[0]
    assert passage.text == "多久到货？\n\n三天之内。"
    assert passage.position.place == Place("sheet", 3, 3)


def test_a_word_document_and_a_bomb_beside_it(tmp_path: Path) -> None:
    manual = docx(
        paragraph("Returns", "1") + paragraph("Send the kettle back within 30 days."),
        {"styles": style("heading 1", "1")},
    )
    with library_at(tmp_path) as library:
        library.add_file("manual.docx", manual, collection=COLLECTION)
        bomb = zipped({"word/document.xml": b" " * (60 * 2**20)})
        refused = library.add_file("bomb.docx", bomb, collection=COLLECTION)
        ready(library)
        assert found(library, "send back kettle")[0].position.headings == ("Returns",)
        record = next(r for r in library.list() if r.id == refused.id)
    assert record.state is DocumentState.FAILED
    assert "far more than a document holds" in (record.reason or "")
    assert "已拒绝" in (record.reason_zh or "")
