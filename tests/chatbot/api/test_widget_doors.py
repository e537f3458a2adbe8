"""Cross-origin reading, limits by address and by widget, and who a request comes from."""

import socket
import threading
import time
from dataclasses import replace
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient

from chatbot.api.access import SESSION_COOKIE
from chatbot.api.limits import WidgetLimits
from chatbot.api.peers import client_address, own_origin, throttled_as
from chatbot.settings import ServerSettings, Settings, WidgetSettings
from chatbot.widgets.errors import TooManyRequests
from tests.chatbot.api.every_route import EVERY_ROUTE
from tests.chatbot.api.scripted_desk import PASSWORD, ScriptedDesk, serving
from tests.chatbot.api.test_widget_session import STRANGERS
from tests.chatbot.api.widget_site import OTHER, SHOP, Browser, add_widget, events_of

EVENTS = {"Accept": "text/event-stream"}
PREFLIGHT = {
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization,content-type",
}
NO_BODY: dict[str, Any] = {}


def test_no_route_but_the_widgets_own_may_be_read_by_any_other_site(
    desk: ScriptedDesk, team: dict[str, str]
) -> None:
    widget = add_widget(desk)
    strangers = [origin for origin in STRANGERS if origin]
    assert len(strangers) >= 20
    cookie = {"Cookie": f"{SESSION_COOKIE}={desk.accounts.sign_in('admin', PASSWORD)}"}
    with TestClient(desk.app(), raise_server_exceptions=False, base_url="http://desk.example") as c:
        for route in EVERY_ROUTE:
            method, path = route.split(" ")
            path = path.replace("{widget_id}", widget.id)
            for origin in [*strangers, SHOP]:
                for verb, headers in (
                    (method, {"Origin": origin}),
                    (method, {"Origin": origin, "Sec-Fetch-Site": "cross-site", **cookie}),
                    ("OPTIONS", {"Origin": origin, **PREFLIGHT}),
                ):
                    if path.endswith("/events") and "Cookie" in headers:
                        continue  # goes on until the client leaves; the two others are judged
                    given = EVERY_ROUTE[route].given if verb == method else NO_BODY
                    answer = c.request(verb, path, headers=headers, **given)
                    allowed = answer.headers.get("access-control-allow-origin")
                    own = origin == SHOP and path.startswith("/widget/")
                    # Widgets send no cookies; what comes with one from elsewhere goes no further.
                    own = own and not ("Cookie" in headers and verb in ("POST", "DELETE"))
                    assert allowed == (SHOP if own else None), (verb, route, origin)
                    assert "access-control-allow-credentials" not in answer.headers
    assert [found.id for found in desk.widgets.list()] == [widget.id]
    assert len(desk.accounts.list()) == len(team)


@pytest.mark.parametrize("path", ["/widget/session", "/widget/chat", "/widget/data"])
def test_a_preflight_is_answered_for_sites_of_ours_only(
    desk: ScriptedDesk, client: TestClient, path: str
) -> None:
    add_widget(desk)
    answer = client.options(path, headers={"Origin": SHOP, **PREFLIGHT})
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == SHOP
    assert "authorization" in answer.headers["access-control-allow-headers"]
    assert "DELETE" in answer.headers["access-control-allow-methods"]
    for asked in (
        {"Origin": OTHER},
        {"Origin": "null"},
        {},
        {"Origin": SHOP, "Access-Control-Request-Headers": "x-visitor-token"},
        {"Origin": SHOP, "Access-Control-Request-Method": "PUT"},
    ):
        refused = client.options(path, headers={**PREFLIGHT, **asked})
        assert refused.status_code == 403
        assert "access-control-allow-origin" not in refused.headers
        assert refused.headers["vary"] == "Origin"


