"""Curated answers over HTTP."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.chatbot.api.scripted_desk import LOCAL_TOKEN, ScriptedDesk

CURATED = "/api/v1/curated"
BODY = {"questions": ["Are you hiring?", "招人吗？"], "answer_en": "Yes.", "answer_zh": "招。"}


@pytest.fixture
def local(client: TestClient) -> TestClient:
    client.headers["Authorization"] = f"Bearer {LOCAL_TOKEN}"
    return client


def add(local: TestClient, **changes: object) -> dict[str, Any]:
    answer = local.post(CURATED, json={**BODY, **changes})
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_an_answer_is_written_listed_changed_and_deleted(local: TestClient) -> None:
    kept = add(local)
    assert kept["updated_by"] == "local"
    assert local.get(f"{CURATED}/{kept['id']}").json() == kept
    assert local.get(CURATED).json()["answers"] == [kept]
    changed = local.put(f"{CURATED}/{kept['id']}", json={**BODY, "enabled": False}).json()
    assert (changed["enabled"], changed["created_at"]) == (False, kept["created_at"])
    assert local.delete(f"{CURATED}/{kept['id']}").status_code == 204
    assert local.get(f"{CURATED}/{kept['id']}").status_code == 404
    assert local.get(CURATED).json() == {"answers": [], "waiting": 0, "next": None}


def test_they_come_in_pages_and_by_collection(local: TestClient) -> None:
    names = [add(local, questions=[f"{n}?"])["id"] for n in range(3)]
    add(local, collection="shop")
    first = local.get(CURATED, params={"limit": 2, "collection": "default"}).json()
    rest = local.get(
        CURATED, params={"limit": 2, "collection": "default", "cursor": first["next"]}
    ).json()
    assert [answer["id"] for answer in first["answers"] + rest["answers"]] == names
    assert rest["next"] is None
    assert local.get(CURATED, params={"cursor": "nonsense"}).status_code == 422


def test_what_cannot_be_kept_is_refused_in_the_callers_language(local: TestClient) -> None:
    add(local)
    taken = local.post(CURATED, json=BODY, headers={"Accept-Language": "zh"})
    assert (taken.status_code, taken.json()["code"]) == (409, "question_taken")
    assert "Are you hiring?" in taken.json()["detail"]
    assert "问法" in taken.json()["detail"]
    none: list[str] = []
    for changes in (
        {"questions": none},
        {"questions": ["a|b"]},
        {"answer_en": "", "answer_zh": ""},
    ):
        body = {**BODY, "questions": ["New?"], **changes}
        assert local.post(CURATED, json=body).status_code == 422


def test_a_question_is_tried(local: TestClient, desk: ScriptedDesk) -> None:
    kept = add(local)
    desk.curated.prepare()
    tried = local.post(f"{CURATED}/try", json={"question": "are you HIRING"}).json()
    assert (tried["answer"], tried["language"]) == ("Yes.", "en")
    assert tried["near"][0] == {
        "answer_id": kept["id"],
        "question": "Are you hiring?",
        "similarity": 1.0,
        "fit": "same",
    }
    assert local.post(f"{CURATED}/try", json={"question": "招人吗"}).json()["answer"] == "招。"
    other = local.post(f"{CURATED}/try", json={"question": "How long is the warranty?"}).json()
    assert (other["answer"], other["language"]) == (None, None)
    assert {near["fit"] for near in other["near"]} == {"far"}


def test_a_file_goes_out_and_comes_in_again(local: TestClient) -> None:
    add(local)
    add(local, questions=["Tours?"], collection="shop")
    file = local.get(f"{CURATED}/export")
    assert file.headers["content-type"].startswith("text/csv")
    assert "attachment" in file.headers["content-disposition"]
    again = local.post(f"{CURATED}/import", files={"file": ("a.csv", file.content)})
    assert again.json() == {"added": 0, "replaced": 2}
    shop = local.get(f"{CURATED}/export", params={"collection": "shop"}).text
    assert "Tours?" in shop
    assert "hiring" not in shop


def test_every_bad_line_of_a_file_is_named(local: TestClient) -> None:
    add(local)
    text = b"questions,answer_en\nNew?|Are you hiring?,Yes.\n"
    owned = local.post(f"{CURATED}/import", files={"file": ("../a.csv", text)})
    assert [p["line"] for p in owned.json()["problems"]] == [2]
    text = b"questions,answer_en\na?,\n,Yes.\nfine?,Yes.\n"
    refused = local.post(f"{CURATED}/import", files={"file": ("a.csv", text)})
    assert refused.status_code == 422
    assert refused.headers["content-type"] == "application/problem+json"
    assert [p["line"] for p in refused.json()["problems"]] == [2, 3]
    assert len(local.get(CURATED).json()["answers"]) == 1


def test_a_file_may_be_larger_than_a_question(local: TestClient) -> None:
    lines = "".join(f"q{n}?,{'x' * 900}\n" for n in range(1000))
    file = {"file": ("a.csv", f"questions,answer_en\n{lines}".encode())}
    assert local.post(f"{CURATED}/import", files=file).json() == {"added": 1000, "replaced": 0}
    huge = {"file": ("a.csv", b"x" * 9 * 2**20)}
    assert local.post(f"{CURATED}/import", files=huge).status_code == 413
