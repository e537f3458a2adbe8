"""Widgets being set up, in a real browser on the real store."""

import http.server
import threading
from collections.abc import Iterator, Mapping

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from chatbot.widgets.model import LanguageCode, Widget
from tests.e2e.admin_visits import Member, Open
from tests.e2e.conftest import SHOTS
from tests.e2e.scripted_admin import AdminDesk

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


def open_widgets(member: Member, name: str = "editor", widget: str = "") -> Page:
    member.sign_in(name, "admin/en")
    member.page.goto(f"{member.url}admin/en#widget" + (f"/{widget}" if widget else ""))
    member.page.wait_for_selector(".ad-widgets[data-number]")
    return member.page


def preview_of(page: Page) -> FrameLocator:
    return page.frame_locator(".ad-preview iframe")


def test_a_widget_is_made_tried_and_saved(open_admin: Open, desk: AdminDesk, url: str) -> None:
    page = open_widgets(open_admin())
    expect(page.get_by_role("heading", name="No widget yet")).to_be_visible()
    page.get_by_role("link", name="New widget").click()
    preview = preview_of(page)
    expect(preview.get_by_text("Hello! How can we help you?")).to_be_visible()
    page.get_by_label("Name, for your team").fill("Shop")
    page.get_by_label("Sites it may stand on").fill(
        "https://Shop.example/\n\nhttps://shop.example:8443"
    )
    words = page.locator("[data-words=en]")
    words.get_by_label("Greeting").fill("Good day! <b>Ask</b> away.")
    words.get_by_label("Questions to begin with").fill("Where is my parcel?\nHow do I return it?")
    expect(preview.get_by_text("Good day! <b>Ask</b> away.")).to_be_visible()
    expect(preview.get_by_role("button", name="Where is my parcel?")).to_be_visible()
    page.get_by_label("Colour as a code").fill("#b3261e")
    expect(page.get_by_text("Not saved yet")).to_be_visible()
    page.get_by_role("button", name="Create the widget").click()
    expect(page.get_by_text("Saved. It holds everywhere from now on.")).to_be_visible()
    (widget,) = desk.widgets.list()
    assert list(widget.origins) == ["https://shop.example", "https://shop.example:8443"]
    assert (widget.name, widget.color, widget.hours) == ("Shop", "#b3261e", None)
    assert list(widget.suggestions["en"]) == ["Where is my parcel?", "How do I return it?"]
    snippet = page.locator("#ad-copy-script")
    expect(snippet).to_have_text(
        f'<script src="{url}widget.js" data-widget="{widget.id}" async></script>'
    )
    page.get_by_role("button", name="Copy", exact=True).first.click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == snippet.inner_text()
    page.get_by_text("If your site has a Content-Security-Policy").click()
    origin = url.rstrip("/")
    policy = f"script-src {origin}; connect-src {origin}"
    expect(page.locator("#ad-copy-policy")).to_have_text(policy)


def test_the_preview_speaks_both_languages_and_stands_left(
    open_admin: Open, desk: AdminDesk
) -> None:
    widget = desk.widgets.add(Widget("", "Shop"))
    page = open_widgets(open_admin(), widget=widget.id)
    preview = preview_of(page)
    expect(preview.get_by_text("Hello! How can we help you?")).to_be_visible()
    page.get_by_role("button", name="中文", exact=True).click()
    expect(preview.get_by_text("您好！请问有什么可以帮您？")).to_be_visible()
    page.get_by_label("Corner").select_option("left")
    place = preview.locator("[data-position=left] .launcher, [data-position=left]").first
    expect(place).to_be_attached()
    page.locator("[name=languages]").select_option("en")
    expect(page.locator("[data-preview-language=zh]")).to_be_disabled()
    expect(preview.get_by_text("Hello! How can we help you?")).to_be_visible()


def test_a_wrong_site_is_told_and_nothing_that_was_typed_is_lost(
    open_admin: Open, desk: AdminDesk, complaints: list[str]
) -> None:
    shop, other = (desk.widgets.add(Widget("", name)) for name in ("Shop", "Help"))
    page = open_widgets(open_admin(), widget=shop.id)
    sites = page.get_by_label("Sites it may stand on")
    sites.fill("*.shop.example")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".ad-save-state")).to_contain_text("wildcards are not understood")
    expect(sites).to_be_focused()
    expect(sites).to_have_attribute("aria-invalid", "true")
    page.get_by_role("link", name="Help").click()
    expect(page.get_by_label("Name, for your team")).to_have_value("Help")
    expect(sites).to_have_value("")
    page.get_by_role("link", name="Shop").click()
    expect(sites).to_have_value("*.shop.example")
    expect(page.get_by_text("Not saved yet")).to_be_visible()
    sites.fill("https://shop.example")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    assert list(desk.widgets.get(shop.id).origins) == ["https://shop.example"]
    assert not desk.widgets.get(other.id).origins
    page.get_by_label("Name, for your team").fill(" ")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("Name, for your team")).to_be_focused()
    assert desk.widgets.get(shop.id).name == "Shop"
    complaints[:] = [said for said in complaints if "422" not in said]  # the browser's own note


