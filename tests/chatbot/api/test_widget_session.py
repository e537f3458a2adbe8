"""Who gets a session, and what proves it afterwards: origins, tokens, tickets, statements."""

import time
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient

from chatbot.accounts import Role
from chatbot.api.access import SESSION_COOKIE
from chatbot.widgets.store import Widgets
from chatbot.widgets.tokens import TOKEN_SECONDS, Tokens
from tests.chatbot.api.scripted_desk import PASSWORD, ScriptedDesk
from tests.chatbot.api.widget_site import OTHER, SHOP, Browser, add_widget, statement

HOME = "http://testserver"  # the client's own host
CALLS: tuple[tuple[str, str, dict[str, object] | None], ...] = (
    ("GET", "/widget/conversation", None),
    ("GET", "/widget/events", None),
    ("POST", "/widget/chat", {"message": "Hi", "id": "a" * 20}),
    ("POST", "/widget/feedback", {"turn_id": "t", "rating": 1}),
    ("POST", "/widget/person", {}),
    ("POST", "/widget/contact", {"email": "a@example.org"}),
    ("POST", "/widget/reset", {}),
    ("DELETE", "/widget/data", None),
)
# All that is not the shop, however alike it looks.
STRANGERS = (
    None,
    "",
    "null",
    "http://shop.example",
    "https://shop.example:8443",
    "https://shop.example:80",
    "https://shop.example.evil.example",
    "https://evilshop.example",
    "https://evil-shop.example",
    "https://www.shop.example",
    "https://shop.example.",
    "https://shop.examples",
    "https://shop.exampl",
    "https://shop.example/",
    "https://shop.example@evil.example",
    "https://evil.example#https://shop.example",
    "https://evil.example/https://shop.example",
    "https://shop.example, https://evil.example",
    "https://shop.example\thttps://evil.example",
    "*",
    "https://*",
    "https://*.example",
    "file://",
    "chrome-extension://shop.example",
    OTHER,
)


@pytest.fixture
def shop(desk: ScriptedDesk, client: TestClient) -> Browser:
    return Browser(client, add_widget(desk).id)


@pytest.mark.parametrize("origin", STRANGERS)
def test_a_stranger_gets_no_session_and_reads_nothing(
    desk: ScriptedDesk, shop: Browser, origin: str | None
) -> None:
    add_widget(desk, OTHER)  # known to another widget only
    stranger = replace(shop, origin=origin)
    for answer in (stranger.open(), stranger.call("GET", f"/widget/{shop.widget}/config")):
        assert answer.status_code == 403
        assert answer.json()["code"] == "origin_not_allowed"
        assert "access-control-allow-origin" not in answer.headers
    assert shop.open().status_code == 200
    for method, path, body in CALLS:  # with a token of the shop's
        answer = replace(shop, origin=origin).call(method, path, json=body)
        assert answer.status_code == 403, path
        assert answer.json()["code"] == "origin_not_allowed"
        assert "access-control-allow-origin" not in answer.headers
    assert shop.entries() == []


def test_the_shop_gets_a_session_that_only_its_pages_may_read(shop: Browser) -> None:
    answer = shop.open(language="zh")
    assert answer.headers["access-control-allow-origin"] == SHOP
    assert "Origin" in answer.headers["vary"]
    assert "access-control-allow-credentials" not in answer.headers
    assert answer.headers["cache-control"] == "no-store"
    assert "set-cookie" not in answer.headers
    session = answer.json()
    assert session["expires_in"] == TOKEN_SECONDS
    assert session["identified"] is False
    assert session["conversation"] == {"id": None, "status": "bot", "agent": None, "last": 0}
    config = shop.call("GET", f"/widget/{shop.widget}/config")
    assert config.headers["access-control-allow-origin"] == SHOP
    assert config.json()["limit"] == 2000
    assert not {"origins", "collection", "hours", "frame"} & config.json().keys()


def test_a_ticket_brings_the_visitor_back(shop: Browser) -> None:
    shop.open()
    shop.say("How long?")
    ticket = shop.ticket
    again = shop.open().json()
    assert again["visitor"] == ticket
    assert again["conversation"]["last"] == 1
    assert len(shop.entries()) == 1


@pytest.mark.parametrize("ticket", ["", "forged", "a.b", "\ud800", "中文", "x" * 1000])
def test_an_unknown_ticket_is_a_new_visitor(shop: Browser, ticket: str) -> None:
    shop.open()
    shop.say("How long?")
    stranger = replace(shop, ticket=ticket.encode("utf-8", "replace").decode(), token="")
    assert stranger.open().json()["conversation"]["id"] is None


def test_a_ticket_is_worth_nothing_elsewhere(desk: ScriptedDesk, client: TestClient) -> None:
    both, second = add_widget(desk, SHOP, OTHER), add_widget(desk, SHOP)
    mei = Browser(client, both.id)
    mei.open()
    mei.say("How long?")
    for thief in (replace(mei, origin=OTHER), replace(mei, widget=second.id)):
        assert thief.open().json()["conversation"]["id"] is None


