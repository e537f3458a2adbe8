"""Every route against every kind of caller, the ways to authenticate, and cross-site requests."""

import re
import socket

import httpx
import pytest
from fastapi.testclient import TestClient

from chatbot.accounts import Role
from chatbot.api.access import SESSION_COOKIE
from chatbot.api.needs import Need, entrance_of
from tests.chatbot.api.every_route import EVERY_ROUTE, call, is_widgets
from tests.chatbot.api.scripted_desk import LOCAL_TOKEN, PASSWORD, ScriptedDesk, serving

SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}
FORBIDDEN = (401, 403)


@pytest.mark.parametrize("public", [True, False])
def test_every_route_against_every_caller(
    desk: ScriptedDesk, team: dict[str, str], *, public: bool
) -> None:
    callers: dict[str, tuple[dict[str, str], Role | None]] = {
        "anonymous": ({}, None),
        "visitor": ({"X-Visitor-Token": "a" * 40}, None),
        "agent": ({"Authorization": f"Bearer {team['agent']}"}, Role.AGENT),
        "editor": ({"X-API-Key": team["editor"]}, Role.EDITOR),
        "admin": ({"Authorization": f"bearer {team['admin']}"}, Role.ADMIN),
        "local": ({"Authorization": f"Bearer {LOCAL_TOKEN}"}, Role.ADMIN),
    }
    with TestClient(desk.with_server(public_chat=public).app()) as client:
        for route, asked in EVERY_ROUTE.items():
            if is_widgets(route):
                continue  # below, and in test_widget_session
            need = asked.need
            for name, (headers, role) in callers.items():
                allowed = need is Need.NOTHING or (need is Need.VISITOR and public)
                if role is not None:
                    allowed = not isinstance(need, Role) or role >= need
                if allowed and asked.endless:
                    continue
                response = call(client, route, headers)
                refused = response.status_code in FORBIDDEN and route != "POST /login"
                assert refused is not allowed, (route, name, response.status_code)
                if refused:
                    assert response.status_code == (401 if role is None else 403)
            for headers in ({"X-API-Key": team["gone"]}, {"Authorization": "Bearer forged"}):
                assert call(client, route, headers).status_code == 401


def test_no_key_or_role_opens_a_widgets_route(client: TestClient, team: dict[str, str]) -> None:
    keys = ["", *team.values(), LOCAL_TOKEN]
    callers = [{"Authorization": f"Bearer {key}"} for key in keys]
    for route in EVERY_ROUTE:
        if is_widgets(route):
            for headers in callers:
                assert call(client, route, headers).status_code in (*FORBIDDEN, 404), route
            assert call(client, route, {"X-API-Key": team["gone"]}).status_code == 401


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/documents/",
        "/api/v1/documents/../documents",
        "/api//v1/documents",
        "/api/v1/documents%2f",
        "/API/v1/documents",
        "//api/v1/documents",
        "/healthz/../api/v1/documents",
        "/api/v1/chat/../documents",
        "/api/v2/anything",
        "/v1/models",
        "/metrics",
    ],
)
def test_no_spelling_of_a_path_gets_round_the_gate(desk: ScriptedDesk, path: str) -> None:
    desk.library.add_file("secret.txt", b"secret", collection="default")
    with serving(desk.app()) as url:
        target = httpx.URL(url).copy_with(raw_path=path.encode())
        with httpx.Client() as http:
            response = http.send(httpx.Request("GET", target))
    assert response.status_code in (401, 404)
    assert "secret" not in response.text


def test_an_app_mounted_out_of_the_gates_reach_still_refuses(desk: ScriptedDesk) -> None:
    from fastapi import FastAPI  # noqa: PLC0415 -- only this test mounts

    outer = FastAPI()
    outer.mount("/desk", desk.app())
    with TestClient(outer, raise_server_exceptions=False) as client:
        assert client.get("/desk/api/v1/documents").status_code == 401
        assert client.post("/desk/api/v1/search", json={"query": "a"}).status_code == 401


def test_anonymous_uploads_are_refused_before_they_are_read(desk: ScriptedDesk) -> None:
    with serving(desk.app()) as url:
        host, port = url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=5) as connection:
            connection.sendall(
                b"POST /api/v1/documents HTTP/1.1\r\nHost: desk\r\nContent-Length: 9000000\r\n"
                b"Content-Type: multipart/form-data; boundary=b\r\n\r\nfirst bytes"
            )
            assert connection.recv(64).startswith(b"HTTP/1.1 401")


def test_signing_in_by_json_opens_a_session_and_signing_out_ends_it(
    client: TestClient, team: dict[str, str]
) -> None:
    assert team
    answer = client.post("/login", json={"name": "agent", "password": PASSWORD})
    assert answer.json() == {"name": "agent", "role": "agent"}
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Max-Age=43200" in cookie
    assert "Secure" not in cookie
    token = client.cookies[SESSION_COOKIE]
    assert client.get("/api/v1/documents").status_code == 200
    assert client.post("/logout").status_code == 403  # no browser of ours would say nothing
    assert client.post("/logout", headers=SAME_ORIGIN).status_code == 204
    client.cookies.clear()
    replayed = {"Cookie": f"{SESSION_COOKIE}={token}"}
    assert client.get("/api/v1/documents", headers=replayed).status_code == 401


def test_over_https_the_cookie_is_secure(desk: ScriptedDesk, team: dict[str, str]) -> None:
    assert team
    with TestClient(desk.app(), base_url="https://desk.example") as client:
        answer = client.post("/login", json={"name": "agent", "password": PASSWORD})
        assert "Secure" in answer.headers["set-cookie"]


