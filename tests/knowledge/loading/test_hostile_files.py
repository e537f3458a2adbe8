"""Files made to do harm: read or refused within 30 s and 1 GiB, and the next file is read."""

import random
import struct
import threading
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator

import psutil
import pytest

from knowledge.documents import LoadedText
from knowledge.errors import AnswerDeskError, UnreadableDocument
from knowledge.loading.archive import MAX_MEMBERS
from knowledge.loading.child import LoadingChild
from tests.knowledge.loading.office_files import docx, paragraph, relations, zipped
from tests.knowledge.loading.pdf_files import Page, pdf, stream, written

_MEBIBYTE = 2**20
_SECONDS = 30.0
# Of 1 GiB of data, and of the programs mapped beside it, what is ever there at once.
_MOST_MEMORY = 1_200 * _MEBIBYTE

_ENTITIES = "".join(
    f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' if n else '<!ENTITY a0 "lol">' for n in range(10)
)
_LAUGHS = f"<!DOCTYPE lolz [{_ENTITIES}]>"
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_SPREADSHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_FORM = "/Type /XObject /Subtype /Form /BBox [0 0 500 500]"


def _word_laughs() -> bytes:
    return zipped(
        {
            "_rels/.rels": relations([("officeDocument", "word/document.xml")]),
            "word/document.xml": f"{_LAUGHS}<w:document xmlns:w='{_WORD}'><w:body><w:p><w:r>"
            "<w:t>&a9;</w:t></w:r></w:p></w:body></w:document>",
        }
    )


def _sheet_laughs() -> bytes:
    return zipped(
        {
            "_rels/.rels": relations([("officeDocument", "xl/workbook.xml")]),
            "xl/workbook.xml": f'{_LAUGHS}<workbook xmlns="{_SPREADSHEET}"><sheets>&a9;</sheets></workbook>',
        }
    )


def _outside_entity() -> bytes:
    return zipped(
        {
            "_rels/.rels": relations([("officeDocument", "word/document.xml")]),
            "word/document.xml": '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
            f"<w:document xmlns:w='{_WORD}'><w:body><w:p><w:r><w:t>&x;</w:t></w:r></w:p></w:body></w:document>",
        }
    )


def _drawn_again(streams: int, body: bytes, next_of: Callable[[int], int]) -> bytes:
    """Forms that draw forms."""
    page = Page(resources="/XObject << /N 4 0 R >>")
    page.operators.append("/N Do")
    forms = [
        stream(body, f"{_FORM} /Resources << /XObject << /N {next_of(n)} 0 R >> >>")
        for n in range(streams)
    ]
    return pdf(page, streams=forms)


def _content(packed: bytes, filters: str) -> bytes:
    """A page whose content is that stream."""
    made = pdf(Page(), streams=[stream(packed, f"/Filter [{filters}]")])
    return made.replace(b"/Contents 6 0 R", b"/Contents 4 0 R")


def _twice_packed() -> bytes:
    once = zlib.compress(b" " * (1_500 * _MEBIBYTE), 9)
    return _content(zlib.compress(once, 9), "/FlateDecode /FlateDecode")


def _many_letters() -> bytes:
    page = Page()
    page.operators.extend(
        f"BT /F1 {3 + n % 9} Tf {n * 37 % 590} {n * 91 % 840} Td (a b) Tj ET" for n in range(60_000)
    )
    return pdf(page)


def _picture_in_pdf() -> bytes:
    entries = (
        "/Type /XObject /Subtype /Image /Width 60000 /Height 60000 /ColorSpace /DeviceRGB"
        " /BitsPerComponent 8"
    )
    page = Page(resources="/XObject << /I 4 0 R >>")
    page.operators.append("q 595 0 0 842 0 0 cm /I Do Q")
    return pdf(page, streams=[stream(bytes(_MEBIBYTE), entries, packed=True)])


def _picture(width: int, height: int) -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content))
            + kind
            + content
            + struct.pack(">I", zlib.crc32(kind + content))
        )

    size = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    row = bytes(1 + 3 * width)
    packer = zlib.compressobj(9)
    rows = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def _mail_in_mail() -> bytes:
    part = b"--a\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n"
    return b"Content-Type: multipart/mixed; boundary=a\r\n\r\n" + part * 5_000