def test_a_token_is_worth_nothing_elsewhere(desk: ScriptedDesk, client: TestClient) -> None:
    both = Browser(client, add_widget(desk, SHOP, OTHER).id)
    both.open()
    for method, path, body in CALLS:
        answer = replace(both, origin=OTHER).call(method, path, json=body)
        assert (answer.status_code, answer.json()["code"]) == (403, "origin_not_allowed")
        assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("token", ["", "forged", "a.b", "x" * 5000, "adk_" + "x" * 40])
def test_a_forged_token_is_refused(shop: Browser, token: str) -> None:
    for method, path, body in CALLS:
        answer = replace(shop, token=token).call(method, path, json=body)
        assert (answer.status_code, answer.json()["code"]) == (401, "token_invalid")
        # The page has to learn of it, to begin a new session.
        assert answer.headers["access-control-allow-origin"] == SHOP


def test_a_token_signed_with_another_secret_is_refused(desk: ScriptedDesk, shop: Browser) -> None:
    shop.open()
    forger = Tokens(b"1" * 32)
    forged = forger.token("v", shop.widget, SHOP)
    assert replace(shop, token=forged).call("GET", "/widget/conversation").status_code == 401
    stolen = replace(shop, token=shop.ticket or "")
    assert stolen.call("GET", "/widget/conversation").json()["code"] == "token_invalid"


def test_a_token_expires(desk: ScriptedDesk, shop: Browser) -> None:
    shop.open()
    engine = desk.widgets._engine  # pyright: ignore[reportPrivateUsage] -- the same tables, later
    later = replace(
        desk,
        widgets=Widgets(engine, Tokens(b"0" * 32, lambda: time.time() + TOKEN_SECONDS + 1)),
    )
    with TestClient(later.app()) as client:
        late = replace(shop, client=client)
        for method, path, body in CALLS:
            answer = late.call(method, path, json=body)
            assert (answer.status_code, answer.json()["code"]) == (401, "token_expired")
            assert answer.headers["access-control-allow-origin"] == SHOP
        assert late.open().json()["visitor"] == shop.ticket
        assert late.entries() == []


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/widget/reset"), ("DELETE", "/widget/data")]
)
def test_what_has_ended_stays_ended(
    desk: ScriptedDesk, shop: Browser, method: str, path: str
) -> None:
    shop.open()
    before = shop.say("How long?").json()
    other_tab = replace(shop)
    assert shop.call(method, path).status_code == 204
    for verb, place, body in CALLS:
        answer = other_tab.call(verb, place, json=body)
        assert (answer.status_code, answer.json()["code"]) == (401, "token_invalid")
    new = other_tab.open().json()  # the ticket too
    assert new["conversation"]["id"] is None
    assert other_tab.entries() == []
    kept = desk.conversations.turn(before["entry"]["id"])
    assert (kept is not None) is (path == "/widget/reset")


def test_taking_a_site_off_the_list_ends_its_sessions_at_once(
    desk: ScriptedDesk, shop: Browser
) -> None:
    shop.open()
    widget = desk.widgets.get(shop.widget)
    desk.widgets.change(replace(widget, origins=(OTHER,)))
    assert shop.call("GET", "/widget/conversation").status_code == 403
    desk.widgets.change(widget)
    assert shop.entries() == []
    desk.widgets.remove(widget.id)
    assert shop.call("GET", "/widget/conversation").status_code == 401
    assert shop.open().status_code == 404


def test_our_own_pages_need_a_member_or_a_frame(desk: ScriptedDesk, client: TestClient) -> None:
    desk.accounts.add("mei", PASSWORD, Role.AGENT)
    widget = add_widget(desk)
    for home in (
        Browser(client, widget.id, HOME),
        Browser(client, widget.id, None, {"Sec-Fetch-Site": "same-origin"}),
    ):
        assert home.open().status_code == 403
        assert home.call("GET", f"/widget/{widget.id}/config").status_code == 403
        client.cookies.set(SESSION_COOKIE, desk.accounts.sign_in("mei", PASSWORD))
        preview = replace(home, headers={"Sec-Fetch-Site": "same-origin"})
        assert preview.call("GET", f"/widget/{widget.id}/config").status_code == 200
        assert preview.open().status_code == 200
        client.cookies.clear()
        assert preview.entries() == []  # until the token ends
        assert preview.open().status_code == 403
        assert (
            replace(preview, origin=SHOP, headers={})
            .call("GET", "/widget/conversation")
            .status_code
            == 403
        )