def test_signing_in_never_keeps_a_session_that_was_brought_along(
    client: TestClient, team: dict[str, str]
) -> None:
    assert team
    client.post("/login", json={"name": "agent", "password": PASSWORD})
    first = client.cookies[SESSION_COOKIE]
    client.post("/login", json={"name": "agent", "password": PASSWORD}, headers=SAME_ORIGIN)
    second = client.cookies[SESSION_COOKIE]
    assert first != second
    assert client.get("/api/v1/documents").status_code == 200
    client.cookies.clear()
    old = {"Cookie": f"{SESSION_COOKIE}={first}"}
    assert client.get("/api/v1/documents", headers=old).status_code == 401


@pytest.mark.parametrize(
    ("target", "goes_to"),
    [
        ("/admin?tab=1", "/admin?tab=1"),
        ("https://evil.example", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("\\\\evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/a\r\nSet-Cookie: x=1", "/"),
        ("/\tevil", "/"),
        ("", "/"),
    ],
)
def test_the_form_goes_on_to_pages_of_this_site_only(
    client: TestClient, team: dict[str, str], target: str, goes_to: str
) -> None:
    assert team
    form = {"name": "agent", "password": PASSWORD, "next": target}
    answer = client.post("/login", data=form, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, goes_to)
    assert SESSION_COOKIE in answer.headers["set-cookie"]
    wrong = {**form, "password": "wrong"}
    answer = client.post("/login", data=wrong, headers=SAME_ORIGIN, follow_redirects=False)
    assert answer.headers["location"].startswith("/login?error=wrong_password&next=%2F")
    assert "set-cookie" not in answer.headers


def test_guessing_passwords_is_slowed_down(client: TestClient, team: dict[str, str]) -> None:
    assert team
    wrong = {"name": "agent", "password": "wrong"}
    assert [client.post("/login", json=wrong).status_code for _ in range(6)] == [401] * 5 + [429]
    spoofed = {"X-Forwarded-For": "203.0.113.9"}
    answer = client.post("/login", json=wrong, headers=spoofed)
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"name": 1}', b"\xff", b'{"name":"a"}'])
def test_a_sign_in_that_cannot_be_read_is_refused(client: TestClient, body: bytes) -> None:
    answer = client.post("/login", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["detail"]


FOREIGN = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://testserver.evil.example"},
    {"Origin": "http://eviltestserver"},
    {"Origin": "http://testserver:81"},
    {"Origin": "http://testserver@evil.example"},
    {"Origin": ""},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"},
]


@pytest.mark.parametrize("headers", [*FOREIGN, {}])
def test_a_cookie_changes_nothing_for_another_site(
    client: TestClient, desk: ScriptedDesk, team: dict[str, str], headers: dict[str, str]
) -> None:
    assert team
    desk.library.add_file("a.txt", b"a", collection="default")
    client.post("/login", json={"name": "editor", "password": PASSWORD})
    answer = client.delete("/api/v1/documents/d0", headers=headers)
    assert answer.status_code == 403
    assert answer.json()["code"] == "cross_site_request"
    assert "access-control-allow-origin" not in answer.headers
    assert desk.library.records
    for own in ({"Sec-Fetch-Site": "same-origin"}, {"Origin": "http://testserver"}):
        desk.library.add_file("a.txt", b"a", collection="default")
        key = list(desk.library.records)[-1]
        assert client.delete(f"/api/v1/documents/{key}", headers=own).status_code == 204


@pytest.mark.parametrize("headers", FOREIGN)
def test_another_site_cannot_sign_its_visitor_in(
    client: TestClient, team: dict[str, str], headers: dict[str, str]
) -> None:
    assert team
    form = {"name": "agent", "password": PASSWORD}
    assert client.post("/login", data=form, headers=headers).status_code == 403


def test_no_origin_is_ever_allowed(client: TestClient) -> None:
    for route in EVERY_ROUTE:
        for origin in ("https://evil.example", "null", "http://testserver"):
            preflight = {"Origin": origin, "Access-Control-Request-Method": route.split(" ")[0]}
            path = re.sub(r"\{\w+\}", "x", route.split(" ")[1])
            for answer in (
                client.options(path, headers=preflight),
                call(client, route, {"Origin": origin}),
            ):
                assert not [name for name in answer.headers if name.startswith("access-control")]


def test_revoking_takes_effect_at_once(
    client: TestClient, desk: ScriptedDesk, team: dict[str, str]
) -> None:
    key = {"Authorization": f"Bearer {team['editor']}"}
    client.post("/login", json={"name": "editor", "password": PASSWORD})
    assert client.get("/api/v1/documents").status_code == 200
    assert client.get("/api/v1/documents", headers=key).status_code == 200
    desk.accounts.set_suspended("editor", suspended=True)
    assert client.get("/api/v1/documents").status_code == 401
    assert client.get("/api/v1/documents", headers=key).status_code == 401


def test_every_answer_carries_the_security_headers(client: TestClient) -> None:
    for path in ("/healthz", "/api/v1/documents", "/nothing", "/openapi.json"):
        headers = client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "SAMEORIGIN"
        assert "referrer-policy" in headers


def test_the_documentation_page_is_off(client: TestClient) -> None:
    assert client.get("/docs").status_code == client.get("/redoc").status_code == 404


def test_unknown_paths_below_the_api_need_an_administrator() -> None:
    assert entrance_of("GET", "/api/v1/new").need is Role.ADMIN
    assert entrance_of("PUT", "/v1/models").need is Role.ADMIN
    assert entrance_of("HEAD", "/metrics").need is Role.AGENT
    assert entrance_of("GET", "/api/v1/documents/a/b").need is Role.AGENT
    assert entrance_of("GET", "/api/v1/documents-new").need is Role.ADMIN
    assert entrance_of("OPTIONS", "*").need is Need.NOTHING
    assert entrance_of("GET", "/apix").need is Need.NOTHING
