"""The search page of the admin: words that mean the same, and what was not found."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.admin_visits import Member, Open
from tests.e2e.conftest import SHOTS
from tests.e2e.scripted_admin import AdminDesk

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

CARE = (
    b"# Care\n\n## Kettles\n\nDescale the kettle with citric acid.\n\n## Mugs\n\nWash them by hand."
)


@pytest.fixture
def desk(desk: AdminDesk) -> AdminDesk:
    desk.library.add_file("care.md", CARE, collection="default")
    assert desk.library.wait(60).is_finished
    return desk


def search_page(member: Member, name: str, language: str = "en") -> Page:
    member.sign_in(name, f"admin/{language}")
    member.page.click("[data-page=search]")
    member.page.wait_for_selector(".ad-synonyms")
    return member.page


def words(page: Page) -> Locator:
    return page.locator("#ad-synonyms-text")


def search(page: Page, query: str) -> Locator:
    """What is found by the words of `query`, the best first."""
    page.locator("#ad-search-query input").fill(query)
    page.keyboard.press("Enter")
    expect(page.locator("#ad-found mark, #ad-found .ad-hit").first).to_be_visible()
    return page.locator(".ad-hit .ad-ranks div:first-child dd:not(.ad-none)")


def test_a_word_that_was_saved_finds_the_passage_at_once(open_admin: Open, desk: AdminDesk) -> None:
    page = search_page(open_admin(), "editor")
    expect(search(page, "samovar")).to_have_count(0)
    expect(page.get_by_label("Words that mean the same")).to_have_value("")
    words(page).fill("kettle, samovar, 水壶\n# of the shop\n")
    page.get_by_role("button", name="Save the words").click()
    expect(page.get_by_text("Saved. Groups in force: 1.")).to_be_visible()
    expect(words(page)).to_have_value("kettle, samovar, 水壶\n# of the shop\n")
    expect(search(page, "samovar")).to_have_count(1)
    expect(page.locator(".ad-hit").first).to_contain_text("Descale the kettle")
    assert desk.synonyms.text() == "kettle, samovar, 水壶\n# of the shop\n"


def test_mistakes_are_named_by_their_line_and_nothing_is_lost(
    open_admin: Open, desk: AdminDesk
) -> None:
    desk.synonyms.replace("mug, cup")
    page = search_page(open_admin(language="zh"), "editor", "zh")
    wrong = "水壶\n\n杯子, 马克杯\n<b>the</b>, a"
    words(page).fill(wrong)
    page.get_by_role("button", name="保存同义词").click()
    alert = page.locator(".ad-synonyms [role=alert]")
    expect(alert.locator("li")).to_have_count(2)
    expect(alert.locator("li").first).to_have_text("第 1 行 每组至少两个词，用逗号隔开")
    expect(alert.locator("li").last).to_contain_text("第 4 行")
    expect(words(page)).to_have_value(wrong)
    assert desk.synonyms.text() == "mug, cup"
    words(page).fill("杯子, 马克杯")
    page.get_by_role("button", name="保存同义词").click()
    expect(alert).to_have_count(0)
    expect(page.locator(".ad-synonyms-foot")).to_contain_text("已生效 1 组")
    assert desk.synonyms.text() == "杯子, 马克杯"


def test_what_is_being_written_stays_and_another_member_is_not_overwritten_unawares(
    open_admin: Open, desk: AdminDesk
) -> None:
    page = search_page(open_admin(), "editor")
    words(page).fill("kettle, samovar")
    page.click("[data-page=overview]")
    page.click("[data-page=search]")
    expect(page.get_by_role("heading", name="Search", exact=True)).to_be_visible()
    page.wait_for_timeout(500)
    expect(words(page)).to_have_value("kettle, samovar")
    desk.synonyms.replace("mug, cup")
    page.get_by_role("button", name="Save the words").click()
    expect(page.locator(".ad-synonyms [role=alert]")).to_contain_text("mug, cup")
    expect(words(page)).to_have_value("kettle, samovar")
    assert desk.synonyms.text() == "mug, cup"
    page.get_by_role("button", name="Save the words").click()
    expect(page.get_by_text("Saved. Groups in force: 1.")).to_be_visible()
    assert desk.synonyms.text() == "kettle, samovar"


def test_an_agent_reads_them(open_admin: Open, desk: AdminDesk) -> None:
    desk.synonyms.replace("mug, cup")
    page = search_page(open_admin(), "agent")
    expect(words(page)).to_have_value("mug, cup")
    expect(words(page)).not_to_be_editable()
    expect(page.get_by_role("button", name="Save the words")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("width", [390, 1440])
def test_pictures(
    open_admin: Open, desk: AdminDesk, width: int, language: str, scheme: str
) -> None:
    desk.synonyms.replace("kettle, samovar, 水壶\nmug, cup, 杯子\n")
    page = search_page(open_admin(width, scheme, language), "editor", language)
    search(page, "kettle")
    page.locator("#ad-why-expected").fill("Wash them by hand")
    page.locator("[data-action=why_not]").click()
    expect(page.locator("#ad-why .ad-callout")).to_be_visible()
    words(page).fill("kettle\nmug, cup")
    page.locator("[data-action=save_synonyms]").click()
    expect(page.locator(".ad-synonyms [role=alert]")).to_be_visible()
    SHOTS.mkdir(exist_ok=True)
    path = SHOTS / f"admin-found-{language}-{scheme}-{width}.png"
    page.screenshot(path=path, full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
