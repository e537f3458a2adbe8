"""Word documents: through mammoth into HTML, and from there as a web page is read."""

from io import BytesIO
from typing import Any

import mammoth
from bs4 import BeautifulSoup
from bs4.element import Tag

from knowledge.documents import LoadedText
from knowledge.loading.blocks import TextBlocks
from knowledge.loading.docx_words import NUMBER_END, NUMBER_START, words_only
from knowledge.loading.html import LABEL, add_page, parsed
from knowledge.loading.source import check_length, file_stem
from knowledge.loading.zips import damage_told, open_package

_NOTE_REFERENCES = 'a[id^="footnote-ref-"], a[id^="endnote-ref-"]'


def load(name: str, data: bytes) -> LoadedText:
    """The text of a `.docx`, titled by its title or first heading, else the file's name.

    Headings, lists with their numbers, tables and notes stay; a note stands below the block
    that refers to it. Page headers and footers, comments and hidden text are left out.
    Raises `EncryptedDocument`, `DamagedDocument` or `UnpacksTooLarge`.
    """
    with open_package(name, data) as package, damage_told(name):
        words, warnings = words_only(name, package)
        source = _html(words)
    check_length(name, source)
    page = parsed(source)
    _place_notes(page)
    _number_items(page)
    for box in page.select('input[type="checkbox"]'):
        box.replace_with("☑ " if box.has_attr("checked") else "☐ ")
    blocks = TextBlocks()
    add_page(blocks, name, page)
    return blocks.loaded(blocks.first_heading or file_stem(name), warnings)


def _html(words: bytes) -> str:
    # The style map that a file may bring along is not ours to follow.
    result: Any = mammoth.convert_to_html(  # pyright: ignore[reportUnknownMemberType]  # half typed
        BytesIO(words), include_embedded_style_map=False, convert_image=_no_picture
    )
    return str(result.value)


def _no_picture(_image: object) -> list[object]:
    return []


def _place_notes(page: BeautifulSoup) -> None:
    """Move each note from the end of the page below the block that refers to it."""
    last: dict[int, Tag] = {}
    notes: set[int] = set()
    for number, reference in enumerate(page.select(_NOTE_REFERENCES), 1):
        note = page.find(id=str(reference.get("href", "")).removeprefix("#"))
        block = _block_of(reference)
        if note is None or block is None:
            continue
        for back in note.select('a[href^="#footnote-ref"], a[href^="#endnote-ref"]'):
            back.decompose()
        paragraph = page.new_tag("p", string=f"[{number}] {note.get_text(' ', strip=True)}")
        last.get(id(block), block).insert_after(paragraph)
        last[id(block)] = paragraph
        notes.add(id(note))
        note.extract()


def _block_of(tag: Tag) -> Tag | None:
    """The part of the page's body that holds `tag`."""
    inside = [tag, *tag.parents]
    return next((t for t in inside if t.parent is not None and t.parent.name == "body"), None)


def _number_items(page: BeautifulSoup) -> None:
    """Give list items the numbers that Word shows."""
    for item in page.find_all("li"):
        found = item.find(string=lambda text: text is not None and text.startswith(NUMBER_START))
        if found is not None and found.find_parent("li") is item:
            number, _, rest = found.removeprefix(NUMBER_START).partition(NUMBER_END)
            item[LABEL] = number
            found.replace_with(rest)
