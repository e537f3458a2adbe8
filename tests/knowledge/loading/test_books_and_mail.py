"""Electronic books and e-mails."""

import zipfile
from email.message import EmailMessage
from io import BytesIO

import pytest

from knowledge.errors import DamagedDocument, EncryptedDocument, NoTextFound
from knowledge.loading import load
from knowledge.loading.warnings import ATTACHMENTS, BROKEN_PARTS, NOT_UTF8
from tests.knowledge.loading.office_files import epub, zipped


def test_a_book_is_read_in_the_order_of_its_spine() -> None:
    book = epub(
        {
            "z.xhtml": "<h1>Returns</h1><p>Send it back.</p>",
            "a b.xhtml": "<h1>Repairs</h1><h2>Kettles</h2><p>We do.</p><script>x</script>",
        },
        title="Shop manual",
    )
    loaded = load("manual.epub", book)
    assert loaded.title == "Shop manual"
    assert [s.headings for s in loaded.sections] == [
        ("Returns",),
        ("Repairs",),
        ("Repairs", "Kettles"),
    ]
    assert loaded.text == "Returns\n\nSend it back.\n\nRepairs\n\nKettles\n\nWe do."


def test_a_missing_chapter_is_told() -> None:
    missing = '<item id="c1" href="gone.xhtml" media-type="application/xhtml+xml"/>'
    book = epub({"a.xhtml": "<p>here</p>"}, more=missing)
    with_gap = zipped(_parts(book, b"<spine>", b'<spine><itemref idref="c1"/>'))
    assert load("a.epub", with_gap).warnings == (BROKEN_PARTS,)


def _parts(book: bytes, old: bytes, new: bytes) -> dict[str, str | bytes]:
    with zipfile.ZipFile(BytesIO(book)) as package:
        return {name: package.read(name).replace(old, new) for name in package.namelist()}


def test_a_locked_book_is_refused_but_scrambled_fonts_are_not() -> None:
    book = epub({"a.xhtml": "<p>here</p>"})
    for path, is_locked in (("OEBPS/a.xhtml", True), ("OEBPS/font.otf", False)):
        encryption = (
            f'<encryption><CipherData><CipherReference URI="{path}"/></CipherData></encryption>'
        )
        locked = zipped({**_parts(book, b"", b""), "META-INF/encryption.xml": encryption})
        if is_locked:
            with pytest.raises(EncryptedDocument):
                load("a.epub", locked)
        else:
            assert load("a.epub", locked).text == "here"


def test_what_is_no_book_is_refused() -> None:
    with pytest.raises(DamagedDocument):
        load("a.epub", zipped({"mimetype": "application/epub+zip"}))


def mail(subject: str, text: str) -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = subject
    message["From"] = "李雷 <li@shop.example>"
    message["To"] = "help@shop.example"
    message["Date"] = "Fri, 15 Mar 2024 10:00:00 +0800"
    message.set_content(text)
    return message


HEAD = "From: 李雷 <li@shop.example>\nTo: help@shop.example\nDate: Fri, 15 Mar 2024 10:00:00 +0800"


def test_a_mail_under_its_subject() -> None:
    loaded = load("a.eml", mail("退货问题", "您好，\n水壶坏了。\n").as_bytes())
    assert loaded.title == "退货问题"
    assert loaded.text == f"退货问题\n\n{HEAD}\n\n您好，\n水壶坏了。"
    assert loaded.sections[0].headings == ("退货问题",)


def test_the_plain_text_is_read_before_the_page() -> None:
    message = mail("Both", "plain")
    message.add_alternative("<p>page</p>", subtype="html")
    assert load("a.eml", message.as_bytes()).text.endswith("\n\nplain")


def test_a_page_is_read_as_one() -> None:
    message = mail("Page", "")
    message.set_content("<h2>Offer</h2><ul><li>tea</li></ul><style>x</style>", subtype="html")
    assert load("a.eml", message.as_bytes()).text.endswith("\n\nOffer\n\n- tea")


def test_attachments_are_named_and_messages_inside_are_read() -> None:
    message = mail("Outer", "see below")
    message.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="发票.pdf")
    message.add_attachment(mail("Inner", "the answer"))
    loaded = load("a.eml", message.as_bytes())
    assert "- 发票.pdf" in loaded.text
    assert loaded.text.index("see below") < loaded.text.index("Inner") < loaded.text.index("answer")
    assert loaded.sections[-1].headings == ("Outer", "Inner")
    assert loaded.warnings == (ATTACHMENTS,)


def test_encodings_of_mails() -> None:
    gb = "From: a@b.example\nSubject: x\nContent-Type: text/plain; charset=gb2312\n\n退货须知"
    assert load("a.eml", gb.encode("gb2312")).text.endswith("退货须知")
    lying = gb.replace("gb2312", "no-such-charset")
    loaded = load("a.eml", lying.encode("gb18030"))
    assert loaded.text.endswith("退货须知")
    assert loaded.warnings == (NOT_UTF8,)
    assert load("a.eml", gb.encode("utf-16")).text.endswith("退货须知")


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"Just a note.\n\nNo mail.", DamagedDocument),
        (b"  \n ", NoTextFound),
        (
            b"From: a@b\nContent-Type: multipart/encrypted; boundary=x\n\n--x\n\nsecret\n--x--\n",
            EncryptedDocument,
        ),
    ],
)
def test_what_is_no_readable_mail_is_refused(data: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        load("a.eml", data)
