"""The admin in a real browser, on the real library, rules and accounts."""

import shutil
from collections.abc import Callable, Iterator
from importlib.resources import as_file, files
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.e2e.conftest import SHOTS, serving
from tests.e2e.scripted_admin import PASSWORD, UNEMBEDDABLE, AdminDesk, ask, make_app, open_desk
from tests.e2e.visit import Visit

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

PAGES = ("overview", "knowledge", "rules", "search", "settings")
_READY = {
    "overview": ".ad-figures",
    "knowledge": ".ad-documents",
    "rules": ".ad-rules",
    "search": ".ad-empty",
    "settings": ".ad-settings",
}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AdminDesk]:
    with open_desk(tmp_path_factory.mktemp("desk"), delay=0.02) as desk:
        with as_file(files("assets") / "samples" / "rules") as rules:
            shutil.copytree(rules, desk.rules.folder)
        returns = "# Returns\n\n## Refunds\n\nRefunds take 3 working days.\n\n## Postage\n\nFree."
        desk.library.add_file("returns.md", returns.encode(), collection="default")
        desk.library.add_file("old.md", f"# Old\n\n{UNEMBEDDABLE}".encode(), collection="archive")
        ask(desk, "Do you ship to Greenland?", "refuse")
        ask(desk, "How long do refunds take?", "quote")
        yield desk


@pytest.fixture(scope="module")
def url(desk: AdminDesk) -> Iterator[str]:
    with serving(lambda: make_app(desk)) as url:
        yield url


class Team(Visit):
    """A member's visit to the admin."""

    def sign_in(self, name: str = "admin") -> None:
        self.page.goto(f"{self.url}admin")
        self.page.fill("#name", name)
        self.page.fill("#password", PASSWORD)
        self.page.click("button[type=submit]")
        self.page.wait_for_selector(_READY["overview"])

    def show(self, name: str) -> None:
        self.page.click(f"[data-page={name}]")
        self.page.wait_for_selector(f"#ad-page-{name} {_READY[name]}")


Open = Callable[..., Team]


@pytest.fixture
def open_admin(browser: Browser, url: str) -> Iterator[Open]:
    """Opens a new browser profile; afterwards nothing may have gone wrong on its page."""
    contexts: list[BrowserContext] = []
    expect.set_options(timeout=30_000)
    complaints: list[str] = []

    def opened(width: int = 1440, scheme: str = "light", language: str = "en") -> Team:
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if scheme == "dark" else "light",
            locale="zh-CN" if language == "zh" else "en-GB",
        )
        context.set_default_timeout(30_000)
        contexts.append(context)
        team = Team(context.new_page(), url, complaints)
        team.watch()
        return team

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def visit(open_admin: Open) -> Team:
    return open_admin()


def test_a_wrong_password_is_told_and_the_right_one_leads_on(visit: Team) -> None:
    page = visit.page
    page.goto(f"{visit.url}admin/zh")
    page.fill("#name", "admin")
    page.fill("#password", "wrong")
    page.click("button[type=submit]")
    expect(page.get_by_role("alert")).to_contain_text("not right")
    page.fill("#name", "admin")
    page.fill("#password", PASSWORD)
    page.click("button[type=submit]")
    expect(page.get_by_role("heading", name="概览")).to_be_visible()


def test_one_bad_file_does_not_hide_the_others(visit: Team, tmp_path: Path) -> None:
    visit.sign_in()
    visit.show("knowledge")
    (tmp_path / "prices.md").write_text("# Prices\n\n" + "## Item\n\nIt costs ¥10.\n\n" * 30)
    (tmp_path / "photo.mp3").write_bytes(b"\x89PNG")
    (tmp_path / "nothing.txt").write_bytes(b"")
    visit.page.set_input_files("#ad-drop input", sorted(tmp_path.iterdir()))
    row = visit.page.locator(".ad-documents tbody tr", has_text="prices.md")
    expect(row).to_contain_text("Ready")
    failed = visit.page.locator(".ad-upload-failed")
    expect(failed).to_have_count(2)
    expect(failed.filter(has_text="photo.mp3")).to_contain_text("cannot be read")
    expect(failed.filter(has_text="nothing.txt")).to_contain_text("empty")
    failed.first.get_by_role("button").click()
    expect(failed).to_have_count(1)


