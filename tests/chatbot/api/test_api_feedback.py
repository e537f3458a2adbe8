"""Feedback over HTTP."""

from datetime import datetime, timedelta
from typing import Any

from fastapi.testclient import TestClient
from sqlalchemy import create_engine, text

from chatbot.messages import Answer
from knowledge.documents import Language
from tests.chatbot.api.scripted_desk import LOCAL_TOKEN, ScriptedDesk

LOCAL = {"Authorization": f"Bearer {LOCAL_TOKEN}"}
ANN, BEN = {"X-Visitor-Token": "ann"}, {"X-Visitor-Token": "ben"}


def asked(client: TestClient, message: str = "How long?") -> dict[str, Any]:
    answer = client.post("/api/v1/chat", json={"message": message}, headers=ANN).json()
    return {name: answer[name] for name in ("conversation_id", "turn_id")}


def rate(client: TestClient, turn: dict[str, Any], rating: object, **more: object) -> int:
    body = {**turn, "rating": rating, **more}
    return client.post("/api/v1/feedback", json=body, headers=ANN).status_code


def test_a_visitor_rates_and_the_team_reads(client: TestClient) -> None:
    turn = asked(client, "多久?")
    assert rate(client, turn, -1, comment=" not\x00 mine ") == 204
    (row,) = client.get("/api/v1/feedback", headers=LOCAL).json()["feedback"]
    assert datetime.fromisoformat(row.pop("created_at")).utcoffset() == timedelta(0)
    assert row == {
        **turn,
        "rating": -1,
        "comment": "not mine",
        "question": "多久?",
        "answer": "Within 14 days. [1]",
        "language": "en",
        "route": "quote",
    }
    assert rate(client, turn, 1) == 204
    assert client.get("/api/v1/feedback?rating=-1", headers=LOCAL).json()["feedback"] == []
    (row,) = client.get("/api/v1/feedback?rating=1", headers=LOCAL).json()["feedback"]
    assert (row["rating"], row["comment"]) == (1, "")


def test_only_the_visitors_own_answers(client: TestClient) -> None:
    turn, other = asked(client), asked(client)
    body = {**turn, "rating": 1}
    assert client.post("/api/v1/feedback", json=body, headers=BEN).status_code == 404
    assert client.post("/api/v1/feedback", json=body).status_code == 404
    crossed = {**turn, "conversation_id": other["conversation_id"]}
    assert rate(client, crossed, 1) == 404
    assert rate(client, {**turn, "turn_id": "unknown"}, 1) == 404
    for bad in (0, 2, "1", None, 1.5):
        assert rate(client, turn, bad) == 422, bad
    assert rate(client, turn, 1, comment="x" * 2001) == 422
    assert client.get("/api/v1/feedback", headers=LOCAL).json() == {"feedback": [], "next": None}
    for bad in ("0", "up", ""):
        assert client.get(f"/api/v1/feedback?rating={bad}", headers=LOCAL).status_code == 422


def test_pages_follow_one_another_while_more_comes_in(client: TestClient) -> None:
    turns = [asked(client) for _ in range(5)]
    for turn in turns:
        assert rate(client, turn, -1) == 204
    seen: list[str] = []
    cursor: str | None = None
    while True:
        query = {"limit": "2", **({"cursor": cursor} if cursor else {})}
        page = client.get("/api/v1/feedback", params=query, headers=LOCAL).json()
        seen += [row["turn_id"] for row in page["feedback"]]
        assert rate(client, asked(client), -1) == 204
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == [turn["turn_id"] for turn in reversed(turns)]


def test_the_same_word_twice_is_told_to_webhooks_once(
    client: TestClient, desk: ScriptedDesk
) -> None:
    turn = asked(client)
    for rating in (1, 1, -1, -1):
        assert rate(client, turn, rating) == 204
    engine = create_engine(f"sqlite:///{desk.settings.data_dir / 'answerdesk.db'}")
    with engine.connect() as connection:
        told = connection.execute(text("SELECT data FROM outbox WHERE kind = 'feedback.given'"))
        assert len(told.all()) == 2
    engine.dispose()


def test_unanswered_questions_come_in_pages(client: TestClient, desk: ScriptedDesk) -> None:
    for number in range(5):
        conversation = desk.conversations.start(Language.ENGLISH)
        answer = Answer(f"t{number}", conversation.id, "?", Language.ENGLISH, "refuse", True, 0.1)
        desk.conversations.save(conversation, f"q{number}", answer)
    place = "/api/v1/conversations/unanswered"
    first = client.get(place, params={"limit": 3}, headers=LOCAL).json()
    second = client.get(place, params={"cursor": first["next"]}, headers=LOCAL).json()
    asked = [turn["question"] for page in (first, second) for turn in page["turns"]]
    assert asked == ["q4", "q3", "q2", "q1", "q0"]
    assert second["next"] is None
    assert client.get(place, params={"cursor": "x"}, headers=LOCAL).status_code == 422
