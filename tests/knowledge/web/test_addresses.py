"""Addresses of pages: one way to write each, and which of them are a site's."""

import pytest

from knowledge.fetching import AddressRefused
from knowledge.web.addresses import Scope, document_name, page_address


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("http://Example.com", "http://example.com/"),
        ("HTTP://EXAMPLE.com:80/a/../b#top", "http://example.com/b"),
        ("https://example.com:443/", "https://example.com/"),
        ("https://example.com:8443/", "https://example.com:8443/"),
        ("https://example.com/a?utm_source=x&b=1&gclid=2", "https://example.com/a?b=1"),
        ("https://example.com/a?utm_campaign=x", "https://example.com/a"),
        ("https://example.com/退货", "https://example.com/%E9%80%80%E8%B4%A7"),
        ("https://example.com/%e9%80%80%e8%b4%a7", "https://example.com/%E9%80%80%E8%B4%A7"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("  https://example.com/a b ", "https://example.com/a%20b"),
    ],
)
def test_an_address_is_written_one_way(written: str, address: str) -> None:
    assert page_address(written) == address
    assert page_address(address) == address


@pytest.mark.parametrize(
    "written", ["", "/a", "mailto:a@b", "file:///etc/passwd", "http://u@e.com", "javascript:x"]
)
def test_what_is_no_web_address_is_refused(written: str) -> None:
    with pytest.raises(AddressRefused):
        page_address(written)


@pytest.mark.parametrize(
    ("start", "inside", "outside"),
    [
        ("http://e.com/", ["/", "/a", "/a/b?c"], []),
        ("http://e.com/help", ["/help", "/help/a"], ["/", "/helpdesk", "/help2/a"]),
        ("http://e.com/help/", ["/help/", "/help/a"], ["/help", "/"]),
        ("http://e.com/help/index.html", ["/help/", "/help/a.html"], ["/", "/help"]),
        ("http://e.com/wiki?title=Main", ["/wiki?title=B", "/"], []),
    ],
)
def test_a_site_is_what_lies_at_and_below_its_start(
    start: str, inside: list[str], outside: list[str]
) -> None:
    scope = Scope.of(page_address(start))
    for path in inside:
        assert scope.page(path, start) == f"http://e.com{path}"
    for path in outside:
        assert scope.page(path, start) is None


@pytest.mark.parametrize(
    "link",
    [
        "http://other.com/help/a",
        "//other.com/help/a",
        "https://e.com/help/a",
        "http://e.com:81/help/a",
        "http://e.com.evil.com/help/a",
        "http://e.com@evil.com/help/a",
        "../secret",
        "/help/../secret",
        "/help/%2e%2e/secret",
        "logo.png",
        "app.js",
        "all.zip",
        "mailto:a@e.com",
        "javascript:alert(1)",
        "data:text/html,hello",
        "a" * 3000,
        "x/y/x/y/x/y/x/y",
        "a/" * 40,
        "http://[::1",
    ],
)
def test_other_sites_assets_and_endless_paths_are_none_of_its_pages(link: str) -> None:
    scope = Scope.of("http://e.com/help/")
    assert scope.page(link, "http://e.com/help/index.html") is None


def test_a_site_behind_tls_is_the_same_where_links_forget_it() -> None:
    scope = Scope.of("https://e.com/")
    assert scope.page("http://e.com/a", "https://e.com/") == "https://e.com/a"


@pytest.mark.parametrize(
    ("url", "ending", "name"),
    [
        ("http://e.com/", ".html", "e.com/index.html"),
        ("http://e.com/a", ".html", "e.com/a.html"),
        ("http://e.com/a.html", ".html", "e.com/a.html"),
        ("http://e.com/a.php?id=1", ".html", "e.com/a.php?id=1.html"),
        ("http://e.com/a.md", ".md", "e.com/a.md"),
        ("http://e.com/%E9%80%80.pdf", ".pdf", "e.com/退.pdf"),
    ],
)
def test_a_page_is_called_by_its_address(url: str, ending: str, name: str) -> None:
    assert document_name(url, ending) == name
