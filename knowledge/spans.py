"""The pieces of a passage that can be quoted as an answer, each with what it needs to be understood. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from knowledge.documents import Passage
from knowledge.language import normalise, split_sentences

TABLE_CELL = " | "
# A lead ("Some things cannot be returned:") is quoted with as many of its items as fit in here.
MAX_LIST_CHARACTERS = 320

_QUESTION = re.compile(r"[?？][\"”」*_\s]*$")
_LEAD = re.compile(r"[:：][*_\s]*$")
_ITEM = re.compile(r"\s*(?:[-*+•]|\d{1,2}[.)、]|[（(]?\d{1,2}[）)])\s*\S")


@dataclass(frozen=True, slots=True)
class AnswerSpan:
    """Characters `[start, end)` of a passage; `context` is the question, lead or table header above it."""

    start: int
    end: int
    context: str = ""


def span_text(passage: Passage, span: AnswerSpan) -> str:
    """The span under its passage's title and headings, with the context that it hangs on."""
    context = span.context if span.context not in passage.position.headings else ""
    above = [passage.heading_path, context]
    return "\n".join([*(part for part in above if part), passage.text[span.start : span.end]])


def span_texts(passage: Passage) -> list[str]:
    """What is embedded of the passage's spans."""
    spans = answer_spans(passage.text, passage.position.headings)
    return [span_text(passage, span) for span in spans]


@lru_cache(2048)
def answer_spans(text: str, headings: tuple[str, ...] = ()) -> tuple[AnswerSpan, ...]:
    """The spans of `text`, in order; lists overlap with their items. Headings, questions and table headers are none."""
    known = {normalise(heading).casefold() for heading in headings}
    found = _lines(text)
    lines = [
        line for line in found if normalise(text[line[0][0] : line[-1][1]]).casefold() not in known
    ]
    # What begins inside a table has its header as the innermost heading, and not in the text.
    innermost = headings[-1] if headings and len(lines) == len(found) else ""
    return tuple(_spans(text, lines, innermost if TABLE_CELL in innermost else ""))


# The sentences of one line of text, each `(start, end)`.
_Line = list[tuple[int, int]]


def _lines(text: str) -> list[_Line]:
    lines: list[_Line] = []
    for sentence in split_sentences(text):
        if lines and "\n" not in text[lines[-1][-1][1] : sentence.start]:
            lines[-1].append((sentence.start, sentence.end))
        else:
            lines.append([(sentence.start, sentence.end)])
    return lines


def _headers(text: str, lines: Sequence[_Line], above: str) -> Iterator[str | None]:
    """For each line the header of its table; empty for the header itself, None for what is no row.

    A table ends with its paragraph. `above` is the header of one that begins before the text.
    """
    end = 0
    for line in lines:
        if text.count("\n", end, line[0][0]) > 1:
            above = ""
        end = line[-1][1]
        is_row = TABLE_CELL in text[line[0][0] : end]
        yield above if is_row else None
        if is_row and not above:
            above = text[line[0][0] : end]


def _spans(text: str, lines: Sequence[_Line], table_header: str) -> Iterator[AnswerSpan]:
    context = ""
    headers = _headers(text, lines, table_header)
    for index, (line, header) in enumerate(zip(lines, headers, strict=True)):
        whole = text[line[0][0] : line[-1][1]]
        if header is not None:
            if header:
                yield AnswerSpan(line[0][0], line[-1][1], header)
            continue
        asked = _asked_in(text, line)
        if asked == len(line):  # nothing but a question: the lines below answer it
            context = whole
            continue
        if asked:
            context = text[line[0][0] : line[asked - 1][1]]
        elif not _ITEM.match(whole) and not _QUESTION.search(context):
            context = ""
        yield from (AnswerSpan(start, end, context) for start, end in line[asked:-1])
        start, end = line[-1]
        is_lead = _LEAD.search(whole) is not None
        yield AnswerSpan(start, _end_of_list(text, lines[index:]) if is_lead else end, context)
        context = text[start:end] if is_lead else _kept(context, whole)


def _kept(context: str, line: str) -> str:
    """What the line below still hangs on: an item passes on what it hangs on itself."""
    return context if _ITEM.match(line) else ""


def _asked_in(text: str, line: _Line) -> int:
    """How many sentences of the line lead up to and include its last question; 0 without one."""
    questions = [
        position
        for position, (start, end) in enumerate(line, 1)
        if _QUESTION.search(text[start:end])
    ]
    return questions[-1] if questions else 0


def _end_of_list(text: str, lines: Sequence[_Line]) -> int:
    """Where the items end that hang on the last sentence of the first line."""
    start, end = lines[0][-1]
    for line in lines[1:]:
        if not _ITEM.match(text[line[0][0] :]) or line[-1][1] - start > MAX_LIST_CHARACTERS:
            break
        end = line[-1][1]
    return end
