"""Keys over HTTP."""

import time

from fastapi.testclient import TestClient

from chatbot.scopes import SCOPES
from tests.chatbot.api.scripted_desk import LOCAL_TOKEN, PASSWORD, ScriptedDesk

LOCAL = {"Authorization": f"Bearer {LOCAL_TOKEN}"}


def test_a_key_is_made_shown_once_used_and_revoked(
    client: TestClient, team: dict[str, str]
) -> None:
    client.headers.update({"X-API-Key": team["admin"]})
    body = {"label": "  Shop\x00 ", "scopes": ["search", "chat", "chat"], "owner": "agent"}
    made = client.post("/api/v1/keys", json=body)
    assert made.status_code == 201
    key = made.json()
    secret = key.pop("key")
    assert (key["label"], key["owner"], key["scopes"]) == ("Shop", "agent", ["chat", "search"])
    assert (key["last_four"], key["last_used_on"]) == (secret[-4:], None)
    assert key in client.get("/api/v1/keys").json()["keys"]
    assert secret not in client.get("/api/v1/keys").text
    bearer = {"X-API-Key": secret}
    assert client.get("/api/v1/search?q=a", headers=bearer).status_code == 200
    assert client.get("/api/v1/documents", headers=bearer).status_code == 403
    (used,) = [k for k in client.get("/api/v1/keys").json()["keys"] if k["id"] == key["id"]]
    assert used["last_used_on"] is not None
    assert client.delete(f"/api/v1/keys/{key['id']}").status_code == 204
    assert client.get("/api/v1/search?q=a", headers=bearer).status_code == 401
    assert client.delete(f"/api/v1/keys/{key['id']}").status_code == 404


def test_a_key_is_the_callers_own_unless_another_owner_is_named(
    client: TestClient, desk: ScriptedDesk, team: dict[str, str]
) -> None:
    mine = client.post("/api/v1/keys", json={}, headers={"X-API-Key": team["admin"]}).json()
    assert (mine["owner"], mine["scopes"], mine["expires_at"]) == ("admin", None, None)
    assert client.post("/api/v1/keys", json={}, headers=LOCAL).status_code == 404
    nobody = client.post("/api/v1/keys", json={"owner": "nobody"}, headers=LOCAL)
    assert nobody.status_code == 404
    desk.accounts.set_suspended("editor", suspended=True)
    locked = client.post("/api/v1/keys", json={"owner": "editor"}, headers=LOCAL).json()["key"]
    assert client.get("/api/v1/documents", headers={"X-API-Key": locked}).status_code == 401


def test_an_unknown_scope_is_named_with_those_there_are(
    client: TestClient, team: dict[str, str]
) -> None:
    body = {"owner": "agent", "scopes": ["chat", "everything"]}
    refused = client.post("/api/v1/keys", json=body, headers=LOCAL)
    assert (refused.status_code, refused.json()["code"]) == (422, "unknown_scope")
    assert "'everything'" in refused.json()["detail"]
    assert all(scope in refused.json()["detail"] for scope in SCOPES)
    assert len(client.get("/api/v1/keys", headers=LOCAL).json()["keys"]) == len(team)


def test_an_expiry_has_a_zone_and_lies_ahead(client: TestClient, team: dict[str, str]) -> None:
    assert team

    def make(expires_at: object) -> int:
        body = {"owner": "agent", "expires_at": expires_at}
        return client.post("/api/v1/keys", json=body, headers=LOCAL).status_code

    refused = ["2020-01-01T00:00:00Z", "2099-01-01T00:00:00", "soon", "9999-12-31T23:59:59-14:00"]
    assert [make(moment) for moment in refused] == [422] * 4
    body = {"owner": "agent", "expires_at": "2099-01-01T08:00:00+08:00"}
    made = client.post("/api/v1/keys", json=body, headers=LOCAL).json()
    assert made["expires_at"] == "2099-01-01T00:00:00Z"


def test_revoking_takes_effect_within_a_second(
    client: TestClient, desk: ScriptedDesk, team: dict[str, str]
) -> None:
    bearer = {"X-API-Key": team["agent"]}
    assert client.get("/api/v1/documents", headers=bearer).status_code == 200
    (key_id,) = [key.id for key in desk.accounts.keys.list() if key.owner == "agent"]
    started = time.monotonic()
    client.delete(f"/api/v1/keys/{key_id}", headers=LOCAL)
    assert client.get("/api/v1/documents", headers=bearer).status_code == 401
    assert time.monotonic() - started < 1


def test_a_session_of_an_administrator_makes_keys_for_its_own_pages_only(
    client: TestClient, team: dict[str, str]
) -> None:
    assert team
    client.post("/login", json={"name": "admin", "password": PASSWORD})
    body = {"label": "From the page"}
    foreign = client.post("/api/v1/keys", json=body, headers={"Origin": "https://evil.example"})
    assert foreign.status_code == 403
    own = client.post("/api/v1/keys", json=body, headers={"Sec-Fetch-Site": "same-origin"})
    assert (own.status_code, own.json()["owner"]) == (201, "admin")