def test_a_failed_document_says_why(visit: Team) -> None:
    visit.sign_in("agent")
    visit.show("knowledge")
    row = visit.page.locator(".ad-documents tbody tr", has_text="old.md")
    expect(row).to_contain_text("Failed")
    expect(row.locator(".ad-reason")).not_to_be_empty()
    expect(visit.page.locator("[data-action=ask_delete]")).to_have_count(0)


def test_the_table_is_narrowed_and_the_filter_cleared(visit: Team) -> None:
    visit.sign_in()
    visit.show("knowledge")
    query = visit.page.get_by_label("Filter by name")
    query.fill("returns")
    expect(visit.page.locator(".ad-documents tbody tr")).to_have_count(1)
    query.fill("no such thing")
    expect(visit.page.get_by_text("No document matches")).to_be_visible()
    visit.page.get_by_role("button", name="Clear the filter").click()
    expect(visit.page.locator(".ad-documents tbody tr", has_text="old.md")).to_be_visible()
    expect(query).to_have_value("")


def test_a_document_opens_over_the_page_and_gives_the_focus_back(visit: Team) -> None:
    visit.sign_in()
    visit.show("knowledge")
    opener = visit.page.get_by_role("button", name="Open returns.md")
    opener.focus()
    visit.page.keyboard.press("Enter")
    sheet = visit.page.get_by_role("dialog")
    expect(sheet).to_contain_text("Refunds take 3 working days.")
    expect(sheet.get_by_role("button", name="Close")).to_be_focused()
    for _ in range(4):
        visit.page.keyboard.press("Tab")
    assert sheet.evaluate("sheet => sheet.contains(document.activeElement)")
    visit.page.keyboard.press("Escape")
    expect(sheet).to_have_count(0)
    expect(opener).to_be_focused()


def test_deleting_names_the_loss_and_can_be_called_off(visit: Team, desk: AdminDesk) -> None:
    record = desk.library.add_file("leaving.md", b"# Leaving\n\nSoon.", collection="default")
    visit.sign_in("editor")
    visit.show("knowledge")
    rows = visit.page.locator(".ad-documents tbody tr", has_text="leaving.md")
    delete = visit.page.get_by_role("button", name="Delete leaving.md")
    delete.click()
    question = visit.page.get_by_role("alertdialog")
    expect(question).to_contain_text("leaving.md")
    expect(question).to_contain_text("will be lost")
    question.get_by_role("button", name="Cancel").click()
    expect(question).to_have_count(0)
    assert desk.library.get(record.id)
    delete.click()
    question.get_by_role("button", name="Delete the document").click()
    expect(rows).to_have_count(0)
    assert record.id not in {item.id for item in desk.library.list()}


def test_hostile_documents_stay_text(visit: Team, desk: AdminDesk) -> None:
    vector = "<img src=x onerror=alert(1)><svg onload=alert(2)>{{7*7}}${alert(3)}\"'>"
    hostile = f"# {vector}\n\nrefunds {vector}\n\n## {vector}\n\n{vector}".encode()
    record = desk.library.add_file("<b onclick=alert(4)>.txt", hostile, collection="default")
    desk.library.wait(30)
    ask(desk, vector, "refuse")
    visit.sign_in()
    expect(visit.page.get_by_text(vector)).to_be_visible()
    visit.show("knowledge")
    visit.page.locator(f"button[data-id='{record.id}']").first.click()
    expect(visit.page.get_by_role("dialog")).to_contain_text("${alert(3)}")
    visit.page.keyboard.press("Escape")
    visit.show("search")
    visit.page.get_by_label("Question", exact=True).fill(f"refunds {vector}")
    visit.page.keyboard.press("Enter")
    expect(visit.page.locator(".ad-hit").first).to_contain_text("onerror=alert(1)")
    visit.show("rules")
    visit.page.get_by_label("Try a message").fill(f"refund {vector}")
    visit.page.keyboard.press("Enter")
    expect(visit.page.locator("#ad-trial")).to_contain_text("Recognised")
    assert visit.page.locator("#ad-main img, #ad-main svg[onload]").count() == 0
    desk.library.delete(record.id)


