"""Conversations as the team lists them, takes them over, answers in them and follows them."""

import hashlib
import json
import socket
import threading
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager

import httpx
import pytest
from fastapi.testclient import TestClient

from chatbot.api.access import SESSION_COOKIE
from chatbot.conversations import Conversation, Origin, new_id
from chatbot.messages import Answer
from knowledge.documents import Language
from tests.chatbot.api.scripted_desk import PASSWORD, ScriptedDesk, serving

PLACE = "/api/v1/conversations"


@pytest.fixture
def mei(client: TestClient, desk: ScriptedDesk, team: dict[str, str]) -> TestClient:
    client.headers["X-API-Key"] = team["agent"]
    return client


def started(desk: ScriptedDesk, question: str = "How long?", visitor: str = "ann") -> Conversation:
    talk = desk.conversations.start(Language.CHINESE, Origin(visitor))
    answer = Answer(
        new_id(), talk.id, "30 天。", Language.CHINESE, "quote", refused=False, answerability=1
    )
    desk.conversations.save(talk, question, answer)
    return talk


def test_the_list_says_who_waits_and_is_paged(mei: TestClient, desk: ScriptedDesk) -> None:
    talks = [started(desk, f"Question {number}") for number in range(3)]
    desk.handovers.leave_contact(talks[0].id, {"name": "Ann", "email": "a@example.com"}, "")
    page = mei.get(PLACE, params={"status": "waiting,person"}).json()
    assert page["next"] is None
    (line,) = page["conversations"]
    assert line | {"waiting_since": "", "updated_at": ""} == {
        "id": talks[0].id,
        "status": "waiting",
        "channel": "chat",
        "language": "zh",
        "assignee": "",
        "visitor_name": "Ann",
        "waiting_since": "",
        "updated_at": "",
        "last": 3,
        "preview": "Question 0",
    }
    assert line["waiting_since"].endswith("+00:00")
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = mei.get(PLACE, params={"limit": 2} | ({"cursor": cursor} if cursor else {})).json()
        seen += [line["id"] for line in page["conversations"]]
        cursor = page["next"]
    assert seen == [talks[0].id, talks[2].id, talks[1].id]


@pytest.mark.parametrize(
    "query", ["status=lost", "status=", "limit=0", "limit=201", "cursor=x", "status=bot,"]
)
def test_a_list_that_cannot_be_is_refused(mei: TestClient, query: str) -> None:
    assert mei.get(f"{PLACE}?{query}").status_code == 422


def test_an_agent_takes_over_writes_and_hands_back(mei: TestClient, desk: ScriptedDesk) -> None:
    talk = started(desk)
    place = f"{PLACE}/{talk.id}"
    refused = mei.post(f"{place}/messages", json={"text": "Hello"})
    assert (refused.status_code, refused.json()["code"]) == (409, "not_held")
    taken = mei.post(f"{place}/take", json={})
    assert taken.json() == {"status": "person", "assignee": "agent"}
    assert mei.post(f"{place}/take", json={"from": None}).status_code == 200
    sent = mei.post(f"{place}/messages", json={"text": "  Hello\x00 there \n"})
    assert sent.status_code == 201
    whole = mei.get(place).json()
    assert [entry["kind"] for entry in whole["entries"]] == ["turn", "event", "agent"]
    assert whole["entries"][0]["answer"] == "30 天。"
    assert whole["entries"][2] | {"created_at": ""} == {
        "ordinal": 3,
        "id": sent.json()["id"],
        "created_at": "",
        "kind": "agent",
        "author": "agent",
        "text": "Hello there",
    }
    assert whole["assignee"] == "agent"
    assert mei.post(f"{place}/hand-back").json() == {"status": "bot", "assignee": ""}
    assert mei.post(f"{place}/close").json() == {"status": "closed", "assignee": ""}


def test_a_colleague_is_named_and_gives_up_only_knowingly(
    mei: TestClient, desk: ScriptedDesk, team: dict[str, str]
) -> None:
    talk = started(desk)
    place = f"{PLACE}/{talk.id}"
    mei.post(f"{place}/take", json={})
    lin = {"X-API-Key": team["editor"], "Accept-Language": "zh"}
    for path, body in (
        ("take", {}),
        ("messages", {"text": "Hi"}),
        ("close", None),
        ("hand-back", None),
    ):
        answer = mei.post(f"{place}/{path}", json=body, headers=lin)
        problem = answer.json()
        assert (answer.status_code, problem["code"]) == (409, "held_by_another"), path
        assert problem["holder"] == "agent"
        assert "agent 正在处理此会话" in problem["detail"]
        assert answer.headers["content-type"] == "application/problem+json"
    wrong = mei.post(f"{place}/take", json={"from": "somebody"}, headers=lin)
    assert wrong.json()["holder"] == "agent"
    right = mei.post(f"{place}/take", json={"from": "agent"}, headers=lin)
    assert right.json() == {"status": "person", "assignee": "editor"}
    assert mei.post(f"{place}/messages", json={"text": "Hi"}).json()["holder"] == "editor"