REFUSED: dict[str, Callable[[], bytes]] = {
    "thousandfold.docx": lambda: docx(paragraph("A" * (200 * _MEBIBYTE))),
    "hundredfold.docx": lambda: docx(paragraph("A" * (7 * _MEBIBYTE))),
    "entries.docx": lambda: zipped({f"word/{n}.xml": "<a/>" for n in range(10_000)}),
    "laughs.docx": _word_laughs,
    "laughs.xlsx": _sheet_laughs,
    "outside.docx": _outside_entity,
    "pages-in-circles.pdf": lambda: written(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 1000000000 >>",
            b"<< >>",
        ]
    ),
    "forms-in-circles.pdf": lambda: _drawn_again(2, b"/N Do " * 60, lambda n: 5 - n),
    "forms-in-forms.pdf": lambda: _drawn_again(9, b"/N Do " * 10, lambda n: 5 + n),
    "stream.pdf": lambda: _content(
        zlib.compress(b"BT /F1 9 Tf (A) Tj ET\n" * (300 * _MEBIBYTE // 22), 9), "/FlateDecode"
    ),
    "twice-packed.pdf": _twice_packed,
    "picture.pdf": _picture_in_pdf,
    "wide.png": lambda: _picture(30_000, 3_000),
    "deep.html": lambda: b"<div>" * 300_000 + b"x",
    "deep.json": lambda: b"[" * 100_000 + b"]" * 100_000,
    "mail.eml": _mail_in_mail,
}
READ: dict[str, Callable[[], bytes]] = {
    "letters.pdf": _many_letters,
    "emphasis.md": lambda: b"*a _b " * 60_000,
    "brackets.md": lambda: b"[a](" * 60_000,
    "nested.md": lambda: b"[" * 50_000 + b"a" + b"]" * 50_000,
    "backticks.md": lambda: b" ".join(b"`" * n for n in range(1_000)),
    "quotes.csv": lambda: b'"' + b"a," * 300_000,
    "commas.csv": lambda: b"a," * 500_000,
}


@pytest.fixture
def child() -> Iterator[LoadingChild]:
    reader = LoadingChild()
    yield reader
    reader.close()


class _Scales:
    """Watches how much memory the processes take that this one has started."""

    def __init__(self) -> None:
        self.most = 0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._weigh)

    def __enter__(self) -> "_Scales":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _weigh(self) -> None:
        own = psutil.Process()
        while not self._done.wait(0.02):
            for process in own.children():
                try:
                    self.most = max(self.most, process.memory_info().rss)
                except psutil.NoSuchProcess:
                    continue


def _outcome(child: LoadingChild, name: str, data: bytes) -> LoadedText | AnswerDeskError:
    """What comes of a file, in time and within its memory; then another one is read."""
    with _Scales() as scales:
        began = time.monotonic()
        try:
            outcome: LoadedText | AnswerDeskError = child.load(name, data)
        except UnreadableDocument as error:
            outcome = error
        took = time.monotonic() - began
    assert took < _SECONDS + 3  # killed at 30 s; noticing and reaping take a moment
    assert scales.most < _MOST_MEMORY
    assert child.load("next.md", "# 下一个\n\n好的。".encode()).text == "下一个\n\n好的。"
    return outcome


@pytest.mark.parametrize("name", REFUSED)
def test_bombs_are_refused(child: LoadingChild, name: str) -> None:
    outcome = _outcome(child, name, REFUSED[name]())
    assert isinstance(outcome, UnreadableDocument)
    assert name in str(outcome)


@pytest.mark.parametrize("name", READ)
def test_what_only_looks_like_one_is_read(child: LoadingChild, name: str) -> None:
    assert isinstance(_outcome(child, name, READ[name]()), LoadedText)


def test_archives_do_not_reach_out_or_blow_up(child: LoadingChild) -> None:
    slip = zipped({"../../etc/cron.d/a.md": "x", "/abs.md": "x", "C:\\a.md": "x", "fine.md": "ok"})
    unpacked = child.unpack("slip.zip", slip)
    assert [member.name for member in unpacked.members] == ["fine.md"]
    assert len(unpacked.refused) == 3

    noise = random.Random(4).randbytes(_MEBIBYTE)  # noqa: S311 -- it only must not pack
    mixed = zipped({"zeros.txt": bytes(20 * _MEBIBYTE), "noise.txt": noise, "a.md": "small"})
    unpacked = child.unpack("mixed.zip", mixed)
    assert "zeros.txt" in [refused.name for refused in unpacked.refused]
    assert "a.md" in [member.name for member in unpacked.members]
    with pytest.raises(UnreadableDocument):
        child.unpack("bomb.zip", zipped({"zeros.txt": bytes(60 * _MEBIBYTE), "a.md": "small"}))
    with pytest.raises(UnreadableDocument):
        child.unpack(
            "many.zip", zipped({f"{n}.md": "x" for n in range(MAX_MEMBERS + 1)}, zipfile.ZIP_STORED)
        )


def test_an_archive_that_lies_about_its_sizes_is_no_bomb(child: LoadingChild) -> None:
    made = zipped({"a.txt": b"a" * (40 * _MEBIBYTE)})
    # Where the sizes stand, in the member's own header and in the directory: "ten bytes".
    lying = made.replace(struct.pack("<I", 40 * _MEBIBYTE), struct.pack("<I", 10))
    with _Scales() as scales:
        unpacked = child.unpack("lying.zip", lying)
    assert all(len(member.data) <= 10 for member in unpacked.members)
    assert scales.most < 200 * _MEBIBYTE
