"""Web pages and sites in the admin: a real browser, a real site, the real library."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from knowledge.web.errands import Order
from tests.e2e.admin_visits import Open, opening
from tests.e2e.conftest import SHOTS, serving
from tests.e2e.scripted_admin import AdminDesk, make_app, open_desk
from tests.knowledge.web.web_site import WebSite, file, html
from tests.knowledge.web.web_site import serving as serving_site

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


@pytest.fixture
def shop() -> Iterator[WebSite]:
    files = {
        f"/help/{n or ''}": html(
            f"<h1>Topic {n}</h1><p>About gadget {n}.</p><a href='{n + 1}'>on</a>",
            title=f"Topic {n}",
        )
        for n in range(6)
    }
    with serving_site(files) as site:
        yield site


@pytest.fixture
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AdminDesk]:
    with open_desk(tmp_path_factory.mktemp("desk")) as desk:
        yield desk


@pytest.fixture
def open_admin(browser: Browser, desk: AdminDesk) -> Iterator[Open]:
    expect.set_options(timeout=30_000)
    complaints: list[str] = []
    with serving(lambda: make_app(desk)) as url, opening(browser, url, complaints) as opened:
        yield opened
    assert complaints == []


def test_a_site_is_added_watched_and_looked_at_again(open_admin: Open, shop: WebSite) -> None:
    visit = open_admin()
    visit.sign_in("editor")
    page = visit.page
    page.click("[data-page=knowledge]")
    form = page.get_by_role("form", name="Add a web page or site")
    expect(form.get_by_label("Pages at most")).to_be_hidden()
    form.get_by_label("The whole site").check()
    form.get_by_label("Links deep").fill("20")
    form.get_by_label("Web page or site").fill(f"{shop.origin}/help/")
    form.get_by_role("button", name="Add").click()
    job = page.locator(".ad-web-job")
    expect(job).to_contain_text("Up to date")
    expect(job).to_contain_text("New or changed: 6. As before: 0. Gone: 0.")
    expect(form.get_by_label("Web page or site")).to_have_value("")
    summary = job.locator("summary")
    expect(summary).to_have_text("Pages that could not be read: 1")
    summary.click()
    expect(job.locator("details li")).to_contain_text("does not exist")
    rows = page.locator(".ad-documents tbody tr")
    expect(rows).to_have_count(6)
    expect(rows.filter(has_text="Topic 3")).to_contain_text("Ready")
    job.get_by_role("button", name="Look for changes").click()
    expect(job).to_contain_text("New or changed: 0. As before: 6. Gone: 0.")
    expect(job.locator("details")).to_have_attribute("open", "")


def test_a_site_is_stopped_and_goes_on_by_keyboard(open_admin: Open, shop: WebSite) -> None:
    shop.files["/robots.txt"] = file("User-agent: *\nCrawl-delay: 6", "text/plain")
    visit = open_admin(width=390, language="zh")
    visit.sign_in("editor", "admin/zh")
    page = visit.page
    page.click("[data-page=knowledge]")
    address = page.get_by_label("网页或网站", exact=True).first
    address.fill(f"{shop.origin}/help/")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    address.press("Enter")
    job = page.locator(".ad-web-job")
    expect(job).to_contain_text("抓取中")
    stop = job.get_by_role("button", name="停止抓取")
    stop.focus()
    page.wait_for_timeout(2_500)  # the list was made anew meanwhile
    expect(stop).to_be_focused()
    page.keyboard.press("Enter")
    expect(job).to_contain_text("已停止")
    del shop.files["/robots.txt"]
    job.get_by_role("button", name="继续").press("Enter")
    expect(job).to_contain_text("新增或更新 4 页")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_wrong_address_is_told_and_stays_in_the_form(open_admin: Open) -> None:
    visit = open_admin()
    visit.sign_in("editor")
    page = visit.page
    page.click("[data-page=knowledge]")
    address = page.get_by_label("Web page or site", exact=True).first
    address.fill("file:///etc/passwd")
    address.press("Enter")
    expect(page.get_by_text("does not begin with http:// or https://")).to_be_visible()
    expect(address).to_have_value("file:///etc/passwd")
    expect(page.locator(".ad-web-job")).to_have_count(0)


def test_who_may_only_read_changes_nothing(open_admin: Open, shop: WebSite) -> None:
    visit = open_admin()
    visit.sign_in("agent")
    page = visit.page
    page.click("[data-page=knowledge]")
    address = page.get_by_label("Web page or site", exact=True).first
    address.fill(shop.origin)
    address.press("Enter")
    expect(page.locator(".toast-body")).to_be_visible()
    assert shop.asked == []


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_pictures(
    open_admin: Open, desk: AdminDesk, shop: WebSite, width: int, scheme: str, language: str
) -> None:
    jobs = [
        Order(f"{shop.origin}/help/", site=True, depth=9),
        Order(f"{shop.origin}/missing"),
    ]
    for job in jobs:
        desk.web.wait(desk.web.start(job).id)
    visit = open_admin(width, scheme, language)
    visit.sign_in("editor", f"admin/{language}")
    page = visit.page
    page.click("[data-page=knowledge]")
    page.locator(".ad-web [value=site]").check()
    expect(page.locator(".ad-web-job")).to_have_count(2)
    page.locator(".ad-web-job summary").first.click()
    expect(page.locator(".ad-documents tbody tr")).to_have_count(6)
    page.screenshot(path=SHOTS / f"web_{width}_{language}_{scheme}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
