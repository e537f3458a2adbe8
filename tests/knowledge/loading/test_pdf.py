"""PDF: text in reading order, tables, headings, furniture, places; what cannot be read."""

import pytest
from PIL import Image

from knowledge.documents import Language
from knowledge.errors import DamagedDocument, EncryptedDocument, NoTextFound, TooManyPages
from knowledge.loading import load, warning_text
from tests.knowledge.loading.pdf_files import Page, pdf, picture, scanned, stream, written


def _text(*pages: Page) -> str:
    return load("a.pdf", pdf(*pages)).text


def test_lines_become_paragraphs() -> None:
    page = Page().lines(
        72,
        100,
        "You can return any lamp within thirty days of the day on which it arri-",
        "ved at your door. We pay for the parcel, and the money is back on your",
        "card within five days.",
    )
    page.lines(
        72,
        200,
        "Lamps that were hung from a ceiling are excepted, because their holes",
        "cannot be closed again.",
    )
    assert _text(page) == (
        "You can return any lamp within thirty days of the day on which it arrived at your door. "
        "We pay for the parcel, and the money is back on your card within five days.\n\n"
        "Lamps that were hung from a ceiling are excepted, because their holes cannot be closed again."
    )


def test_chinese_lines_are_joined_without_spaces() -> None:
    page = Page().lines(
        72, 100, "台灯可以在收货后三十天内退货，退货运费由我们承担，款项会在五个工作日",
        "内退回原支付账户。如需帮助，请联系客服。"
    )  # fmt: skip
    assert _text(page) == (
        "台灯可以在收货后三十天内退货，退货运费由我们承担，款项会在五个工作日内退回原支付账户。如需帮助，请联系客服。"
    )


def test_lines_that_end_early_stay_lines() -> None:
    page = Page().lines(72, 100, "Lamp & Light Ltd.", "12 Long Acre", "London WC2E 9LZ")
    page.text(
        72, 300, "This line is long enough to show how wide the column of this page really is."
    )
    assert _text(page).startswith("Lamp & Light Ltd.\n12 Long Acre\nLondon WC2E 9LZ\n\nThis line")


def test_items_of_a_list_stay_apart() -> None:
    page = Page()
    items = (
        "\x95 Unpack the lamp and keep the box in which it came, for all the years to come",
        "\x95 Plug it in",
        "\x95 Press the switch",
    )
    assert _text(page.lines(72, 100, *items)).replace("\u2022", "\x95").split("\n") == list(items)


def test_headings_are_told_by_their_size_and_weight() -> None:
    page = Page().text(72, 80, "Returns and refunds", size=22)
    page.text(72, 120, "How to return", size=15)
    page.lines(
        72,
        145,
        "Write to us and we send you a label for the parcel, free of any charge,",
        "to the address on your order.",
    )
    page.text(72, 200, "By post", bold=True)
    page.lines(
        72,
        230,
        "Bring the parcel to any post office and keep the receipt until we have",
        "written to you.",
    )
    loaded = load("manual.pdf", pdf(page, title="Microsoft Word - final2.doc"))
    assert loaded.title == "Returns and refunds"
    assert [section.headings for section in loaded.sections] == [
        ("Returns and refunds",),
        ("Returns and refunds", "How to return"),
        ("Returns and refunds", "How to return", "By post"),
    ]
    last = loaded.sections[-1]
    assert loaded.text[last.start : last.end].strip() == (
        "By post\n\nBring the parcel to any post office and keep the receipt until we have written to you."
    )


def test_without_a_heading_the_properties_give_the_title() -> None:
    page = Page().text(72, 100, "All lamps come with a plug.")
    assert load("manual.pdf", pdf(page, title="Lamp manual")).title == "Lamp manual"
    assert load("manual.pdf", pdf(page, title="lamp_final.indd")).title == "manual"


