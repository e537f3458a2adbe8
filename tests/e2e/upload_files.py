"""A shop's files in the formats that people have, made by code."""

import json
import random
from collections.abc import Mapping
from email.message import EmailMessage
from io import BytesIO
from typing import Any

from pptx import Presentation

from tests.knowledge.loading.office_files import docx, epub, ods, paragraph, style, xlsx, zipped
from tests.knowledge.loading.pdf_files import Page, chinese_font, pdf, picture, saved, scanned

MEBIBYTE = 2**20
SCANNED = ("保修说明", "水壶自购买之日起保修两年，人为损坏除外。", "维修期间运费由本店承担。")
_PAGES = (
    ("Unpacking", "Remove all stickers and tape.", "Rinse the kettle twice with clear water."),
    (
        "First use",
        "Fill the kettle up to the MAX line.",
        "Boil the first filling and pour it away.",
    ),
    ("Descaling", "Descale the kettle every three months with citric acid.", "Never use vinegar."),
    ("Disposal", "Take the old kettle to a recycling yard.", "Do not put it into the bin."),
)
_CHINESE_PAGES = (("开箱", "撕下所有贴纸和胶带。"), ("清洁", "每三个月用柠檬酸除一次水垢。"))
_GOODS = ("Mug", "Bowl", "Plate", "Teapot", "Jug", "Vase", "Saucer", "Platter", "Tureen", "Carafe")
_PRICES = (("Article", "Price"), *((name, f"{19 + 7 * n} EUR") for n, name in enumerate(_GOODS)))


def twenty_files() -> Mapping[str, bytes]:
    """Twenty files by name: two that cannot be read, an empty one, and an archive of two."""
    return {
        "returns.docx": _letter(),
        "delivery.pptx": _slides(),
        "prices.xlsx": xlsx({"Prices": _PRICES}),
        "stock.ods": ods([["Place", "Mugs"], ["Lisbon", "41"], ["Oslo", "17"]], sheet="Stock"),
        "hours.csv": b"day,opens,closes\nMonday,9:00,18:00\nSaturday,10:00,14:00\n",
        "staff.tsv": b"name\trole\nIda\tpotter\nOmar\tpacker\n",
        "about.html": b"<title>About us</title><h1>About us</h1><p>We began in 1987 in Porto.</p>",
        "care.md": b"# Care\n\nWash the mugs by hand. The glaze lasts longer.\n",
        "发票说明.txt": "发票说明\n\n电子发票在发货后两天内发到您的邮箱。\n".encode("gb18030"),
        "handbook.epub": epub({"a.xhtml": "<h1>Clay</h1><p>Our clay comes from Bavaria.</p>"}),
        "complaint.eml": _mail(),
        "faq.json": json.dumps([{"question": "Do you gift-wrap?", "answer": "Yes, for 3 EUR."}]).encode(),
        "guides.zip": zipped({"glaze.md": "# Glaze\n\nIt is free of lead.", "坏了怎么办.txt": "请联系我们。"}),
        "poster.png": saved(picture("Summer sale", "Everything 20 percent off in July"), "PNG"),
        "kettle.pdf": pdf(*[_page(*page) for page in _PAGES], title="Kettle manual"),
        "水壶.pdf": pdf(*[_page(*page) for page in _CHINESE_PAGES], title="水壶说明书"),
        "保修.pdf": scanned(picture(*SCANNED, height=1754, font=chinese_font())),
        "locked.pdf": _locked(),
        "damaged.docx": _letter()[:200],
        "empty.txt": b"",
    }  # fmt: skip


def long_text(size: int) -> bytes:
    """Plain text of that many bytes; its last sentence has a word that no other has."""
    words = ("return", "refund", "mug", "kettle", "parcel", "voucher", "repair", "colour", "order")
    dice = random.Random(7)  # noqa: S311 -- any words
    last = "The password of the archive is xylophone."
    lines: list[str] = []
    length = len(last)
    while length < size:
        line = f"{' '.join(dice.choices(words, k=70))}.\n\n".capitalize()
        lines.append(line)
        length += len(line)
    return f"{''.join(lines)[: size - len(last) - 2]}\n\n{last}".encode()


def _letter() -> bytes:
    body = paragraph("Returns", "1") + paragraph("You can send a mug back within 45 days.")
    return docx(body, {"styles": style("heading 1", "1")})


def _slides() -> bytes:
    presentation: Any = Presentation()
    for title, said in (("Delivery", "Lisbon: one day"), ("Abroad", "Norway: six days")):
        slide = presentation.slides.add_slide(presentation.slide_layouts[1])
        slide.shapes.title.text, slide.placeholders[1].text_frame.text = title, said
    out = BytesIO()
    presentation.save(out)
    return out.getvalue()


def _mail() -> bytes:
    message = EmailMessage()
    message["Subject"], message["From"] = "Broken handle", "ann@example.org"
    message.set_content("The handle of my blue teapot came off after a week.")
    return message.as_bytes()


def _page(title: str, *lines: str) -> Page:
    return Page().text(72, 90, title, size=18, bold=True).lines(72, 130, *lines)


def _locked() -> bytes:
    entries = "/Encrypt << /Filter /Standard /V 2 /R 3 /Length 128 /P -44 /O <%s> /U <%s> >> /ID [<00> <00>]"
    return pdf(Page().text(72, 100, "secret"), trailer=entries % ("11" * 32, "22" * 32))
