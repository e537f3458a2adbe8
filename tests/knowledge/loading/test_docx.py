"""Word documents become what a reader sees of them."""

import pytest

from knowledge.errors import DamagedDocument, EncryptedDocument, WrongContent
from knowledge.loading import load
from knowledge.loading.warnings import COMMENTS, HIDDEN_TEXT
from tests.knowledge.loading.office_files import (
    cells,
    docx,
    numbering,
    paragraph,
    style,
    table,
    zipped,
)

STYLES = (
    style("Title", "T")
    + style("heading 1", "1")
    + style("heading 2", "2")
    + style("Chapter of ours", "Ours", '<w:basedOn w:val="1"/>')
    + style("Outlined", "O", '<w:pPr><w:outlineLvl w:val="1"/></w:pPr>')
    + style("toc 1", "TOC1")
)


def text_of(body: str, **parts: str) -> str:
    return load("a.docx", docx(body, {"styles": STYLES, **parts})).text


def test_headings_of_any_style_open_sections() -> None:
    body = "".join(
        [
            paragraph("Shop manual", "T"),
            paragraph("Returns ... 3", "TOC1"),
            paragraph("Returns", "1"),
            paragraph("Send it back."),
            paragraph("How long", "2"),
            paragraph("30 days."),
            paragraph("Repairs", "Ours"),
            paragraph("By hand", "O"),
            paragraph("We do."),
        ]
    )
    loaded = load("manual.docx", docx(body, {"styles": STYLES}))
    assert loaded.title == "Shop manual"
    assert [s.headings for s in loaded.sections] == [
        ("Shop manual",),
        ("Returns",),
        ("Returns", "How long"),
        ("Repairs",),
        ("Repairs", "By hand"),
    ]
    assert "..." not in loaded.text


def test_the_title_falls_back_to_the_file_name() -> None:
    assert load("x/care.docx", docx(paragraph("Wash cold."))).title == "care"


def test_lists_keep_the_numbers_that_word_shows() -> None:
    body = "".join(
        [
            paragraph("Open", item=(1, 0)),
            paragraph("Lift", item=(1, 1)),
            paragraph("A word between."),
            paragraph("Close", item=(1, 0)),
            paragraph("Lock", item=(2, 0)),
        ]
    )
    kind = numbering(("decimal", "%1."), ("lowerLetter", "%2)"))
    assert text_of(body, numbering=kind) == (
        "1. Open\n  a) Lift\n\nA word between.\n\n2. Close\n3. Lock"
    )
    kind = numbering(("decimal", "%1."), ("lowerLetter", "%2)"), restart=True)
    assert text_of(body, numbering=kind).endswith("2. Close\n1. Lock")


@pytest.mark.parametrize(
    ("form", "label", "expected"),
    [
        ("decimal", "%1.", ["1.", "2.", "3."]),
        ("upperRoman", "%1.", ["I.", "II.", "III."]),
        ("upperLetter", "%1)", ["A)", "B)", "C)"]),
        ("chineseCounting", "第%1条", ["第一条", "第二条", "第三条"]),
        ("bullet", "•", ["-", "-", "-"]),
    ],
)
def test_forms_of_numbers(form: str, label: str, expected: list[str]) -> None:
    body = "".join(paragraph(f"item{n}", item=(1, 0)) for n in range(3))
    lines = text_of(body, numbering=numbering((form, label))).split("\n")
    assert lines == [f"{mark} item{n}" for n, mark in enumerate(expected)]


def test_numbered_headings() -> None:
    body = "".join(
        [
            paragraph("Scope", "1", item=(1, 0)),
            paragraph("Goods", "2", item=(1, 1)),
            paragraph("Services", "2", item=(1, 1)),
        ]
    )
    kind = numbering(("decimal", "%1"), ("decimal", "%1.%2"))
    assert text_of(body, numbering=kind) == "1 Scope\n\n1.1 Goods\n\n1.2 Services"
    han = numbering(("chineseCounting", "%1、"))
    assert text_of(paragraph("总则", "1", item=(1, 0)), numbering=han) == "一、总则"


