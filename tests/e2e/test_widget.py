"""A visitor's conversation in the widget, on a page of another origin."""

import time

import pytest
from playwright.sync_api import expect

from tests.e2e.scripted_chat import wait_until
from tests.e2e.vectors import SOURCES, messages
from tests.e2e.widget_site.street import Street, Visit

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
QUESTION = "How long do I have to return something?"
FOCUSED = "document.activeElement.shadowRoot?.activeElement?.className ?? 'page'"


def test_the_launcher_is_there_before_any_session(guest: Visit) -> None:
    visitor = guest()
    visitor.go()
    assert not [call for call in visitor.requests if call.startswith("POST")]
    assert visitor.page.evaluate("localStorage.length") == 0
    assert visitor.page.context.cookies() == []
    with visitor.page.expect_request("**/widget/session"):
        visitor.open()
    expect(visitor.page.locator(".empty")).to_contain_text("Hello! How can we help you?")
    assert visitor.page.context.cookies() == []


def test_a_suggested_question_is_answered_with_its_sources(guest: Visit) -> None:
    visitor = guest()
    visitor.go()
    visitor.open()
    visitor.button(QUESTION).click()
    visitor.says("within 30 days of delivery")
    expect(visitor.page.locator(".mine")).to_have_text(f"You wrote{QUESTION}")
    expect(visitor.page.locator("[aria-busy]")).to_have_count(0)
    expect(visitor.page.locator(".chip")).to_have_count(2)
    visitor.button("Source 2: Returns and refunds").click()
    sheet = visitor.page.locator(".sheet")
    expect(sheet.locator("mark")).to_have_text("Alipay and WeChat Pay take 1 to 3 working days")
    expect(sheet.locator("mark")).to_be_in_viewport()
    expect(sheet.locator("h3")).to_have_text("Returns and refunds")
    visitor.page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    assert visitor.page.evaluate(FOCUSED) == "chip"
    expect(visitor.panel).to_be_visible()


def test_the_step_is_said_and_stop_ends_the_work(guest: Visit, street: Street) -> None:
    visitor = guest()
    visitor.go()
    visitor.open()
    visitor.ask("slow please", wait=False)
    working = visitor.page.locator(".working")
    expect(working).to_contain_text("Writing")
    visitor.says("This takes a while.")
    expect(visitor.button("Send")).to_be_disabled()
    assert street.desk.dialogue.running == 1
    begun = time.monotonic()
    visitor.button("Stop").click()
    assert wait_until(lambda: street.desk.dialogue.running == 0)
    assert time.monotonic() - begun < 2
    expect(visitor.button("Send")).to_be_enabled()
    visitor.page.wait_for_timeout(1000)
    expect(visitor.page.locator(".mine")).to_have_count(1)
    expect(visitor.page.get_by_text("This takes a while.")).to_have_count(1)
    visitor.ask(QUESTION)
    visitor.page.reload()
    visitor.open_again()
    expect(visitor.page.locator(".mine")).to_have_count(2)  # what was said is kept, once


def test_feedback_is_kept_and_thumbs_down_may_say_why(guest: Visit, street: Street) -> None:
    visitor = guest()
    visitor.go()
    visitor.open()
    visitor.ask(QUESTION)
    visitor.button("This did not help").click()
    comment = visitor.page.get_by_placeholder("What was missing?")
    expect(comment).to_be_focused()
    comment.fill("The exact day")
    visitor.page.locator(".thumbs form").get_by_role("button", name="Send").click()
    expect(visitor.page.locator(".thumbs")).to_contain_text("Thank you.")
    visitor.page.reload()
    visitor.open_again()
    expect(visitor.button("This did not help")).to_have_attribute("aria-pressed", "true")
    expect(visitor.button("This helped")).to_have_attribute("aria-pressed", "false")
    visitor.button("This helped").click()
    expect(visitor.button("This helped")).to_have_attribute("aria-pressed", "true")
    expect(visitor.page.locator(".thumbs")).to_contain_text("Thank you.")


def test_a_refusal_leads_to_a_topic_or_a_person(guest: Visit) -> None:
    visitor = guest()
    visitor.go()
    visitor.open()
    visitor.ask("What is the gold price today?")
    asks = visitor.page.locator(".turn .asks")
    expect(asks.get_by_role("button")).to_have_text(
        ["How do gift cards work?", "Which payment methods do you take?", "Talk to a person"]
    )
    asks.get_by_role("button", name="Talk to a person").click()
    expect(visitor.status).to_have_text("Waiting for a person")


