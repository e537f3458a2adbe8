"""Cuts a document into passages: along headings, paragraphs, items and rows, never inside a sentence."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from knowledge.documents import LoadedText, Section
from knowledge.language import split_sentences
from knowledge.spans import TABLE_CELL

# A Han character says about as much as 2.5 Latin ones: 350 of them weigh as 875 characters do.
HAN_WEIGHT = 2.5
TARGET = 900
LIMIT = 1400
# A section lighter than this is an introduction to the one below it, not a passage.
_INTRODUCTION = 150
# A line heavier than this is a statement, whatever it ends with.
_LEAD = 160
# A last piece lighter than this part of the target joins the piece before it.
_LEFTOVER_SHARE = 0.25
# Of a wider header only the first columns are repeated, lest they outweigh the rows.
_LONGEST_HEADER = 400

# Ideographs, kana, hangul, full-width forms and everything above the basic plane.
_HEAVY = re.compile(
    "[\u1100-\u11ff\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef\U00010000-\U0010ffff]"
)
_PARAGRAPH = re.compile(r"\n(?:[ \t]*\n)+")
_ITEM_LINE = re.compile(
    r"\n(?=[ \t]*(?:[-*•·]|\d{1,3}[.)、]|[（(]?[一二三四五六七八九十\d]{1,3}[)）、])[ \t]*\S|[^\n]* \| )"
)
_QUESTION_MARK = re.compile(
    r"(?:Q\s?\d*|问|問|Question\s?\d*|问题\s?\d*)\s?[:：.、]", re.IGNORECASE
)
_ANSWER_MARK = re.compile(r"(?:A|Answer|答|回答|答案)\s?\d*\s?[:：]", re.IGNORECASE)
_SENTENCE_END = tuple(".!?。！？…；;|")


@dataclass(frozen=True, slots=True)
class Chunk:
    """Characters `[start, end)` of a document's text, and the headings they stand under.

    To a chunk that begins inside a table, the table's header is the innermost heading.
    """

    start: int
    end: int
    headings: tuple[str, ...]


def weight(text: str) -> float:
    """How much `text` says, in Latin characters."""
    return len(text) + (HAN_WEIGHT - 1) * len(_HEAVY.findall(text))


def chunk(loaded: LoadedText, *, target: int = TARGET, limit: int = LIMIT) -> tuple[Chunk, ...]:
    """Chunks that tile `loaded.text`: ordered, disjoint, covering it, each of weight `limit` at most.

    Sections of one weight up to `target` stay whole; longer ones are cut between
    paragraphs, then items or rows, then sentences. A sentence is cut only if it alone
    outweighs `limit`. A question stays with its answer. `limit` is at least `target`,
    and `target` at least 10.
    """
    if not loaded.text:
        return ()
    cutter = _Cutter(loaded.text, target=target, limit=limit)
    chunks: list[Chunk] = []
    for section in _tiling(loaded):
        chunks.extend(cutter.section(section))
    return tuple(_under_table_headers(loaded.text, _join_introductions(cutter, chunks)))


def _tiling(loaded: LoadedText) -> Sequence[Section]:
    return loaded.sections or (Section((), 0, len(loaded.text)),)


def _join_introductions(cutter: "_Cutter", chunks: Sequence[Chunk]) -> list[Chunk]:
    """A bare heading or a short introduction goes with the first section under it."""
    joined: list[Chunk] = []
    for item in chunks:
        if joined and cutter.introduces(joined[-1], item):
            joined[-1] = Chunk(joined[-1].start, item.end, item.headings)
        else:
            joined.append(item)
    return joined


def _under_table_headers(text: str, chunks: Iterable[Chunk]) -> Iterator[Chunk]:
    """Chunks in order; those that begin below the header of a table get it as a heading."""
    tables = _tables(text)
    table = next(tables, None)
    for piece in chunks:
        while table is not None and table.end <= piece.start:
            table = next(tables, None)
        if table is not None and table.first_row <= piece.start:
            yield replace(piece, headings=(*piece.headings, table.header))
        else:
            yield piece


@dataclass(frozen=True, slots=True)
class _Table:
    """A table whose rows below the header are characters `[first_row, end)`."""

    first_row: int
    end: int
    header: str


def _tables(text: str) -> Iterator[_Table]:
    """Paragraphs in which a row of cells follows another; the first of them is the header."""
    for start, end in _pieces(text, 0, len(text), _PARAGRAPH):
        cell = text.find(TABLE_CELL, start, end)
        line_end = text.find("\n", cell, end) if cell >= 0 else -1
        if line_end < 0 or TABLE_CELL not in text[line_end + 1 : end].partition("\n")[0]:
            continue
        header = text[max(start, text.rfind("\n", start, cell) + 1) : line_end]
        if len(header) > _LONGEST_HEADER:
            header = header[:_LONGEST_HEADER].rpartition(TABLE_CELL)[0]
        if header:
            yield _Table(line_end + 1, end, header.strip())


@dataclass(frozen=True, slots=True)
class _Atom:
    """What is never cut further. A lead announces what follows; an opening begins a new chunk."""

    start: int
    end: int
    is_lead: bool = False
    is_opening: bool = False


class _Cutter:
    def __init__(self, text: str, *, target: int, limit: int) -> None:
        self._text = text
        self._target = target
        self._limit = limit

    def section(self, section: Section) -> Iterator[Chunk]:
        groups = self._packed(list(self._atoms(section)))
        for first, last in self._without_leftovers(groups):
            yield Chunk(first.start, last.end, section.headings)

    def introduces(self, above: Chunk, below: Chunk) -> bool:
        """Whether `above` is too slight to stand without `below` and both fit together."""
        if self._weight(above.start, below.end) > self._limit:
            return False
        depth = len(above.headings)
        is_under = len(below.headings) > depth and below.headings[:depth] == above.headings
        text = self._text[above.start : above.end].strip()
        is_bare = not text or (bool(above.headings) and text == above.headings[-1])
        return is_bare or (is_under and weight(text) < _INTRODUCTION)

    def _weight(self, start: int, end: int) -> float:
        return weight(self._text[start:end])

    def _atoms(self, section: Section) -> Iterator[_Atom]:
        for start, end in _pieces(self._text, section.start, section.end, _PARAGRAPH):
            paragraph = self._text[start:end].strip()
            is_question = _is_question(paragraph)
            if self._weight(start, end) <= self._target:
                is_heading = start == section.start and paragraph in section.headings
                yield _Atom(start, end, is_heading or _is_lead(paragraph), is_question)
                continue
            for number, (first, last) in enumerate(self._parts(start, end)):
                yield _Atom(first, last, is_opening=is_question and number == 0)

    def _parts(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """A paragraph over the target: its items or rows, else its sentences, else what fits."""
        for first, last in _pieces(self._text, start, end, _ITEM_LINE):
            if self._weight(first, last) <= self._target:
                yield first, last
            else:
                yield from self._sentences(first, last)

    def _sentences(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        starts = [start + span.start for span in split_sentences(self._text[start:end])]
        edges = [start, *starts[1:], end]
        for first, last in pairwise(edges):
            if self._weight(first, last) <= self._limit:
                yield first, last
            else:
                yield from self._forced(first, last)

    def _forced(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Cuts of what has no better boundary: at line ends, clause ends or spaces if there are any."""
        while start < end:
            size = min(self._target, end - start)
            while size > 1 and (heavy := self._weight(start, start + size)) > self._target:
                size = min(size - 1, max(1, int(size * self._target / heavy)))
            cut = start + size
            if cut < end:
                cut = _good_cut(self._text, start, cut)
            yield start, cut
            start = cut

    def _packed(self, atoms: list[_Atom]) -> list[list[_Atom]]:
        """Atoms in groups up to the target; no group ends with a lead if it can be helped."""
        groups: list[list[_Atom]] = []
        for atom in atoms:
            group = groups[-1] if groups else []
            room = self._limit if all(a.is_lead for a in group) else self._target
            opens = atom.is_opening and not all(a.is_lead for a in group)
            if group and not opens and self._weight(group[0].start, atom.end) <= room:
                group.append(atom)
            else:
                groups.append([*self._taken_leads(group, atom), atom])
        return groups

    def _taken_leads(self, group: list[_Atom], atom: _Atom) -> list[_Atom]:
        """The leads at the end of `group`, taken from it, that `atom` has room for."""
        first = len(group)
        while first > 1 and group[first - 1].is_lead:
            first -= 1
        if first == len(group) or self._weight(group[first].start, atom.end) > self._limit:
            return []
        leads = group[first:]
        del group[first:]
        return leads

    def _without_leftovers(self, groups: list[list[_Atom]]) -> Iterator[tuple[_Atom, _Atom]]:
        spans = [(group[0], group[-1]) for group in groups]
        if len(spans) > 1 and not groups[-1][0].is_opening:
            before, last = spans[-2], spans[-1]
            is_slight = self._weight(last[0].start, last[1].end) < self._target * _LEFTOVER_SHARE
            if is_slight and self._weight(before[0].start, last[1].end) <= self._limit:
                spans[-2:] = [(before[0], last[1])]
        yield from spans


