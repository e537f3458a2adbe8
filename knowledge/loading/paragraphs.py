"""Lines of a page into paragraphs, headings, lists and rows of tables; pure."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from itertools import pairwise

from knowledge.loading.blocks import TextBlocks
from knowledge.loading.columns import tables_in
from knowledge.loading.layout import BULLETS, Line, Piece

# Letters at least this much larger than most of the document make a heading.
_LARGER = 1.12
_HEADING_CHARACTERS = 160
_HEADING_LINES = 3
# Bold lines of the common size: a short one that stands alone is a heading too.
_BOLD_CHARACTERS = 80
# Lines further apart than this many times their height do not belong together.
_LEADING = 1.0
# Sizes this close are the same to the eye, and for fonts of different make.
_SAME_SIZE = 1.08

# A shorter block is a caption or a label, not a sentence that a page cuts.
_OPEN_CHARACTERS = 60

_ITEM = re.compile(
    rf"[{BULLETS}]|[-–—*]\s|\(?(?:\d{{1,3}}|[a-zA-Z]|[ivx]{{1,4}})[.)]\s|"
    r"\(\d{1,2}\)|（[\d一二三四五六七八九十]{1,3}）|[\d一二三四五六七八九十]{1,3}、|[①-⑳]|第[\d一二三四五六七八九十百]{1,4}[章节条款]"
)
_SENTENCE_END = re.compile(r"[.!?;:,。！？；：，、…]$")
# Han, kana and full-width punctuation: what is written without spaces.
_UNSPACED = "\u2e80-\u312f\u3190-\u9fff\uf900-\ufaff\uff00-\uffef"
_ENDS_UNSPACED = re.compile(f"[{_UNSPACED}]$")
_STARTS_UNSPACED = re.compile(f"[{_UNSPACED}]")
_PUNCTUATION = re.compile("[\u3000-\u303f\uff00-\uff0f\uff1a-\uff20]")
_BROKEN_WORD = re.compile(r"[^\W\d_][-\u2010\u00ad]$")


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph (`level` 0) or heading of a level from 1, or a table's `rows`."""

    text: str
    level: int = 0
    rows: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sizes:
    """The sizes of a document's letters: of most of its text, and of headings, largest first."""

    body: float
    headings: tuple[float, ...]

    def level(self, size: float) -> int:
        """The level of a heading of that size."""
        larger = sum(other > size * _SAME_SIZE for other in self.headings)
        return min(6, larger + 1)


def sizes_of(pieces: Iterable[Piece]) -> Sizes:
    """What sizes the document's text has. Those that differ by little count as one."""
    letters: Counter[float] = Counter()
    for piece in pieces:
        letters[round(piece.size * 2) / 2] += len(piece.text)
    if not letters:
        return Sizes(0, ())
    body = max(letters, key=lambda size: (letters[size], size))
    headings: list[float] = []
    for size in sorted((s for s in letters if s >= body * _LARGER), reverse=True):
        if not headings or headings[-1] > size * _SAME_SIZE:
            headings.append(size)
    return Sizes(body, tuple(headings))


def blocks_of(lines: Sequence[Line], sizes: Sizes) -> list[Block]:
    """What the lines of a page say, tables row by row."""
    tables = tables_in(lines)
    blocks: list[Block] = []
    start = 0
    while start < len(lines):
        if start in tables:
            used = tables[start].lines
            blocks.append(Block("", rows=tables[start].rows))
        elif lines[start].rows:
            used = 1
            blocks.append(Block("", rows=lines[start].rows))
        else:
            used = _together(lines, start, tables.keys(), sizes)
            blocks.append(_block(lines[start : start + used], sizes))
        start += used
    return blocks


def _together(lines: Sequence[Line], start: int, stops: Set[int], sizes: Sizes) -> int:
    """How many lines from `start` on make one block; it ends at the latest where tables begin."""
    end = start + 1
    while end < len(lines) and end not in stops:
        above, line = lines[end - 1], lines[end]
        is_large = line.size >= sizes.body * _LARGER
        if not _belongs(above, line) or (above.is_bold != line.is_bold and not is_large):
            break
        if _starts_paragraph(above, line, end - start):
            break
        end += 1
    return end - start


