"""Web pages become what a reader sees of them."""

import pytest

from knowledge.loading import load
from knowledge.loading.blocks import REPEATS_MARK, fingerprint


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


@pytest.mark.parametrize(
    "furniture",
    [
        "<div role=navigation>noise</div>",
        "<div role=banner>noise</div>",
        "<div role=contentinfo>noise</div>",
        "<form role=search>noise</form>",
        "<aside>noise</aside>",
        "<div id=cookie-banner>noise</div>",
        "<div class='x cookie_notice'>noise</div>",
        "<div id=onetrust-consent-sdk><p>noise</p></div>",
        "<div id=CybotCookiebotDialog>noise</div>",
        "<a class=skip-link href=#a>noise</a>",
        "<ol class=breadcrumb><li>noise</li></ol>",
        "<div class=toc><ul><li>noise</li></ul></div>",
        "<span class=sr-only>noise</span>",
    ],
)
def test_what_frames_a_page_is_left_out(furniture: str) -> None:
    assert text_of(f"{furniture}<p>Content.</p>") == "Content."


@pytest.mark.parametrize(
    "content",
    [
        "<div class=cookies><p>We bake cookies.</p></div>",
        "<article><aside><p>Mind the steam.</p></aside><p>x</p></article>",
        "<div id=cookie-policy><p>Which cookies we set.</p></div>",
        f"<div class=cookie-banner>{'<p>A page about cookie banners.</p>' * 200}</div>",
        "<div class=consent-form><p>How to give consent.</p></div>",
    ],
)
def test_what_only_sounds_like_a_frame_stays(content: str) -> None:
    words = content.partition("<p>")[2].partition("</p>")[0]
    assert words in text_of(content)


def test_the_part_that_is_marked_as_the_main_one_is_the_page() -> None:
    long = "<p>All about kettles and their lids.</p>" * 5
    assert "Menu" not in text_of(f"<div>Menu</div><div role=main>{long}</div>")
    assert "Menu" not in text_of(f"<div>Menu</div><article>{long}</article>")
    # A short article beside much else, or several of them, are parts of a page.
    assert "Menu" in text_of(f"<div>Menu {long}</div><article>News.</article>")
    assert "Menu" in text_of(f"<div>Menu</div><article>{long}</article><article>{long}</article>")


def test_a_mark_beside_a_heading_is_no_part_of_it() -> None:
    loaded = load("a.html", "<h1>Kettles<a class=headerlink href=#k>¶</a></h1><p>x".encode())
    assert loaded.sections[0].headings == ("Kettles",)


def test_blocks_that_a_page_says_its_site_repeats_are_left_out() -> None:
    page = b"<h2>Call us</h2><p>Call us</p><p>Kettles.</p><ul><li>One</li><li>Two</li></ul>"
    marks = " ".join(fingerprint(block) for block in ("Call  us", "- One\n- Two"))
    end = f"\n<!--{REPEATS_MARK} {marks}-->\n".encode()
    assert load("a.html", page + end).text == "Call us\n\nKettles."
    assert "One" in load("a.html", page + end + b"<p>more").text  # only at the very end
    assert "One" in load("a.html", page + f"<!--{REPEATS_MARK} nonsense-->".encode()).text
