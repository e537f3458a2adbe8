"""Sitemaps, whoever wrote them."""

import gzip
import time

import pytest

from knowledge.web.sitemaps import Sitemap, read_sitemap

_SPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"


def urls(*addresses: str) -> bytes:
    inner = "".join(f"<url><loc>{a}</loc><lastmod>2026-01-01</lastmod></url>" for a in addresses)
    return f'<?xml version="1.0"?><urlset xmlns="{_SPACE}">{inner}</urlset>'.encode()


def test_pages_in_order() -> None:
    found = read_sitemap(urls("https://e.com/a?x=1&amp;y=2", " https://e.com/b\n"))
    assert found == Sitemap(("https://e.com/a?x=1&y=2", "https://e.com/b"))


def test_an_index_names_sitemaps() -> None:
    data = (
        f'<sitemapindex xmlns="{_SPACE}"><sitemap><loc>https://e.com/1.xml</loc></sitemap>'
        "</sitemapindex>"
    ).encode()
    assert read_sitemap(data) == Sitemap((), ("https://e.com/1.xml",))


@pytest.mark.parametrize(
    "data",
    [
        gzip.compress(urls("https://e.com/a")),
        b"https://e.com/a\r\n",
        "\ufeffhttps://e.com/a".encode(),
        urls("https://e.com/a").replace(b"</urlset>", b"<url><loc"),
        urls("<![CDATA[https://e.com/a]]>"),
        urls("https://e.com/a").replace(b"loc>", b"s:loc>").replace(b"xmlns=", b"xmlns:s="),
    ],
    ids=["gzip", "lines", "lines with a mark", "torn", "cdata", "prefix"],
)
def test_every_way_to_write_one(data: bytes) -> None:
    assert read_sitemap(data).pages == ("https://e.com/a",)


@pytest.mark.parametrize(
    "data", [b"", b"<", b"<html><body>404</body></html>", b"\x1f\x8bnonsense", b"\x00\xff" * 99]
)
def test_what_is_no_sitemap_is_an_empty_one(data: bytes) -> None:
    assert read_sitemap(data) == Sitemap()


def test_bombs_do_not_go_off() -> None:
    started = time.monotonic()
    laughs = b"".join(b'<!ENTITY l%d "%s">' % (i, b"&l%d;" % (i - 1) * 10) for i in range(1, 10))
    bomb = b'<!DOCTYPE u [<!ENTITY l0 "ha">' + laughs + b'<!ENTITY f SYSTEM "file:///etc/passwd">]>'
    pages = read_sitemap(bomb + urls("&l9;", "&f;", "https://e.com/a")[21:]).pages
    assert sum(map(len, pages)) < 1_000
    assert not any("root:" in page for page in pages)
    assert len(read_sitemap(gzip.compress(b"<urlset>" + b" " * 200_000_000)).pages) == 0
    assert len(read_sitemap(urls(*["https://e.com/a"] * 60_000)).pages) == 50_000
    assert read_sitemap(urls("https://e.com/" + "a" * 10_000)).pages == ()
    assert time.monotonic() - started < 20
