"""Webhooks over HTTP."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from chatbot.outbox import HAPPENINGS
from knowledge.documents import Language
from tests.chatbot.api.scripted_desk import LOCAL_TOKEN, ScriptedDesk
from tests.chatbot.webhooks.receiver import Receiver, receiving

BODY: dict[str, Any] = {"url": "https://shop.example/hook", "happenings": ["feedback.given"]}


@pytest.fixture
def admin(client: TestClient) -> TestClient:
    client.headers["Authorization"] = f"Bearer {LOCAL_TOKEN}"
    return client


def test_a_webhook_is_set_up_changed_and_removed(admin: TestClient) -> None:
    made = admin.post("/api/v1/webhooks", json={**BODY, "description": " Shop "})
    assert made.status_code == 201
    hook = made.json()
    place = f"/api/v1/webhooks/{hook['id']}"
    assert hook == {**BODY, "description": "Shop", "active": True} | {
        name: hook[name] for name in ("id", "created_at")
    }
    assert admin.get("/api/v1/webhooks").json() == {"webhooks": [hook]}
    changed = {"url": "https://shop.example/new", "happenings": list(HAPPENINGS), "active": False}
    assert admin.put(place, json=changed).json() == {**hook, **changed, "description": ""}
    assert admin.get(place).json()["url"] == "https://shop.example/new"
    assert admin.delete(place).status_code == 204
    for call in (admin.get(place), admin.put(place, json=BODY), admin.delete(place)):
        assert (call.status_code, call.json()["code"]) == (404, "webhook_not_found")


def test_what_makes_no_sense_is_refused(admin: TestClient) -> None:
    faults: list[dict[str, object]] = [
        {"url": ""},
        {"url": "ftp://shop.example/"},
        {"url": "http://user@shop.example/"},
        {"url": "https://shop.example/" + "a" * 2000},
        {"happenings": []},
        {"happenings": ["feedback.taken"]},
        {"secret": "mine"},
    ]
    for bad in faults:
        assert admin.post("/api/v1/webhooks", json={**BODY, **bad}).status_code == 422, bad
    assert admin.get("/api/v1/webhooks").json() == {"webhooks": []}


def test_the_secret_is_shown_by_itself_and_can_be_replaced(
    admin: TestClient, desk: ScriptedDesk
) -> None:
    hook = admin.post("/api/v1/webhooks", json=BODY).json()
    place = f"/api/v1/webhooks/{hook['id']}/secret"
    first = admin.get(place).json()["secret"]
    assert first.startswith("whsec_")
    assert admin.get(place).json()["secret"] == first
    second = admin.post(place).json()["secret"]
    assert admin.get(place).json()["secret"] == second != first
    assert first not in admin.get("/api/v1/webhooks").text
    kept = (desk.settings.data_dir / "answerdesk.db").read_bytes()
    assert second.encode() not in kept


def test_a_trial_says_what_came_of_it(admin: TestClient) -> None:
    with receiving(Receiver(lambda n: 200 if n == 1 else 302)) as receiver:
        hook = admin.post("/api/v1/webhooks", json={**BODY, "url": receiver.url}).json()
        place = f"/api/v1/webhooks/{hook['id']}"
        good = admin.post(f"{place}/test").json()
        bad = admin.post(f"{place}/test", headers={"Accept-Language": "zh"}).json()
    assert (good["state"], good["last_status"], good["type"]) == ("delivered", 200, "webhook.test")
    assert (bad["state"], bad["last_status"], bad["attempts"]) == ("failed", 302, 1)
    assert "跳转" in bad["error"]
    listed = admin.get(f"{place}/deliveries").json()
    assert [item["id"] for item in listed["deliveries"]] == [bad["id"], good["id"]]
    assert listed["next"] is None
    assert len(receiver.messages) == 2


def test_deliveries_come_in_pages(admin: TestClient, desk: ScriptedDesk) -> None:
    body = {**BODY, "happenings": ["conversation.started"]}
    hook = admin.post("/api/v1/webhooks", json=body).json()
    for _ in range(5):
        desk.conversations.start(Language.ENGLISH)
        desk.courier.deliveries.fan_out()
    place = f"/api/v1/webhooks/{hook['id']}/deliveries"
    first = admin.get(place, params={"limit": 3}).json()
    second = admin.get(place, params={"limit": 3, "cursor": first["next"]}).json()
    rows = first["deliveries"] + second["deliveries"]
    assert len({row["id"] for row in rows}) == 5
    assert {row["state"] for row in rows} == {"waiting"}
    assert all(row["next_try_at"] for row in rows)
    assert second["next"] is None
    assert admin.get(place, params={"cursor": "nonsense"}).status_code == 422
