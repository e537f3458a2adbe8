"""The widget's files as other sites load them, with all that stands in front of the server."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from chatbot.api.app import create_api
from chatbot.widgets.model import Texts, Widget
from tests.e2e.scripted_admin import AdminDesk, open_desk
from ui.mounting import add_files, close_doors
from ui.widget_files import add_widget_files

SHOP = "https://shop.example"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AdminDesk]:
    with open_desk(tmp_path_factory.mktemp("desk")) as desk:
        yield desk


@pytest.fixture(scope="module")
def client(desk: AdminDesk) -> Iterator[TestClient]:
    app: FastAPI = create_api(desk)
    add_files(app)
    add_widget_files(app)
    close_doors(app, {})
    with TestClient(app, raise_server_exceptions=False, base_url="http://desk.example") as client:
        yield client


def add(desk: AdminDesk, **settings: object) -> Widget:
    return desk.widgets.add(Widget("", "Shop", (SHOP,), **settings))  # pyright: ignore[reportArgumentType] -- the settings differ by test


def test_any_site_may_load_the_scripts(client: TestClient) -> None:
    scripts = Path(__file__).parents[2] / "ui" / "widget"
    modules = [f"/widget/app/{path.relative_to(scripts)}" for path in scripts.rglob("*.js")]
    assert "/widget/app/main.js" in modules
    for path in ("/widget.js", *modules):
        answer = client.get(path, headers={"Origin": "https://any.example"})
        assert answer.status_code == 200, path
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
        assert answer.headers["cache-control"] == "public, max-age=300"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-type"].startswith("text/javascript")
        assert "set-cookie" not in answer.headers
        packed = answer.headers.get("content-encoding") == "gzip"
        assert packed == (path != "/widget.js")
    assert client.get("/widget.js").content == (scripts / "loader.js").read_bytes()
    for path in ("/widget/app/", "/widget/app/none.js", "/widget/app/../../main.py"):
        assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/widget/app/..%2f..%2fmain.py",
        "/widget/app/%2e%2e/%2e%2e/pyproject.toml",
        "/widget/app//etc/passwd",
        "/widget/app/....//main.py",
        "/widget/app/view/%00",
        "/widget/app/view",
        "/widget/app/..\\main.py",
    ],
)
def test_nothing_but_the_scripts_is_served(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code in (404, 400)
    assert "import" not in answer.text


def test_a_frame_page_is_for_the_widgets_sites(desk: AdminDesk, client: TestClient) -> None:
    widget = add(desk, frame=True)
    desk.widgets.change(replace(widget, origins=(SHOP, "https://xn--fsqu00a.xn--0zwm56d")))
    answer = client.get(f"/widget/frame/{widget.id}", params={"lang": "zh"})
    assert answer.status_code == 200
    assert "x-frame-options" not in answer.headers
    policy = answer.headers["content-security-policy"]
    assert policy.endswith(f"frame-ancestors 'self' {SHOP} https://xn--fsqu00a.xn--0zwm56d")
    assert "unsafe" not in policy
    assert "http" not in policy.partition("frame-ancestors")[0]
    assert answer.headers["cache-control"] == "no-store"
    assert '<html lang="zh-CN">' in answer.text
    told = dict(re.findall(r'data-(\w+)="([^"]*)"', answer.text))
    assert (told["widget"], told["lang"]) == (widget.id, "zh")
    assert desk.widgets.tokens.is_frame(told["frame"], widget.id)
    assert re.findall(r"<script(?! src=)[^>]*>", answer.text) == []


def test_the_page_of_a_frame_opens_a_session_by_its_ticket(
    desk: AdminDesk, client: TestClient
) -> None:
    widget = add(desk, frame=True)
    page = client.get(f"/widget/frame/{widget.id}").text
    ticket = re.findall(r'data-frame="([^"]+)"', page)[0]
    at_home = {"Origin": "http://desk.example", "Sec-Fetch-Site": "same-origin"}
    body = {"widget": widget.id, "frame": ticket}
    session = client.post("/widget/session", json=body, headers=at_home)
    assert session.status_code == 200
    bearer = {"Authorization": f"Bearer {session.json()['token']}"}
    quiet = {"Sec-Fetch-Site": "same-origin", **bearer}  # as browsers send GET
    assert client.get("/widget/conversation", headers=quiet).status_code == 200
    stolen = {"Origin": "https://evil.example", **bearer}
    assert client.get("/widget/conversation", headers=stolen).status_code == 403
    stolen = {"Origin": "https://evil.example"}
    assert client.post("/widget/session", json=body, headers=stolen).status_code == 403


def test_there_is_no_frame_page_unless_it_is_switched_on(
    desk: AdminDesk, client: TestClient
) -> None:
    for widget_id in (add(desk).id, "unknown", "%3Cscript%3E"):
        answer = client.get(f"/widget/frame/{widget_id}")
        assert answer.status_code == 404
        assert answer.headers["x-frame-options"] == "SAMEORIGIN"


def test_a_frame_page_of_a_widget_without_sites_is_framed_by_us_only(
    desk: AdminDesk, client: TestClient
) -> None:
    widget = desk.widgets.add(Widget("", "Shop", frame=True))
    policy = client.get(f"/widget/frame/{widget.id}").headers["content-security-policy"]
    assert policy.endswith("frame-ancestors 'self'")


def test_texts_cannot_break_out_of_the_page(desk: AdminDesk, client: TestClient) -> None:
    evil = "</title><script>alert(1)</script><!-- \u2028"
    texts = {"en": Texts(evil, evil, evil), "zh": Texts(evil, evil, evil)}
    widget = add(desk, frame=True, texts=texts)
    page = client.get(f"/widget/frame/{widget.id}").text
    assert "alert(1)</script>" not in page
    assert "&lt;/title&gt;" in page


def test_preflights_of_the_widget_get_through_and_no_others(
    desk: AdminDesk, client: TestClient
) -> None:
    add(desk)
    asked = {"Origin": SHOP, "Access-Control-Request-Method": "POST"}
    answer = client.options("/widget/session", headers=asked)
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == SHOP
    for path in ("/", "/login", "/api/v1/chat", "/api/v1/documents", "/ui/theme.js", "/widgets"):
        answer = client.options(path, headers=asked)
        assert "access-control-allow-origin" not in answer.headers, path
        assert not answer.is_success
    assert client.get("/api/v1/widgets", headers=asked).status_code == 401


def test_other_pages_keep_their_frame_headers(client: TestClient) -> None:
    for path in (
        "/healthz",
        "/api/v1/widgets",
        "/ui/theme.js",
        "/widget.js",
        "/widget/app/main.js",
    ):
        assert client.get(path).headers["x-frame-options"] == "SAMEORIGIN"