def test_the_settings_of_a_widget_are_for_its_own_sites(
    desk: ScriptedDesk, client: TestClient
) -> None:
    mine, theirs = add_widget(desk), add_widget(desk, OTHER)
    for widget, origin, allowed in (
        (mine, SHOP, SHOP),
        (mine, OTHER, None),
        (theirs, SHOP, None),
        (theirs, OTHER, OTHER),
    ):
        path = f"/widget/{widget.id}/config"
        for answer in (
            client.get(path, headers={"Origin": origin}),
            client.options(
                path, headers={"Origin": origin, "Access-Control-Request-Method": "GET"}
            ),
        ):
            assert answer.headers.get("access-control-allow-origin") == allowed
            assert answer.is_success is (allowed is not None)


def test_what_is_refused_before_the_door_can_still_be_read(
    desk: ScriptedDesk, client: TestClient
) -> None:
    add_widget(desk)
    headers = {"Origin": SHOP, "Content-Type": "application/json"}
    for body in (b"{", b"x" * 300_000):
        answer = client.post("/widget/session", content=body, headers=headers)
        assert answer.status_code in (413, 422)
        assert answer.headers["access-control-allow-origin"] == SHOP


def _limited(desk: ScriptedDesk, **limits: int) -> ScriptedDesk:
    settings = Settings(
        data_dir=desk.settings.data_dir, widget=WidgetSettings.model_validate(limits)
    )
    return replace(desk, settings=settings)


@pytest.mark.parametrize(
    ("name", "limit"),
    [
        ("sessions_per_address", 20),
        ("sessions_per_widget", 20),
        ("messages_per_address", 20),
        ("messages_per_widget", 20),
        ("requests_per_address", 40),
        ("requests_per_widget", 40),
    ],
)
def test_a_limit_holds_whatever_addresses_are_claimed(
    desk: ScriptedDesk, name: str, limit: int
) -> None:
    widget = add_widget(desk)
    with TestClient(_limited(desk, **{name: limit}).app()) as client:
        browser = Browser(client, widget.id)
        browser.open()
        answers: list[httpx.Response] = []
        for number in range(limit * 2):
            spoofed = f"203.0.113.{number}"
            browser.headers = {
                "X-Forwarded-For": spoofed,
                "X-Real-IP": spoofed,
                "Forwarded": f"for={spoofed}",
                "CF-Connecting-IP": spoofed,
            }
            if name.startswith("sessions"):
                browser.ticket, browser.token = None, ""
                answers.append(browser.open())
            elif name.startswith("messages"):
                answers.append(browser.say(f"Number {number}?"))
            else:
                answers.append(browser.call("GET", "/widget/conversation"))
        let_in = sum(answer.status_code == 200 for answer in answers)
        refused = [answer for answer in answers if answer.status_code == 429]
        assert let_in + len(refused) == limit * 2
        let_in += name.startswith("sessions")  # the one that was opened first
        assert abs(let_in - limit) <= limit * 0.05
        for answer in refused:
            assert answer.json()["code"] == "too_many_requests"
            assert 1 <= int(answer.headers["retry-after"]) <= 60
            assert answer.headers["access-control-allow-origin"] == SHOP
            assert answer.headers["access-control-expose-headers"] == "Retry-After"


def test_a_limit_lets_the_same_number_in_every_minute() -> None:
    moment = 0.0
    limits = WidgetLimits(WidgetSettings(requests_per_address=100), clock=lambda: moment)
    let_in: list[float] = []
    while moment < 600:
        try:
            limits.admit_address("request", "192.0.2.1")
            let_in.append(moment)
        except TooManyRequests as error:
            seconds = error.details["seconds"]
            assert isinstance(seconds, int)
            assert 1 <= seconds <= 60
        moment += 0.1
    for start in range(0, 540, 7):
        assert 95 <= sum(start <= then < start + 60 for then in let_in) <= 100
    limits.admit_address("request", "192.0.2.2")  # another's count is its own


