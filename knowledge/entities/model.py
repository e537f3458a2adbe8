"""What is found in a text, and how a recogniser says so."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

EntityKind = Literal[
    "code",
    "date",
    "duration",
    "email",
    "money",
    "number",
    "percentage",
    "phone",
    "quantity",
    "time",
    "url",
    "weekday",
]


@dataclass(frozen=True, slots=True)
class Entity:
    """`text` is characters `[start, end)` of the text it was found in.

    `value` is what comparisons rest on: "thirty days", "30 天" and "三十天" are all
    "30 day"; "¥199", "199 元" and "RMB 199.00" are all "CNY 199".
    """

    kind: EntityKind
    text: str
    value: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Found:
    """A canonical value at characters `[start, end)`."""

    value: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Recogniser:
    """A pattern (case-insensitive) and what its matches mean; no value: not one after all."""

    kind: EntityKind
    pattern: str
    read: Callable[[re.Match[str]], Iterable[Found]]


def whole(value: Callable[[re.Match[str]], str | None]) -> Callable[[re.Match[str]], list[Found]]:
    """A reader whose value stands for the whole match."""

    def read(match: re.Match[str]) -> list[Found]:
        found = value(match)
        return [] if found is None else [Found(found, match.start(), match.end())]

    return read