def test_keys_are_enough_and_the_focus_stays_and_returns(guest: Visit) -> None:
    visitor = guest()
    visitor.go()
    page = visitor.page
    visitor.launcher.focus()
    page.keyboard.press("Enter")
    assert page.evaluate(FOCUSED) == ""  # the field
    page.keyboard.type(QUESTION)
    page.keyboard.press("Enter")
    expect(page.locator(".working")).to_be_visible()
    page.keyboard.press("Shift+Tab")  # to Stop, which is gone once the answer is there
    expect(page.locator(".working")).to_be_hidden()
    assert page.evaluate(FOCUSED) == ""
    seen = set[str]()
    for _ in range(20):
        page.keyboard.press("Tab")
        seen.add(page.evaluate(FOCUSED))
        outline = "getComputedStyle(document.activeElement.shadowRoot.activeElement)"
        assert page.evaluate(
            f"{outline}.outlineStyle === 'solid' || {outline}.boxShadow !== 'none'"
        )
    assert "page" not in seen
    assert {"tool", "log", "chip", "plain"} <= seen
    page.keyboard.press("Shift+Tab")
    assert page.evaluate(FOCUSED) != "page"
    page.keyboard.press("Escape")
    expect(visitor.panel).to_be_hidden()
    assert page.evaluate(FOCUSED) == "launcher"


def test_it_is_named_for_those_who_listen(guest: Visit) -> None:
    visitor = guest()
    visitor.go()
    expect(visitor.page.get_by_role("button", name="Open the chat")).to_have_attribute(
        "aria-expanded", "false"
    )
    visitor.open()
    dialog = visitor.page.get_by_role("dialog", name="Ask us anything")
    expect(dialog).to_be_visible()
    log = dialog.get_by_role("log", name="Conversation")
    expect(log).to_have_attribute("aria-live", "polite")
    visitor.ask("slow please", wait=False)
    expect(visitor.page.locator("[aria-busy=true]")).to_have_count(1)
    visitor.button("Stop").click()
    expect(visitor.page.locator("[aria-busy]")).to_have_count(0)
    unnamed = """[...document.querySelector("answerdesk-widget").shadowRoot.querySelectorAll("button")]
      .filter((button) => !(button.ariaLabel ?? button.textContent).trim()).length"""
    assert visitor.page.evaluate(unnamed) == 0


def test_shift_enter_breaks_the_line_and_composing_sends_nothing(
    guest: Visit, street: Street
) -> None:
    visitor = guest()
    visitor.go()
    visitor.open()
    visitor.field.fill("one")
    visitor.field.press("Shift+Enter")
    visitor.page.keyboard.type("two")
    visitor.field.evaluate(
        """(field) => field.dispatchEvent(new KeyboardEvent("keydown",
          { key: "Enter", isComposing: true, bubbles: true, cancelable: true }))"""
    )
    visitor.page.wait_for_timeout(300)
    assert street.desk.dialogue.asked == []
    visitor.field.press("Enter")
    assert wait_until(lambda: len(street.desk.dialogue.asked) == 1)
    assert street.desk.dialogue.asked[0].text == "one\ntwo"


def test_a_text_that_is_too_long_is_not_sent(guest: Visit, street: Street) -> None:
    visitor = guest()
    visitor.go()
    visitor.open()
    limit = street.desk.settings.answers.max_question_characters
    visitor.field.fill("x" * (limit + 7))
    visitor.field.press("Enter")
    expect(visitor.page.locator(".notice")).to_have_text("7 characters too many")
    visitor.page.wait_for_timeout(300)
    assert street.desk.dialogue.asked == []


def test_unread_answers_are_counted_until_the_panel_is_open(guest: Visit, street: Street) -> None:
    visitor = guest()
    visitor.go()
    visitor.open()
    street.desk.dialogue.gate.clear()
    visitor.ask(QUESTION, wait=False)
    visitor.button("Close the chat").click()
    street.desk.dialogue.gate.set()
    badge = visitor.page.locator(".badge")
    expect(badge).to_have_text("1")
    expect(visitor.launcher).to_have_attribute("aria-label", "Open the chat, 1 unread")
    visitor.page.goto(f"{street.site}/other")
    expect(badge).to_have_text("1")
    visitor.open()
    expect(badge).to_be_hidden()
    visitor.says("within 30 days of delivery")


