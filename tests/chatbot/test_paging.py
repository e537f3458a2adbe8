"""Cursors: what comes back from a client is what was given out, or is refused."""

import base64
import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.errors import InvalidCursor
from chatbot.paging import cursor_of, moment_place, page_of, place_of

# What a database keeps.
TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


@given(st.lists(TEXT, min_size=1, max_size=4))
def test_a_place_comes_back_as_it_went(place: list[str]) -> None:
    cursor = cursor_of(tuple(place))
    assert place_of(cursor, len(place)) == tuple(place)
    assert cursor.isascii()
    assert not set(cursor) & set("=&+/%# ")


@given(st.text(max_size=100) | st.binary(max_size=100).map(lambda b: base64.b64encode(b).decode()))
def test_anything_else_is_refused_and_nothing_worse(cursor: str) -> None:
    with contextlib.suppress(InvalidCursor):
        place_of(cursor, 2)
    with contextlib.suppress(InvalidCursor):
        moment_place(cursor)


@pytest.mark.parametrize(
    "values",
    [
        ["a"],
        ["a", 1],
        ["a", None],
        {"a": "b"},
        ["2026-01-01", "a\0"],
        ["2026-01-01", "\ud800"],
        ["yesterday", "a"],
        ["0001-01-01T00:00:00+14:00", "a"],
        ["9999-12-31T23:59:59-14:00", "a"],
    ],
)
def test_a_cursor_of_somebody_elses_making_is_refused(values: object) -> None:
    cursor = base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")
    with pytest.raises(InvalidCursor):
        moment_place(cursor)


def test_a_page_has_a_cursor_only_where_more_follows() -> None:
    def place(number: int) -> tuple[str, ...]:
        return (str(number),)

    assert page_of([1, 2, 3], 2, place).next == cursor_of(("2",))
    assert page_of([1, 2], 2, place).next is None
    assert page_of([], 2, place).rows == []
