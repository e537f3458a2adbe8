"""From the assistant to a person and back, live in the widget."""

import re

import pytest
from playwright.sync_api import expect

from chatbot.widgets.hours import Hours
from tests.e2e.scripted_chat import wait_until
from tests.e2e.widget_site.street import Guest, Street, Visit

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
CLOSED = Hours("UTC", {})


def held(street: Street) -> str:
    """The id of the conversation that was the last to change."""
    return street.desk.inbox.page(limit=1).rows[0].id


def asks_for_a_person(guest: Visit) -> Guest:
    visitor = guest()
    visitor.go()
    visitor.open()
    visitor.button("Talk to a person").click()
    expect(visitor.status).to_have_text("Waiting for a person")
    return visitor


def test_a_person_comes_answers_and_leaves(guest: Visit, street: Street) -> None:
    visitor = asks_for_a_person(guest)
    expect(visitor.page.locator(".event")).to_have_text("Waiting for a person")
    expect(visitor.page.locator(".notice")).to_contain_text("You can go on asking")
    visitor.ask("How long do I have to return something?")  # the assistant goes on answering
    visitor.says("within 30 days of delivery")
    talk = held(street)
    street.desk.handovers.take(talk, "Mei")
    expect(visitor.status).to_have_text("Mei is here")
    visitor.says("Mei is here")
    expect(visitor.button("Talk to a person")).to_be_hidden()
    assert visitor.field.get_attribute("placeholder") == "Write to Mei"
    street.desk.handovers.say(talk, "Mei", "Good morning! What may I do?\nI have time.")
    expect(visitor.page.locator(".agent .words")).to_have_text(re.compile("Good morning!"))
    visitor.ask("My kettle leaks.")
    visitor.ask("A lot.")
    expect(visitor.page.locator(".mine")).to_have_count(3)
    texts = [getattr(entry, "text", "") for entry in street.desk.timeline.entries(talk)]
    assert texts.count("My kettle leaks.") == 1
    street.desk.handovers.hand_back(talk, "Mei")
    expect(visitor.status).to_have_text("Answers now")
    visitor.says("Mei has left. You can go on asking here.")
    visitor.ask("Please explain how a return works.")
    visitor.says("original packaging")


def test_a_closed_conversation_says_so_and_opens_again(guest: Visit, street: Street) -> None:
    visitor = asks_for_a_person(guest)
    talk = held(street)
    street.desk.handovers.take(talk, "Mei")
    street.desk.handovers.close(talk, "Mei")
    expect(visitor.status).to_have_text("Conversation ended")
    visitor.says("Conversation ended")
    visitor.ask("echo: one more thing")
    expect(visitor.status).to_have_text("Answers now")


def test_an_agents_words_count_as_unread_and_survive_a_reload(guest: Visit, street: Street) -> None:
    visitor = asks_for_a_person(guest)
    visitor.button("Close the chat").click()
    talk = held(street)
    street.desk.handovers.take(talk, "Mei")
    street.desk.handovers.say(talk, "Mei", "Are you there?")
    expect(visitor.page.locator(".badge")).to_have_text("1")
    visitor.page.reload()
    expect(visitor.page.locator(".badge")).to_have_text("1")
    street.desk.handovers.say(talk, "Mei", "I will wait.")
    expect(visitor.page.locator(".badge")).to_have_text("2")
    visitor.open()
    expect(visitor.page.locator(".agent .words")).to_have_text(["Are you there?", "I will wait."])
    expect(visitor.page.locator(".badge")).to_be_hidden()


def test_both_tabs_hear_the_agent(guest: Visit, street: Street) -> None:
    one = asks_for_a_person(guest)
    two = guest(beside=one)
    two.go("other")
    two.open_again()
    talk = held(street)
    street.desk.handovers.take(talk, "Mei")
    street.desk.handovers.say(talk, "Mei", "Hello both.")
    for tab in (one, two):
        expect(tab.page.locator(".agent .words")).to_have_text(["Hello both."])
        expect(tab.status).to_have_text("Mei is here")


def test_nobody_comes_within_a_minute(guest: Visit, street: Street) -> None:
    visitor = guest()
    visitor.page.clock.install()
    visitor.go()
    visitor.open()
    visitor.button("Talk to a person").click()
    notice = visitor.page.locator(".notice")
    expect(notice).to_contain_text("Our colleagues know")
    visitor.page.clock.fast_forward(61_000)
    expect(notice).to_contain_text("Nobody is free yet")
    visitor.button("Leave a message").click()
    visitor.page.get_by_label("Name").fill("Ann")
    visitor.page.locator(".sheet").get_by_role("button", name="Send").click()
    error = visitor.panel.get_by_role("alert")
    expect(error).to_have_text("Please give a full email address or a phone number.")
    visitor.page.get_by_label("Email").fill("ann@example")
    visitor.page.locator(".sheet").get_by_role("button", name="Send").click()
    expect(error).to_have_text("Please give a full email address or a phone number.")
    visitor.page.get_by_label("Email").fill("ann@example.com")
    visitor.page.get_by_label("Message", exact=True).fill("Please write to me.")
    visitor.page.locator(".sheet").get_by_role("button", name="Send").click()
    visitor.says("You left your contact details")
    assert wait_until(lambda: bool(street.desk.timeline.entries(held(street))))


def test_outside_the_hours_a_message_can_be_left(guest: Visit, street: Street) -> None:
    street.change(hours=CLOSED)
    visitor = guest()
    visitor.go()
    visitor.open()
    expect(visitor.status).to_have_text("Answers now, colleagues are away")
    expect(visitor.page.locator(".empty")).to_contain_text("Nobody is at the desk right now.")
    visitor.ask("How long do I have to return something?")
    visitor.says("within 30 days of delivery")
    visitor.button("Leave a message").click()
    visitor.page.get_by_label("Phone").fill("+44 20 7946 0000")
    visitor.page.locator(".sheet").get_by_role("button", name="Send").click()
    visitor.says("You left your contact details")


def test_the_site_hears_of_the_hand_over(guest: Visit, street: Street) -> None:
    visitor = guest()
    visitor.go("stub")
    visitor.button("Talk to a person").click()
    expect(visitor.status).to_have_text("Waiting for a person")
    street.desk.handovers.take(held(street), "Mei")
    expect(visitor.status).to_have_text("Mei is here")
    seen = visitor.page.evaluate("window.seen.filter(([name]) => name === 'handover')")
    assert seen == [
        ["handover", {"status": "waiting", "agent": None}],
        ["handover", {"status": "person", "agent": "Mei"}],
    ]