def test_merged_cells_stand_in_every_row_and_column_they_cover() -> None:
    down = '<w:vMerge w:val="restart"/>'
    body = table(
        cells("Model", "Colour", "Price"),
        cells("K1", properties=down) + cells("red", "5"),
        cells("", properties="<w:vMerge/>") + cells("blue", "6"),
        cells("K2") + cells("any", properties='<w:gridSpan w:val="2"/>'),
    )
    assert text_of(body) == "Model | Colour | Price\nK1 | red | 5\nK1 | blue | 6\nK2 | any | any"


def test_a_note_stands_below_the_block_that_refers_to_it() -> None:
    notes = "".join(
        f'<w:footnote w:id="{n}"><w:p><w:r><w:footnoteRef/></w:r><w:r><w:t>{text}</w:t></w:r></w:p>'
        "</w:footnote>"
        for n, text in ((1, "On working days."), (2, "By post."))
    )
    refer = '<w:r><w:footnoteReference w:id="{}"/></w:r>'
    body = (
        f"<w:p><w:r><w:t>It takes two days</w:t></w:r>{refer.format(1)}"
        f"<w:r><w:t> to arrive</w:t></w:r>{refer.format(2)}</w:p>" + paragraph("Thank you.")
    )
    assert text_of(body, footnotes=notes) == (
        "It takes two days[1] to arrive[2]\n\n[1] On working days.\n\n[2] By post.\n\nThank you."
    )


def test_a_text_box_is_read_once() -> None:
    box = f"<w:txbxContent>{paragraph('In the box.')}</w:txbxContent>"
    body = (
        "<w:p><w:r><w:t>Before.</w:t></w:r><w:r><mc:AlternateContent>"
        f'<mc:Choice Requires="wps"><w:drawing><wps:txbx>{box}</wps:txbx></w:drawing></mc:Choice>'
        f"<mc:Fallback><w:pict><v:textbox>{box}</v:textbox></w:pict></mc:Fallback>"
        "</mc:AlternateContent></w:r></w:p>" + paragraph("After.")
    )
    assert text_of(body) == "Before.\n\nIn the box.\n\nAfter."


def test_hidden_deleted_and_commented_text_is_left_out() -> None:
    body = (
        "<w:p><w:r><w:t>shown</w:t></w:r><w:r><w:rPr><w:vanish/></w:rPr><w:t>secret</w:t></w:r>"
        "<w:del><w:r><w:delText>deleted</w:delText></w:r></w:del>"
        "<w:ins><w:r><w:t> inserted</w:t></w:r></w:ins></w:p>"
    )
    loaded = load("a.docx", docx(body, {"comments": ""}))
    assert loaded.text == "shown inserted"
    assert loaded.warnings == (COMMENTS, HIDDEN_TEXT)


def test_formulas_become_text() -> None:
    fraction = (
        "<m:oMath><m:f><m:num><m:r><m:t>price</m:t></m:r></m:num>"
        "<m:den><m:r><m:t>12</m:t></m:r></m:den></m:f></m:oMath>"
    )
    assert text_of(f"<w:p><w:r><w:t>A month: </w:t></w:r>{fraction}</w:p>") == "A month: (price)/12"


def test_checkboxes_show_whether_they_are_ticked() -> None:
    box = (
        '<w:sdt><w:sdtPr><w14:checkbox xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml">'
        '<w14:checked w14:val="{}"/></w14:checkbox></w:sdtPr>'
        "<w:sdtContent><w:r><w:t>☐</w:t></w:r></w:sdtContent></w:sdt>"
    )
    body = "".join(
        f"<w:p>{box.format(value)}<w:r><w:t>{text}</w:t></w:r></w:p>"
        for value, text in ((1, "yes"), (0, "no"))
    )
    assert text_of(body) == "☑ yes\n\n☐ no"


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"PK\x03\x04 and nothing else", DamagedDocument),
        (zipped({"word/document.xml": "<w:document>"}), DamagedDocument),
        (zipped({"something.txt": "else"}), DamagedDocument),
        (docx("<w:p>")[:-40], DamagedDocument),
        (b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), EncryptedDocument),
        (b"\xd0\xcf\x11\xe0 an old document", WrongContent),
        (b"plain text", WrongContent),
    ],
)
def test_what_is_no_word_document_is_refused(data: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        load("a.docx", data)
