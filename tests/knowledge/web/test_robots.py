"""robots.txt as RFC 9309 has it."""

import time

import pytest

from knowledge.web.robots import Robots, read_robots

SITE = "https://e.com"


def allowed(text: str, path: str, agent: str = "AnswerDesk") -> bool:
    return read_robots(text, agent).allows(SITE + path)


@pytest.mark.parametrize(
    ("rules", "path", "verdict"),
    [
        ("", "/a", True),
        ("Disallow:", "/a", True),
        ("Disallow: /", "/a", False),
        ("Disallow: /a", "/ab", False),
        ("Disallow: /a/", "/a", True),
        ("Disallow: /a\nAllow: /a/b", "/a/b/c", True),
        ("Allow: /a/b\nDisallow: /a", "/a/b/c", True),
        ("Allow: /page\nDisallow: /*.html", "/page.html", False),
        ("Allow: /p\nDisallow: /p", "/p", True),
        ("Disallow: /*.pdf$", "/x/a.pdf", False),
        ("Disallow: /*.pdf$", "/x/a.pdf?b", True),
        ("Disallow: /a*b*c", "/a-b-c-d", False),
        ("Disallow: /a*b*c", "/a-c-b", True),
        ("Disallow: /x$", "/x", False),
        ("Disallow: /x$", "/xy", True),
        ("Disallow: /*?print", "/a?print=1", False),
        ("Disallow: /退货", "/%E9%80%80%E8%B4%A7/a", False),
        ("Disallow: /%7Ea", "/~a", False),
        ("disallow : /a # all of it", "/a", False),
    ],
)
def test_the_longest_rule_wins(rules: str, path: str, verdict: bool) -> None:
    assert allowed(f"User-agent: *\n{rules}", path) is verdict


def test_the_group_that_names_us_holds_and_no_other() -> None:
    text = (
        "User-agent: *\nDisallow: /\n\nUser-agent: Other\nUser-agent: answerdesk/2\n"
        "Disallow: /mine\nCrawl-delay: 2\nSitemap: https://e.com/s.xml\n"
    )
    assert allowed(text, "/a")
    assert not allowed(text, "/mine")
    assert not allowed(text, "/a", "Somebody/1.0")
    robots = read_robots(text, "AnswerDesk/0.1 (+https://e.com)")
    assert (robots.delay, robots.sitemaps) == (2.0, ("https://e.com/s.xml",))


def test_groups_of_the_same_name_are_one() -> None:
    text = "User-agent: a\nDisallow: /x\nUser-agent: answerdesk\nDisallow: /y\nUser-agent: AnswerDesk\nDisallow: /z"
    assert [allowed(text, path) for path in ("/x", "/y", "/z")] == [True, False, False]


@pytest.mark.parametrize("said", ["nan", "-1", "inf", "soon", "1e400"])
def test_a_delay_that_is_none_is_none(said: str) -> None:
    assert read_robots(f"User-agent: *\nCrawl-delay: {said}", "a").delay == 0.0


def test_a_hostile_file_costs_little() -> None:
    started = time.monotonic()
    rules = "\n".join(f"Disallow: /{'a*' * 900}{i}" for i in range(280))
    robots = read_robots(f"User-agent: *\n{rules}", "AnswerDesk")
    assert robots.allows(f"{SITE}/{'a' * 1900}")
    assert read_robots("\x00:\n" * 100_000, "AnswerDesk") == Robots()
    assert time.monotonic() - started < 5
