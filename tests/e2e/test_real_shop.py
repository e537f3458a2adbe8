"""The whole of it: the sample shop, the real models, a real server and a real browser.

With README_PICTURES set the README's picture is taken anew.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from chatbot.assistant import Assistant
from tests.e2e.admin_visits import opening
from tests.e2e.scripted_admin import PASSWORD
from tests.e2e.serving import serving
from tests.e2e.visit import Visit
from ui.server import create_app

pytestmark = [pytest.mark.browser, pytest.mark.models, pytest.mark.timeout(400)]
PICTURE = Path("assets/screenshots/chat.png")


@pytest.fixture(scope="module")
def shop_url(shop: Assistant) -> Iterator[str]:
    with serving(lambda: create_app(shop)) as url:
        yield url


@pytest.fixture
def page(browser: Browser, shop_url: str, complaints: list[str]) -> Iterator[Page]:
    """The chat page; afterwards nothing may have gone wrong on it."""
    context = browser.new_context(viewport={"width": 1280, "height": 760}, locale="en-GB")
    context.set_default_timeout(60_000)
    visit = Visit(context.new_page(), shop_url, complaints)
    visit.watch()
    visit.page.goto(shop_url)
    visit.page.wait_for_selector(".ad-empty")
    yield visit.page
    context.close()
    assert complaints == []


def ask(page: Page, question: str) -> str:
    """The text of the finished answer."""
    count = page.locator(".ad-turn").count()
    page.fill("#ad-question", question)
    page.press("#ad-question", "Enter")
    expect(page.locator(".ad-turn")).to_have_count(count + 1)
    page.wait_for_selector(".ad-turn:last-child[aria-busy=false]")
    return page.locator(".ad-turn").last.inner_text()


def test_a_right_answer_opens_at_its_source_and_explains_itself(page: Page) -> None:
    assert "30 days" in ask(page, "How many days do I have to return an unused mug?")
    assert "postage" in ask(page, "And who pays for the return postage?")
    page.locator(".ad-chip").first.click()
    panel = page.locator(".ad-panel")
    expect(panel.locator("mark")).to_contain_text("within 30 days of delivery")
    expect(panel.locator("mark")).to_be_in_viewport()
    if os.environ.get("README_PICTURES"):
        page.wait_for_timeout(500)
        PICTURE.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=PICTURE)
    page.keyboard.press("Escape")
    page.locator(".ad-route").last.click()
    expect(panel.locator(".ad-steps > li").first).to_be_visible()


def test_chinese_is_answered_in_chinese(page: Page) -> None:
    assert "120 元" in ask(page, "K3 过了保修期，维修要多少钱？")
    assert "还没有发货" in ask(page, "拍错了，10024 先别发了")


def test_what_is_not_known_is_refused_with_a_person(page: Page) -> None:
    assert "colleague" in ask(page, "Do you have a shop in Berlin?")
    expect(page.get_by_role("button", name="Talk to a person")).to_be_visible()


def test_the_suggested_questions_work(page: Page) -> None:
    suggestions = page.locator(".ad-empty button").all_inner_texts()
    assert len(suggestions) == 3
    for question in suggestions:
        ask(page, question)
        expect(page.locator(".ad-turn").last.locator(".ad-chip").first).to_be_visible()


def test_two_refusals_call_a_person_who_answers(
    page: Page, browser: Browser, shop: Assistant, shop_url: str, complaints: list[str]
) -> None:
    shop.accounts.add("mei", PASSWORD)
    ask(page, "Do you have a shop in Berlin?")
    page.fill("#ad-question", "And is there one in Paris?")
    page.press("#ad-question", "Enter")
    expect(page.locator(".ad-event")).to_contain_text("A colleague has been called")
    expect(page.locator(".ad-status")).to_have_text("Calling a colleague")
    with opening(browser, shop_url, complaints) as opened:
        agent = opened()
        agent.sign_in("mei")
        desk = agent.page
        expect(desk.locator(".ad-badge")).to_be_visible()
        desk.click("[data-page=inbox]")
        desk.get_by_role("link", name="And is there one in Paris?").click()
        desk.get_by_role("button", name="Take over").click()
        expect(page.locator(".ad-status")).to_have_text("mei is here")
        desk.get_by_label("Your reply").fill("Only online, but we ship to both.")
        desk.get_by_label("Your reply").press("Enter")
        expect(page.locator(".ad-message")).to_contain_text("Only online, but we ship to both.")
        page.fill("#ad-question", "Thank you!")
        page.press("#ad-question", "Enter")
        expect(desk.get_by_role("log")).to_contain_text("Thank you!")
        desk.get_by_role("button", name="Hand back").click()
        expect(page.locator(".ad-status")).to_have_text("Answers now")
    ask(page, "How many days do I have to return an unused mug?")
    expect(page.locator(".ad-turn").last).to_contain_text("30 days")