def test_columns_are_read_one_after_the_other() -> None:
    page = Page().text(72, 80, "The lamps of this season, and how they are returned", size=18)
    left = [f"Left column line {n} goes on and on here" for n in range(1, 9)]
    right = [f"Right column line {n} goes on and on here" for n in range(1, 9)]
    # Drawn line by line across both columns, as some programs do.
    for number, (one, other) in enumerate(zip(left, right, strict=True)):
        page.text(72, 120 + number * 14, one).text(310, 120 + number * 14, other)
    words = _text(page)
    assert words.index("Left column line 8") < words.index("Right column line 1")
    assert words.index("how they are returned") < words.index("Left column line 1")


ROWS = [
    ("Model", "Price", "Warranty"),
    ("Reading lamp", "49.00", "2 years"),
    ("Floor lamp", "119.00", "3 years"),
    ("Desk lamp", "", "1 year"),
]


def _table(page: Page, top: float) -> Page:
    for number, row in enumerate(ROWS):
        for column, cell in enumerate(row):
            if cell:
                page.text(80 + column * 130, top + number * 20, cell)
    return page


def test_aligned_columns_are_a_table() -> None:
    page = _table(Page().text(72, 100, "What our lamps cost, with tax:"), 140)
    assert _text(page) == (
        "What our lamps cost, with tax:\n\nModel | Price | Warranty\nReading lamp | 49.00 | 2 years\n"
        "Floor lamp | 119.00 | 3 years\nDesk lamp |  | 1 year"
    )


def test_rules_draw_a_table_whose_cells_have_several_lines() -> None:
    page = Page().text(72, 80, "A table with rules:")
    for y in (100, 124, 164):
        page.rule(72, y, 472, y)
    for x in (72, 202, 472):
        page.rule(x, 100, x, 164)
    page.text(80, 116, "Part").text(210, 116, "What to do")
    page.text(80, 140, "Shade").text(210, 140, "Wipe it with a dry cloth and").text(
        210, 153, "never with water."
    )
    assert _text(page) == (
        "A table with rules:\n\nPart | What to do\nShade | Wipe it with a dry cloth and never with water."
    )


def _pages(count: int) -> list[Page]:
    pages: list[Page] = []
    for number in range(1, count + 1):
        page = Page().text(72, 40, "Lamp & Light - Manual 2026", size=9)
        page.text(72, 100, f"Text of chapter {'abcdefgh'[number]} stands here, and is long enough.")
        page.text(280, 815, f"Page {number} of {count}", size=9)
        pages.append(page)
    return pages


def test_headers_footers_and_page_numbers_are_left_out() -> None:
    loaded = load("a.pdf", pdf(*_pages(4)))
    assert "Manual 2026" not in loaded.text
    assert "of 4" not in loaded.text
    assert loaded.text.count("stands here") == 4


def test_what_stands_on_one_page_only_is_no_header() -> None:
    page = Page().text(72, 40, "Urgent: recall of lamp 7").text(72, 100, "Do not use lamp 7.")
    assert "Urgent: recall of lamp 7" in _text(page, *_pages(3))


def test_marks_name_the_pages() -> None:
    loaded = load("a.pdf", pdf(*_pages(3)))
    assert [(mark.place.kind, mark.place.first, mark.place.last) for mark in loaded.marks] == [
        ("page", 1, 1),
        ("page", 2, 2),
        ("page", 3, 3),
    ]
    for number, mark in enumerate(loaded.marks, 1):
        assert loaded.text[mark.start :].startswith(f"Text of chapter {'abcdefgh'[number]}")


def test_a_sentence_that_a_page_cuts_goes_on() -> None:
    first = Page().lines(
        72,
        700,
        "Whoever has lost the receipt may show us the statement of the bank or",
        "the message that we sent, and we look for the order with the",
    )
    second = Page().text(72, 80, "name and the day of the purchase.")
    loaded = load("a.pdf", pdf(first, second))
    assert "look for the order with the name and the day of the purchase." in loaded.text
    assert loaded.text[loaded.marks[1].start :] == "name and the day of the purchase."


def test_a_page_that_lies_on_its_side_is_read_upright() -> None:
    page = Page(attributes="/Rotate 90")
    for number, line in enumerate(("First line of the page", "Second line of it")):
        page.operators.append(f"BT /F1 12 Tf 0 1 -1 0 {100 + number * 16} 72 Tm ({line}) Tj ET")
    assert _text(page).split() == [
        "First",
        "line",
        "of",
        "the",
        "page",
        "Second",
        "line",
        "of",
        "it",
    ]


