"""Web pages become what a reader sees of them."""

import pytest

from knowledge.loading import load


def text_of(body: str) -> str:
    return load("a.html", f"<html><body>{body}</body></html>".encode()).text


def test_a_page() -> None:
    page = """<!doctype html><html><head><title> Returns &amp; refunds </title>
    <style>p { color: red }</style><script>var x = "<p>no</p>";</script></head>
    <body><header>Shop logo</header><nav><a href="/">Home</a></nav>
    <main><h1>Returns</h1><p>Within <b>30&nbsp;days</b>,<br>free.</p>
    <h2>How</h2><ol><li>Pack it<ul><li>well</li></ul></li><li>Send it</li></ol>
    <table><tr><th>Plan</th><th>Price</th></tr><tr><td>S</td><td>$5</td></tr></table>
    <pre>code
      stays</pre></main><footer>© Shop</footer></body></html>"""
    loaded = load("a.html", page.encode())
    assert loaded.title == "Returns & refunds"
    assert loaded.text == (
        "Returns\n\nWithin 30 days,\nfree.\n\nHow\n\n1. Pack it\n  - well\n2. Send it\n\n"
        "Plan | Price\nS | $5\n\ncode\n      stays"
    )
    assert [section.headings for section in loaded.sections] == [("Returns",), ("Returns", "How")]


@pytest.mark.parametrize(
    "hidden",
    [
        "<p hidden>secret</p>",
        '<p style="display:none">secret</p>',
        '<span style="font-size:0">secret</span>',
        '<div aria-hidden="true">secret</div>',
        "<!-- secret -->",
        "<noscript>secret</noscript>",
        "<template>secret</template>",
        "<script>secret</script>",
        "<select><option>secret</option></select>",
        "<ul><li hidden>secret</li></ul>",
        "<table><tr hidden><td>secret</td></tr></table>",
        '<h2>t<i style="visibility: hidden">secret</i></h2>',
    ],
)
def test_hidden_parts_are_not_read(hidden: str) -> None:
    assert "secret" not in text_of(f"<p>shown</p>{hidden}")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("plain", "plain"),
        ("<p>a</p>b<p>c</p>", "a\n\nb\n\nc"),
        ("<div>a<div>b</div>c</div>", "a\n\nb\n\nc"),
        ("a\n  b", "a b"),
        ("<p>退货<em>须在</em>30 天内</p>", "退货须在30 天内"),
        ("<table><tr><td><table><tr><td>in</td></tr></table></td></tr></table>", "in"),
        ("<dl><dt>Q</dt><dd>A</dd></dl>", "Q\n\nA"),
        ("<article><header><h1>T</h1></header>x</article>", "T\n\nx"),
        ("<details><summary>Q?</summary>A.</details>", "Q?\n\nA."),
    ],
)
def test_blocks(body: str, expected: str) -> None:
    assert text_of(body) == expected


@pytest.mark.parametrize("tag", ["div", "ul><li", "b", "table><tr><td", "blockquote"])
def test_deep_nesting_is_bounded(tag: str) -> None:
    opening = "".join(f"<{part}" for part in (tag + ">").split("<"))
    try:
        load("a.html", (opening * 20_000 + "text").encode())
    except Exception as error:
        assert type(error).__name__ in {"DocumentTooComplex", "NoTextFound"}  # noqa: PT017
