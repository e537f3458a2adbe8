"""Nothing that is said in a chat runs, loads or changes the page."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.e2e.test_chat import ask
from tests.e2e.vectors import SOURCES, messages

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
_FOREIGN = (
    "script, img, svg, iframe, object, embed, math, video, style, link, meta, base, input, template"
)


@pytest.mark.parametrize("vectors", SOURCES)
def test_hundreds_of_vectors_stay_text(visit: Callable[..., Page], vectors: list[str]) -> None:
    """Each is question, answer, title, quote, passage, rule, reason, detail and suggestion."""
    assert len(set(vectors)) >= 300
    page = visit()
    page.evaluate(
        """() => {
          window.violations = [];
          document.addEventListener("securitypolicyviolation", (event) =>
            window.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
        }"""
    )
    for message in messages(vectors):
        ask(page, f"echo: {message}")
        for name in (".ad-chip", ".ad-route"):
            if page.locator(name).count():
                page.locator(name).last.click()
        page.keyboard.press("Escape")
    assert page.locator("#ad-app").locator(_FOREIGN).count() == 0
    assert page.evaluate("window.violations") == []
    assert page.evaluate("window.hit") is None
    handlers = """() => [...document.querySelectorAll("#ad-app *")].flatMap((node) =>
      node.getAttributeNames().filter((name) => name.startsWith("on") || name === "srcdoc"))"""
    assert page.evaluate(handlers) == []
    page.reload()
    page.wait_for_selector(".ad-turn")
    assert page.evaluate("window.hit") is None


def test_what_was_said_is_shown_as_it_was_said(visit: Callable[..., Page]) -> None:
    page = visit()
    said = '<b>bold</b> & "quoted" ${1+1} {{2+2}} `x` </div>'
    ask(page, f"echo: {said}")
    assert page.locator(".ad-question p").inner_text() == f"echo: {said}"
    assert page.locator(".ad-text").inner_text().startswith(said)
