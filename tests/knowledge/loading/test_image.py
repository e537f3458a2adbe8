"""Pictures of text: read, in both languages, without network; bombs and damage refused."""

import struct
import zlib

import pytest
from PIL import Image

from knowledge.documents import Language
from knowledge.errors import DamagedDocument, NoTextFound, NotText, PictureTooLarge, WrongContent
from knowledge.loading import load, warning_text
from knowledge.loading.layout import Box, Piece
from knowledge.loading.progress import PageRead, Reading, during
from knowledge.loading.warnings import READ_FROM_PICTURE
from tests.knowledge.loading.pdf_files import chinese_font, picture, saved

LINES = ("Opening hours", "Monday to Friday: 9 am to 6 pm", "Saturday: 10 am to 2 pm")


@pytest.mark.parametrize(
    ("name", "kind"), [("a.png", "PNG"), ("a.jpg", "JPEG"), ("a.webp", "WEBP"), ("a.tiff", "TIFF")]
)
def test_text_is_read_in_its_order(name: str, kind: str) -> None:
    loaded = load(name, saved(picture(*LINES), kind))
    places = [loaded.text.replace(" ", "").index(line.replace(" ", "")) for line in LINES]
    assert places == sorted(places)
    assert loaded.warnings == (READ_FROM_PICTURE,)
    assert "请核对" in warning_text(READ_FROM_PICTURE, Language.CHINESE)
    assert loaded.marks == ()


@pytest.mark.skipif(chinese_font() is None, reason="this machine has no Chinese font to draw with")
def test_chinese_is_read() -> None:
    lines = ("退货说明", "收货后三十天内可以退货，运费由我们承担。")
    text = load("a.png", saved(picture(*lines, font=chinese_font()), "PNG")).text
    assert "退货说明" in text
    assert "三十天内可以退货" in text


def test_text_on_nothing_is_read_on_white() -> None:
    drawn = picture(LINES[1])
    mask = drawn.convert("L").point([255 - value for value in range(256)])
    clear = Image.new("RGBA", drawn.size, (0, 0, 0, 0))
    clear.putalpha(mask)
    assert "Monday" in load("a.png", saved(clear, "PNG")).text


def test_a_photograph_taken_sideways_is_turned() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # "turn me to the right"
    sideways = picture(LINES[1]).rotate(90, expand=True)
    assert "Monday" in load("a.jpg", saved(sideways, "JPEG", exif=exif)).text


def test_pages_of_a_scan_are_marked_and_those_known_are_not_read_again() -> None:
    pages = [picture(line, height=300) for line in LINES]
    data = saved(pages[0], "TIFF", save_all=True, append_images=pages[1:])
    told: list[PageRead] = []
    known = {2: (Piece("kept from before", Box(0, 0, 90, 10), 10),)}
    with during(Reading(told.append, known)):
        loaded = load("a.tif", data)
    assert [mark.place.first for mark in loaded.marks] == [1, 2, 3]
    assert "kept from before" in loaded.text
    assert "Monday" not in loaded.text
    assert [(read.page, read.is_begun) for read in told] == [
        (1, True),
        (1, False),
        (3, True),
        (3, False),
    ]


def _png(width: int, height: int) -> bytes:
    """A picture that says it is that large, and hardly is."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content))
            + kind
            + content
            + struct.pack(">I", zlib.crc32(kind + content))
        )

    size = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    packed = zlib.compress(bytes(1 + 3 * width))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(("width", "height"), [(30_000, 20_000), (9_000, 8_000), (2**31 - 1, 1)])
def test_far_too_many_pixels_are_refused_before_they_are_unpacked(width: int, height: int) -> None:
    with pytest.raises(PictureTooLarge) as caught:
        load("a.png", _png(width, height))
    assert "6400 万像素" in caught.value.text(Language.CHINESE)


def test_what_is_no_whole_picture_is_refused() -> None:
    whole = saved(picture(LINES[0]), "PNG")
    with pytest.raises(DamagedDocument):
        load("a.png", whole[: len(whole) // 3])
    with pytest.raises(DamagedDocument):
        load("a.webp", b"RIFF\x00\x00\x00\x00WAVE")
    with pytest.raises(WrongContent):
        load("a.jpg", b"<html>")
    with pytest.raises(NotText):
        load("a.txt", whole)


def test_a_picture_of_nothing_holds_no_text() -> None:
    with pytest.raises(NoTextFound):
        load("a.png", saved(Image.new("RGB", (300, 300), "white"), "PNG"))
