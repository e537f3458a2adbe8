"""Messages on their way to real receivers."""

import json
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from chatbot.webhooks.model import Delivery, Webhook
from chatbot.webhooks.signing import signature
from tests.chatbot.webhooks.parts import Office, at_work, open_office
from tests.chatbot.webhooks.receiver import Receiver, receiving


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with open_office(tmp_path) as office:
        yield office


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tries again after some hundredths of a second, six times."""
    delays = (timedelta(seconds=0.02),) * 6
    monkeypatch.setattr("chatbot.webhooks.deliveries.DELAYS", delays)


def finished(office: Office, hook: Webhook, seconds: float = 10) -> Delivery:
    """The webhook's last delivery, once it is over."""
    deadline = time.monotonic() + seconds
    while True:
        found = office.listed(hook)
        if found and found[0].state != "waiting":
            return found[0]
        assert time.monotonic() < deadline, found
        time.sleep(0.02)


def test_a_message_is_signed_and_says_what_happened(office: Office) -> None:
    with receiving(Receiver()) as receiver, at_work(office):
        hook = office.hook(f"{receiver.url}/desk?a=1")
        conversation = office.happen()
        (message,) = receiver.wait_for(1)
        delivery = finished(office, hook)
    headers = message.headers
    assert message.path == "/desk?a=1"
    assert headers["content-type"] == "application/json"
    assert headers["webhook-id"] == delivery.id
    assert abs(int(headers["webhook-timestamp"]) - time.time()) < 30
    secret = office.webhooks.secret(hook.id)
    expected = signature(secret, delivery.id, headers["webhook-timestamp"], message.body)
    assert headers["webhook-signature"] == expected
    told = json.loads(message.body)
    assert told["type"] == "conversation.started"
    assert told["data"]["conversation_id"] == conversation.id
    assert datetime.fromisoformat(told["timestamp"]).utcoffset() == timedelta(0)
    assert (delivery.state, delivery.attempts, delivery.last_status) == ("delivered", 1, 204)


@pytest.mark.usefixtures("impatient")
def test_it_is_tried_again_with_the_same_words_until_it_arrives(office: Office) -> None:
    answers = {1: 500, 2: 302, 3: 404}
    with receiving(Receiver(lambda n: answers.get(n, 200))) as receiver, at_work(office) as courier:
        hook = office.hook(receiver.url)
        office.happen()
        while len(receiver.messages) < 4:
            courier.wake()
            time.sleep(0.02)
        delivery = finished(office, hook)
    assert (delivery.state, delivery.attempts) == ("delivered", 4)
    assert len({(m.headers["webhook-id"], m.body) for m in receiver.messages}) == 1
    assert {m.path for m in receiver.messages} == {"/"}  # the redirect was not followed


@pytest.mark.usefixtures("impatient")
def test_a_receiver_that_never_answers_well_is_given_up(office: Office) -> None:
    with receiving(Receiver(lambda _: 500)) as receiver, at_work(office) as courier:
        hook = office.hook(receiver.url)
        office.happen()
        while len(receiver.messages) < 7:
            courier.wake()
            time.sleep(0.02)
        delivery = finished(office, hook)
        courier.wake()
        time.sleep(0.2)
    assert (delivery.state, delivery.attempts, delivery.last_status) == ("failed", 7, 500)
    assert len(receiver.messages) == 7


def test_a_receiver_that_is_gone_is_told_no_more(office: Office) -> None:
    with receiving(Receiver(lambda _: 410)) as receiver, at_work(office) as courier:
        hook = office.hook(receiver.url)
        office.happen()
        assert finished(office, hook).last_status == 410
        assert not office.webhooks.get(hook.id).active
        office.happen()
        courier.wake()
        time.sleep(0.3)
    assert len(receiver.messages) == 1


def test_a_slow_receiver_holds_up_nobody_else(office: Office) -> None:
    with (
        receiving(Receiver(delay=3)) as slow,
        receiving(Receiver()) as quick,
        at_work(office) as courier,
    ):
        office.hook(slow.url)
        for _ in range(20):
            office.happen()
        slow.wait_for(2)
        office.hook(quick.url)
        started = time.monotonic()
        for _ in range(5):
            office.happen()
        courier.wake()
        quick.wait_for(5)
        assert time.monotonic() - started < 2.5
        assert len(slow.messages) <= 4
        started = time.monotonic()
        courier.close()
        assert time.monotonic() - started < 3


def test_what_one_process_leaves_the_next_one_sends(tmp_path: Path) -> None:
    with receiving(Receiver()) as receiver:
        with open_office(tmp_path) as office:
            hook = office.hook(receiver.url)
            office.happen()
            office.deliveries.fan_out()  # and then the process ends
            office.happen()
        with open_office(tmp_path) as office, at_work(office):
            receiver.wait_for(2)
            while {item.state for item in office.listed(hook)} != {"delivered"}:
                time.sleep(0.02)
    assert len({message.headers["webhook-id"] for message in receiver.messages}) == 2


def test_a_message_under_way_at_the_end_is_sent_again(tmp_path: Path) -> None:
    with receiving(Receiver(delay=2.5)) as receiver:
        with open_office(tmp_path) as office:
            hook = office.hook(receiver.url)
            with at_work(office):
                office.happen()
                receiver.wait_for(1)
            assert office.listed(hook)[0].state == "waiting"
        receiver.delay = 0
        with open_office(tmp_path) as office, at_work(office):
            receiver.wait_for(2)
            assert finished(office, hook).state == "delivered"
    first, second = receiver.messages
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body


def test_no_message_goes_to_a_private_network_unless_allowed(office: Office) -> None:
    with receiving(Receiver()) as receiver, at_work(office, allow_private=False):
        hooks = [
            office.hook(receiver.url.replace("127.0.0.1", host))
            for host in ("127.0.0.1", "localhost", "2130706433", "[::ffff:127.0.0.1]", "0.0.0.0")  # noqa: S104 -- nothing is bound
        ]
        hooks.append(office.hook("http://169.254.169.254/latest/meta-data/"))
        office.happen()
        deadline = time.monotonic() + 10
        while not all(
            hook_rows and hook_rows[0].attempts for hook_rows in map(office.listed, hooks)
        ):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        for hook in hooks:
            (delivery,) = office.listed(hook)
            assert delivery.last_status is None
            assert "private or reserved" in delivery.error
            assert "内网" in delivery.error_zh
    assert receiver.messages == []


def test_a_trial_is_sent_at_once_and_only_once(office: Office) -> None:
    with (
        receiving(Receiver(lambda n: 204 if n == 1 else 500)) as receiver,
        at_work(office) as courier,
    ):
        hook = office.webhooks.add(Webhook(receiver.url, ("feedback.given",), active=False))
        first, second = courier.test(hook.id), courier.test(hook.id)
        courier.wake()
        time.sleep(0.3)
    assert first is not None
    assert second is not None
    assert [first.state, second.state] == ["delivered", "failed"]
    assert second.error
    assert [json.loads(m.body)["type"] for m in receiver.messages] == ["webhook.test"] * 2