def test_the_address_is_the_peers_unless_a_trusted_proxy_says_otherwise() -> None:
    def found(peer: str, *forwarded: str, trusted: tuple[str, ...] = ()) -> str:
        lines = [(b"x-forwarded-for", line.encode("latin-1")) for line in forwarded]
        scope = {"type": "http", "client": (peer, 1), "headers": lines}
        return client_address(scope, ServerSettings.model_validate({"trusted_proxies": trusted}))

    proxies = ("10.0.0.0/8", "::1")
    assert found("192.0.2.1", "203.0.113.9") == "192.0.2.1"
    assert found("127.0.0.1", "203.0.113.9") == "127.0.0.1"
    assert found("192.0.2.1", "203.0.113.9", trusted=proxies) == "192.0.2.1"
    assert found("10.0.0.1", "203.0.113.9", trusted=proxies) == "203.0.113.9"
    assert found("::1", "203.0.113.9", trusted=proxies) == "203.0.113.9"
    assert found("::ffff:10.0.0.1", "203.0.113.9", trusted=proxies) == "203.0.113.9"
    # What the client wrote stands first, and is not looked at.
    assert found("10.0.0.1", "1.1.1.1, 203.0.113.9", trusted=proxies) == "203.0.113.9"
    assert found("10.0.0.1", "1.1.1.1", "203.0.113.9", trusted=proxies) == "203.0.113.9"
    assert found("10.0.0.1", "203.0.113.9, 10.0.0.2", trusted=proxies) == "203.0.113.9"
    assert found("10.0.0.1", "1.1.1.1, unknown", trusted=proxies) == "10.0.0.1"
    assert found("10.0.0.1", "", trusted=proxies) == "10.0.0.1"
    assert found("10.0.0.1", "1.1.1.1," * 5000 + "203.0.113.9", trusted=proxies) == "203.0.113.9"
    assert found("10.0.0.1", "2001:db8::7", trusted=proxies) == "2001:db8::7"
    assert throttled_as("2001:db8::7") == throttled_as("2001:db8::ffff") == "2001:db8::"
    assert throttled_as("2001:db8:0:1::7") != "2001:db8::"


def test_our_own_scheme_is_the_proxys_only_where_it_is_trusted() -> None:
    def found(peer: str, trusted: tuple[str, ...]) -> str:
        headers = [(b"host", b"Desk.example"), (b"x-forwarded-proto", b"https")]
        scope = {"type": "http", "scheme": "http", "client": (peer, 1), "headers": headers}
        return own_origin(scope, ServerSettings.model_validate({"trusted_proxies": trusted}))

    assert found("10.0.0.1", ("10.0.0.1",)) == "https://desk.example"
    assert found("10.0.0.1", ()) == "http://desk.example"


def test_no_claimed_address_gets_round_the_wait_after_wrong_passwords(
    desk: ScriptedDesk, team: dict[str, str]
) -> None:
    with TestClient(desk.app()) as client:
        tries = [
            client.post(
                "/login",
                json={"name": "agent", "password": "wrong"},
                headers={"X-Forwarded-For": f"203.0.113.{number}"},
            )
            for number in range(6)
        ]
    assert [answer.status_code for answer in tries] == [401] * 5 + [429]
    behind = desk.with_server(trusted_proxies=("127.0.0.0/8",))
    with serving(behind.app()) as url:
        for number in range(7):  # each is another client of the proxy
            answer = httpx.post(
                f"{url}/login",
                json={"name": "editor", "password": "wrong"},
                headers={"X-Forwarded-For": f"203.0.113.{number}"},
            )
            assert answer.status_code == 401