def test_starting_again_forgets_and_erasing_deletes(guest: Visit, street: Street) -> None:
    visitor = guest()
    visitor.go()
    visitor.open()
    visitor.ask("echo: first")
    visitor.button("New conversation").click()
    expect(visitor.page.locator(".notice")).to_contain_text("no longer be shown")
    visitor.button("Start again").click()
    expect(visitor.page.locator(".empty")).to_be_visible()
    first = street.desk.dialogue.asked[-1].conversation_id or ""
    assert street.desk.timeline.entries(first)
    visitor.ask("echo: second")
    visitor.button("New conversation").click()
    visitor.button("Delete it for good").click()
    expect(visitor.page.locator(".empty")).to_be_visible()
    second = street.desk.dialogue.asked[-1].conversation_id or ""
    assert second != first
    assert wait_until(lambda: not street.desk.timeline.entries(second))
    visitor.page.reload()
    visitor.open_again()
    expect(visitor.page.locator(".empty")).to_be_visible()


@pytest.mark.parametrize("vectors", SOURCES)
def test_hundreds_of_vectors_stay_text(guest: Visit, vectors: list[str]) -> None:
    """Each is question, answer, title, quote, passage and suggestion."""
    visitor = guest()
    visitor.go(policy="trusted")
    visitor.open()
    page = visitor.page
    page.evaluate(
        """() => {
          window.violations = [];
          document.addEventListener("securitypolicyviolation", (event) =>
            window.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
        }"""
    )
    for message in messages(vectors):
        visitor.ask(f"echo: {message}")
        chips = page.locator(".turn:last-child .chip")
        if chips.count():
            chips.last.click()
            page.keyboard.press("Escape")
    foreign = "script, img, iframe, object, embed, math, video, style, link, meta, base, template"
    assert page.locator("answerdesk-widget").locator(foreign).count() == 0
    handlers = """() => {
      const all = document.querySelector("answerdesk-widget").shadowRoot.querySelectorAll("*");
      const bad = (name) => name.startsWith("on") || name === "srcdoc" || name === "formaction";
      return [...all].flatMap((node) => node.getAttributeNames().filter(bad));
    }"""
    assert page.evaluate(handlers) == []
    links = "node => [...new Set(node.shadowRoot.querySelectorAll('a'))].map((a) => a.protocol)"
    assert set(page.locator("answerdesk-widget").evaluate(links)) <= {"http:", "https:"}
    assert page.evaluate("[window.hit, window.violations]") == [None, []]


def test_lists_links_and_marks_become_elements(guest: Visit) -> None:
    visitor = guest()
    visitor.go()
    visitor.open()
    said = "See https://example.com/a(b), please:\n- one [1]\n- two\n\n1. first\n2. second [7]"
    visitor.ask(f"echo: {said}")
    text = visitor.page.locator(".turn .text")
    link = text.get_by_role("link")
    expect(link).to_have_attribute("href", "https://example.com/a")
    expect(link).to_have_attribute("rel", "noopener noreferrer nofollow")
    expect(link).to_have_attribute("target", "_blank")
    expect(text.locator("ul li")).to_have_count(2)
    expect(text.locator("ol li")).to_have_count(2)
    expect(text.locator(".chip")).to_have_text(["1", "1"])
    assert "[" not in text.inner_text()


def test_separators_of_lines_that_only_javascript_knows_part_no_event(guest: Visit) -> None:
    visitor = guest()
    visitor.go()
    visitor.open()
    visitor.ask("echo: one\u2028data: two\u2029event: three\u0085four")
    visitor.says("four")


def test_no_line_begins_with_a_chip(guest: Visit) -> None:
    visitor = guest()
    visitor.go()
    visitor.open()
    visitor.ask(QUESTION)
    begins = """(chip) => {
      const text = chip.parentNode.firstChild;
      const range = document.createRange();
      range.setStart(text, text.length - 1);
      range.setEnd(text, text.length);
      return Math.abs(range.getBoundingClientRect().bottom - chip.getBoundingClientRect().bottom) > 12;
    }"""
    for width in range(320, 400, 8):
        visitor.page.set_viewport_size({"width": width, "height": 700})
        chips = visitor.page.locator(".chip")
        assert [chips.nth(at).evaluate(begins) for at in range(2)] == [False, False]
