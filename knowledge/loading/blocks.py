"""Collects blocks of plain text and headings into a `LoadedText`; every loader writes through it."""

import hashlib
import re
import unicodedata

from knowledge.documents import LoadedText, Mark, Place, Section

_BLANK_LINES = re.compile(r"\n{3,}")
# Line ends of other systems, and the invisible characters that only get in the way of quoting.
_LINE_ENDS = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\ufeff]")
_SURROGATES = re.compile(r"[\ud800-\udfff]")
# Begins the comment in which a page names the blocks to leave out, by fingerprint.
REPEATS_MARK = "answerdesk-repeats"


def tidy(text: str) -> str:
    """`text` with plain line ends, no control characters and no lone surrogates (SQL takes none)."""
    return _SURROGATES.sub("\ufffd", _CONTROLS.sub("", _LINE_ENDS.sub("\n", text)))


def tag_names(text: str) -> frozenset[str]:
    """A set of names, written as one line of words."""
    return frozenset(text.split())


def fingerprint(block: str) -> str:
    """What a block is known by, however its words are spaced: 12 hexadecimal digits."""
    words = " ".join(block.split())
    return hashlib.sha256(words.encode("utf-8", "replace")).hexdigest()[:12]


class TextBlocks:
    """Blocks in reading order. Blocks are set apart by an empty line; headings open sections.

    Blocks with a fingerprint in `left_out` are passed over, but for headings.
    """

    def __init__(self, left_out: frozenset[str] = frozenset()) -> None:
        self._left_out = left_out
        self._parts: list[str] = []
        self._length = 0
        self._path: list[tuple[int, str]] = []
        self._starts: list[tuple[tuple[str, ...], int]] = [((), 0)]
        self._marks: list[Mark] = []
        self._place: Place | None = None
        self._is_over = False
        self.first_heading: str | None = None

    def at(self, place: Place) -> None:
        """What is added from now on stands at `place` in the original."""
        self._place = place

    def add(self, block: str) -> None:
        """Append a paragraph, list, table or code block; a blank one is ignored."""
        block = _BLANK_LINES.sub("\n\n", block).strip("\n")
        if not block.strip() or (self._left_out and fingerprint(block) in self._left_out):
            return
        self._append(block)

    def add_heading(self, level: int, heading: str) -> None:
        """Open a section. Headings of the same or a deeper level end with it."""
        heading = " ".join(heading.split())
        if not heading:
            return
        if level == 1 and self.first_heading is None:
            self.first_heading = heading
        self._path = [(depth, text) for depth, text in self._path if depth < level]
        self._path.append((level, heading))
        self._is_over = False
        start = self._length + (2 if self._parts else 0)
        self._append(heading)
        path = tuple(text for _, text in self._path)
        if start == 0:
            self._starts.clear()
        self._starts.append((path, start))

    def end_section(self) -> None:
        """What is added from now on stands under no heading."""
        self._path = []
        self._is_over = True

    def add_row(self, row: str) -> None:
        """Append a row of a table, without an empty line before it."""
        if row.strip():
            self._append(row.strip("\n"), between="\n")

    def go_on(self, more: str, between: str) -> None:
        """Append the rest of the last block, which began elsewhere: on the page before, say."""
        if more:
            self._append(more, between=between)

    def _append(self, block: str, between: str = "\n\n") -> None:
        if self._parts:
            self._parts.append(between)
            self._length += len(between)
        if self._place is not None:
            self._marks.append(Mark(self._length, self._place))
            self._place = None
        if self._is_over:
            self._is_over = False
            self._starts.append(((), self._length))
        self._parts.append(block)
        self._length += len(block)

    def loaded(self, title: str, warnings: tuple[str, ...] = ()) -> LoadedText:
        """Everything collected, as one text with the sections that tile it."""
        ends = [start for _, start in self._starts[1:]] + [self._length]
        sections = tuple(
            Section(path, start, end)
            for (path, start), end in zip(self._starts, ends, strict=True)
            if end > start
        )
        return LoadedText(
            clean_title(title), "".join(self._parts), sections, warnings, tuple(self._marks)
        )


def clean_title(title: str) -> str:
    """A title on one line, without control characters, of at most 200 characters."""
    plain = "".join(" " if unicodedata.category(c) in {"Cc", "Cf"} else c for c in tidy(title))
    return " ".join(plain.split())[:200]
