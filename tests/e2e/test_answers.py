"""Curated answers in the admin, in a real browser, on the real store and matcher."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from knowledge.curated.model import CuratedAnswer
from tests.e2e.admin_visits import Member, Open, opening
from tests.e2e.conftest import SHOTS, serving
from tests.e2e.scripted_admin import AdminDesk, ask, make_app, open_desk

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

REFUSED = "Do you ship to <b>Greenland</b> & 50%/50%?"
JOBS = CuratedAnswer(
    ("Are you hiring?", "Do you have any job openings?", "你们招人吗？"),
    answer_en="Twice a year, in March and in September.\nWrite to jobs@shop.example.",
    answer_zh="每年三月和九月各招一次人。",
)
TOURS = CuratedAnswer(("Can I visit the workshop?",), answer_en="On Fridays.", enabled=False)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AdminDesk]:
    with open_desk(tmp_path_factory.mktemp("desk")) as desk:
        ask(desk, REFUSED, "refuse")
        yield desk


@pytest.fixture(autouse=True)
def shelf(desk: AdminDesk) -> None:
    """Two answers, whatever a test before has left."""
    for answer in desk.answers.list():
        desk.answers.remove(answer.id)
    desk.answers.add(TOURS)
    desk.answers.add(JOBS)
    desk.curated.prepare()


@pytest.fixture(scope="module")
def url(desk: AdminDesk) -> Iterator[str]:
    with serving(lambda: make_app(desk)) as url:
        yield url


@pytest.fixture
def open_admin(browser: Browser, url: str, complaints: list[str]) -> Iterator[Open]:
    with opening(browser, url, complaints) as opened:
        yield opened
    assert complaints == []


@pytest.fixture
def visit(open_admin: Open) -> Member:
    return open_admin()


def show(visit: Member, name: str = "admin", place: str = "answers") -> None:
    visit.sign_in(name, "admin/en")
    visit.page.goto(f"{visit.url}admin/en#{place}")
    visit.page.wait_for_selector("#ad-page-answers .ad-answers")


def forget_refusals(visit: Member) -> None:
    """The browser itself notes requests that were refused."""
    refused = [said for said in visit.complaints if "422" in said]
    assert refused
    for said in refused:
        visit.complaints.remove(said)


def test_the_knowledge_has_two_parts(visit: Member) -> None:
    visit.sign_in("agent")
    page = visit.page
    page.click("[data-page=knowledge]")
    page.get_by_role("link", name="Answers", exact=True).locator("visible=true").click()
    expect(page.locator(".ad-answer-table tbody tr")).to_have_count(2)
    expect(page.locator("[data-page=knowledge]")).to_have_attribute("aria-current", "page")
    expect(page.get_by_text("New answer")).to_be_hidden()  # an agent reads
    page.get_by_role("link", name="Open “Are you hiring?”").click()
    expect(page.get_by_label("Ways to ask")).to_be_disabled()
    expect(page.get_by_role("button", name="Save")).to_have_count(0)


def test_an_answer_is_written_changed_and_deleted(visit: Member, desk: AdminDesk) -> None:
    show(visit, "editor")
    page = visit.page
    page.get_by_role("link", name="New answer").click()
    page.get_by_role("button", name="Add the answer").click()
    expect(page.get_by_label("Ways to ask")).to_be_focused()
    page.get_by_label("Ways to ask").fill("Do you gift-wrap?\n\nCan it be wrapped?")
    page.get_by_role("button", name="Add the answer").click()
    expect(page.locator(".ad-save-state")).to_contain_text("Write the answer")
    page.get_by_label("Answer in English").fill("Yes, for ¥12.")
    page.get_by_role("button", name="Add the answer").click()
    row = page.locator(".ad-answer-table tbody tr", has_text="Do you gift-wrap?")
    expect(row).to_contain_text("and 1 more way to ask")
    expect(row).to_contain_text("English only")
    expect(page.locator(".ad-answer-file")).to_have_text("Saved.")
    kept = next(answer for answer in desk.answers.list() if "gift" in answer.questions[0])
    assert (kept.answer_en, kept.updated_by) == ("Yes, for ¥12.", "editor")
    row.get_by_role("link").click()
    page.get_by_label("Give this answer").uncheck()
    page.get_by_role("button", name="Save").click()
    expect(row).to_contain_text("Rests")
    row.get_by_role("link").click()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("dialog")).to_contain_text("2 ways to ask will be lost")
    page.get_by_role("button", name="Delete the answer").click()
    expect(page.locator(".ad-answer-file")).to_have_text("Deleted.")
    expect(row).to_have_count(0)
    assert len(desk.answers.list()) == 2
    forget_refusals(visit)


def test_what_was_not_saved_is_there_again(visit: Member) -> None:
    show(visit)
    page = visit.page
    page.get_by_role("link", name="Open “Are you hiring?”").click()
    page.get_by_label("Answer in English").fill("Not any more.")
    page.get_by_role("link", name="All answers").click()
    page.get_by_role("link", name="Open “Are you hiring?”").click()
    expect(page.get_by_label("Answer in English")).to_have_value("Not any more.")
    expect(page.locator(".ad-save-state")).to_have_text("Not saved yet.")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".ad-answer-table")).to_contain_text("Not any more.")


def test_a_question_is_tried(visit: Member) -> None:
    show(visit, "agent")
    page = visit.page
    tried = page.locator(".ad-answer-tried")
    page.get_by_label("Try a question").fill("are you HIRING")
    page.keyboard.press("Enter")
    expect(tried).to_contain_text("This answer would be given:")
    expect(tried.locator(".ad-answer-given")).to_have_text(JOBS.answer_en)
    expect(tried.locator("li").first).to_contain_text("The same question")
    page.get_by_label("Try a question").fill(
        "How long is the <img src=x onerror=alert(1)> warranty?"
    )
    page.get_by_role("button", name="Try it").click()
    expect(tried).to_contain_text("No answer fits")
    expect(tried.locator("li").first).to_contain_text("Too far in meaning")
    expect(tried.locator("li").first).to_contain_text("%")


def test_the_table_is_narrowed(visit: Member) -> None:
    show(visit)
    rows = visit.page.locator(".ad-answer-table tbody tr")
    visit.page.get_by_label("Filter by words").fill("招人")
    expect(rows).to_have_count(1)
    visit.page.get_by_label("Filter by words").fill("zebra")
    expect(visit.page.get_by_text("No answer matches")).to_be_visible()
    visit.page.get_by_role("button", name="Clear the filter").click()
    expect(rows).to_have_count(2)
    expect(visit.page.get_by_label("Filter by words")).to_have_value("")


def test_files_come_in_and_go_out(visit: Member, desk: AdminDesk, tmp_path: Path) -> None:
    show(visit, "editor")
    page = visit.page
    bad, good = tmp_path / "bad.csv", tmp_path / "good.csv"
    bad.write_text("questions,answer_en\n<b>x</b>?,\n,Yes.\nOk?,Yes.\n")
    page.set_input_files(".ad-answer-import input", bad)
    said = page.locator(".ad-answer-file")
    expect(said).to_contain_text("Nothing was imported")
    expect(said.locator("li")).to_have_count(2)
    expect(said.locator("li").first).to_contain_text("Line 2")
    good.write_text("questions,answer_en\nDo you gift-wrap?|Is it wrapped?,Yes.\n")
    page.set_input_files(".ad-answer-import input", good)
    expect(said).to_have_text("1 answers are new, 0 were replaced.")
    expect(page.locator(".ad-answer-table tbody tr")).to_have_count(3)
    with page.expect_download() as download:
        page.get_by_role("link", name="Export CSV").click()
    assert "Do you gift-wrap?" in Path(download.value.path()).read_text("utf-8-sig")
    assert len(desk.answers.list()) == 3
    forget_refusals(visit)


def test_an_unanswered_question_becomes_an_answer(visit: Member, desk: AdminDesk) -> None:
    visit.sign_in("editor")
    page = visit.page
    page.get_by_role("link", name="Write an answer").first.click()
    expect(page.get_by_label("Ways to ask")).to_have_value(REFUSED)
    page.get_by_label("Answer in Chinese").fill("不寄。")
    page.get_by_role("button", name="Add the answer").click()
    expect(page.locator(".ad-answer-table")).to_contain_text(REFUSED)
    assert desk.curated.nearest(REFUSED, "default", 1)[0].fit == "same"
    assert page.locator("#ad-page-answers b").count() == 0


def test_an_empty_desk_and_an_answer_that_is_gone(visit: Member, desk: AdminDesk) -> None:
    name = desk.answers.list()[0].id
    for answer in desk.answers.list():
        desk.answers.remove(answer.id)
    show(visit)
    expect(visit.page.get_by_role("heading", name="No answers yet")).to_be_visible()
    visit.page.goto(f"{visit.url}admin/en#answers/{name}")
    expect(visit.page.get_by_text("This answer is no longer there")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("width", [390, 1440])
def test_pictures(open_admin: Open, width: int, language: str, scheme: str) -> None:
    visit = open_admin(width, scheme, language)
    page = visit.page
    SHOTS.mkdir(exist_ok=True)
    visit.sign_in("admin", f"admin/{language}")
    page.goto(f"{visit.url}admin/{language}#answers")
    page.wait_for_selector(".ad-answer-table")
    page.fill(".ad-answer-try input", "你们招人吗" if language == "zh" else "are you hiring")
    page.keyboard.press("Enter")
    page.wait_for_selector(".ad-answer-near li")
    for name in ("answers", "answer"):
        if name == "answer":
            page.locator(".ad-answer-table a").first.click()
            page.wait_for_selector(".ad-answer-form")
        page.wait_for_timeout(300)
        path = SHOTS / f"admin-{name}-{language}-{scheme}-{width}.png"
        page.screenshot(path=path, full_page=True)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{name} is {wide} px wide"
