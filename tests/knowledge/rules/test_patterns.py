import hashlib
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from knowledge.rules.patterns import (
    MATCH_SECONDS,
    Keywords,
    Pattern,
    PatternError,
    PatternTimeout,
    matchable,
)


@pytest.mark.parametrize(
    ("words", "text", "found"),
    [
        (["refund"], "A REFUND, please", "refund"),
        (["refund"], "Refunds?", "refund"),
        (["refund"], "refunded", None),
        (["refund"], "我要refund", "refund"),
        (["policy"], "your policies", "policy"),
        (["money back"], "my money  back", "money back"),
        (["money back"], "money-back", None),
        (["退款"], "我想退款", "退款"),
        (["退款"], "我要申請退款。", "退款"),
        (["電腦"], "电脑坏了", "電腦"),
        (["c++"], "is C++ ok", "c++"),
        (["return", "退货"], "退货", "退货"),
        (["is"], "this", None),
    ],
)
def test_keywords(words: list[str], text: str, found: str | None) -> None:
    assert Keywords(words).search(matchable(text)) == found


def test_groups_and_the_source_inside_them() -> None:
    pattern = Pattern(r"order\s*#?(?P<number>(?:ORD-)?\d{5}[)(])|(?P<name>[a-z)]+\))")
    assert pattern.search("Order ORD-10021(") == ("Order ORD-10021(", {"number": "ORD-10021("})
    assert pattern.group_source("number") == r"(?:ORD-)?\d{5}[)(]"
    assert pattern.group_source("name") == r"[a-z)]+\)"
    assert pattern.group_source("other") is None


@pytest.mark.parametrize("source", ["(a", "[", "(?P<1>a)", "a{2,1}", "x" * 600, "(?P<a>b)(?P=c)"])
def test_patterns_that_are_not_valid(source: str) -> None:
    with pytest.raises(PatternError) as caught:
        Pattern(source)
    assert not caught.value.slow


@pytest.mark.parametrize(
    "source", ["(a+)+$", r"(\w+\s?)+$", r"(.*a){20}b$", "((a{1000}){1000}){1000}"]
)
def test_patterns_that_are_too_slow_are_refused_quickly(source: str) -> None:
    before = time.monotonic()
    with pytest.raises(PatternError) as caught:
        Pattern(source)
    assert caught.value.slow
    assert time.monotonic() - before < 10


def test_a_slow_match_that_no_probe_found_is_cut_short() -> None:
    pattern = Pattern("(?:q+)+$")
    before = time.monotonic()
    with pytest.raises(PatternTimeout):
        pattern.search("q" * 500 + "!")
    assert time.monotonic() - before < 5


def test_other_threads_work_does_not_count_against_a_search() -> None:
    pattern = Pattern("(q+)(q+)(q+)x+z")
    # Long enough that three busy threads would use up the limit before it ends, alone well within.
    text = next(
        text
        for text in map(_hard, range(50, 500, 10))
        if _own_seconds(pattern, text) > MATCH_SECONDS / 3
    )
    over = threading.Event()
    with ThreadPoolExecutor(6) as pool:
        for _ in range(6):
            pool.submit(_busy, over)
        try:
            assert pattern.search(text) is None
        finally:
            over.set()


def _hard(length: int) -> str:
    return "q" * length + "yx z"


def _own_seconds(pattern: Pattern, text: str) -> float:
    begun = time.thread_time()
    pattern.search(text)
    return time.thread_time() - begun


def _busy(over: threading.Event) -> None:
    while not over.is_set():
        hashlib.pbkdf2_hmac("sha256", b"word", b"salt", 20_000)  # lets other threads run
