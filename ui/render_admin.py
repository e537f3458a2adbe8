"""Admin views as HTML. Every value passes through templates that escape it; nothing here acts."""

import math
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import cache
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined

from knowledge.documents import Language
from knowledge.language import is_han, terms, to_simplified
from ui.texts import text

_WORD = re.compile(r"\w[\w.,'’-]*\w|\w")
_KIB = 1024


def render(template: str, language: Language, **values: object) -> str:
    """The template `ui/templates/admin/<template>.html`, its texts in `language`."""

    def translate(key: str, **details: object) -> str:
        return text(f"admin_{key}", language, **details)

    page = _templates().get_template(f"admin/{template}.html")
    return page.render(t=translate, language=language, **values)


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("ui", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["size"] = size
    environment.filters["number"] = number
    return environment


def number(value: int) -> str:
    """`12345` as `12,345`: both languages group by thousands in tables."""
    return f"{value:,}"


def share(part: int, whole: int) -> str:
    """`part` of `whole` as a whole percentage; never 0% or 100% unless exactly so."""
    if not whole:
        return "–"
    percent = round(100 * part / whole)
    if part and not percent:
        return "<1%"
    if part < whole and percent == 100:
        return ">99%"
    return f"{percent}%"


def size(count: int) -> str:
    """Bytes as people read them: `840 B`, `12 KB`, `3.4 MB`."""
    if count < _KIB:
        return f"{count} B"
    value, units = count / _KIB, iter(("KB", "MB", "GB"))
    unit = next(units)
    while value >= 999.5 and unit != "GB":
        value, unit = value / _KIB, next(units)
    return f"{value:.1f} {unit}" if value < 9.95 and unit != "KB" else f"{math.ceil(value)} {unit}"


def moment(value: datetime, zone: ZoneInfo) -> str:
    """A moment in the company's time zone, to the minute. One without a zone is in UTC."""
    # SQLite hands UTC moments back without their zone.
    known = value if value.tzinfo else value.replace(tzinfo=UTC)
    return known.astimezone(zone).strftime("%Y-%m-%d %H:%M")


def highlight(passage: str, query: str) -> list[tuple[str, bool]]:
    """`passage` in pieces, each with whether it is a term of `query`. Joined, the pieces are `passage`."""
    wanted = frozenset(terms(query))
    pieces: list[tuple[str, bool]] = []
    end = 0
    for start, stop in _merged(sorted(_hits(passage, wanted))):
        pieces += [(passage[end:start], False), (passage[start:stop], True)]
        end = stop
    return [piece for piece in (*pieces, (passage[end:], False)) if piece[0]]


def _hits(passage: str, wanted: frozenset[str]) -> Iterator[tuple[int, int]]:
    simplified = to_simplified(passage)
    for start in range(len(passage)):
        # A single Han character is a term only when it is the whole query.
        for length in (2, 1):
            piece = simplified[start : start + length]
            if len(piece) == length and all(map(is_han, piece)) and piece in wanted:
                yield start, start + length
    for match in _WORD.finditer(passage):
        word = match.group()
        if not is_han(word[0]) and not wanted.isdisjoint(terms(word)):
            yield match.span()


def _merged(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, stop in spans:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(stop, merged[-1][1]))
        else:
            merged.append((start, stop))
    return merged
