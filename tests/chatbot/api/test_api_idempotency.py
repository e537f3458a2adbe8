"""Requests that are sent twice are carried out once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from fastapi.testclient import TestClient

from chatbot.api.idempotency import scoped
from chatbot.cancellation import Cancellation
from chatbot.errors import IdempotencyKeyReused
from chatbot.guard import admit
from chatbot.idempotency import Requests
from chatbot.messages import Answer, Question, ReplyEvent, TurnFinished, Working
from chatbot.turn import happened_before
from knowledge.database import Base, open_engine, sqlite_url
from knowledge.documents import Language
from tests.chatbot.api.scripted_desk import LOCAL_TOKEN, ScriptedDesk, serving
from tests.chatbot.api.widget_site import events_of
from tests.chatbot.webhooks.parts import Clock

LOCAL = {"Authorization": f"Bearer {LOCAL_TOKEN}"}
KEY = {"Idempotency-Key": "abcdefghij_-0123", "X-Visitor-Token": "ann"}
EVENTS = {"Accept": "text/event-stream"}
QUESTION = {"message": "How long?"}


def test_a_message_sent_again_gets_the_same_answer(client: TestClient, desk: ScriptedDesk) -> None:
    first = client.post("/api/v1/chat", json=QUESTION, headers=KEY)
    again = client.post("/api/v1/chat", json=QUESTION, headers=KEY)
    assert again.json() == first.json()
    stream = client.post("/api/v1/chat", json=QUESTION, headers={**KEY, **EVENTS})
    assert events_of(stream.text) == [("finished", first.json())]
    assert len(desk.conversations.turns(first.json()["conversation_id"])) == 1
    other = client.post("/api/v1/chat", json={"message": "How much?"}, headers=KEY)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


def test_the_same_key_of_others_is_another_key(client: TestClient, team: dict[str, str]) -> None:
    callers = [
        KEY,
        {**KEY, "X-Visitor-Token": "ben"},
        {**KEY, "X-API-Key": team["agent"]},
        {**KEY, "X-API-Key": team["editor"]},
        {**KEY, "Idempotency-Key": "bbcdefghij_-0123"},
    ]
    answers = [client.post("/api/v1/chat", json=QUESTION, headers=who).json() for who in callers]
    assert len({answer["turn_id"] for answer in answers}) == len(callers)
    assert len({answer["conversation_id"] for answer in answers}) == len(callers)


def test_characters_that_are_not_kept_do_not_make_it_another_message(desk: ScriptedDesk) -> None:
    text = " How long is\x0b the warranty of the K3?\n"
    conversation = desk.conversations.start(Language.ENGLISH)
    answer = Answer("t", conversation.id, "24 months.", Language.ENGLISH, "quote", False, 0.9)
    desk.conversations.save(conversation, admit(text, 100), answer)
    again = Question(text, turn_id="t")
    assert happened_before(again, desk.conversations) == (TurnFinished(answer),)


def test_strangers_at_two_addresses_do_not_share_a_key(desk: ScriptedDesk) -> None:
    def ask(address: str) -> str:
        with TestClient(desk.app(), client=(address, 50000)) as client:
            headers = {"Idempotency-Key": "1234567890123456"}
            return client.post("/api/v1/chat", json=QUESTION, headers=headers).json()["turn_id"]

    assert ask("203.0.113.1") == ask("203.0.113.1") != ask("203.0.113.2")


@pytest.mark.parametrize("key", ["", "short", "a" * 65, "a" * 15, "with space in it!", "~" * 20])
def test_a_key_that_is_none_is_refused(client: TestClient, desk: ScriptedDesk, key: str) -> None:
    headers = [*LOCAL.items(), ("Idempotency-Key", key)]
    for answer in (
        client.post("/api/v1/chat", json=QUESTION, headers=headers),
        client.post("/api/v1/documents", files={"file": ("a.txt", b"a")}, headers=headers),
    ):
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_idempotency_key")
    assert not desk.dialogue.asked
    assert not desk.library.records


def test_a_message_that_is_being_answered_is_not_answered_twice(desk: ScriptedDesk) -> None:
    def slow(question: Question, cancellation: Cancellation) -> Iterator[ReplyEvent]:
        yield Working("writing")
        cancellation.wait(1)
        yield from desk.dialogue.reply(question, cancellation)

    desk.dialogue.script = slow

    def send(url: str) -> httpx.Response:
        return httpx.post(f"{url}/api/v1/chat", json=QUESTION, headers=KEY, timeout=20)

    with serving(desk.app()) as url, ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(send, [url] * 8))
        refused = [answer for answer in answers if answer.status_code == 409]
        assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7
        assert {answer.json()["code"] for answer in refused} == {"turn_in_progress"}
        assert {answer.headers["retry-after"] for answer in refused} == {"1"}
        (answered,) = [answer for answer in answers if answer.status_code == 200]
        assert send(url).json() == answered.json()
    assert len(desk.conversations.turns(answered.json()["conversation_id"])) == 1


def test_a_turn_that_failed_may_be_tried_again_by_its_key(
    client: TestClient, desk: ScriptedDesk
) -> None:
    def fail(_: Question, __: Cancellation) -> Iterator[ReplyEvent]:
        raise ZeroDivisionError
        yield

    desk.dialogue.script = fail
    assert client.post("/api/v1/chat", json=QUESTION, headers=KEY).status_code == 500
    desk.dialogue.script = None
    assert client.post("/api/v1/chat", json=QUESTION, headers=KEY).status_code == 200


def test_an_upload_sent_again_must_be_the_same(client: TestClient, desk: ScriptedDesk) -> None:
    headers = {**LOCAL, "Idempotency-Key": "upload-1234567890"}

    def upload(name: str, data: bytes, **form: str) -> int:
        files = {"file": (name, data)}
        return client.post("/api/v1/documents", files=files, data=form, headers=headers).status_code

    assert upload("a.txt", b"one") == upload("a.txt", b"one") == 202
    assert upload("a.txt", b"two") == upload("b.txt", b"one") == 422
    assert upload("a.txt", b"one", collection="faq") == upload("a.txt", b"one", source="s") == 422
    assert {record.name for record in desk.library.records.values()} == {"a.txt"}
    headers["Idempotency-Key"] = "upload-1234567891"
    assert upload("a.txt", b"two") == 202


def test_keys_are_remembered_for_a_day(tmp_path: Path) -> None:
    engine = open_engine(sqlite_url(tmp_path / "answerdesk.db"))
    Base.metadata.create_all(engine)
    clock = Clock()
    requests = Requests(engine, clock)
    requests.note("k", "one")
    clock.moment += timedelta(hours=23, minutes=59)
    requests.note("k", "one")
    with pytest.raises(IdempotencyKeyReused):
        requests.note("k", "two")
    clock.moment += timedelta(minutes=2)
    requests.note("k", "two")
    engine.dispose()


def test_a_scoped_key_cannot_be_made_of_other_parts() -> None:
    names = [scoped("a", "b", "c"), scoped("a", "b,c"), scoped('a","b', "c"), scoped("ab", "", "c")]
    assert len(set(names)) == 4
    assert all(len(name) == 43 for name in names)
    assert names[0] == scoped("a", "b", "c")
