"""What is to be sent, when, and for how long it is kept."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chatbot.errors import InvalidCursor
from chatbot.tables import OutboxRow
from chatbot.webhooks.deliveries import DELAYS
from chatbot.webhooks.errors import TooManyWebhooks, WebhookNotFound
from chatbot.webhooks.model import Outcome, Webhook
from chatbot.webhooks.store import MOST_WEBHOOKS
from knowledge.fetching import AddressRefused
from tests.chatbot.webhooks.parts import Clock, Office, open_office

URL = "https://shop.example/hook"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def office(tmp_path: Path, clock: Clock) -> Iterator[Office]:
    with open_office(tmp_path, clock) as office:
        yield office


def test_what_happens_is_written_out_once_for_each_webhook_that_wants_it(office: Office) -> None:
    wanting, other = office.hook(URL), office.hook(URL, "feedback.given")
    both = office.hook(URL, "feedback.given", "conversation.started")
    off = office.webhooks.add(Webhook(URL, ("conversation.started",), active=False))
    office.happen()
    assert office.deliveries.fan_out() == 1
    assert office.deliveries.fan_out() == 0
    counts = [len(office.listed(hook)) for hook in (wanting, other, both, off)]
    assert counts == [1, 0, 1, 0]
    ids = {message.delivery_id for message in office.deliveries.due((), 5)}
    assert len(ids) == 2


def test_without_webhooks_the_outbox_does_not_grow(office: Office) -> None:
    for _ in range(250):
        office.happen()
    while office.deliveries.fan_out():
        pass
    with Session(office.engine) as session:
        assert session.scalar(select(func.count()).select_from(OutboxRow)) == 0


def test_the_pauses_grow_and_then_it_is_given_up(office: Office, clock: Clock) -> None:
    hook = office.hook(URL)
    office.happen()
    office.deliveries.fan_out()
    for number, delay in enumerate(DELAYS, 1):
        (message,) = office.deliveries.due((), 5)
        after = office.deliveries.finish(message.delivery_id, Outcome(503, "busy", "忙"))
        assert after is not None
        assert (after.state, after.attempts, after.last_status) == ("waiting", number, 503)
        assert after.next_try_at is not None
        assert 0.8 * delay <= after.next_try_at - clock() <= 1.2 * delay
        assert office.deliveries.due((), 5) == []
        clock.forward(seconds=1.2 * delay.total_seconds())
    (message,) = office.deliveries.due((), 5)
    last = office.deliveries.finish(message.delivery_id, Outcome(None, "no answer", "无响应"))
    assert last is not None
    assert (last.state, last.attempts, last.next_try_at) == ("failed", len(DELAYS) + 1, None)
    clock.forward(days=1)
    assert office.deliveries.due((), 5) == []
    assert office.listed(hook)[0].error == "no answer"


@pytest.mark.parametrize(
    ("status", "state"), [(200, "delivered"), (299, "delivered"), (410, "failed")]
)
def test_some_answers_are_final(office: Office, status: int, state: str) -> None:
    hook = office.hook(URL)
    office.happen()
    office.deliveries.fan_out()
    (message,) = office.deliveries.due((), 5)
    after = office.deliveries.finish(message.delivery_id, Outcome(status))
    assert after is not None
    assert (after.state, after.next_try_at) == (state, None)
    assert office.webhooks.get(hook.id).active is (status != 410)


def test_one_webhook_has_no_more_than_its_share_under_way(office: Office) -> None:
    busy, quiet = office.hook(f"{URL}/busy"), office.hook(f"{URL}/quiet", "feedback.given")
    for _ in range(30):
        office.happen()
    office.deliveries.fan_out()
    first = office.deliveries.due((), 2)
    assert [message.webhook_id for message in first] == [busy.id] * 2
    under_way = {message.delivery_id for message in first}
    assert office.deliveries.due(under_way, 2) == []
    office.deliveries.finish(first[0].delivery_id, Outcome(204))
    assert len(office.deliveries.due(under_way, 2)) == 1
    assert office.listed(quiet) == []


def test_what_waits_for_a_webhook_that_is_off_waits_on(office: Office) -> None:
    hook = office.hook(URL)
    office.happen()
    office.deliveries.fan_out()
    off = Webhook(URL, hook.happenings, active=False, id=hook.id)
    office.webhooks.change(off)
    assert office.deliveries.due((), 5) == []
    office.webhooks.change(Webhook(f"{URL}/new", hook.happenings, id=hook.id))
    (message,) = office.deliveries.due((), 5)
    assert message.url == f"{URL}/new"


def test_deliveries_are_forgotten_after_seven_days(office: Office, clock: Clock) -> None:
    hook = office.hook(URL)
    for _ in range(3):
        office.happen()
    office.deliveries.fan_out()
    done, tried, _ = office.deliveries.due((), 5)
    office.deliveries.finish(done.delivery_id, Outcome(204))
    clock.forward(days=6)
    office.deliveries.finish(tried.delivery_id, Outcome(410))
    assert office.deliveries.prune() == 0
    clock.forward(days=1.1)
    assert office.deliveries.prune() == 2  # what was delivered, and what was never sent
    assert [item.id for item in office.listed(hook)] == [tried.delivery_id]


def test_the_list_stays_the_same_while_more_is_added(office: Office, clock: Clock) -> None:
    hook = office.hook(URL)
    for _ in range(7):
        office.happen()
        office.deliveries.fan_out()
        clock.forward(seconds=1)
    expected = [item.id for item in office.listed(hook)]
    seen: list[str] = []
    cursor = None
    while True:
        page = office.deliveries.page(hook.id, 3, cursor)
        seen += [item.id for item in page.rows]
        office.happen()
        office.deliveries.fan_out()
        clock.forward(seconds=1)
        if page.next is None:
            break
        cursor = page.next
    assert seen == expected
    for cursor in ("x", "W10", "WyJhIl0", "WyJhIiwiYiJd", "中", "=" * 5):
        with pytest.raises(InvalidCursor):
            office.deliveries.page(hook.id, 3, cursor)


def test_a_deleted_webhook_takes_its_deliveries_along(office: Office) -> None:
    hook = office.hook(URL)
    office.happen()
    office.deliveries.fan_out()
    (message,) = office.deliveries.due((), 5)
    office.webhooks.remove(hook.id)
    assert office.deliveries.finish(message.delivery_id, Outcome(204)) is None
    for act in (office.webhooks.get, office.webhooks.remove, office.webhooks.secret):
        with pytest.raises(WebhookNotFound):
            act(hook.id)
    with pytest.raises(WebhookNotFound):
        office.deliveries.page(hook.id, 1)


def test_only_web_addresses_and_not_too_many(office: Office) -> None:
    for url in (
        "",
        "shop.example",
        "ftp://shop.example/",
        "http://me@shop.example/",
        "http://a:99999/",
    ):
        with pytest.raises(AddressRefused):
            office.hook(url)
    for _ in range(MOST_WEBHOOKS):
        office.hook(URL)
    with pytest.raises(TooManyWebhooks):
        office.hook(URL)


def test_another_secret_leaves_time_to_change_over(office: Office) -> None:
    hook = office.hook(URL)
    first = office.webhooks.secret(hook.id)
    second = office.webhooks.rotate_secret(hook.id)
    assert office.webhooks.secret(hook.id) == second != first
    office.happen()
    office.deliveries.fan_out()
    assert office.deliveries.due((), 5)[0].secrets == [second, first]
    third = office.webhooks.rotate_secret(hook.id)
    assert office.deliveries.due((), 5)[0].secrets == [third, second]