def test_search_shows_ranks_and_opens_the_passage(visit: Team, desk: AdminDesk) -> None:
    desk.library.wait(30)
    visit.sign_in()
    visit.show("search")
    visit.page.get_by_label("Question", exact=True).fill("how long do refunds take")
    visit.page.get_by_role("button", name="Search", exact=True).click()
    hit = visit.page.locator(".ad-hit").first
    expect(hit.locator("mark").first).to_have_text("Refunds")
    expect(hit.locator(".ad-ranks")).to_contain_text("#1")
    hit.get_by_role("button", name="Open the document").click()
    expect(visit.page.locator(".ad-passage-found")).to_contain_text("Refunds take 3 working days.")


def test_a_message_is_tried_on_the_rules(visit: Team) -> None:
    visit.sign_in()
    visit.show("rules")
    expect(visit.page.locator(".ad-rule-tests").first).to_contain_text("passed")
    visit.page.get_by_label("Try a message").fill("Can I get a refund for order 10021?")
    visit.page.get_by_role("button", name="Try it").click()
    trial = visit.page.locator("#ad-trial")
    expect(trial.locator(".ad-reply")).to_contain_text("refund-in-window")
    expect(trial).to_contain_text("order_number = 10021")


def test_mistakes_in_rule_files_are_shown_with_their_lines(visit: Team, desk: AdminDesk) -> None:
    broken = desk.rules.folder / "broken.yaml"
    broken.write_text("rules:\n  - id: x\n    when: {expresion: a}\n    then: {reply: {en: hi}}\n")
    desk.rules.reload()
    try:
        visit.sign_in()
        visit.show("rules")
        problems = visit.page.locator(".ad-problems")
        expect(problems).to_contain_text("broken.yaml line 3")
        expect(problems).to_contain_text("expression")
        expect(visit.page.locator(".ad-rule").first).to_be_visible()
    finally:
        broken.unlink()
        desk.rules.reload()


def test_language_and_theme_are_switched_where_one_is(visit: Team) -> None:
    visit.sign_in()
    visit.show("settings")
    visit.page.get_by_role("link", name="切换到中文").click()
    expect(visit.page.get_by_role("heading", name="设置", exact=True)).to_be_visible()
    assert visit.page.evaluate("document.documentElement.lang") == "zh-Hans"
    before = visit.page.evaluate("getComputedStyle(document.body).backgroundColor")
    visit.page.get_by_role("button", name="浅色或深色").click()
    visit.page.goto(f"{visit.url}admin")
    expect(visit.page.get_by_role("heading", name="概览")).to_be_visible()
    assert visit.page.evaluate("getComputedStyle(document.body).backgroundColor") != before


def test_an_ended_session_leads_to_the_login_and_back(visit: Team, url: str) -> None:
    visit.sign_in()
    visit.page.request.post(f"{url}logout", headers={"origin": url.rstrip("/")})
    visit.page.get_by_role("button", name="7 days").click()
    expect(visit.page.get_by_label("Password")).to_be_visible()
    visit.page.fill("#name", "admin")
    visit.page.fill("#password", PASSWORD)
    visit.page.click("button[type=submit]")
    expect(visit.page.get_by_role("heading", name="Overview")).to_be_visible()
    refused = [said for said in visit.complaints if "401" in said]
    assert refused
    for said in refused:  # the browser itself notes a refused request
        visit.complaints.remove(said)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("width", [390, 1440])
def test_pictures(open_admin: Open, width: int, language: str, scheme: str) -> None:
    visit = open_admin(width, scheme, language)
    page = visit.page
    SHOTS.mkdir(exist_ok=True)

    def shoot(name: str) -> None:
        page.wait_for_timeout(300)
        page.screenshot(path=SHOTS / f"{name}-{language}-{scheme}-{width}.png", full_page=True)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{name} is {wide} px wide"

    page.goto(f"{visit.url}admin")
    shoot("login")
    visit.sign_in()
    for name in PAGES:
        visit.show(name)
        shoot(f"admin-{name}")