def test_news_reach_the_visitor_while_they_wait(desk: ScriptedDesk) -> None:
    widget = add_widget(desk)
    with serving(desk.app()) as url, httpx.Client(base_url=url, headers={"Origin": SHOP}) as http:
        token = http.post("/widget/session", json={"widget": widget.id}).json()["token"]
        bearer = {"Authorization": f"Bearer {token}"}
        seen: list[tuple[str, dict[str, object]]] = []
        ready, ended = threading.Event(), threading.Event()

        def follow() -> None:
            # Another tab, which has nothing of the conversation yet.
            with httpx.stream(
                "GET", f"{url}/widget/events", headers={**bearer, **EVENTS, "Origin": SHOP}
            ) as stream:
                assert stream.headers["access-control-allow-origin"] == SHOP
                block: list[str] = []
                for line in stream.iter_lines():
                    block.append(line)
                    if not line:
                        seen.extend(events_of("\n".join(block)))
                        block.clear()
                        ready.set()
            ended.set()

        thread = threading.Thread(target=follow)
        thread.start()
        assert ready.wait(5)
        http.post("/widget/person", headers=bearer)
        conversation = http.get("/widget/conversation", headers=bearer).json()["conversation_id"]
        desk.handovers.take(conversation, "Lin")
        desk.handovers.say(conversation, "Lin", "Hello")
        desk.handovers.close(conversation, "Lin")
        until = time.monotonic() + 10
        while seen[-1][1].get("status") != "closed" and time.monotonic() < until:
            time.sleep(0.01)
        http.post("/widget/reset", headers=bearer)
        assert ended.wait(10)  # the ticket is over, so the stream is
        thread.join()
    assert seen[0] == ("status", {"status": "bot", "agent": None, "open_now": True})
    entries = [data for name, data in seen if name == "entry"]
    assert [entry["ordinal"] for entry in entries] == [1, 2, 3, 4]
    assert [entry.get("event", entry.get("text")) for entry in entries] == [
        "waiting",
        "taken",
        "Hello",
        "closed",
    ]
    assert seen[-1][1]["status"] == "closed"


def test_an_address_follows_only_so_many_conversations(desk: ScriptedDesk) -> None:
    widget = add_widget(desk)
    limited = _limited(desk, streams_per_address=1)
    with serving(limited.app()) as url, httpx.Client(base_url=url, headers={"Origin": SHOP}) as c:
        token = c.post("/widget/session", json={"widget": widget.id}).json()["token"]
        bearer = {"Authorization": f"Bearer {token}", **EVENTS}
        with c.stream("GET", "/widget/events", headers=bearer) as first:
            lines = first.iter_lines()
            next(lines)
            second = c.get("/widget/events", headers=bearer)
            assert second.status_code == 429
            assert second.headers["retry-after"] == "10"
        until = time.monotonic() + 10
        while time.monotonic() < until:  # the server hears of it a moment later
            with c.stream("GET", "/widget/events", headers=bearer) as third:
                if third.status_code == 200:
                    return
            time.sleep(0.05)
    raise AssertionError("the place was not given back")


def test_news_begin_after_the_cursor(desk: ScriptedDesk) -> None:
    widget = add_widget(desk)
    with serving(desk.app()) as url, httpx.Client(base_url=url, headers={"Origin": SHOP}) as http:
        token = http.post("/widget/session", json={"widget": widget.id}).json()["token"]
        bearer = {"Authorization": f"Bearer {token}", **EVENTS}
        for text in ("One?", "Two?", "Three?"):
            body = {"message": text, "id": text[:-1].ljust(20, "x")}
            assert http.post("/widget/chat", json=body, headers=bearer).status_code == 200
        with http.stream("GET", "/widget/events?after=1", headers=bearer) as stream:
            ids = _ids(stream, 2)
        assert ids == ["id: 2", "id: 3"]


def _ids(stream: httpx.Response, wanted: int) -> list[str]:
    found: list[str] = []
    for line in stream.iter_lines():
        if line.startswith("id:"):
            found.append(line)
        if len(found) == wanted:
            break
    return found


def test_a_slow_or_huge_body_costs_nothing(desk: ScriptedDesk) -> None:
    add_widget(desk)
    with serving(desk.app()) as url:
        host, port = url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=5) as connection:
            connection.sendall(
                b"POST /widget/session HTTP/1.1\r\nHost: desk\r\nContent-Length: 9000000\r\n"
                b"Origin: https://shop.example\r\nContent-Type: application/json\r\n\r\n{"
            )
            assert connection.recv(64).startswith(b"HTTP/1.1 413")
