"""One conversation over pages, tabs and lost connections: nothing is lost, nothing is said twice."""

import json

import pytest
from playwright.sync_api import Route, expect

from tests.e2e.scripted_chat import wait_until
from tests.e2e.widget_site.street import Guest, Street, Visit

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
QUESTION = "How long do I have to return something?"


def conversation_of(street: Street) -> list[str]:
    """The ids of what stands in the last conversation."""
    asked = street.desk.dialogue.asked[-1].conversation_id or ""
    return [entry.id for entry in street.desk.timeline.entries(asked)]


def streams(visitor: Guest) -> int:
    """How many live streams the page has opened."""
    return sum("/widget/events" in call for call in visitor.requests)


def test_a_conversation_goes_on_over_pages_and_reloads(guest: Visit) -> None:
    visitor = guest()
    visitor.go()
    visitor.open()
    visitor.ask(QUESTION)
    visitor.page.get_by_role("link", name="Grinders").click()
    expect(visitor.page.get_by_role("heading", name="Grinders for quiet mornings")).to_be_visible()
    visitor.says("within 30 days of delivery")  # the panel is open where it was open before
    assert visitor.page.evaluate("document.activeElement.tagName") == "BODY"  # no focus stolen
    visitor.page.reload()
    visitor.says("within 30 days of delivery")
    visitor.ask("Please explain how a return works.")
    expect(visitor.page.locator(".mine")).to_have_count(2)
    sessions = [call for call in visitor.requests if "POST" in call and "/session" in call]
    assert len(sessions) == 1  # the token is kept, too


def test_leaving_the_page_in_mid_answer_loses_and_doubles_nothing(
    guest: Visit, street: Street
) -> None:
    visitor = guest()
    visitor.go()
    visitor.open()
    street.desk.dialogue.gate.clear()
    visitor.ask(QUESTION, wait=False)
    assert wait_until(lambda: street.desk.dialogue.running == 1)
    visitor.page.goto(f"{street.site}/other")
    expect(visitor.page.locator(".working")).to_be_visible()
    street.desk.dialogue.gate.set()
    expect(visitor.page.locator(".chip")).to_have_count(2)
    expect(visitor.page.locator(".mine")).to_have_count(1)
    assert len(conversation_of(street)) == 1
    visitor.page.reload()
    expect(visitor.page.locator(".mine")).to_have_count(1)


@pytest.mark.parametrize("lost", ["before", "after"])
def test_a_lost_connection_is_told_and_made_good(guest: Visit, street: Street, lost: str) -> None:
    """`after`: the server has answered, and the answer does not arrive."""
    visitor = guest()
    visitor.go()
    visitor.open()
    tries: list[dict[str, str]] = []

    def lose(route: Route) -> None:
        tries.append(json.loads(route.request.post_data or "{}"))
        if len(tries) > 2:
            route.continue_()
            return
        if lost == "after":
            route.fetch()
        route.abort()

    visitor.page.route("**/widget/chat", lose)
    visitor.ask(QUESTION, wait=False)
    expect(visitor.page.locator(".working")).to_contain_text("The connection was lost")
    expect(visitor.page.locator(".chip")).to_have_count(2)
    expect(visitor.page.locator(".mine")).to_have_count(1)
    assert len({body["id"] for body in tries}) == 1
    assert len(conversation_of(street)) == 1
    forgive(visitor, "ERR_FAILED")


def test_offline_is_said_in_words_and_the_message_goes_out_afterwards(guest: Visit) -> None:
    visitor = guest()
    visitor.go()
    visitor.open()
    visitor.ask("echo: online")
    visitor.page.context.set_offline(True)
    visitor.ask(QUESTION, wait=False)
    expect(visitor.page.locator(".working")).to_contain_text("You are offline")
    expect(visitor.status).to_have_text("No connection")
    visitor.page.context.set_offline(False)
    expect(visitor.page.locator(".chip")).to_have_count(3)
    expect(visitor.status).to_have_text("Answers now")
    forgive(visitor, "ERR_INTERNET_DISCONNECTED")


def test_a_busy_desk_is_waited_for_as_long_as_it_asks(guest: Visit) -> None:
    visitor = guest()
    visitor.go()
    visitor.open()
    seen: list[int] = []

    def busy(route: Route) -> None:
        seen.append(1)
        if len(seen) > 1:
            route.continue_()
            return
        headers = {
            "Retry-After": "2",
            "Access-Control-Allow-Origin": visitor.street.site,
            "Access-Control-Expose-Headers": "Retry-After",
            "Content-Type": "application/problem+json",
        }
        route.fulfill(status=429, headers=headers, body='{"code": "too_many", "status": 429}')

    visitor.page.route("**/widget/chat", busy)
    visitor.ask(QUESTION, wait=False)
    expect(visitor.page.locator(".working")).to_contain_text("Many people are asking")
    visitor.page.wait_for_timeout(1500)
    assert len(seen) == 1
    expect(visitor.page.locator(".chip")).to_have_count(2)
    forgive(visitor, "429")


