"""Groups of words over HTTP: read, replaced whole, or refused with every bad line."""

from fastapi.testclient import TestClient

from tests.chatbot.api.scripted_desk import ScriptedDesk

_HEADERS = {"Accept-Language": "en"}


def test_groups_are_replaced_or_every_bad_line_is_named(
    client: TestClient, desk: ScriptedDesk, team: dict[str, str]
) -> None:
    editor = {**_HEADERS, "Authorization": f"Bearer {team['editor']}"}
    text = "kettle, boiler # ours\n水壶，热水壶"
    put = client.put("/api/v1/synonyms", json={"text": text}, headers=editor)
    assert put.status_code == 200
    assert put.json()["groups"] == [["kettle", "boiler"], ["水壶", "热水壶"]]
    bad = client.put("/api/v1/synonyms", json={"text": "alone\na, b\nthe, kettle"}, headers=editor)
    assert bad.status_code == 422
    assert "line 1" in bad.json()["detail"]
    assert "line 3" in bad.json()["detail"]
    assert client.get("/api/v1/synonyms", headers=editor).json()["text"] == text
    assert desk.synonyms.current().others("a boiler") == {"boiler": ["kettle"]}
