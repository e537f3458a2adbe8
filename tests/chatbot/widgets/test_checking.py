"""What the check of a page finds, on real pages on loopback."""

import pytest

from chatbot.widgets.checking import (
    Finding,
    Page,
    _look,  # pyright: ignore[reportPrivateUsage] -- no https on loopback
    _mixed_content,  # pyright: ignore[reportPrivateUsage] -- likewise
    check_page,
)
from chatbot.widgets.csp import allows, read_policies
from chatbot.widgets.model import Widget
from knowledge.documents import Language
from knowledge.fetching import Reply
from tests.knowledge.test_fetching import says, site

DESK = "https://desk.example"
SNIPPET = '<script src="https://desk.example/widget.js" data-widget="w1" async></script>'


def findings(
    body: str = SNIPPET,
    *,
    status: int = 200,
    desk: str = DESK,
    widget: Widget | None = None,
    allowed: bool = True,
    **headers: str,
) -> dict[str, Finding]:
    """What is found on a page, by code."""
    page = f"<!doctype html><title>Shop</title><p>您好</p>{body}".encode()
    with site(says(page, status, Content_Type="text/html; charset=utf-8", **headers)) as shop:
        origin = f"http://127.0.0.1:{shop.port}"
        widget = widget or Widget("w1", "Shop", (origin,) if allowed else ())
        found = check_page(widget, Page(origin + "/shop", desk, allow_private=True))
    for finding in found:
        assert finding.text(Language.ENGLISH) != finding.text(Language.CHINESE)
    order = [finding.level for finding in found]
    assert order == sorted(order, key=("error", "warning", "ok").index)
    return {finding.code: finding for finding in found}


def test_a_page_on_which_all_is_well() -> None:
    found = findings()
    assert {finding.level for finding in found.values()} == {"ok"}
    assert found.keys() == {"origin", "snippet", "csp_script", "csp_connect"}


def test_a_site_that_is_not_on_the_list() -> None:
    finding = findings(allowed=False)["origin"]
    assert finding.level == "error"
    assert "http://127.0.0.1:" in finding.en


@pytest.mark.parametrize(
    ("body", "level"),
    [
        ("", "error"),
        ('<script src="https://desk.example/other.js"></script>', "error"),
        (SNIPPET.replace("w1", "w2"), "error"),
        (SNIPPET.replace('data-widget="w1"', ""), "error"),
        (SNIPPET.replace("desk.example", "old.example"), "warning"),
        ("<!-- " + SNIPPET + " -->", "error"),
        ('<iframe src="https://desk.example/widget/frame/w1"></iframe>', "error"),
        ('<script src="//desk.example/widget.js" data-widget="w1"></script>', "warning"),
    ],
)
def test_the_snippet_is_looked_at(body: str, level: str) -> None:
    assert findings(body)["snippet"].level == level


def test_an_iframe_does_where_its_page_is_switched_on() -> None:
    frame = '<iframe src="https://desk.example/widget/frame/w1"></iframe>'
    assert findings(frame, widget=Widget("w1", "Shop", frame=True))["snippet"].level == "ok"
    other = frame.replace("w1", "w2")
    assert findings(other, widget=Widget("w1", "Shop", frame=True))["snippet"].level == "error"


@pytest.mark.parametrize(
    ("policy", "script", "connect"),
    [
        ("script-src 'self'; connect-src 'self'", "error", "error"),
        ("default-src 'self'", "error", "error"),
        ("default-src 'none'; script-src https://desk.example", "ok", "error"),
        ("script-src https://desk.example; connect-src https://desk.example", "ok", "ok"),
        ("default-src https:", "ok", "ok"),
        ("default-src *.example", "ok", "ok"),
        ("default-src *.desk.example", "error", "error"),  # which desk.example is not below
        ("default-src https://*.example", "ok", "ok"),
        ("script-src-elem 'self'; script-src *", "error", "ok"),
        ("script-src https://desk.example/widget.js", "error", "ok"),
        ("script-src https://desk.example/widget.js https://desk.example/widget/app/", "ok", "ok"),
        ("script-src https://desk.example:8443", "error", "ok"),
        ("script-src 'nonce-abc' 'strict-dynamic' https://desk.example", "error", "ok"),
        ("script-src *, script-src 'self'", "error", "ok"),
        ("img-src 'self'", "ok", "ok"),
    ],
)
def test_the_pages_security_policy_is_read(policy: str, script: str, connect: str) -> None:
    for found in (
        findings(Content_Security_Policy=policy),
        findings(f'<meta http-equiv="Content-Security-Policy" content="{policy}">{SNIPPET}'),
    ):
        assert (found["csp_script"].level, found["csp_connect"].level) == (script, connect)
        for code, directive in (("csp_script", "script-src"), ("csp_connect", "connect-src")):
            if found[code].level == "error" and "strict-dynamic" not in policy:
                assert f"Add {DESK} to {directive}" in found[code].en


def test_the_pages_nonce_on_the_snippet_is_enough() -> None:
    policy = "script-src 'nonce-abc' 'strict-dynamic'"
    body = SNIPPET.replace("async", 'async nonce="abc"')
    assert findings(body, Content_Security_Policy=policy)["csp_script"].level == "ok"
    assert "nonce" in findings(Content_Security_Policy=policy)["csp_script"].en


@pytest.mark.parametrize("status", [201, 404, 500, 403])
def test_a_page_that_is_not_there(status: int) -> None:
    found = findings(status=status)
    assert found.keys() == {"status"}
    assert str(status) in found["status"].en


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("ftp://shop.example/", "address_refused"),
        ("shop.example", "address_refused"),
        ("http://127.0.0.1:1/", "address_refused"),
        ("http://[::1]/", "address_refused"),
        ("http://169.254.169.254/", "address_refused"),
    ],
)
def test_an_address_that_may_not_be_asked(url: str, code: str) -> None:
    (finding,) = check_page(Widget("w1", "Shop"), Page(url, DESK))
    assert (finding.code, finding.level) == (code, "error")


def test_nobody_answers() -> None:
    with site(says()) as shop:
        port = shop.port
    page = Page(f"http://127.0.0.1:{port}/", DESK, allow_private=True)
    (finding,) = check_page(Widget("w1", "Shop"), page)
    assert finding.code == "fetch_failed"


@pytest.mark.parametrize(
    ("page", "desk", "code"),
    [
        ("https://shop.example/", "http://desk.example", "mixed_content"),
        ("https://shop.example/", "http://192.168.1.5:7860", "mixed_content"),
        ("https://shop.example/", "https://desk.example", None),
        ("http://shop.example/", "http://desk.example", None),
        ("https://shop.example/", "http://127.0.0.1:7860", "reach"),
        ("http://shop.example/", "http://localhost:7860", "reach"),
        ("http://localhost:8000/", "http://127.0.0.1:7860", None),
    ],
)
def test_a_desk_that_browsers_may_not_or_cannot_ask(page: str, desk: str, code: str | None) -> None:
    reply = Reply(page, 200, {}, SNIPPET.encode(), complete=True)
    found = _mixed_content(_look(Widget("w1", "Shop"), desk, reply))
    assert (found.code if found else None) == code


def test_a_policys_scheme_is_the_pages_where_it_names_none() -> None:
    (policy,) = read_policies("script-src desk.example")
    script = "http://desk.example/widget.js"
    assert allows(policy["script-src"], script, "http://shop.example/")
    assert not allows(policy["script-src"], script, "https://shop.example/")
    assert read_policies("") == read_policies(" ; , ") == []
