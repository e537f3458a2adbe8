"""Origins are compared exactly, and nothing that only looks like one is taken for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.widgets.errors import InvalidOrigin
from chatbot.widgets.origins import normal_origin


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("https://shop.example", "https://shop.example"),
        ("HTTPS://Shop.Example", "https://shop.example"),
        ("https://shop.example:443", "https://shop.example"),
        ("http://shop.example:80", "http://shop.example"),
        ("http://shop.example:443", "http://shop.example:443"),
        ("http://shop.example:08080", "http://shop.example:8080"),
        ("https://例子.测试", "https://xn--fsqu00a.xn--0zwm56d"),
        ("https://Bücher.example", "https://xn--bcher-kva.example"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://[0:0::1]:80", "http://[::1]"),
        ("http://localhost", "http://localhost"),
        ("https://my_shop.example", "https://my_shop.example"),
        ("https://shop.example.", "https://shop.example."),
    ],
)
def test_both_sides_are_brought_into_one_form(written: str, normal: str) -> None:
    assert normal_origin(written) == normal
    assert normal_origin(normal) == normal


@pytest.mark.parametrize(
    "written",
    [
        "",
        "null",
        "*",
        "https://*",
        "https://*.shop.example",
        "shop.example",
        "//shop.example",
        "ftp://shop.example",
        "file://",
        "file:///etc/passwd",
        "javascript://shop.example",
        "https://",
        "https:///",
        "https://shop.example/",
        "https://shop.example/chat",
        "https://shop.example?a=1",
        "https://shop.example#a",
        "https://user@shop.example",
        "https://user:secret@shop.example",
        "https://shop.example@evil.example",
        "https://shop.example\\@evil.example",
        "https://shop.example:",
        "https://shop.example:0",
        "https://shop.example:65536",
        "https://shop.example:443:443",
        "https://shop.example:port",
        "https://shop.example evil.example",
        " https://shop.example",
        "https://shop.example\n",
        "https://shop.example,https://evil.example",
        "https://shop.example https://evil.example",
        "https://shop..example",
        "https://-shop.example",
        "https://2130706433",
        "https://0x7f.1",
        "https://127.1",
        "https://127.0.0.1.2",
        "https://[::1",
        "https://[::g]",
        "https://%73hop.example",
        "https://shop.example\x00",
        "https://" + "a" * 64 + ".example",
        "https://" + "a." * 200 + "example",
    ],
)
def test_what_is_no_origin_is_refused_with_a_reason(written: str) -> None:
    with pytest.raises(InvalidOrigin):
        normal_origin(written)


@given(st.text(max_size=40))
def test_whatever_is_appended_to_an_origin_makes_another_or_none(tail: str) -> None:
    for origin in ("https://shop.example", "https://shop.example:8443"):
        try:
            found = normal_origin(origin + tail)
        except InvalidOrigin:
            continue
        assert found != origin or tail in ("", ":443") or not tail.strip("0123456789:")