def _pieces(
    text: str, start: int, end: int, separator: re.Pattern[str]
) -> Iterator[tuple[int, int]]:
    """`[start, end)` cut after each separator."""
    for match in separator.finditer(text, start, end):
        if start < match.end() < end:
            yield start, match.end()
            start = match.end()
    if start < end:
        yield start, end


def _is_lead(paragraph: str) -> bool:
    """A short line that announces what follows: a heading, `For example:`, a question."""
    return (
        "\n" not in paragraph
        and weight(paragraph) < _LEAD
        and not paragraph.startswith("- ")
        and (not paragraph.endswith(_SENTENCE_END) or _is_question(paragraph))
    )


def _is_question(paragraph: str) -> bool:
    """A paragraph that is a question, or begins with one that is marked as such."""
    if _QUESTION_MARK.match(paragraph):
        return True
    if _ANSWER_MARK.match(paragraph):  # an answer may end with a question in return
        return False
    return (
        weight(paragraph) < _LEAD * 2 and paragraph.endswith(("?", "？")) and "\n" not in paragraph
    )


def _good_cut(text: str, start: int, cut: int) -> int:
    """The best place to cut in the later half of `[start, cut)`; at least one character on."""
    half = start + max(1, (cut - start) // 2)
    for boundaries in ("\n", "。！？；;!?", "，、,", " \t\u3000"):
        found = max(text.rfind(mark, half, cut) for mark in boundaries)
        if found >= 0:
            return found + 1
    # A mark that combines with the character before it stays with it.
    while cut > half and unicodedata.combining(text[cut]):
        cut -= 1
    return cut