def _belongs(above: Line, line: Line) -> bool:
    """By their distance and the size of their letters."""
    distance = line.box.top - above.box.bottom
    if line.rows or distance < -above.box.height or distance > _LEADING * above.box.height:
        return False
    large, small = max(above.size, line.size), min(above.size, line.size)
    return large <= small * _SAME_SIZE * _SAME_SIZE


def _starts_paragraph(above: Line, line: Line, count: int) -> bool:
    """By an indent, where the lines above have none."""
    indent = line.box.left - above.box.left
    is_indented = line.size * 0.8 < indent < line.size * 5
    return count > 1 and is_indented and not _ITEM.match(above.text)


def _block(lines: Sequence[Line], sizes: Sizes) -> Block:
    text = lines[0].text
    for above, line in pairwise(lines):
        text = _joined(text, line.text, is_new=_ends(above, line))
    if _is_heading(lines, text, sizes):
        size = max(line.size for line in lines)
        return Block(" ".join(text.split()), level=_level(size, sizes))
    return Block(text)


def _level(size: float, sizes: Sizes) -> int:
    is_larger = size >= sizes.body * _LARGER
    return sizes.level(size) if is_larger else min(6, len(sizes.headings) + 1)


def _is_heading(lines: Sequence[Line], text: str, sizes: Sizes) -> bool:
    if len(lines) > _HEADING_LINES or len(text) > _HEADING_CHARACTERS or not _has_words(text):
        return False
    if lines[0].size >= sizes.body * _LARGER:
        return True
    is_plain = _SENTENCE_END.search(text) is not None or "\n" in text
    is_common = lines[0].size * _SAME_SIZE >= sizes.body
    return lines[0].is_bold and is_common and len(text) <= _BOLD_CHARACTERS and not is_plain


def _has_words(text: str) -> bool:
    return sum(letter.isalpha() for letter in text) >= 2


def _ends(above: Line, line: Line) -> bool:
    """Whether the line above ends where its writer wanted: an item begins, or there was room for more."""
    if _ITEM.match(line.text):
        return True
    room = above.right_edge - above.box.right
    return room > _first_word(line) + 1.5 * above.size


def _first_word(line: Line) -> float:
    """How wide the line's first word is; a letter, where words are not set apart."""
    first = line.pieces[0]
    letter = first.box.width / max(1, len(first.text))
    if _STARTS_UNSPACED.match(first.text):
        return letter * 2
    return letter * len(first.text.split(maxsplit=1)[0])


def _joined(text: str, more: str, *, is_new: bool) -> str:
    if is_new:
        return f"{text}\n{more}"
    if _BROKEN_WORD.search(text) and more[0].islower():
        return text[:-1] + more
    return f"{text}{_between(text, more)}{more}"


def _between(text: str, more: str) -> str:
    ends, starts = _ENDS_UNSPACED.search(text), _STARTS_UNSPACED.match(more)
    is_joined = ends and starts
    is_mark = _PUNCTUATION.match(text[-1]) or _PUNCTUATION.match(more[0])
    return "" if is_joined or is_mark else " "


def goes_on(block: Block, following: Block) -> bool:
    """Whether a page's first block goes on with what the page before ended with."""
    if block.level or block.rows or following.level or following.rows:
        return False
    first = following.text[0]
    is_open = _SENTENCE_END.search(block.text) is None and len(block.text) > _OPEN_CHARACTERS
    is_middle = first.islower() or _STARTS_UNSPACED.match(first) is not None
    return is_open and is_middle and not _ITEM.match(following.text)


def add_blocks(into: TextBlocks, blocks: Iterable[Block], *, goes_on_from: str = "") -> None:
    """Append blocks; the first to the last one there, if `goes_on_from` is how that ends."""
    for block in blocks:
        if block.rows:
            into.add(block.rows[0])
            for row in block.rows[1:]:
                into.add_row(row)
        elif block.level:
            into.add_heading(block.level, block.text)
        elif goes_on_from:
            into.go_on(block.text, _between(goes_on_from, block.text))
        else:
            into.add(block.text)
        goes_on_from = ""
