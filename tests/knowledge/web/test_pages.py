"""What a server's reply is, and what a page's markup says to a crawler."""

import time
from collections.abc import Mapping

import pytest

from knowledge.documents import Language
from knowledge.fetching import Reply
from knowledge.loading import load
from knowledge.web.errors import (
    LoginRequired,
    NotReadable,
    PageError,
    PageNotFound,
    PageRefused,
    PageTooLarge,
    PageWithoutText,
)
from knowledge.web.markup import read_markup
from knowledge.web.pages import page_of

URL = "https://e.com/a"
_LONG = "<p>" + "Words about kettles and cups. " * 60 + "</p>"


def reply(
    body: bytes | str,
    kind: str = "text/html",
    *,
    status: int = 200,
    more: Mapping[str, str] | None = None,
    complete: bool = True,
) -> Reply:
    data = body.encode() if isinstance(body, str) else body
    headers = {"content-type": kind, **(more or {})} if kind else dict(more or {})
    return Reply(URL, status, headers, data, complete)


def name_of(found: Reply, url: str = URL) -> str:
    return page_of(found, url, url, 1000).name


@pytest.mark.parametrize(
    ("kind", "url", "name"),
    [
        ("text/html; charset=utf-8", URL, "e.com/a.html"),
        ("application/xhtml+xml", URL, "e.com/a.html"),
        ("text/plain", URL, "e.com/a.txt"),
        ("text/plain; charset=utf-8", "https://e.com/a.md", "e.com/a.md"),
        ("text/plain", "https://e.com/a.mdx", "e.com/a.mdx"),
        ("text/markdown", URL, "e.com/a.md"),
        ("application/octet-stream", "https://e.com/a.md", "e.com/a.md"),
        ("", "https://e.com/a.htm", "e.com/a.htm.html"),
        ("text/x-anything", "https://e.com/a.txt", "e.com/a.txt"),
    ],
)
def test_the_type_or_else_the_address_says_what_it_is(kind: str, url: str, name: str) -> None:
    assert name_of(reply("text", kind), url) == name


def test_a_download_is_called_as_its_server_says() -> None:
    said = {"content-disposition": "attachment; filename*=UTF-8''notes%20a.md"}
    assert name_of(reply("text", "application/octet-stream", more=said)) == "e.com/a.md"
    said = {"content-disposition": 'attachment; filename="notes.txt"'}
    assert name_of(reply("text", "application/octet-stream", more=said)) == "e.com/a.txt"


def test_a_page_that_is_served_as_text_is_a_page() -> None:
    assert name_of(reply("<!-- x --><!DOCTYPE html><p>a", "")) == "e.com/a.html"


@pytest.mark.parametrize(
    ("found", "error"),
    [
        (reply("", status=404), PageNotFound),
        (reply("", status=410), PageNotFound),
        (reply("", status=403), PageRefused),
        (reply("", status=500), PageRefused),
        (reply("", status=401), LoginRequired),
        (reply("long", complete=False), PageTooLarge),
        (reply(b"\x00\x01", "video/mp4"), NotReadable),
        (reply(b"\x00\x01", "application/octet-stream"), NotReadable),
        (reply("x", "font/woff2"), NotReadable),
        (reply("<div id=root></div><script src=app.js></script>"), PageWithoutText),
        (reply("<h1>Sign in</h1><input name=p type=PASSWORD>"), LoginRequired),
    ],
)
def test_what_cannot_be_taken_in_says_why_in_both_languages(
    found: Reply, error: type[PageError]
) -> None:
    with pytest.raises(error) as raised:
        page_of(found, URL, URL, 1000)
    en, zh = (raised.value.text(language) for language in Language)
    assert URL in en
    assert URL in zh
    assert len({en, zh}) == 2
    assert "\n" not in en + zh


def test_a_login_is_told_from_a_page_that_has_one_in_its_corner() -> None:
    page = f"<form><input type=password></form>{_LONG}"
    assert page_of(reply(page), URL, URL, 1000).markup is not None
    with pytest.raises(LoginRequired):  # an e-mail comes first, the password on the next page
        page_of(reply("<input type=email>"), "https://sso.e.com/login?next=a", URL, 1000)
    assert page_of(reply("<p>How to log in"), "https://e.com/login", "https://e.com/login", 9).data


def test_an_encoding_that_only_the_header_names_reaches_the_loader() -> None:
    text = "<p>您好，退貨免費，運費十元。</p>"
    page = page_of(reply(text.encode("big5"), "text/html; charset=Big5"), URL, URL, 1000)
    assert load(page.name, page.data).text == "您好，退貨免費，運費十元。"
    unknown = page_of(reply(text, "text/html; charset=klingon"), URL, URL, 1000)
    assert load(unknown.name, unknown.data).text == "您好，退貨免費，運費十元。"


def test_what_a_crawler_needs_of_a_page() -> None:
    markup = read_markup(
        b"<head><base href='/docs/'><link rel='canonical' href=' /docs/a '>"
        b"<meta http-equiv=Refresh content='3; URL=other.html'>"
        b"<link rel=next href=page2><link rel=stylesheet href=x.css></head>"
        b"<a href='b?x=1&amp;y=2'>b</a><a name=top>c</a><area href=c><a href='b?x=1&y=2'>b</a>"
        b"<script>var a = '<a href=no>';</script><template>unseen</template>Hello  <b>you</b>"
    )
    assert markup.links == ("page2", "b?x=1&y=2", "c")
    assert (markup.base, markup.canonical, markup.refresh) == ("/docs/", "/docs/a", "other.html")
    assert not markup.asks_password
    same = read_markup(b"<p>bc b</p><div>Hello you</div>")
    assert read_markup(b"<title>x</title><p>bc b Hello\nyou").text_hash == same.text_hash
    assert read_markup(b"<p>bc b Hello they").text_hash != same.text_hash


def test_hostile_markup_costs_little() -> None:
    started = time.monotonic()
    for piece in (b"<a ", b"<!--", b"<a href='", b"<div>", b"</", b"<b><i>", b"&", b"<![CDATA["):
        read_markup(piece * 500_000)
    links = b"".join(b"<a href=/%d>x</a>" % i for i in range(50_000))
    assert len(read_markup(links).links) == 5_000
    assert time.monotonic() - started < 30
