"""Widgets as the team sets them up."""

import httpx
import jwt
import pytest
from fastapi.testclient import TestClient

from tests.chatbot.api.scripted_desk import ScriptedDesk
from tests.chatbot.api.widget_site import SHOP, Browser, statement

PLACE = "/api/v1/widgets"


@pytest.fixture
def editor(client: TestClient, team: dict[str, str]) -> TestClient:
    client.headers["X-API-Key"] = team["editor"]
    return client


def add(editor: TestClient, **settings: object) -> httpx.Response:
    return editor.post(PLACE, json={"name": "Shop", **settings})  # pyright: ignore[reportReturnType] -- starlette's client has a copy of httpx


def test_a_widget_stands_nowhere_until_it_is_told_where(editor: TestClient) -> None:
    made = add(editor)
    assert made.status_code == 201
    widget = made.json()
    assert widget["origins"] == []
    assert widget["texts"]["zh"]["title"]
    browser = Browser(editor, widget["id"])
    assert browser.open().status_code == 403
    changed = editor.put(
        f"{PLACE}/{widget['id']}",
        json={**{k: v for k, v in widget.items() if k != "id"}, "origins": [SHOP]},
    )
    assert changed.status_code == 200
    assert browser.open().status_code == 200


def test_a_widget_is_kept_as_it_was_set_up(editor: TestClient) -> None:
    text = {"title": "您好", "greeting": "需要帮忙吗？", "offline": "我们已下班。"}
    settings: dict[str, object] = {
        "name": "商店",
        "origins": ["HTTPS://Shop.Example:443", "https://shop.example", "https://例子.测试"],
        "collection": "shop",
        "color": "#ff8800",
        "position": "left",
        "theme": "dark",
        "texts": {"en": text, "zh": text},
        "suggestions": {"en": ["How long?"], "zh": ["多久？"]},
        "languages": ["zh"],
        "feedback": False,
        "require_identity": True,
        "hours": {"time_zone": "Asia/Shanghai", "days": {"1": ["09:00", "18:00"]}},
        "frame": True,
    }
    made = add(editor, **settings).json()
    kept = editor.get(f"{PLACE}/{made['id']}").json()
    origins = [SHOP, "https://xn--fsqu00a.xn--0zwm56d"]
    assert kept == made == {**settings, "origins": origins, "id": made["id"]}
    assert editor.get(PLACE).json() == {"widgets": [kept]}
    assert editor.delete(f"{PLACE}/{made['id']}").status_code == 204
    assert editor.get(PLACE).json() == {"widgets": []}
    for answer in (
        editor.get(f"{PLACE}/{made['id']}"),
        editor.put(f"{PLACE}/{made['id']}", json={"name": "Shop"}),
        editor.delete(f"{PLACE}/{made['id']}"),
        editor.post(f"{PLACE}/{made['id']}/check", json={"url": SHOP}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "widget_not_found")


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": "x" * 81},
        {"origins": ["https://shop.example/"]},
        {"origins": ["*"]},
        {"origins": ["null"]},
        {"origins": ["https://*.shop.example"]},
        {"origins": ["shop.example"]},
        {"origins": ["https://user@shop.example"]},
        {"origins": [f"https://shop{n}.example" for n in range(51)]},
        {"color": "red"},
        {"color": "#12345g"},
        {"color": "#123456; background: url(//evil.example)"},
        {"position": "top"},
        {"theme": "blue"},
        {"languages": []},
        {"languages": ["fr"]},
        {"texts": {"en": {"title": "a", "greeting": "b", "offline": "c"}}},
        {"suggestions": {"en": ["x"] * 7}},
        {"hours": {"time_zone": "Nowhere/Here", "days": {}}},
        {"hours": {"time_zone": "UTC", "days": {"8": ["09:00", "18:00"]}}},
        {"hours": {"time_zone": "UTC", "days": {"1": ["9", "18"]}}},
        {"id": "mine"},
        {"secret": "mine"},
    ],
)
def test_a_widget_that_cannot_be_is_refused(editor: TestClient, wrong: dict[str, object]) -> None:
    answer = add(editor, **wrong)
    assert answer.status_code == 422
    assert editor.get(PLACE).json() == {"widgets": []}


def test_the_secret_is_derived_and_changes_when_asked(
    desk: ScriptedDesk, editor: TestClient, team: dict[str, str]
) -> None:
    widget = add(editor, origins=[SHOP]).json()
    admin = {"X-API-Key": team["admin"]}
    place = f"{PLACE}/{widget['id']}/secret"
    assert editor.get(place).status_code == 403
    first = editor.get(place, headers=admin).json()["secret"]
    assert editor.get(place, headers=admin).json()["secret"] == first
    browser = Browser(editor, widget["id"])
    assert browser.open(identity=statement(first, widget["id"])).json()["identified"] is True
    second = editor.post(place, headers=admin).json()["secret"]
    assert second != first
    assert browser.open(identity=statement(first, widget["id"])).status_code == 401
    assert browser.open(identity=statement(second, widget["id"])).status_code == 200
    stored = b"".join(path.read_bytes() for path in desk.settings.data_dir.glob("answerdesk.db*"))
    assert widget["id"].encode() in stored
    assert first.encode() not in stored
    assert second.encode() not in stored
    assert jwt.get_unverified_header(statement(second, widget["id"]))["alg"] == "HS256"
