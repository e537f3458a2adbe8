"""The whole of it: the sample shop's answers from the real models, on a page of another origin.

In a context that is not secure, too, where browsers withhold locks and much else.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from chatbot.assistant import Assistant
from chatbot.widgets.model import Widget
from tests.e2e.conftest import CHROMIUM
from tests.e2e.serving import serving
from tests.e2e.widget_site.site import Site
from ui.server import create_app

pytestmark = [pytest.mark.browser, pytest.mark.models, pytest.mark.timeout(400)]


@pytest.fixture
def site(shop: Assistant) -> Iterator[str]:
    """The address of a page with the widget; both ends have names that are not this machine's."""
    site = Site()
    with serving(lambda: create_app(shop)) as desk, serving(site.app) as page:
        address = page.replace("127.0.0.1", "shop.test").rstrip("/")
        widget = shop.widgets.add(Widget("", "Shop", origins=(address,)))
        site.host, site.widget = desk.replace("127.0.0.1", "desk.test").rstrip("/"), widget.id
        yield address
        shop.widgets.remove(widget.id)


def test_a_stranger_is_answered_on_a_page_that_is_not_secure(browser: Browser, site: str) -> None:
    names = ["--host-resolver-rules=MAP *.test 127.0.0.1", "--no-sandbox"]
    chromium = browser.browser_type.launch(executable_path=CHROMIUM, args=names)
    page = chromium.new_page(locale="en-GB")
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.set_default_timeout(60_000)
    page.goto(f"{site}/shop?policy=strict")
    assert page.evaluate("[isSecureContext, navigator.locks ?? null]") == [False, None]
    page.locator(".launcher").click()
    page.locator(".composer textarea").fill("How many days do I have to return an unused mug?")
    page.locator(".composer textarea").press("Enter")
    answer = page.locator(".turn .text")
    expect(answer).to_contain_text("30 days")
    page.locator(".chip").first.click()
    expect(page.locator(".sheet mark")).to_contain_text("within 30 days of delivery")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Talk to a person").click()
    expect(page.locator(".status")).to_have_text("Waiting for a person")
    page.reload()
    expect(answer).to_contain_text("30 days")
    expect(page.locator(".status")).to_have_text("Waiting for a person")
    assert complaints == []
    chromium.close()
