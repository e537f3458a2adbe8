"""Rules over HTTP, with the real rule book."""

from fastapi.testclient import TestClient

from tests.chatbot.api.scripted_desk import LOCAL_TOKEN

GOOD = """
rules:
  - id: hello
    when: {keywords: {en: [hello]}}
    then: {reply: {en: "Hello.", zh: "您好。"}}
    tests:
      - message: hello there
        expect: {fires: true}
"""
LOCAL = {"Authorization": f"Bearer {LOCAL_TOKEN}"}


def test_a_file_is_checked_published_shown_and_removed(client: TestClient) -> None:
    client.headers.update(LOCAL)
    body = {"name": "shop.yaml", "text": GOOD}
    assert client.post("/api/v1/rules/check", json=body).json() == {"problems": []}
    assert client.get("/api/v1/rules").json() == {"files": [], "rules": [], "problems": []}
    published = client.put("/api/v1/rules", json=body).json()
    assert published == client.get("/api/v1/rules").json()
    assert published["files"] == ["shop.yaml"]
    assert [(rule["id"], rule["tests"]) for rule in published["rules"]] == [("hello", 1)]
    assert client.delete("/api/v1/rules/shop.yaml").status_code == 204
    assert client.get("/api/v1/rules").json()["rules"] == []


def test_a_file_with_mistakes_or_failing_tests_is_not_published(client: TestClient) -> None:
    client.headers.update(LOCAL)
    for text in ("rules: [{id: a, nonsense: 1}]", GOOD.replace("hello there", "goodbye")):
        body = {"name": "shop.yaml", "text": text}
        problems = client.post("/api/v1/rules/check", json=body).json()["problems"]
        assert problems
        refused = client.put("/api/v1/rules", json=body, headers={"Accept-Language": "zh"})
        assert refused.status_code == 422
        assert refused.headers["content-type"] == "application/problem+json"
        assert len(refused.json()["problems"]) == len(problems)
        assert "第" in refused.json()["problems"][0]["detail"]
    assert client.get("/api/v1/rules").json()["files"] == []


def test_no_name_of_a_file_leads_out_of_the_folder(client: TestClient) -> None:
    client.headers.update(LOCAL)
    for name in ("../a.yaml", "/etc/a.yaml", "a/b.yaml", ".hidden.yaml", "a.txt", "", "a.yaml\x00"):
        body = {"name": name, "text": GOOD}
        assert client.put("/api/v1/rules", json=body).status_code == 422
    assert client.delete("/api/v1/rules/none.yaml").status_code == 422
    assert client.delete("/api/v1/rules/..%2F..%2Fsecret.key").status_code in (404, 422)
