"""PDF: the text of each page in reading order; pages that are pictures are read by their looks."""

import re
import unicodedata
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pypdfium2 as pdfium
from pypdfium2 import PdfiumError

from knowledge.documents import LoadedText, Place
from knowledge.errors import DamagedDocument, DocumentTooLong, EncryptedDocument, TooManyPages
from knowledge.loading.blocks import TextBlocks
from knowledge.loading.furniture import without_furniture
from knowledge.loading.glyphs import Sheet, read_sheet
from knowledge.loading.grids import with_tables
from knowledge.loading.layout import Piece, reading_order
from knowledge.loading.paragraphs import Block, add_blocks, blocks_of, goes_on, sizes_of
from knowledge.loading.progress import PageRead, current
from knowledge.loading.source import MAX_CHARACTERS, file_stem
from knowledge.loading.warnings import (
    PAGES_DAMAGED,
    PAGES_LEFT_OUT,
    PAGES_READ_FROM_PICTURES,
    PAGES_WITHOUT_TEXT,
    page_list,
)

MAX_PAGES = 5_000
# Reading a page's picture takes some seconds: this many, up to half an hour.
MAX_PICTURES = 300
_DOTS_PER_INCH = 200
_POINTS_PER_INCH = 72
# A page with fewer letters is looked at as a picture; so is one with a picture all over it
# and no more letters than a stamp or a header has.
_FEW_LETTERS = 10
_STAMP_LETTERS = 150
# Letters that no font explains are no text.
_UNKNOWN_SHARE = 0.3
_UNKNOWN = frozenset(("Co", "Cn", "Cc"))
# FPDF_ERR_PASSWORD and FPDF_ERR_SECURITY of fpdfview.h.
_LOCKED = frozenset((4, 5))
# Titles that programs leave in files.
_NO_TITLE = re.compile(
    r"untitled|microsoft|\.(?:docx?|pptx?|xlsx?|indd|tex|dvi|pdf|qxd)\b|^\W*$|无标题", re.IGNORECASE
)


@dataclass(slots=True)
class _Notes:
    """The pages that something is to be told of."""

    pictures: list[int] = field(default_factory=list[int])
    empty: list[int] = field(default_factory=list[int])
    damaged: list[int] = field(default_factory=list[int])
    left_out: list[int] = field(default_factory=list[int])

    def warnings(self) -> tuple[str, ...]:
        texts = (
            (PAGES_READ_FROM_PICTURES, self.pictures),
            (PAGES_WITHOUT_TEXT, self.empty),
            (PAGES_DAMAGED, self.damaged),
            (PAGES_LEFT_OUT, self.left_out),
        )
        return tuple(
            text.format(pages=page_list(pages), limit=MAX_PICTURES)
            for text, pages in texts
            if pages
        )


def load(name: str, data: bytes) -> LoadedText:
    """The text of a PDF, with a mark at the beginning of each page.

    Its title is its first heading in the largest letters, else what its properties say, else the file's name. Raises
    `EncryptedDocument`, `DamagedDocument`, `TooManyPages` or `DocumentTooLong`.
    """
    notes = _Notes()
    with _opened(name, data) as document:
        title = _own_title(document)
        sheets = _sheets(name, document, notes)
    pages = without_furniture([(sheet.pieces, sheet.height) for sheet in sheets])
    sizes = sizes_of(piece for page in pages for piece in page)
    blocks = TextBlocks()
    last = Block("")
    for number, (sheet, page) in enumerate(zip(sheets, pages, strict=True), 1):
        found = blocks_of(reading_order(with_tables(page, sheet.rules)), sizes)
        if not found:
            continue
        blocks.at(Place("page", number, number))
        ending = last.text[-1:] if goes_on(last, found[0]) else ""
        add_blocks(blocks, found, goes_on_from=ending)
        last = found[-1]
    return blocks.loaded(blocks.first_heading or title or file_stem(name), notes.warnings())


