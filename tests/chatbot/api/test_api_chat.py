"""`POST /api/v1/chat`, as JSON and as events."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from fastapi.testclient import TestClient

from chatbot.api.schemas import ChatAnswer
from chatbot.cancellation import Cancellation
from chatbot.errors import GeneratorFailed
from chatbot.messages import Question, ReplyEvent, TextDelta, Working
from knowledge.documents import Language
from tests.chatbot.api.scripted_desk import LOCAL_TOKEN, ScriptedDesk, serving

EVERYWHERE = "0.0.0.0"  # noqa: S104 -- nothing is bound, it only says that strangers may come
EVENTS = {"Accept": "text/event-stream"}


def test_a_question_gets_the_fields_of_a_batch_line_and_of_its_conversation(
    client: TestClient,
) -> None:
    response = client.post("/api/v1/chat", json={"message": "How long?"})
    assert response.status_code == 200
    answer = response.json()
    ChatAnswer.model_validate(answer)
    assert answer["answer"] == "Within 14 days. [1]"
    position = {"start": 0, "end": 14, "headings": ["Returns"], "place": None}
    assert answer["citations"][0]["position"] == position
    assert len(answer["conversation_id"]) >= 22  # 128 bits in base64


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
def test_how_an_answer_came_about_is_told_in_full_to_the_team_only(
    client: TestClient, team: dict[str, str], accept: str
) -> None:
    def trace(headers: dict[str, str]) -> list[object]:
        headers = {**headers, "Accept": accept}
        response = client.post("/api/v1/chat", json={"message": "How long?"}, headers=headers)
        if accept == "application/json":
            return response.json()["trace"]
        told = dict(parsed(response.text))
        assert told["finished"]["trace"] == [told["trace"]]
        return [told["trace"]]

    step = {"stage": "rules", "reason": "none fired", "milliseconds": 0.5}
    assert trace({"X-Visitor-Token": "v"}) == [{**step, "details": {}}]
    told: dict[str, object] = {"fired": [], "when": "x"}
    assert trace({"X-API-Key": team["agent"]}) == [{**step, "details": told}]
    assert trace({"Authorization": f"Bearer {LOCAL_TOKEN}"}) == [{**step, "details": told}]


def test_every_field_of_the_body_reaches_the_dialogue(
    client: TestClient, desk: ScriptedDesk
) -> None:
    body = {
        "message": "多久?",
        "mode": "serial",
        "language": "zh",
        "collection": "faq",
        "slots": {"order": "A1", "n": 2},
    }
    first = client.post("/api/v1/chat", json=body, headers={"X-Visitor-Token": "v"}).json()
    again = {**body, "conversation_id": first["conversation_id"]}
    assert client.post("/api/v1/chat", json=again, headers={"X-Visitor-Token": "v"}).is_success
    question = desk.dialogue.asked[1]
    assert question.text == "多久?"
    assert question.mode == "serial"
    assert question.language is Language.CHINESE
    assert question.collection == "faq"
    assert question.slots == {"order": "A1", "n": 2}
    assert question.conversation_id == first["conversation_id"]
    assert question.visitor not in ("", "v")


def test_the_stream_tells_everything_in_order(client: TestClient) -> None:
    response = client.post("/api/v1/chat", json={"message": "How long?"}, headers=EVENTS)
    assert response.headers["content-type"].startswith("text/event-stream")
    events = parsed(response.text)
    names = [name for name, _ in events]
    assert names == ["working", "trace", "sources", "delta", "delta", "handover", "finished"]
    assert "".join(str(data["text"]) for name, data in events if name == "delta") == (
        "Within 14 days. [1]"
    )
    ChatAnswer.model_validate(events[-1][1])


def test_a_turn_that_fails_at_once_has_its_own_status(
    client: TestClient, desk: ScriptedDesk
) -> None:
    def fail(_: Question, __: Cancellation) -> Iterator[ReplyEvent]:
        raise GeneratorFailed(reason="out of memory")
        yield

    desk.dialogue.script = fail
    for headers in ({}, EVENTS):
        response = client.post("/api/v1/chat", json={"message": "?a"}, headers=headers)
        assert response.status_code == 503
        assert response.headers["content-type"] == "application/problem+json"
        assert response.json()["code"] == "generator_failed"


def test_a_turn_that_fails_later_says_so_in_the_stream_without_its_secrets(
    client: TestClient, desk: ScriptedDesk
) -> None:
    def fail(_: Question, __: Cancellation) -> Iterator[ReplyEvent]:
        yield Working("writing")
        raise ValueError("password=hunter2")

    desk.dialogue.script = fail
    response = client.post(
        "/api/v1/chat", json={"message": "问题", "language": "zh"}, headers=EVENTS
    )
    assert [name for name, _ in parsed(response.text)] == ["working", "error"]
    problem = parsed(response.text)[1][1]
    assert problem["status"] == 500
    assert "请重试" in str(problem["detail"])
    assert "hunter2" not in response.text
    plain = client.post("/api/v1/chat", json={"message": "a"})
    assert plain.status_code == 500
    assert "hunter2" not in plain.text


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b'{"message": ""}', 422, "empty_question"),
        (b'{"message": " \\n\\t "}', 422, "empty_question"),
        (b'{"message": "' + b"x" * 3000 + b'"}', 413, "question_too_long"),
        (b'{"message": "' + b"x" * 1_000_000 + b'"}', 413, "request_entity_too_large"),
        (b'{"message": "\\u0000\\u0001\\u0002"}', 422, "unreadable_question"),
        (b'{"message": "\\ud800"}', 422, "unreadable_question"),
        (b'{"message": "\xff\xfe"}', 400, "bad_request"),
        (bytes(range(256)), 422, "invalid_request"),
        (b"{", 422, "invalid_request"),
        (b"[]", 422, "invalid_request"),
        (b"", 422, "invalid_request"),
        (b"{}", 422, "invalid_request"),
        (b'{"message": 7}', 422, "invalid_request"),
        (b'{"message": "a", "mode": "fast"}', 422, "invalid_request"),
        (b'{"message": "a", "\\ud800": 1}', 422, "invalid_request"),
        (b'{"message": "a", "collection": ""}', 422, "invalid_request"),
        (b'{"message": "a", "slots": {"x": NaN}}', 422, "invalid_request"),
        (b"[" * 100_000, 400, "bad_request"),
        (b'{"message": "a", "conversation_id": "unknown"}', 404, "conversation_not_found"),
    ],
)
def test_bad_input_gets_one_clear_sentence(
    client: TestClient, desk: ScriptedDesk, body: bytes, status: int, code: str
) -> None:
    for language, comma in (("en", ". "), ("zh-CN,zh;q=0.9", "。")):
        headers = {"Content-Type": "application/json", "Accept-Language": language}
        response = client.post("/api/v1/chat", content=body, headers=headers)
        problem = response.json()
        assert (response.status_code, problem["code"]) == (status, code), problem
        assert response.headers["content-type"] == "application/problem+json"
        assert set(problem) == {"type", "title", "status", "detail", "code"}
        assert 5 < len(problem["detail"]) < 200
        assert ("。" in problem["detail"]) == (comma == "。")
    assert not desk.dialogue.asked


def test_a_conversation_is_closed_to_other_visitors(client: TestClient) -> None:
    mine, other = {"X-Visitor-Token": "mine"}, {"X-Visitor-Token": "other"}
    body = {"message": "How long?"}
    started = client.post("/api/v1/chat", json=body, headers=mine).json()
    follow_up = {**body, "conversation_id": started["conversation_id"]}
    assert client.post("/api/v1/chat", json=follow_up, headers=mine).status_code == 200
    assert client.post("/api/v1/chat", json=follow_up, headers=other).status_code == 404
    assert client.post("/api/v1/chat", json=follow_up).status_code == 404


def test_more_turns_than_places_are_told_when_to_come_back(desk: ScriptedDesk) -> None:
    def slow(_: Question, cancellation: Cancellation) -> Iterator[ReplyEvent]:
        yield Working("writing")
        cancellation.wait(20)

    desk.dialogue.script = slow
    small = desk.with_server(max_turns_at_once=1, max_turns_waiting=0)
    with serving(small.app()) as url, httpx.Client(base_url=url) as http:
        with http.stream("POST", "/api/v1/chat", json={"message": "a"}, headers=EVENTS) as first:
            lines = first.iter_lines()
            assert next(lines) == "event: working"
            refused = http.post("/api/v1/chat", json={"message": "b"})
            assert refused.status_code == 503
            assert refused.json()["code"] == "server_busy"
            assert int(refused.headers["retry-after"]) > 0
            assert http.get("/healthz").json() == {"status": "ok"}
            assert not desk.dialogue.ended.is_set()
        assert desk.dialogue.ended.wait(20)
        desk.dialogue.script = None
        assert http.post("/api/v1/chat", json={"message": "c"}).status_code == 200


def test_a_turn_waits_in_line_and_is_never_begun_for_one_who_left(desk: ScriptedDesk) -> None:
    release = threading.Event()

    def slow(question: Question, cancellation: Cancellation) -> Iterator[ReplyEvent]:
        yield Working("writing")
        release.wait(20)
        yield from desk.dialogue.reply(question, cancellation)

    desk.dialogue.script = slow
    small = desk.with_server(max_turns_at_once=1, max_turns_waiting=2)
    with (
        serving(small.app()) as url,
        httpx.Client(base_url=url) as http,
        http.stream("POST", "/api/v1/chat", json={"message": "a"}, headers=EVENTS) as first,
        ThreadPoolExecutor(1) as pool,
    ):
        assert next(first.iter_lines()) == "event: working"
        with pytest.raises(httpx.ReadTimeout):
            http.post("/api/v1/chat", json={"message": "left"}, timeout=0.3)
        for _ in range(10):  # the server hears of the closed connection before it hears of these
            http.get("/healthz")
        waiting = pool.submit(http.post, "/api/v1/chat", json={"message": "b"}, timeout=20)
        release.set()
        assert waiting.result().status_code == 200
    assert [question.text for question in desk.dialogue.asked] == ["a", "b"]


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
def test_a_turn_ends_within_a_second_of_its_visitor_leaving(
    desk: ScriptedDesk, accept: str
) -> None:
    def slow(_: Question, cancellation: Cancellation) -> Iterator[ReplyEvent]:
        yield TextDelta("One ")
        cancellation.wait(20)
        yield TextDelta("two")

    desk.dialogue.script = slow
    with serving(desk.app()) as url:
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(
                f"{url}/api/v1/chat",
                json={"message": "a"},
                headers={"Accept": accept},
                timeout=httpx.Timeout(5, read=0.5),
            )
        assert desk.dialogue.ended.wait(20)
        assert desk.dialogue.cancelled


def test_a_hanging_turn_is_given_up_and_health_goes_on(
    desk: ScriptedDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = threading.Event()

    def hang(_: Question, __: Cancellation) -> Iterator[ReplyEvent]:
        release.wait(60)
        yield Working("writing")

    desk.dialogue.script = hang
    monkeypatch.setattr("chatbot.api.turns.GRACE_SECONDS", 0.2)
    generator = desk.settings.generator.model_copy(update={"deadline_seconds": 0.3})
    desk.settings = desk.settings.model_copy(update={"generator": generator})
    with serving(desk.app()) as url, httpx.Client(base_url=url) as http:
        response = http.post("/api/v1/chat", json={"message": "a"}, timeout=30)
        assert (response.status_code, response.json()["code"]) == (503, "turn_timeout")
        assert http.get("/healthz").status_code == 200
        assert not desk.dialogue.ended.is_set()
        release.set()
        assert desk.dialogue.ended.wait(20)


def test_a_quiet_stream_keeps_its_heart_beating(
    desk: ScriptedDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def pause(question: Question, cancellation: Cancellation) -> Iterator[ReplyEvent]:
        yield Working("writing")
        cancellation.wait(0.5)
        yield from desk.dialogue.reply(question, cancellation)

    desk.dialogue.script = pause
    monkeypatch.setattr("chatbot.api.running.HEARTBEAT_SECONDS", 0.1)
    with serving(desk.app()) as url:
        text = httpx.post(f"{url}/api/v1/chat", json={"message": "a"}, headers=EVENTS).text
    assert text.count(": heartbeat") >= 2
    assert parsed(text)[-1][0] == "finished"


def test_members_may_chat_where_visitors_may_not(desk: ScriptedDesk, team: dict[str, str]) -> None:
    with TestClient(desk.with_server(host=EVERYWHERE).app()) as client:
        body = {"message": "a"}
        assert client.post("/api/v1/chat", json=body).status_code == 401
        key = {"Authorization": f"Bearer {team['agent']}"}
        assert client.post("/api/v1/chat", json=body, headers=key).status_code == 200
        local = {"Authorization": f"Bearer {LOCAL_TOKEN}"}
        assert client.post("/api/v1/chat", json=body, headers=local).status_code == 200
    with TestClient(desk.with_server(host=EVERYWHERE, public_chat=True).app()) as client:
        assert client.post("/api/v1/chat", json=body).status_code == 200
        elsewhere = {"message": "a", "collection": "staff"}
        assert client.post("/api/v1/chat", json=elsewhere).status_code == 401
        assert client.post("/api/v1/chat", json=elsewhere, headers=key).status_code == 200
    with TestClient(desk.with_server(public_chat=False).app()) as client:
        assert client.post("/api/v1/chat", json=body).status_code == 401


def parsed(text: str) -> list[tuple[str, dict[str, object]]]:
    """The events of a stream; comments left out."""
    events: list[tuple[str, dict[str, object]]] = []
    for block in text.replace("\r\n", "\n").split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if line[:1] != ":")
        if lines:
            events.append((lines["event"], json.loads(lines["data"])))
    return events


def test_no_character_breaks_an_event_in_two(client: TestClient, desk: ScriptedDesk) -> None:
    odd = "one\x85two\u2028three\u2029four\r\nfive"

    def say(question: Question, _: Cancellation) -> Iterator[ReplyEvent]:
        yield TextDelta(odd)
        yield from desk.dialogue.reply(question, _)

    desk.dialogue.script = say
    told = client.post("/api/v1/chat", json={"message": "a"}, headers=EVENTS).text
    data = [line.removeprefix("data: ") for line in told.splitlines() if line.startswith("data: ")]
    assert {"text": odd} in [json.loads(line) for line in data]