def test_words_sent_twice_arrive_once(mei: TestClient, desk: ScriptedDesk) -> None:
    talk = started(desk)
    place = f"{PLACE}/{talk.id}"
    mei.post(f"{place}/take", json={})
    body = {"text": "On its way.", "id": "a-client-made-id"}
    first, second = (mei.post(f"{place}/messages", json=body) for _ in range(2))
    assert first.json() == second.json()
    assert len(desk.timeline.entries(talk.id)) == 3
    other = mei.post(f"{place}/messages", json=body | {"text": "Other words"})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


@pytest.mark.parametrize(
    "body",
    [
        *({"text": text} for text in ("", " \n ", "\x00", "x" * 4001, None, 5)),
        *({"text": "Hi", "id": name} for name in ("short", "x" * 65, "with space here!")),
        {"text": "Hi", "more": 1},
    ],
)
def test_words_that_cannot_be_sent_are_refused(
    mei: TestClient, desk: ScriptedDesk, body: dict[str, object]
) -> None:
    talk = started(desk)
    mei.post(f"{PLACE}/{talk.id}/take", json={})
    assert mei.post(f"{PLACE}/{talk.id}/messages", json=body).status_code == 422
    assert len(desk.timeline.entries(talk.id)) == 2


def test_what_is_not_there_is_not_found(mei: TestClient) -> None:
    assert mei.get(f"{PLACE}/unknown").status_code == 404
    assert mei.get(f"{PLACE}/unknown/events").status_code == 404
    for path in ("take", "messages", "hand-back", "close"):
        answer = mei.post(
            f"{PLACE}/unknown/{path}", json={"text": "Hi"} if path == "messages" else {}
        )
        assert (answer.status_code, answer.json()["code"]) == (404, "conversation_not_found"), path


class Listener:
    """Reads a stream in a thread of its own."""

    def __init__(self, url: str, headers: dict[str, str]) -> None:
        self.events: list[tuple[str, dict[str, object], str]] = []
        self.ended = threading.Event()
        self._socket: socket.socket | None = None
        self._client = httpx.Client(timeout=30)
        self._thread = threading.Thread(target=self._read, args=(url, headers))
        self._thread.start()

    def _read(self, url: str, headers: dict[str, str]) -> None:
        try:
            with self._client.stream("GET", url, headers=headers) as answer:
                self._socket = answer.extensions["network_stream"].get_extra_info("socket")
                self._follow(answer.iter_lines())
        except httpx.HTTPError:
            pass
        finally:
            self.ended.set()

    def _follow(self, lines: Iterator[str]) -> None:
        fields: dict[str, str] = {}
        for line in lines:
            name, _, value = line.partition(": ")
            if name:
                fields[name] = value
            elif "event" in fields:
                data = json.loads(fields.get("data", "{}"))
                self.events.append((fields["event"], data, fields.get("id", "")))
                fields = {}

    def wait(self, event: str, **wanted: object) -> dict[str, object]:
        """The first such event; fails after some seconds without one."""
        end = time.monotonic() + 10
        while time.monotonic() < end:
            for name, data, _ in list(self.events):
                if name == event and wanted.items() <= data.items():
                    return data
            time.sleep(0.02)
        raise AssertionError(f"no {event} {wanted} in {self.events}")

    def close(self) -> None:
        if self._socket is not None and not self.ended.is_set():
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(10)
        self._client.close()


@contextmanager
def listening(url: str, **headers: str) -> Generator[Listener]:
    listener = Listener(url, headers)
    try:
        yield listener
    finally:
        listener.close()


@pytest.fixture
def url(desk: ScriptedDesk) -> Iterator[str]:
    with serving(desk.app()) as url:
        yield url


