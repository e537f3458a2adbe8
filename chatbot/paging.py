"""Long lists, a page at a time: the next page begins after the last row seen, not at a number.

So nothing is shown twice or left out while rows are added.
"""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeGuard, TypeVar, cast

from chatbot.errors import InvalidCursor
from knowledge.tables import in_utc

T = TypeVar("T")

Place = tuple[str, ...]
"""Where a row stands in its list: the values it is sorted by, as text."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows, and the cursor of those that follow; None at the end."""

    rows: Sequence[T]
    next: str | None = None


def page_of(found: Sequence[T], limit: int, place: Callable[[T], Place]) -> Page[T]:
    """The first `limit` of `found`, which holds one row more where more follow."""
    rows = found[:limit]
    more = len(found) > limit
    return Page(rows, cursor_of(place(rows[-1])) if more else None)


def cursor_of(place: Place) -> str:
    """A place as clients carry it."""
    written = json.dumps(place, ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(written.encode()).decode().rstrip("=")


def place_of(cursor: str, size: int) -> Place:
    """The place, of `size` values, that a cursor stands for. Raises `InvalidCursor`."""
    try:
        written = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        values: object = json.loads(written)
    except (ValueError, RecursionError) as error:
        raise InvalidCursor from error
    if not isinstance(values, list):
        raise InvalidCursor
    place = tuple(value for value in cast("list[object]", values) if _is_storable(value))
    if len(place) != size:
        raise InvalidCursor
    return place


def _is_storable(value: object) -> TypeGuard[str]:
    """Whether a database can compare with it: text without NUL and halves of characters."""
    return isinstance(value, str) and not any(c == "\0" or "\ud800" <= c <= "\udfff" for c in value)


def moment_place(cursor: str) -> tuple[datetime, str]:
    """The place in a list by moment and id. Raises `InvalidCursor`."""
    moment, name = place_of(cursor, 2)
    try:
        return in_utc(datetime.fromisoformat(moment)), name
    except (ValueError, OverflowError) as error:
        raise InvalidCursor from error
