"""The visitor's page while people take part: what they do is seen at once, and once."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, Route, expect

from chatbot.conversations import Origin
from chatbot.timeline import MessageEntry
from knowledge.documents import Language
from tests.e2e.conftest import SHOTS
from tests.e2e.scripted_admin import AdminDesk
from tests.e2e.scripted_chat import ScriptedDialogue, wait_until
from tests.e2e.test_chat import QUESTIONS, ask, settle

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
Visit = Callable[..., Page]


@pytest.fixture
def visit(visit: Visit) -> Iterator[Visit]:
    """As ever; a page that is closed while it refreshes would complain of that."""
    pages: list[Page] = []

    def opened(*args: object) -> Page:
        pages.append(visit(*args))
        return pages[-1]

    yield opened
    for page in pages:
        settle(page)


def conversation_of(page: Page) -> str:
    page.wait_for_function("localStorage.getItem('answerdesk.conversation')")
    return page.evaluate("localStorage.getItem('answerdesk.conversation')")


def call_person(page: Page, language: str = "en") -> str:
    """A refused question and a call for a person; the conversation."""
    ask(page, QUESTIONS[language]["refuse"])
    page.locator("[data-do=person]").click()
    expect(page.locator(".ad-status")).to_have_attribute("data-status", "waiting")
    return conversation_of(page)


def write(page: Page, words: str) -> None:
    page.fill("#ad-question", words)
    page.press("#ad-question", "Enter")


def test_a_person_comes_answers_and_goes(
    visit: Visit, chat_desk: AdminDesk, dialogue: ScriptedDialogue
) -> None:
    page = visit()
    talk = call_person(page)
    expect(page.locator(".ad-event")).to_have_count(1)
    ask(page, QUESTIONS["en"]["quote"])  # the assistant goes on meanwhile
    chat_desk.handovers.take(talk, "Mei")
    expect(page.locator(".ad-status")).to_have_text("Mei is here")
    expect(page.locator(".ad-event").last).to_have_text("Mei has joined the conversation.")
    chat_desk.handovers.say(talk, "Mei", "Hello! Which order is it?\nhttps://shop.example/orders")
    said = page.locator(".ad-message[data-by=agent]")
    expect(said).to_contain_text("Hello! Which order is it?")
    expect(said.locator("a")).to_have_attribute("href", "https://shop.example/orders")
    expect(said).to_be_in_viewport()
    write(page, "It is 10021.")
    expect(page.locator(".ad-message[data-by=visitor]")).to_have_text("You wroteIt is 10021.")
    expect(page.locator(".ad-message[data-by=visitor]")).to_have_attribute("aria-busy", "false")
    expect(page.locator("#ad-app .ad-working")).to_have_count(0)
    chat_desk.handovers.hand_back(talk, "Mei")
    expect(page.locator(".ad-status")).to_have_text("Answers now")
    expect(page.locator(".ad-event").last).to_contain_text("Mei has left.")
    ask(page, QUESTIONS["en"]["generate"])
    settle(page)
    before = page.locator(".ad-column").inner_text()
    page.reload()
    expect(page.locator(".ad-turn .ad-chip").last).to_be_visible()
    assert page.locator(".ad-column").inner_text() == before


def test_tabs_are_in_step_and_nothing_is_shown_twice(visit: Visit, chat_desk: AdminDesk) -> None:
    page = visit()
    talk = call_person(page)
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.locator(".ad-question")).to_have_count(1)
    ask(page, QUESTIONS["en"]["quote"])
    expect(other.locator(".ad-question")).to_have_count(2)
    chat_desk.handovers.take(talk, "Mei")
    chat_desk.handovers.say(talk, "Mei", "One moment.")
    write(other, "Thank you")
    for tab in (page, other):
        expect(tab.locator(".ad-message")).to_have_count(2)
        expect(tab.locator(".ad-turn")).to_have_count(3)
        names = tab.evaluate(
            "[...document.querySelectorAll('[data-entry]')].map(e => e.dataset.entry)"
        )
        assert len(names) == len(set(names)) == 6


def test_an_answer_that_is_being_written_is_not_disturbed(
    visit: Visit, chat_desk: AdminDesk, dialogue: ScriptedDialogue
) -> None:
    page = visit()
    talk = call_person(page)
    ask(page, "slow", wait=False)
    expect(page.locator(".ad-turn").last).to_contain_text("This takes a while.")
    chat_desk.handovers.take(talk, "Mei")
    chat_desk.handovers.say(talk, "Mei", "I am here.")
    page.wait_for_timeout(1500)
    expect(page.locator(".ad-turn").last).to_contain_text("This takes a while.")
    expect(page.locator(".ad-message")).to_have_count(0)
    page.click("[data-do=stop]")
    expect(page.locator(".ad-message")).to_have_text("MeiI am here.")
    assert wait_until(lambda: dialogue.running == 0)


def test_what_happened_while_the_line_was_broken_is_shown_afterwards(
    visit: Visit, chat_desk: AdminDesk, complaints: list[str]
) -> None:
    page = visit()
    talk = call_person(page)
    page.context.set_offline(True)
    chat_desk.handovers.take(talk, "Mei")
    chat_desk.handovers.say(talk, "Mei", "Are you still there?")
    page.wait_for_timeout(500)
    page.context.set_offline(False)
    expect(page.locator(".ad-message")).to_have_text("MeiAre you still there?")
    expect(page.locator(".ad-status")).to_have_text("Mei is here")
    complaints[:] = [said for said in complaints if "ERR_INTERNET_DISCONNECTED" not in said]


def test_a_message_whose_answer_was_lost_arrives_once(
    visit: Visit, chat_desk: AdminDesk, complaints: list[str]
) -> None:
    page = visit()
    talk = call_person(page)
    chat_desk.handovers.take(talk, "Mei")
    expect(page.locator(".ad-status")).to_have_text("Mei is here")

    def swallow(route: Route) -> None:
        route.fetch()
        route.fulfill(status=503, body="{}")

    page.route("**/queue/join*", swallow)
    write(page, "Only once, please.")
    expect(page.locator(".ad-count")).to_contain_text("did not get through")
    assert page.input_value("#ad-question") == "Only once, please."
    page.unroute_all(behavior="ignoreErrors")
    page.press("#ad-question", "Enter")
    expect(page.locator(".ad-message[aria-busy=false]")).to_have_count(1)
    entries = chat_desk.timeline.entries(talk)
    assert [e.text for e in entries if isinstance(e, MessageEntry)] == ["Only once, please."]
    complaints.clear()  # the browser's own note of the 503


def test_an_agents_words_stay_words(visit: Visit, chat_desk: AdminDesk) -> None:
    page = visit()
    talk = call_person(page)
    vector = "<img src=x onerror=alert(1)>${alert(2)}{{alert(3)}}\"'><svg onload=alert(4)>"
    chat_desk.handovers.take(talk, vector[:60])
    chat_desk.handovers.say(talk, vector[:60], vector)
    chat_desk.handovers.pass_on(talk, vector)
    expect(page.locator(".ad-message")).to_have_count(2)
    expect(page.locator(".ad-message .ad-text")).to_have_text(vector)
    expect(page.locator(".ad-author")).to_have_text(vector[:60])
    assert page.locator("#ad-app img, #ad-app svg").count() == 0


def test_another_visitors_conversation_is_not_shown(visit: Visit, chat_desk: AdminDesk) -> None:
    theirs = chat_desk.conversations.start(Language.ENGLISH, Origin("ann"))
    chat_desk.handovers.leave_contact(theirs.id, {"email": "a@example.com"}, "A secret")
    page = visit()
    page.evaluate("id => localStorage.setItem('answerdesk.conversation', id)", theirs.id)
    page.reload()
    page.wait_for_selector(".ad-empty")
    assert "A secret" not in page.content()


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_pictures(
    visit: Visit, chat_desk: AdminDesk, width: int, scheme: str, language: str
) -> None:
    page = visit(width, 900 if width > 600 else 844, scheme, language)
    chinese = language == "zh"
    talk = call_person(page, language)
    settle(page)
    page.screenshot(path=SHOTS / f"chat-{width}-{scheme}-{language}-9-waiting.png")
    agent = "小梅" if chinese else "Mei"
    chat_desk.handovers.take(talk, agent)
    greeting = (
        "您好，我是小梅。请问是哪一笔订单？" if chinese else "Hello, Mei here. Which order is it?"
    )
    chat_desk.handovers.say(talk, agent, greeting)
    expect(page.locator(".ad-message")).to_have_count(1)
    write(page, "订单 10021，谢谢。" if chinese else "Order 10021, thank you.")
    expect(page.locator(".ad-message[aria-busy=false]")).to_have_count(1)
    said = (
        "退款今天已经发出，一般 1 至 3 个工作日到账。"
        if chinese
        else "The refund left today. It takes one to three working days."
    )
    chat_desk.handovers.say(talk, agent, said)
    expect(page.locator(".ad-message")).to_have_count(3)
    settle(page)
    page.screenshot(path=SHOTS / f"chat-{width}-{scheme}-{language}-10-person.png")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
