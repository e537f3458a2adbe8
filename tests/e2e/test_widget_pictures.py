"""What the widget looks like, for whoever changes it to look at."""

import pytest
from playwright.sync_api import expect

from chatbot.widgets.hours import Hours
from tests.e2e.conftest import SHOTS
from tests.e2e.widget_site.street import Guest, Street, Visit

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
QUESTIONS = {
    "en": (
        "How long do I have to return something?",
        "What is the gold price today?",
        "I need help with my kettle.",
    ),
    "zh": ("多久之内可以退货？", "今日金价是多少？", "我的水壶漏水了。"),
}
PAGES = {"en": "shop", "zh": "zh"}
SAID = {
    "en": "Good morning! I have your order here.\nWhat happened to it?",
    "zh": "您好！我已看到您的订单。\n请问出了什么问题？",
}


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_pictures(guest: Visit, street: Street, width: int, scheme: str, language: str) -> None:
    visitor = guest(width, 844, scheme, language)
    name = f"widget-{width}-{scheme}-{language}"
    question, refused, told = QUESTIONS[language]
    visitor.go(PAGES[language])
    shoot(visitor, f"{name}-0-launcher")
    visitor.open()
    shoot(visitor, f"{name}-1-empty")
    visitor.ask(question)
    visitor.page.locator(".i-bad").click()
    shoot(visitor, f"{name}-2-answer")
    visitor.page.locator(".chip").nth(1).click()
    shoot(visitor, f"{name}-3-source")
    visitor.page.keyboard.press("Escape")
    street.desk.dialogue.gate.clear()
    visitor.ask(refused, wait=False)
    shoot(visitor, f"{name}-4-working")
    street.desk.dialogue.gate.set()
    expect(visitor.page.locator("[aria-busy]")).to_have_count(0)
    shoot(visitor, f"{name}-5-refusal")
    visitor.page.locator(".turn .i-person").click()
    expect(visitor.page.locator(".event")).to_have_count(1)
    shoot(visitor, f"{name}-6-waiting")
    talk = street.desk.inbox.page(limit=1).rows[0].id
    street.desk.handovers.take(talk, "Mei")
    street.desk.handovers.say(talk, "Mei", SAID[language])
    expect(visitor.page.locator(".agent")).to_have_count(1)
    visitor.ask(told)
    shoot(visitor, f"{name}-7-person")
    visitor.page.locator(".i-new").click()
    shoot(visitor, f"{name}-8-again")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_pictures_outside_the_hours(guest: Visit, street: Street, language: str) -> None:
    street.change(hours=Hours("UTC", {}), color="#ffcc00")
    for width, scheme in ((1440, "light"), (390, "dark"), (320, "light")):
        visitor = guest(width, 640, scheme, language)
        visitor.go(PAGES[language])
        visitor.open()
        visitor.page.wait_for_timeout(300)
        shoot(visitor, f"widget-{width}-{scheme}-{language}-9-away")
        visitor.page.locator(".front > .plain").click()
        shoot(visitor, f"widget-{width}-{scheme}-{language}-9-form")


def shoot(visitor: Guest, name: str) -> None:
    """A picture of the page, which must not be wider than its window."""
    SHOTS.mkdir(exist_ok=True)
    visitor.page.wait_for_timeout(400)
    visitor.page.screenshot(path=SHOTS / f"{name}.png")
    wide = "document.documentElement.scrollWidth > innerWidth"
    assert not visitor.page.evaluate(wide)