def test_opening_hours_are_set(open_admin: Open, desk: AdminDesk) -> None:
    widget = desk.widgets.add(Widget("", "Shop"))
    page = open_widgets(open_admin(), widget=widget.id)
    expect(page.get_by_label("Time zone")).to_be_hidden()
    page.get_by_label("Colleagues answer at certain hours only").check()
    page.get_by_label("Time zone").fill("Asia/Shanghai")
    page.get_by_label("Friday", exact=True).uncheck()
    page.get_by_label("Saturday", exact=True).check()
    page.get_by_label("Saturday, from").fill("10:00")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    hours = desk.widgets.get(widget.id).hours
    assert hours is not None
    assert hours.time_zone == "Asia/Shanghai"
    assert dict(hours.days) == {
        **dict.fromkeys("1234", ("09:00", "18:00")),
        "6": ("10:00", "18:00"),
    }


def test_deleting_names_the_loss(open_admin: Open, desk: AdminDesk) -> None:
    widget = desk.widgets.add(Widget("", "Shop"))
    page = open_widgets(open_admin(), widget=widget.id)
    expect(preview_of(page).get_by_text("Hello! How can we help you?")).to_be_visible()
    page.get_by_role("button", name="Delete", exact=True).click()
    question = page.get_by_role("dialog")
    expect(question).to_contain_text("Delete “Shop”?")
    expect(question).to_contain_text("are lost")
    page.keyboard.press("Escape")
    assert desk.widgets.get(widget.id)
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("button", name="Delete the widget").click()
    expect(page.get_by_role("heading", name="No widget yet")).to_be_visible()
    assert desk.widgets.list() == []


def test_the_secret_is_for_administrators(open_admin: Open, desk: AdminDesk) -> None:
    widget = desk.widgets.add(Widget("", "Shop"))
    editor = open_widgets(open_admin(), "editor", widget.id)
    expect(editor.get_by_role("heading", name="Identity secret")).to_have_count(0)
    page = open_widgets(open_admin(), "admin", widget.id)
    secret = desk.widgets.identity_secret(widget.id)
    assert secret not in page.content()
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator(".ad-secret-value")).to_have_text(secret)
    page.get_by_role("button", name="Make a new one").click()
    expect(page.get_by_role("dialog")).to_contain_text("refused at once")
    page.get_by_role("button", name="Make a new secret").click()
    expect(page.locator(".ad-secret-value")).not_to_have_text(secret)
    assert desk.widgets.identity_secret(widget.id) == page.locator(".ad-secret-value").inner_text()


def test_an_agent_looks_and_changes_nothing(open_admin: Open, desk: AdminDesk) -> None:
    widget = desk.widgets.add(Widget("", "Shop"))
    page = open_widgets(open_admin(), "agent", widget.id)
    expect(page.get_by_label("Name, for your team")).to_be_disabled()
    for name in ("Save", "Delete", "New widget"):
        expect(page.get_by_role("button", name=name, exact=True)).to_have_count(0)
    expect(page.get_by_role("link", name="New widget")).to_have_count(0)
    expect(page.locator("#ad-copy-script")).to_be_visible()


class _Site(http.server.BaseHTTPRequestHandler):
    page = b""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Security-Policy", "script-src 'self'")
        self.end_headers()
        self.wfile.write(self.page)

    def log_message(self, *_: object) -> None:  # pyright: ignore[reportIncompatibleMethodOverride] -- silent
        pass


@pytest.fixture
def site() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Site)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_page_is_tested_and_told_what_to_mend(
    open_admin: Open, desk: AdminDesk, site: str
) -> None:
    widget = desk.widgets.add(Widget("", "Shop", origins=(site,)))
    page = open_widgets(open_admin(), "agent", widget.id)
    expect(page.get_by_label("Address of the page")).to_have_value(f"{site}/")
    page.get_by_role("button", name="Test", exact=True).click()
    findings = page.locator(".ad-findings li")
    expect(findings.filter(has_text="on the list")).to_contain_text("Right")
    expect(findings.filter(has_text="The snippet is not in the page")).to_contain_text("Mend")
    expect(findings.filter(has_text="script-src")).not_to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("width", [390, 1440])
def test_pictures(
    open_admin: Open, desk: AdminDesk, width: int, language: str, scheme: str
) -> None:
    member = open_admin(width, scheme, language)
    page = member.page
    SHOTS.mkdir(exist_ok=True)

    def shoot(name: str) -> None:
        page.wait_for_timeout(600)
        page.screenshot(
            path=SHOTS / f"widget-{name}-{language}-{scheme}-{width}.png", full_page=True
        )
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{name} is {wide} px wide"

    member.sign_in("admin", f"admin/{language}")
    page.goto(f"{member.url}admin/{language}#widget")
    page.wait_for_selector(".ad-widgets .ad-empty")
    shoot("1-empty")
    questions: Mapping[LanguageCode, tuple[str, ...]]
    questions = {"en": ("How long may I return things?",), "zh": ("多久之内可以退货？",)}
    widget = desk.widgets.add(
        Widget(
            "", "Shop", origins=("https://shop.example",), color="#7a3e9d", suggestions=questions
        )
    )
    desk.widgets.add(Widget("", "Help pages"))
    page.goto(f"{member.url}admin/{language}#widget/{widget.id}")
    page.wait_for_selector(".ad-widget-settings")
    page.locator("[name=hours]").check()
    expect(preview_of(page).locator(".launcher")).to_be_attached()
    for details in page.locator(".ad-more summary").all():
        details.click()
    shoot("2-settings")
