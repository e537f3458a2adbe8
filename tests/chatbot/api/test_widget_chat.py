"""The chat of a widget: what a visitor is told, and that it is theirs alone."""

from collections.abc import Iterator
from dataclasses import replace
from uuid import uuid4

import httpx
import pytest
from fastapi.testclient import TestClient

from chatbot.cancellation import Cancellation
from chatbot.messages import Delivered, Question, ReplyEvent, TextDelta, TurnFinished
from chatbot.turn import happened_before
from tests.chatbot.api.scripted_desk import ScriptedDesk, serving
from tests.chatbot.api.widget_site import SHOP, Browser, add_widget, events_of

EVENTS = {"Accept": "text/event-stream"}


@pytest.fixture
def mei(desk: ScriptedDesk, client: TestClient) -> Browser:
    browser = Browser(client, add_widget(desk, collection="shop").id)
    browser.open()
    return browser


def test_a_message_is_answered_as_it_stands_in_the_conversation(
    desk: ScriptedDesk, mei: Browser
) -> None:
    answer = mei.say("How long?", language="en", context={"order": "A-1", "items": 2, "gold": True})
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == SHOP
    finished = answer.json()
    assert (finished["status"], finished["agent"]) == ("bot", None)
    entry = finished["entry"]
    assert (entry["kind"], entry["ordinal"], entry["question"]) == ("turn", 1, "How long?")
    assert entry["answer"] == "Within 14 days. [1]"
    assert entry["citations"][0].keys() == {"number", "title", "where", "quote", "url", "passage"}
    assert mei.entries() == [entry]
    (asked,) = desk.dialogue.asked
    assert asked.slots == {"order": "A-1", "items": 2, "gold": True}
    assert (asked.channel, asked.widget, asked.collection) == ("widget", mei.widget, "shop")


def test_nobody_outside_is_told_how_an_answer_came_about(mei: Browser) -> None:
    told = mei.say("How long?").text + mei.call("GET", "/widget/conversation").text
    mei.headers = EVENTS
    told += mei.say("And why?").text
    for inside in ("trace", "answerability", "none fired", "passage_id", "rules", "latency"):
        assert inside not in told, inside


def test_a_message_is_answered_event_by_event(mei: Browser) -> None:
    mei.headers = EVENTS
    answer = mei.say("How long?")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["access-control-allow-origin"] == SHOP
    events = events_of(answer.text)
    names = [name for name, _ in events]
    assert names == ["working", "sources", "delta", "delta", "handover", "finished"]
    assert "".join(str(data["text"]) for name, data in events if name == "delta") == (
        "Within 14 days. [1]"
    )
    mei.headers = {}
    assert events[-1][1]["entry"] == mei.entries()[0]


def test_tabs_of_a_browser_share_one_conversation(desk: ScriptedDesk, mei: Browser) -> None:
    first, second = mei.say("How long?"), mei.say("And then?")
    assert [first.json()["entry"]["ordinal"], second.json()["entry"]["ordinal"]] == [1, 2]
    assert len({question.conversation_id for question in desk.dialogue.asked}) == 1


def test_a_message_sent_again_is_not_answered_twice(desk: ScriptedDesk, mei: Browser) -> None:
    name = uuid4().hex

    def once(question: Question, cancellation: Cancellation) -> Iterator[ReplyEvent]:
        before = happened_before(question, desk.conversations)
        yield from before or desk.dialogue.reply(question, cancellation)

    desk.dialogue.script = once
    first, again = mei.say("How long?", name), mei.say("How long?", name)
    assert again.json()["entry"] == first.json()["entry"]
    assert len(mei.entries()) == 1
    reused = mei.say("Something else", name)
    assert (reused.status_code, reused.json()["code"]) == (422, "idempotency_key_reused")
    # The same id from another browser is another message.
    other = Browser(mei.client, mei.widget)
    other.open()
    assert other.say("Something else", name).json()["entry"]["ordinal"] == 1


def test_words_for_a_person_are_passed_on(desk: ScriptedDesk, mei: Browser) -> None:
    conversation = mei.open().json()["conversation"]
    mei.say("How long?")
    asked = mei.call("POST", "/widget/person", json={})
    assert asked.json() == {"status": "waiting", "agent": None, "open_now": True}
    conversation = mei.open().json()["conversation"]
    assert conversation["status"] == "waiting"
    desk.handovers.take(conversation["id"], "Lin")
    desk.handovers.say(conversation["id"], "Lin", "您好，我是小林。")

    def pass_on(question: Question, _: Cancellation) -> Iterator[ReplyEvent]:
        assert question.conversation_id is not None
        name = desk.handovers.pass_on(
            question.conversation_id, question.text, question.turn_id or ""
        )
        assert name
        answer = desk.conversations.turns(question.conversation_id)[0].answer
        yield Delivered()
        yield TurnFinished(replace(answer, turn_id=name))

    desk.dialogue.script = pass_on
    mei.headers = EVENTS
    events = dict(events_of(mei.say("谢谢").text))
    assert "delivered" in events
    assert (events["finished"]["status"], events["finished"]["agent"]) == ("person", "Lin")
    mei.headers = {}
    kinds = [(entry["kind"], entry.get("event")) for entry in mei.entries()]
    assert kinds == [
        ("turn", None),
        ("event", "waiting"),
        ("event", "taken"),
        ("agent", None),
        ("visitor", None),
    ]
    assert mei.entries(after=3)[0]["author"] == "Lin"


def test_a_person_may_be_asked_for_before_anything_is_said(mei: Browser) -> None:
    assert mei.call("POST", "/widget/person").json()["status"] == "waiting"
    assert [entry["kind"] for entry in mei.entries()] == ["event"]


