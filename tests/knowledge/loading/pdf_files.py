"""Small PDFs and pictures of text, made by code."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

_WIDTH, _HEIGHT = 595, 842
# Fonts that every reader brings along; F3 is a Chinese one whose letters are UTF-16.
_FONTS = (
    "/F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
    "/F2 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding >>"
    "/F3 << /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UCS2-H"
    " /DescendantFonts [<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light"
    " /CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 4 >> /DW 1000"
    " /FontDescriptor << /Type /FontDescriptor /FontName /STSong-Light /Flags 4 /Ascent 880"
    " /Descent -120 /CapHeight 880 /ItalicAngle 0 /StemV 80 /FontBBox [0 -120 1000 880] >> >>] >>"
)


@dataclass
class Page:
    """What is drawn on a page; places count from the upper left corner, in points."""

    operators: list[str] = field(default_factory=list[str])
    resources: str = ""
    attributes: str = ""

    def text(
        self, x: float, y: float, text: str, *, size: float = 11, bold: bool = False
    ) -> "Page":
        """A line of text on the base line at `y`."""
        if all(ord(letter) < 256 for letter in text):
            escaped = text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
            shown, font = f"({escaped})", "F2" if bold else "F1"
        else:
            shown, font = f"<{text.encode('utf-16-be').hex()}>", "F3"
        self.operators.append(f"BT /{font} {size} Tf {x} {_HEIGHT - y} Td {shown} Tj ET")
        return self

    def lines(self, x: float, y: float, *texts: str, size: float = 11) -> "Page":
        """Lines of a paragraph, one below the other."""
        for number, text in enumerate(texts):
            self.text(x, y + number * size * 1.3, text, size=size)
        return self

    def rule(self, x0: float, y0: float, x1: float, y1: float) -> "Page":
        """A thin line."""
        self.operators.append(f"0.5 w {x0} {_HEIGHT - y0} m {x1} {_HEIGHT - y1} l S")
        return self


def pdf(
    *pages: Page,
    title: str = "",
    streams: Sequence[bytes] = (),
    trailer: str = "",
    catalogue: str = "",
) -> bytes:
    """A PDF of these pages. `streams` are further objects, the first of number 4."""
    first = 4 + len(streams)
    kids = " ".join(f"{first + 2 * n} 0 R" for n in range(len(pages)))
    info = f"<< /Title <{title.encode('utf-16').hex()}> >>" if title else "<< >>"
    objects = [
        f"<< /Type /Catalog /Pages 2 0 R {catalogue} >>".encode(),
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        info.encode(),
        *streams,
    ]
    for number, page in enumerate(pages):
        content = "\n".join(page.operators).encode("latin-1")
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {_WIDTH} {_HEIGHT}] {page.attributes}"
            f" /Resources << /Font << {_FONTS} >> {page.resources} >>"
            f" /Contents {first + 2 * number + 1} 0 R >>".encode()
        )
        objects.append(stream(content))
    return written(objects, trailer)


def stream(content: bytes, entries: str = "", *, packed: bool = False) -> bytes:
    """A stream object."""
    if packed:
        content, entries = zlib.compress(content, 9), f"{entries} /Filter /FlateDecode"
    return f"<< /Length {len(content)} {entries} >>\nstream\n".encode() + content + b"\nendstream"


def written(objects: Sequence[bytes], trailer: str = "") -> bytes:
    """A PDF file of objects, numbered from 1; the first is its catalogue, the third its properties."""
    out = BytesIO()
    out.write(b"%PDF-1.7\n")
    places: list[int] = []
    for number, content in enumerate(objects, 1):
        places.append(out.tell())
        out.write(f"{number} 0 obj\n".encode() + content + b"\nendobj\n")
    start = out.tell()
    out.write(f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode())
    out.write(b"".join(f"{place:010} 00000 n \n".encode() for place in places))
    entries = f"/Size {len(objects) + 1} /Root 1 0 R /Info 3 0 R {trailer}"
    out.write(f"trailer << {entries} >>\nstartxref\n{start}\n%%EOF".encode())
    return out.getvalue()


def scanned(*pictures: Image.Image) -> bytes:
    """A PDF whose pages are pictures, as a scanner makes it."""
    pages: list[Page] = []
    streams: list[bytes] = []
    for number, picture in enumerate(pictures):
        packed = BytesIO()
        picture.convert("RGB").save(packed, "JPEG", quality=90)
        entries = (
            f"/Type /XObject /Subtype /Image /Width {picture.width} /Height {picture.height}"
            " /ColorSpace /DeviceRGB /BitsPerComponent 8 /Filter /DCTDecode"
        )
        streams.append(stream(packed.getvalue(), entries))
        page = Page(resources=f"/XObject << /I {4 + number} 0 R >>")
        page.operators.append(f"q {_WIDTH} 0 0 {_HEIGHT} 0 0 cm /I Do Q")
        pages.append(page)
    return pdf(*pages, streams=streams)


def picture(
    *lines: str, size: int = 36, width: int = 1240, height: int = 700, font: Path | None = None
) -> Image.Image:
    """Lines of text as a picture."""
    drawn = Image.new("RGB", (width, height), "white")
    face = ImageFont.truetype(font, size) if font else ImageFont.load_default(size)
    for number, line in enumerate(lines):
        ImageDraw.Draw(drawn).text((80, 80 + number * size * 1.6), line, fill="black", font=face)
    return drawn


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    """The bytes of a picture file."""
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


@cache
def chinese_font() -> Path | None:
    """A font with Chinese letters, if this machine has one."""
    folders = (Path("/usr/share/fonts"), Path("/System/Library/Fonts"), Path("/Library/Fonts"))
    names = ("NotoSansCJK*", "NotoSerifCJK*", "wqy-*", "PingFang*", "STHeiti*", "Songti*")
    found = (file for folder in folders for name in names for file in sorted(folder.rglob(name)))
    return next(found, None)