def test_what_was_filled_into_a_form_is_read() -> None:
    look = stream(
        b"/Tx BMC BT /F1 11 Tf 2 5 Td (Filled in by Mei) Tj ET EMC",
        "/Type /XObject /Subtype /Form /BBox [0 0 200 20] /Resources << /Font <<"
        " /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >>",
    )
    field = (
        b"<< /Type /Annot /Subtype /Widget /FT /Tx /T (name) /V (Filled in by Mei) /F 4"
        b" /Rect [150 730 350 750] /DA (/F1 11 Tf) /AP << /N 4 0 R >> >>"
    )
    page = Page(attributes="/Annots [5 0 R]").text(72, 107, "Customer:")
    made = pdf(page, streams=[look, field], catalogue="/AcroForm << /Fields [5 0 R] >>")
    assert "Filled in by Mei" in load("form.pdf", made).text


def test_a_locked_file_says_so() -> None:
    entries = "/Encrypt << /Filter /Standard /V 2 /R 3 /Length 128 /P -44 /O <%s> /U <%s> >> /ID [<00> <00>]"
    locked = pdf(Page().text(72, 100, "secret"), trailer=entries % ("11" * 32, "22" * 32))
    with pytest.raises(EncryptedDocument) as caught:
        load("a.pdf", locked)
    assert "password" in caught.value.text(Language.ENGLISH)
    assert "密码" in caught.value.text(Language.CHINESE)


@pytest.mark.parametrize(
    "data",
    [
        b"%PDF-1.7 and then nothing",
        b"%PDF-1.7\n%%EOF",
        written([b"<< /Type /Catalog >>", b"<< >>", b"<< >>"]),
        pdf(Page().text(72, 100, "cut"))[:300],
    ],
)
def test_damaged_files_say_so(data: bytes) -> None:
    with pytest.raises((DamagedDocument, NoTextFound)) as caught:
        load("a.pdf", data)
    assert "a.pdf" in caught.value.text(Language.CHINESE)


def test_a_damaged_page_is_told_and_the_others_are_read() -> None:
    made = pdf(
        Page().text(72, 100, "The first page is whole."),
        Page(),
        Page().text(72, 100, "So is the third."),
    )
    # The second page's object is another thing.
    broken = made.replace(b"[4 0 R 6 0 R 8 0 R]", b"[4 0 R 3 0 R 8 0 R]")
    loaded = load("a.pdf", broken)
    assert "first page is whole" in loaded.text
    assert "So is the third." in loaded.text


def test_far_too_many_pages_are_refused() -> None:
    made = pdf(*[Page()] * 5_001)
    with pytest.raises(TooManyPages) as caught:
        load("a.pdf", made)
    assert "5,001" in caught.value.text(Language.CHINESE)


def test_blank_pages_hold_no_text() -> None:
    with pytest.raises(NoTextFound):
        load("a.pdf", pdf(Page(), Page()))


def test_a_scanned_page_is_read_from_its_picture_and_told_of() -> None:
    scan = picture("Refunds take five working days.", "We pay for the parcel.", height=1754)
    both = scanned(scan)
    loaded = load("a.pdf", both)
    assert "Refunds take five working days." in loaded.text
    assert "We pay for the parcel." in loaded.text
    assert [mark.place.first for mark in loaded.marks] == [1]
    (warning,) = loaded.warnings
    assert "pictures" in warning
    assert warning.endswith("1. Please check it.")
    assert "第 1 页" in warning_text(warning, Language.CHINESE)


def test_a_picture_without_text_is_told_of_too() -> None:
    page = Page().text(72, 100, "This page has text of its own, enough of it.")
    empty = scanned(Image.new("RGB", (800, 1100), "white"))
    with pytest.raises(NoTextFound):
        load("a.pdf", empty)
    assert load("a.pdf", pdf(page)).warnings == ()