def test_what_failed_can_be_tried_again(guest: Visit, street: Street) -> None:
    visitor = guest()
    visitor.go()
    visitor.open()
    visitor.ask("broken today", wait=False)
    alert = visitor.panel.get_by_role("alert")
    expect(alert).to_have_text("That did not get through.")
    visitor.button("Try again").click()
    assert wait_until(lambda: len(street.desk.dialogue.asked) == 2)
    first, second = street.desk.dialogue.asked
    assert first.turn_id == second.turn_id


def test_an_ended_token_is_renewed_silently(guest: Visit) -> None:
    visitor = guest()
    visitor.go()
    visitor.open()
    visitor.ask("echo: one")
    spoil = """() => {
      for (const key of Object.keys(localStorage)) if (key.endsWith(".token"))
        localStorage.setItem(key, JSON.stringify({ value: "spoilt", ends: Date.now() + 600000 }));
    }"""
    visitor.page.evaluate(spoil)
    visitor.ask("echo: two")
    expect(visitor.page.locator(".mine")).to_have_count(2)
    expect(visitor.panel.get_by_role("alert")).to_have_count(0)
    forgive(visitor, "401")


def test_two_tabs_stay_in_step_over_one_stream(guest: Visit, street: Street) -> None:
    one = guest()
    one.go()
    one.open()
    two = guest(beside=one)
    two.go("other")
    two.open_again()
    street.desk.dialogue.gate.clear()
    one.ask(QUESTION, wait=False)
    street.desk.dialogue.gate.set()
    for tab in (one, two):
        expect(tab.page.locator(".chip")).to_have_count(2)
        expect(tab.page.locator(".mine")).to_have_count(1)
    two.ask("echo: from the other tab")
    expect(one.page.locator(".mine")).to_have_count(2)
    expect(one.page.locator(".badge")).to_be_hidden()
    assert sorted((streams(one), streams(two))) == [0, 1]
    leader, follower = (one, two) if streams(one) else (two, one)
    with follower.page.expect_request("**/widget/events*"):
        leader.page.close()


def test_two_tabs_that_open_at_once_are_one_visitor(guest: Visit) -> None:
    one = guest()
    one.go()
    two = guest(beside=one)
    two.go()
    click = "document.querySelector('answerdesk-widget').shadowRoot.querySelector('button').click()"
    one.page.evaluate(f"setTimeout(() => {click})")
    two.page.evaluate(f"setTimeout(() => {click})")
    for tab in (one, two):
        expect(tab.panel).to_be_visible()
        tab.page.wait_for_timeout(300)
    opened = [call for call in one.requests + two.requests if "POST" in call and "session" in call]
    assert len(opened) == 1


def test_starting_again_in_one_tab_empties_the_other(guest: Visit) -> None:
    one = guest()
    one.go()
    one.open()
    one.ask("echo: one")
    two = guest(beside=one)
    two.go()
    two.open_again()
    two.says("one")
    one.page.evaluate("AnswerDesk.reset()")
    for tab in (one, two):
        expect(tab.page.locator(".empty")).to_be_visible()
    two.ask("echo: fresh")
    expect(one.page.locator(".mine")).to_have_text("You wroteecho: fresh")


def test_a_single_page_application_keeps_it(guest: Visit) -> None:
    visitor = guest()
    visitor.go("spa")
    visitor.open()
    visitor.ask(QUESTION)
    visitor.page.evaluate("window.same = true")
    for name in ("a", "b"):
        visitor.page.get_by_role("link", name=name, exact=True).click()
        expect(visitor.page.get_by_role("heading", name=name, exact=True)).to_be_visible()
        expect(visitor.panel).to_be_visible()
    visitor.page.go_back()
    visitor.page.evaluate(
        "document.documentElement.replaceChildren(document.createElement('body'))"
    )
    visitor.ask("echo: still here")
    expect(visitor.page.locator(".mine")).to_have_count(2)
    assert visitor.page.evaluate("window.same")


def forgive(visitor: Guest, note: str) -> None:
    """The browser's own notes of a failure that the test has made."""
    visitor.complaints[:] = [said for said in visitor.complaints if note not in said]