def test_word_is_left_how_to_be_reached(desk: ScriptedDesk, mei: Browser) -> None:
    for nothing in ({}, {"name": "Mei"}, {"email": "", "phone": " "}):
        answer = mei.call("POST", "/widget/contact", json=nothing)
        assert (answer.status_code, answer.json()["code"]) == (422, "contact_missing")
    given = {"name": "Mei", "email": "mei@example.org", "message": "Please write"}
    assert mei.call("POST", "/widget/contact", json=given).status_code == 204
    kinds = [(entry["kind"], entry.get("event")) for entry in mei.entries()]
    assert ("event", "contact") in kinds
    assert ("visitor", None) in kinds


def test_an_answer_is_rated(mei: Browser) -> None:
    turn = mei.say("How long?").json()["entry"]["id"]
    for rating in (1, -1):
        given = {"turn_id": turn, "rating": rating, "comment": "很好"}
        assert mei.call("POST", "/widget/feedback", json=given).status_code == 204
        assert mei.entries()[0]["feedback"] == rating
    for bad in ({"turn_id": turn, "rating": 0}, {"turn_id": turn}, {"rating": 1}):
        assert mei.call("POST", "/widget/feedback", json=bad).status_code == 422
    unknown = mei.call("POST", "/widget/feedback", json={"turn_id": "none", "rating": 1})
    assert unknown.status_code == 404


def test_a_visitor_reaches_no_other_visitors_conversation(
    desk: ScriptedDesk, client: TestClient, mei: Browser
) -> None:
    turn = mei.say("My order?").json()["entry"]["id"]
    conversation = desk.dialogue.asked[0].conversation_id
    eve = Browser(client, mei.widget)
    eve.open()
    assert eve.entries() == []
    assert eve.open().json()["conversation"]["id"] is None
    rated = eve.call("POST", "/widget/feedback", json={"turn_id": turn, "rating": -1})
    assert rated.status_code == 404
    assert mei.entries()[0]["feedback"] is None
    eve.say("What did Mei say?")
    assert desk.dialogue.asked[1].conversation_id != conversation
    assert eve.call("DELETE", "/widget/data").status_code == 204
    assert len(mei.entries()) == 1
    # Nor does the chat page's door lead there, whatever token is made up for it.
    for token in ("", mei.ticket or "", mei.token):
        body = {"message": "Hello", "conversation_id": conversation}
        answer = client.post("/api/v1/chat", json=body, headers={"X-Visitor-Token": token})
        assert answer.status_code == 404


@pytest.mark.parametrize(
    "bad",
    [
        {"id": "short"},
        {"id": "x" * 65},
        {"id": "white space in the id here"},
        {"message": ""},
        {"message": "   "},
        {"message": "\x00\x01"},
        {"message": "x" * 2001},
        {"message": 5},
        {"language": "fr"},
        {"context": {str(n): "v" for n in range(3)}},
        {"context": {f"k{n}": "v" for n in range(21)}},
        {"context": {"k": "v" * 501}},
        {"context": {"k": ["v"]}},
        {"context": {"k": {"v": 1}}},
        {"context": {"k": None}},
        {"conversation_id": "x"},
        {"collection": "secret"},
        {"mode": "serial"},
        {"slots": {}},
    ],
)
def test_what_is_not_a_message_is_refused(mei: Browser, bad: dict[str, object]) -> None:
    body = {"message": "Hi", "id": "a" * 20, **bad}
    answer = mei.call("POST", "/widget/chat", json=body)
    assert answer.status_code in (413, 422)
    assert answer.headers["access-control-allow-origin"] == SHOP
    assert mei.entries() == []


def test_not_a_number_is_no_context(mei: Browser) -> None:
    body = '{"message": "Hi", "id": "' + "a" * 20 + '", "context": {"k": NaN}}'
    headers = {"content-type": "application/json"}
    mei.headers = headers
    assert mei.call("POST", "/widget/chat", content=body).status_code == 422


def test_a_failing_turn_is_said_in_the_visitors_language(desk: ScriptedDesk, mei: Browser) -> None:
    def fail(question: Question, _: Cancellation) -> Iterator[ReplyEvent]:
        yield TextDelta("One moment")
        raise RuntimeError("secret of the engine")

    desk.dialogue.script = fail
    mei.headers = EVENTS
    name, problem = events_of(mei.say("您好", language="zh").text)[-1]
    assert name == "error"
    assert problem["code"] == "unexpected"
    assert "系统出现问题" in str(problem["detail"])
    assert "secret" not in str(problem)


def test_leaving_in_mid_answer_ends_the_work(desk: ScriptedDesk) -> None:
    def endless(question: Question, cancellation: Cancellation) -> Iterator[ReplyEvent]:
        while not cancellation.cancelled:
            yield TextDelta("and ")
            cancellation.wait(0.01)

    desk.dialogue.script = endless
    widget = add_widget(desk)
    with serving(desk.app()) as url, httpx.Client(base_url=url, headers={"Origin": SHOP}) as http:
        token = http.post("/widget/session", json={"widget": widget.id}).json()["token"]
        body = {"message": "Go on", "id": uuid4().hex}
        headers = {**EVENTS, "Authorization": f"Bearer {token}"}
        with http.stream("POST", "/widget/chat", json=body, headers=headers) as answer:
            for line in answer.iter_lines():
                if line.startswith("event: delta"):
                    break
        assert desk.dialogue.ended.wait(5)
    assert desk.dialogue.cancelled