def test_a_conversation_is_followed_from_the_cursor_on(
    desk: ScriptedDesk, team: dict[str, str], url: str
) -> None:
    talk = started(desk)
    place = f"{url}{PLACE}/{talk.id}/events"
    with listening(f"{place}?after=1", **{"X-API-Key": team["agent"]}) as listener:
        assert listener.wait("status") == {"status": "bot", "assignee": ""}
        desk.handovers.take(talk.id, "agent")
        desk.handovers.pass_on(talk.id, "Are you there?")
        assert listener.wait("entry", kind="visitor")["text"] == "Are you there?"
        listener.wait("status", status="person", assignee="agent")
        numbers = [number for name, _, number in listener.events if name == "entry"]
        assert numbers == ["2", "3"]
    again = {"X-API-Key": team["agent"], "Last-Event-ID": "2"}
    with listening(place, **again) as listener:
        listener.wait("status")
        assert [number for name, _, number in listener.events if name == "entry"] == ["3"]


def test_a_conversation_that_is_deleted_ends_its_stream(
    desk: ScriptedDesk, team: dict[str, str], url: str
) -> None:
    talk = started(desk)
    place = f"{url}{PLACE}/{talk.id}/events"
    with listening(place, **{"X-API-Key": team["agent"]}) as listener:
        listener.wait("entry")
        desk.conversations.erase("ann")
        assert listener.ended.wait(5)


def test_the_inbox_tells_of_every_change(
    desk: ScriptedDesk, team: dict[str, str], url: str
) -> None:
    waiting, other = started(desk), started(desk, visitor="ben")
    desk.handovers.ask(waiting.id)
    with listening(f"{url}{PLACE}/events", **{"X-API-Key": team["agent"]}) as listener:
        listener.wait("waiting", count=1)
        assert all(name == "waiting" for name, _, _ in listener.events)
        desk.handovers.ask(other.id)
        listener.wait("changed", id=other.id, status="waiting")
        listener.wait("waiting", count=2)
        desk.handovers.take(waiting.id, "mei")
        listener.wait("changed", id=waiting.id, status="person")
        desk.handovers.hand_back(waiting.id, "mei")
        listener.wait("changed", id=waiting.id, status="bot")
        desk.conversations.erase("ben")
        listener.wait("changed", id=other.id, status="gone")
        listener.wait("waiting", count=0)


@pytest.mark.parametrize("way", ["sign out", "suspend"])
def test_a_stream_ends_with_the_session(
    desk: ScriptedDesk, team: dict[str, str], url: str, way: str
) -> None:
    talk = started(desk)
    token = desk.accounts.sign_in("agent", PASSWORD)
    cookie = f"{SESSION_COOKIE}={token}"
    with listening(f"{url}{PLACE}/{talk.id}/events", Cookie=cookie) as listener:
        listener.wait("entry")
        if way == "suspend":
            desk.accounts.set_suspended("agent", suspended=True)
        else:
            desk.accounts.sign_out(token)
        desk.handovers.take(talk.id, "mei")
        desk.handovers.say(talk.id, "mei", "Not for a stranger's eyes")
        assert listener.ended.wait(5)
        assert [data["kind"] for name, data, _ in listener.events if name == "entry"] == ["turn"]


def test_a_visitor_follows_their_own_conversation_only(desk: ScriptedDesk, url: str) -> None:
    token = "a" * 40
    visitor = hashlib.sha256(token.encode()).hexdigest()
    talk = started(desk, visitor=visitor)
    place = f"{url}/api/v1/chat/{talk.id}/events"
    for stranger in ({}, {"X-Visitor-Token": "b" * 40}):
        answer = httpx.get(place, headers=stranger)
        assert (answer.status_code, answer.json()["code"]) == (404, "conversation_not_found")
    with listening(f"{place}?after=1", **{"X-Visitor-Token": token}) as listener:
        status = {"status": "bot", "agent": None, "open_now": True}
        assert listener.wait("status") == status
        desk.handovers.take(talk.id, "mei")
        desk.handovers.say(talk.id, "mei", "Hello")
        assert listener.wait("entry", kind="agent")["author"] == "mei"
        listener.wait("status", status="person", agent="mei")
        desk.conversations.erase(visitor)
        assert listener.ended.wait(5)


def test_a_visitor_is_not_told_how_an_answer_came_about(desk: ScriptedDesk, url: str) -> None:
    talk = started(desk, visitor="")
    with listening(f"{url}/api/v1/chat/{talk.id}/events") as listener:
        entry = listener.wait("entry")
    assert entry["answer"] == "30 天。"
    assert not {"trace", "rules", "answerability"} & entry.keys()