@contextmanager
def _opened(name: str, data: bytes) -> Generator[Any]:
    try:
        document: Any = pdfium.PdfDocument(data)
    except PdfiumError as error:
        refusal = (
            EncryptedDocument if getattr(error, "err_code", None) in _LOCKED else DamagedDocument
        )
        raise refusal(name=name) from error
    try:
        if len(document) > MAX_PAGES:
            raise TooManyPages(name=name, pages=len(document), limit=MAX_PAGES)
        document.init_forms()  # what was filled into a form is text of its page
        yield document
    finally:
        document.close()


def _sheets(name: str, document: Any, notes: _Notes) -> list[Sheet]:
    """The pages as they are read. Raises `DamagedDocument` if none can be."""
    sheets: list[Sheet] = []
    characters = 0
    count = len(document)
    for number in range(1, count + 1):
        sheet = _sheet(document, number, notes)
        characters += sum(len(piece.text) for piece in sheet.pieces)
        if characters > MAX_CHARACTERS:
            raise DocumentTooLong(name=name, length=characters, limit=MAX_CHARACTERS)
        sheets.append(sheet)
        current().tell(PageRead(number, count))
    if len(notes.damaged) == count:
        raise DamagedDocument(name=name)
    return sheets


def _sheet(document: Any, number: int, notes: _Notes) -> Sheet:
    page: Any = None
    try:
        page = document[number - 1]
        if document.formenv is not None:
            page.flatten()
            page.close()
            page = document[number - 1]
        sheet = read_sheet(page)
        return _seen(page, sheet, number, len(document), notes) if _is_scan(sheet) else sheet
    except PdfiumError:
        notes.damaged.append(number)
        return Sheet((), "", (), 0, 0, is_drawn=False, is_picture=False)
    finally:
        if page is not None:
            page.close()


def _is_scan(sheet: Sheet) -> bool:
    """Whether a page must be looked at: its letters are too few or mean nothing."""
    if not sheet.is_drawn:
        return False
    text = "".join(piece.text for piece in sheet.pieces)
    unknown = sum(unicodedata.category(letter) in _UNKNOWN or letter == "\ufffd" for letter in text)
    few = _STAMP_LETTERS if sheet.is_picture else _FEW_LETTERS
    return len(text) < few or unknown > _UNKNOWN_SHARE * len(text)


def _seen(page: Any, sheet: Sheet, number: int, count: int, notes: _Notes) -> Sheet:
    """The page as its picture reads; as it is, where that says no more."""
    now = current()
    pieces = now.known.get(number)
    if pieces is None:
        if len(notes.pictures) + len(notes.empty) >= MAX_PICTURES:
            notes.left_out.append(number)
            return sheet
        pieces = _look_at(page, PageRead(number, count, is_begun=True))
        now.tell(PageRead(number, count, pieces))
    if sum(len(p.text) for p in pieces) <= sum(len(p.text) for p in sheet.pieces):
        notes.empty.extend([] if sheet.pieces else [number])
        return sheet
    notes.pictures.append(number)
    width, height = page.get_size()
    return replace(sheet, pieces=pieces, rules=(), width=width, height=height)


def _look_at(page: Any, begun: PageRead) -> tuple[Piece, ...]:
    # Imported late: most PDFs have text.
    from knowledge.loading.ocr import LONGEST_SIDE, read_picture  # noqa: PLC0415

    scale = min(_DOTS_PER_INCH / _POINTS_PER_INCH, LONGEST_SIDE / max(page.get_size()))
    bitmap = page.render(scale=scale)
    current().tell(begun)
    try:
        return read_picture(bitmap.to_numpy(), 1 / scale)
    finally:
        bitmap.close()


def _own_title(document: Any) -> str:
    title = str(document.get_metadata_dict(skip_empty=True).get("Title", ""))
    return "" if _NO_TITLE.search(title) else title