def test_a_frame_ticket_lets_the_frame_page_in(desk: ScriptedDesk, client: TestClient) -> None:
    framed, bare = add_widget(desk, frame=True), add_widget(desk)
    page = Browser(client, framed.id, HOME, {"Sec-Fetch-Site": "same-origin"})
    tokens = desk.widgets.tokens
    assert page.call("GET", f"/widget/{framed.id}/config").status_code == 200
    assert page.open().status_code == 403
    assert page.open(frame=tokens.frame_ticket(bare.id)).status_code == 403
    assert page.open(frame="forged").status_code == 403
    assert page.open(frame=tokens.frame_ticket(framed.id)).status_code == 200
    assert page.say("How long?").status_code == 200
    assert page.open().json()["conversation"]["last"] == 1  # renewed by its own ticket
    without_origin = replace(page, origin=None)  # as browsers send GET to their own host
    assert len(without_origin.entries()) == 1
    assert (
        replace(bare_page := replace(page, widget=bare.id), ticket=None)
        .open(frame=tokens.frame_ticket(bare.id))
        .status_code
        == 403
    )
    assert bare_page.open().status_code == 403
    stranger = replace(page, origin=OTHER, headers={}, ticket=None)
    assert stranger.open(frame=tokens.frame_ticket(framed.id)).status_code == 403
    assert stranger.call("GET", "/widget/conversation").status_code == 403
    desk.widgets.change(replace(framed, frame=False))
    assert page.call("GET", "/widget/conversation").status_code == 403


def test_a_customer_is_the_same_on_every_device(desk: ScriptedDesk, client: TestClient) -> None:
    widget = add_widget(desk)
    secret = desk.widgets.identity_secret(widget.id)
    laptop, phone, stranger = (Browser(client, widget.id) for _ in range(3))
    laptop.open()
    laptop.say("How long?")  # before signing in to the site
    who = statement(secret, widget.id)
    ticket = laptop.ticket
    session = laptop.open(identity=who).json()
    assert session["identified"] is True
    assert session["visitor"] == ticket
    assert session["conversation"]["last"] == 1  # it came along
    assert laptop.open(identity=who).status_code == 200  # the same browser, the same statement
    assert laptop.open().json()["identified"] is True
    assert phone.open(identity=statement(secret, widget.id)).json()["conversation"]["last"] == 1
    phone.say("And then?")
    assert len(laptop.entries()) == 2
    other = statement(secret, widget.id, sub="c43")
    assert stranger.open(identity=other).json()["conversation"]["id"] is None


def test_another_customer_at_the_same_browser_sees_nothing(
    desk: ScriptedDesk, client: TestClient
) -> None:
    widget = add_widget(desk)
    secret = desk.widgets.identity_secret(widget.id)
    browser = Browser(client, widget.id)
    browser.open(identity=statement(secret, widget.id))
    browser.say("My order?")
    before = browser.ticket
    session = browser.open(identity=statement(secret, widget.id, sub="c43")).json()
    assert session["visitor"] != before
    assert session["conversation"]["id"] is None
    assert browser.entries() == []


def test_a_statement_is_used_once(desk: ScriptedDesk, client: TestClient) -> None:
    widget = add_widget(desk)
    secret = desk.widgets.identity_secret(widget.id)
    who = statement(secret, widget.id)
    mei = Browser(client, widget.id)
    assert mei.open(identity=who).status_code == 200
    for thief in (Browser(client, widget.id), Browser(client, widget.id)):
        thief.open()
        answer = thief.open(identity=who)
        assert (answer.status_code, answer.json()["code"]) == (401, "identity_reused")
        assert answer.headers["access-control-allow-origin"] == SHOP
        assert thief.open().json()["identified"] is False
    mei.call("POST", "/widget/reset")
    assert mei.open(identity=who).json()["code"] == "identity_reused"  # not even after a reset


def test_a_statement_of_an_old_secret_or_another_widget_is_refused(
    desk: ScriptedDesk, client: TestClient
) -> None:
    widget, other = add_widget(desk), add_widget(desk)
    old = desk.widgets.identity_secret(widget.id)
    new = desk.widgets.rotate_secret(widget.id)
    theirs = desk.widgets.identity_secret(other.id)
    mei = Browser(client, widget.id)
    for who in (
        statement(old, widget.id),
        statement(theirs, widget.id),
        statement(new, other.id),
        statement(new, widget.id, exp=int(time.time()) - 60),
        statement(new, widget.id, exp=int(time.time()) + 3600),
        "forged",
    ):
        answer = mei.open(identity=who)
        assert (answer.status_code, answer.json()["code"]) == (401, "identity_invalid")
    assert mei.open(identity=statement(new, widget.id)).status_code == 200


def test_a_widget_for_customers_only_asks_who_it_is(desk: ScriptedDesk, client: TestClient) -> None:
    widget = add_widget(desk, require_identity=True)
    secret = desk.widgets.identity_secret(widget.id)
    mei = Browser(client, widget.id)
    answer = mei.open()
    assert (answer.status_code, answer.json()["code"]) == (403, "identity_required")
    assert mei.open(identity=statement(secret, widget.id)).status_code == 200
    assert mei.open().status_code == 200  # their ticket says it from now on
