"""What stands on page after page and is no part of the text: headers, footers, page numbers; pure."""

import re
from collections import defaultdict
from collections.abc import Sequence

from knowledge.loading.layout import Line, Piece, lines_of

# Headers and footers stand within this share of the page's height, in so many lines.
_MARGIN = 0.12
_LINES = 3
# What stands on a third of the pages, and on three, is furniture; left and right pages may differ.
_SHARE = 1 / 3
_PAGES = 3
_NUMBER = re.compile(r"\d+|\b[ivxlc]+\b", re.IGNORECASE)
_PAGE_NUMBER = re.compile(
    r"[-–—|·\s]*(?:(?:page|seite|p\.?)\s*)?\d{1,4}(?:\s*(?:/|of|von|\|)\s*\d{1,4})?[-–—|·\s]*"
    r"|第\s*\d{1,4}\s*页(?:[\s,，/]*共\s*\d{1,4}\s*页)?",
    re.IGNORECASE,
)


def without_furniture(pages: Sequence[tuple[Sequence[Piece], float]]) -> list[list[Piece]]:
    """The pieces of each page, given with its height, without what repeats on other pages."""
    margins = [_margins(pieces, height) for pieces, height in pages]
    seen: defaultdict[tuple[str, int], set[int]] = defaultdict(set)
    for number, ((_, height), lines) in enumerate(zip(pages, margins, strict=True)):
        for line in lines:
            seen[_key(line, height)].add(number)
    least = max(_PAGES, len(pages) * _SHARE)
    kept: list[list[Piece]] = []
    for (pieces, height), lines in zip(pages, margins, strict=True):
        dropped = {
            id(piece)
            for line in lines
            if len(seen[_key(line, height)]) >= least or _PAGE_NUMBER.fullmatch(line.text)
            for piece in line.pieces
        }
        remaining = [piece for piece in pieces if id(piece) not in dropped]
        # A page that says nothing else is a title page, or a form of one line.
        kept.append(remaining or list(pieces))
    return kept


def _margins(pieces: Sequence[Piece], height: float) -> list[Line]:
    """The lines at the head and foot of a page."""
    lines = [line for line in lines_of(pieces) if not line.rows]
    head = [line for line in lines[:_LINES] if line.box.bottom < height * _MARGIN]
    foot = [line for line in lines[-_LINES:] if line.box.top > height * (1 - _MARGIN)]
    return head + foot


def _key(line: Line, height: float) -> tuple[str, int]:
    """What a line says but for its numbers, and whether it stands above or below."""
    return _NUMBER.sub("#", line.text.casefold()), int(line.box.middle > height / 2)
