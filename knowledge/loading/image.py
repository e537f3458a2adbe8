"""Pictures of text: photographs and scans as PNG, JPEG, WEBP or TIFF."""

import warnings
from collections.abc import Generator
from contextlib import contextmanager
from io import BytesIO

import numpy as np
from PIL import Image, ImageOps

from knowledge.documents import LoadedText, Place
from knowledge.errors import AnswerDeskError, DamagedDocument, PictureTooLarge
from knowledge.loading.blocks import TextBlocks
from knowledge.loading.layout import reading_order
from knowledge.loading.ocr import LONGEST_SIDE, read_picture
from knowledge.loading.paragraphs import add_blocks, blocks_of, sizes_of
from knowledge.loading.progress import PageRead, Pieces, current
from knowledge.loading.source import file_stem
from knowledge.loading.warnings import PAGES_LEFT_OUT, READ_FROM_PICTURE, page_list

# The largest cameras have 50 to 60 million pixels; unpacked, 64 million take 256 MB.
MAX_PIXELS = 64_000_000
MAX_PAGES = 300
_FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "MPO")


def load(name: str, data: bytes) -> LoadedText:
    """The text in a picture, titled by the file's name; a TIFF may have several pages.

    Raises `DamagedDocument` or `PictureTooLarge`.
    """
    with _refusals(name), Image.open(BytesIO(data), formats=_FORMATS) as image:
        count = getattr(image, "n_frames", 1) if image.format == "TIFF" else 1
        pages = [_page(name, image, n, count) for n in range(min(count, MAX_PAGES))]
    sizes = sizes_of(piece for pieces in pages for piece in pieces)
    blocks = TextBlocks()
    for number, pieces in enumerate(pages, 1):
        if count > 1:
            blocks.at(Place("page", number, number))
        add_blocks(blocks, blocks_of(reading_order(pieces), sizes))
    notes = [READ_FROM_PICTURE]
    if count > MAX_PAGES:
        left_out = page_list(range(MAX_PAGES + 1, count + 1))
        notes.append(PAGES_LEFT_OUT.format(limit=MAX_PAGES, pages=left_out))
    return blocks.loaded(file_stem(name), tuple(notes))


@contextmanager
def _refusals(name: str) -> Generator[None]:
    """Whatever Pillow finds wrong says that the picture is damaged, or far too large."""
    try:
        with warnings.catch_warnings():
            # Of large and odd pictures; the large ones are refused below, by their own limit.
            warnings.simplefilter("ignore")
            yield
    except (AnswerDeskError, MemoryError):
        raise
    except Image.DecompressionBombError as error:
        raise PictureTooLarge(name=name, limit=MAX_PIXELS // 1_000_000) from error
    except Exception as error:
        raise DamagedDocument(name=name) from error


def _page(name: str, image: Image.Image, index: int, count: int) -> Pieces:
    now = current()
    known = now.known.get(index + 1)
    if known is not None:
        return known
    image.seek(index)
    if image.width * image.height > MAX_PIXELS:
        raise PictureTooLarge(name=name, limit=MAX_PIXELS // 1_000_000)
    image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # a JPEG is unpacked no larger than needed
    image.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    upright = ImageOps.exif_transpose(image)
    picture = np.asarray(_on_white(upright))[:, :, ::-1]
    now.tell(PageRead(index + 1, count, is_begun=True))
    pieces = read_picture(picture, 1.0)
    now.tell(PageRead(index + 1, count, pieces))
    return pieces


def _on_white(image: Image.Image) -> Image.Image:
    """The picture without transparency: text drawn on nothing is meant to be seen on white."""
    if not image.has_transparency_data:
        return image.convert("RGB")
    layered = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", layered.size, "white"), layered).convert("RGB")
