"""Answers as HTML: paragraphs, lists, links and citation chips, everything else escaped. Pure."""

import re
from collections.abc import Collection, Iterator
from itertools import groupby
from urllib.parse import urlsplit

from markupsafe import Markup

from chatbot.messages import Citation
from chatbot.places import place_text
from knowledge.documents import Language
from ui.texts import text

_MARK = re.compile(r"[ \t\u00a0]*\[(\d{1,2})\]")
_MARKS = re.compile(rf"(?:{_MARK.pattern})+")
# A short Latin word or one Chinese character, with the punctuation that follows it.
_LAST = re.compile(r"(?:(?<!\S)[!-~]{1,24}|[^\s!-~])[，。；：！？、）”’」》]*$")
# A mark that has begun to stream in, at the very end of the text.
_HALF_MARK = re.compile(r"[ \t]*\[\d{0,2}$")
_LINK = re.compile(r"https?://[^\s<>\"'`()\[\]{}，。；：！？、（）《》“”「」]+", re.IGNORECASE)
_BULLET = re.compile(r"^\s*[-*•·]\s+")
_NUMBER = re.compile(r"^\s*\d{1,2}(?:[.)]\s+|、\s*)(?=\S)")
_CLOSING = ".,;:!?"


def prose(written: str, citations: Collection[Citation], language: Language) -> Markup:
    """`written` with its marks `[1]` turned into chips; a mark without a citation is dropped.

    `language` is that of the page: it names the chips for those who listen.
    """
    by_number = {citation.number: citation for citation in citations}
    lines = _HALF_MARK.sub("", written).splitlines()
    blocks = (_block(kind, list(group), by_number, language) for kind, group in _grouped(lines))
    return Markup("").join(blocks)


def plain(written: str) -> str:
    """`written` without its citation marks, as people paste it elsewhere."""
    return _MARK.sub("", written)


def safe_link(address: str | None) -> str | None:
    """`address` when it is an ordinary web address, else None."""
    if address is None:
        return None
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    return address if parts.scheme in {"http", "https"} and parts.hostname else None


def _grouped(lines: list[str]) -> Iterator[tuple[str, Iterator[str]]]:
    for kind, group in groupby(lines, key=_kind):
        if kind:
            yield kind, group


def _kind(line: str) -> str:
    if not line.strip():
        return ""
    if _BULLET.match(line):
        return "ul"
    return "ol" if _NUMBER.match(line) else "p"


def _block(
    kind: str, lines: list[str], citations: dict[int, Citation], language: Language
) -> Markup:
    if kind == "p":
        written = Markup("<br>").join(_inline(line.strip(), citations, language) for line in lines)
        return Markup("<p>{}</p>").format(written)
    opening = _BULLET if kind == "ul" else _NUMBER
    items = Markup("").join(
        Markup("<li>{}</li>").format(_inline(opening.sub("", line), citations, language))
        for line in lines
    )
    if kind == "ul":
        return Markup("<ul>{}</ul>").format(items)
    first = re.search(r"\d+", lines[0])
    return Markup('<ol start="{}">{}</ol>').format(int(first.group()) if first else 1, items)


def _inline(line: str, citations: dict[int, Citation], language: Language) -> Markup:
    pieces: list[Markup] = []
    end = 0
    for marks in _MARKS.finditer(line):
        words, last = _split_last(line[end : marks.start()])
        numbers = [int(number) for number in re.findall(r"\d+", marks.group())]
        chips = [_chip(citations[number], language) for number in numbers if number in citations]
        pieces += [
            _linked(words),
            Markup('<span class="ad-together">{}{}</span>').format(
                _linked(last), Markup("").join(chips)
            )
            if chips
            else _linked(last),
        ]
        end = marks.end()
    pieces.append(_linked(line[end:]))
    return Markup("").join(pieces)


def _split_last(words: str) -> tuple[str, str]:
    """`words` and their last bit, which a chip must not be parted from."""
    found = _LAST.search(words)
    return (words[: found.start()], found.group()) if found else (words, "")


def _chip(citation: Citation, language: Language) -> Markup:
    where = place_text(citation.position.place, language)
    title = text("chat_source_where", language, title=citation.title or "–", where=where)
    label = text(
        "chat_source_number",
        language,
        number=citation.number,
        title=title if where else citation.title or "–",
    )
    return Markup(
        '<button type="button" class="ad-chip" data-open="source-{number}"'
        ' aria-label="{label}" title="{label}">{number}</button>'
    ).format(number=citation.number, label=label)


def _linked(words: str) -> Markup:
    pieces: list[Markup] = []
    end = 0
    for found in _LINK.finditer(words):
        address = found.group().rstrip(_CLOSING)
        if safe_link(address) is None:
            continue
        pieces.append(Markup("{}").format(words[end : found.start()]))
        pieces.append(external_link(address, address))
        end = found.start() + len(address)
    pieces.append(Markup("{}").format(words[end:]))
    return Markup("").join(pieces)


def external_link(address: str, words: str) -> Markup:
    """A link that opens elsewhere and tells that place nothing."""
    return Markup('<a href="{}" target="_blank" rel="noopener noreferrer nofollow">{}</a>').format(
        address, words
    )
