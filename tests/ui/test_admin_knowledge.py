"""The table of documents: filter, progress, time left."""

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.documents import DocumentRecord, DocumentState, Language
from knowledge.loading.progress import PageRead
from ui.views_knowledge import (
    DocumentFilter,
    Pace,
    Words,
    document_row,
    filtered,
    in_progress,
    newest_first,
    reading_text,
    reason_text,
    seconds_left,
    time_left_text,
    updated_pace,
)

EN, ZH = Language.ENGLISH, Language.CHINESE
WORDS = Words(EN, ZoneInfo("Asia/Shanghai"))


def document(name: str, **changes: object) -> DocumentRecord:
    record = DocumentRecord(
        id=name,
        collection="default",
        source=name,
        name=name,
        title="",
        language=EN,
        state=DocumentState.READY,
        content_hash="0",
        size_bytes=10,
        total=10,
        embedded=10,
    )
    return replace(record, **changes)  # pyright: ignore[reportArgumentType] -- fields of the record


def under_way(embedded: int) -> DocumentRecord:
    return document("a", state=DocumentState.EMBEDDING, total=100, embedded=embedded)


def test_a_filter_needs_every_word_in_any_case() -> None:
    documents = [document("returns.md", title="Returns and Refunds"), document("refunds-2024.md")]
    found = filtered(documents, DocumentFilter("REFUNDS returns"))
    assert [item.name for item in found] == ["returns.md"]


def test_a_filter_narrows_by_state_and_collection() -> None:
    failed = document("b", state=DocumentState.FAILED)
    other = document("c", collection="other")
    documents = [document("a"), failed, other]
    assert filtered(documents, DocumentFilter(state="failed")) == [failed]
    assert filtered(documents, DocumentFilter(collection="other")) == [other]
    assert filtered(documents, DocumentFilter()) == documents


@pytest.mark.parametrize("state", DocumentState)
def test_the_timer_ticks_only_while_something_is_under_way(state: DocumentState) -> None:
    over = state in (DocumentState.READY, DocumentState.FAILED)
    assert in_progress([document("a"), document("b", state=state)]) is not over


def test_time_left_follows_the_pace_since_first_seen() -> None:
    pace = updated_pace({}, [under_way(20)], now=100.0)
    later = updated_pace(pace, [under_way(40)], now=110.0)
    assert later == pace == {"a": Pace(100.0, 20)}
    assert seconds_left(under_way(40), later["a"], now=110.0) == pytest.approx(30.0)


def test_time_left_is_not_guessed_before_anything_moved() -> None:
    assert seconds_left(under_way(20), Pace(100.0, 20), now=150.0) is None
    assert seconds_left(under_way(30), Pace(100.0, 20), now=100.5) is None
    assert seconds_left(under_way(30), None, now=100.5) is None


def test_pace_is_forgotten_once_a_document_is_ready() -> None:
    assert updated_pace({"a": Pace(1.0, 2)}, [document("a")], now=5.0) == {}


@given(st.floats(min_value=0, max_value=1e7))
def test_time_left_is_never_zero(seconds: float) -> None:
    for language in Language:
        said = time_left_text(seconds, language)
        assert any(digit in said for digit in "123456789")


def test_time_left_is_said_in_minutes_from_a_minute_on() -> None:
    assert time_left_text(59, EN) == "about 59 s left"
    assert time_left_text(61, EN) == "about 2 min left"
    assert time_left_text(61, ZH) == "约剩 2 分钟"


def test_a_row_shows_progress_only_while_under_way() -> None:
    assert document_row(under_way(33), {}, None, 0.0, WORDS).percent == 33
    assert document_row(document("a"), {}, None, 0.0, WORDS).percent is None
    failed = document("a", state=DocumentState.FAILED, reason="no")
    assert document_row(failed, {}, None, 0.0, WORDS).percent is None


def test_a_scan_says_which_page_is_being_read() -> None:
    waiting = document("a", state=DocumentState.QUEUED)
    row = document_row(waiting, {}, None, 0.0, WORDS, PageRead(3, 8, is_begun=True))
    assert (row.state_text, row.percent) == ("Reading page 3 of 8", 25)
    assert reading_text(PageRead(3, 8), ZH) == "正在识别第 3 页，共 8 页"
    assert document_row(waiting, {}, None, 0.0, WORDS).state_text == "Waiting"


def test_a_row_names_the_document_with_the_same_content() -> None:
    twin = document("b", same_content_as="a")
    assert document_row(twin, {"a": "first.md"}, None, 0.0, WORDS).same_as == "first.md"
    assert document_row(document("c"), {}, None, 0.0, WORDS).same_as == ""


def test_a_row_says_when_in_the_companys_time_zone() -> None:
    changed = document("a", updated_at="2026-03-01T17:30:00+00:00")
    assert document_row(changed, {}, None, 0.0, WORDS).updated == "2026-03-02 01:30"


def test_what_changed_last_comes_first() -> None:
    old, new, also_new = (
        document(name, updated_at=f"2026-03-0{day}") for name, day in (("a", 1), ("c", 2), ("b", 2))
    )
    assert newest_first([old, new, also_new]) == [also_new, new, old]


def test_a_reason_is_given_in_the_language_of_the_page_where_there_is_one() -> None:
    failed = document("a", reason="no", reason_zh="不行")
    assert (reason_text(failed, EN), reason_text(failed, ZH)) == ("no", "不行")
    assert reason_text(document("a", reason="no"), ZH) == "no"
