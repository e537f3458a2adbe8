"""Carrying a decision out: the text of the answer, its citations, and what the gate let through."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from chatbot.grounding import Source, Verdict, check_sentence, echoes
from chatbot.messages import Citation
from knowledge.documents import Language
from knowledge.language import split_sentences
from knowledge.reading import Evidence
from knowledge.spans import TABLE_CELL

_LIST_MARK = re.compile(r"^\s*(?:[-*+•]|\d{1,2}[.)、]|#{1,6})\s+")

_LEAD = re.compile(r"[:：]$")
_ENDS_LIKE_ONE = re.compile(r"[.!?。！？;；:：…][\"”’」』）)]*$")
_SENTENCE_END = re.compile(r"[.!?。！？][\"”’」』）)*]*\s*$")


def cite(evidence: Sequence[Evidence]) -> tuple[Citation, ...]:
    """One citation a passage, numbered in the order of the evidence.

    Its quote runs from the passage's first span of evidence to its last.
    """
    by_passage: dict[str, list[Evidence]] = {}
    for item in evidence:
        by_passage.setdefault(item.passage.id, []).append(item)
    return tuple(_citation(number, spans) for number, spans in enumerate(by_passage.values(), 1))


def _citation(number: int, spans: Sequence[Evidence]) -> Citation:
    passage = spans[0].passage
    start = min(item.start for item in spans)
    end = max(item.end for item in spans)
    return Citation(
        number=number,
        passage_id=passage.id,
        document=passage.document,
        title=passage.title,
        position=replace(
            passage.position,
            start=passage.position.start + start,
            end=passage.position.start + end,
        ),
        quote=passage.text[start:end],
        passage_text=passage.text,
        url=passage.url,
        document_id=passage.document_id,
    )


def quoted_text(
    quote: Sequence[Evidence], citations: Sequence[Citation], language: Language
) -> Iterator[str]:
    """The quoted spans as pieces of an answer, each passage's followed by its mark."""
    numbers = {citation.passage_id: citation.number for citation in citations}
    for index, item in enumerate(quote):
        last_of_passage = index + 1 == len(quote) or quote[index + 1].passage != item.passage
        mark = numbers[item.passage.id] if last_of_passage else None
        words = readable(item.text, item.context)
        if not last_of_passage and not _ENDS_LIKE_ONE.search(words):
            words += "；" if language is Language.CHINESE else ";"
        yield joined(words, mark, language, first=index == 0)


def joined(sentence: str, mark: int | None, language: Language, *, first: bool) -> str:
    """A sentence as the next piece of an answer, with its citation mark."""
    space = "" if first or language is Language.CHINESE else " "
    return f"{space}{sentence}" + (f" [{mark}]" if mark is not None else "")


def readable(text: str, header: str = "") -> str:
    """Quoted words on one line, without list and heading marks; a table row with its `header`'s words."""
    lines = [_LIST_MARK.sub("", line).strip() for line in text.splitlines()]
    lines = [line for line in lines if line]
    if len(lines) == 1 and TABLE_CELL in lines[0]:
        return _table_row(lines[0], header)
    if len(lines) > 1 and _LEAD.search(lines[0]):
        separator, end = ("；", "。") if lines[0].endswith("：") else ("; ", ".")
        items = separator.join(line.rstrip(".。;；") for line in lines[1:])
        return lines[0] + (" " if end == "." else "") + items + end
    return " ".join(lines)


def _table_row(row: str, header: str) -> str:
    """`K2 (Capacity: 1.7 l, Price: ¥299)`; two columns need no header: `K2: 1.7 l`."""
    first, *cells = row.split(TABLE_CELL)
    heads = f" {header}".split(TABLE_CELL)[1:]  # a header's first cell is often empty
    if len(cells) == 1 or len(heads) != len(cells):
        return f"{first}: {', '.join(cells)}"
    named = ", ".join(f"{head}: {cell}" for head, cell in zip(heads, cells, strict=True))
    return f"{first} ({named})"


def gated(
    pieces: Iterable[str], sources: Sequence[Source], *, question: str, max_sentences: int
) -> Iterator[Verdict]:
    """The gate's verdict on each generated sentence, as soon as it is complete.

    Ends after `max_sentences` supported ones; the rest is not waited for.
    """
    passed = 0
    for sentence in complete_sentences(pieces):
        verdict = check_sentence(sentence, sources)
        if verdict.supported and echoes(sentence, question):
            verdict = replace(verdict, reason="echo")
        yield verdict
        passed += verdict.supported
        if passed == max_sentences:
            return


def complete_sentences(pieces: Iterable[str]) -> Iterator[str]:
    """Whole sentences out of a stream; the last is whole only when it ends like one."""
    buffer = ""
    for piece in pieces:
        buffer += piece
        spans = split_sentences(buffer)
        for span in spans[:-1]:
            yield buffer[span.start : span.end]
        if len(spans) > 1:
            buffer = buffer[spans[-1].start :]
    if _SENTENCE_END.search(buffer):
        yield from (buffer[span.start : span.end] for span in split_sentences(buffer))
