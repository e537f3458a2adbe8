"""Files of every kind on the knowledge page: the real library, the real reading child and models."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FilePayload, Locator, Page, expect

from chatbot.accounts import Role
from chatbot.assistant import Assistant, open_assistant
from chatbot.settings import load_settings
from knowledge.documents import DEFAULT_COLLECTION, DocumentState
from tests.e2e.admin_visits import Open, opening
from tests.e2e.scripted_admin import PASSWORD
from tests.e2e.serving import serving
from tests.e2e.upload_files import MEBIBYTE, long_text, twenty_files
from tests.knowledge.loading.pdf_files import chinese_font
from ui.server import create_app

pytestmark = [pytest.mark.browser, pytest.mark.models, pytest.mark.timeout(400)]

# What cannot be read, and why.
UNREADABLE = {
    "locked.pdf": ("protected by a password", "受密码保护"),
    "damaged.docx": ("is damaged", "已损坏"),
}


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory, models_dir: Path) -> Iterator[Assistant]:
    """An empty desk with the real models but the Transformer: answers are quotations."""
    settings = load_settings(
        data_dir=tmp_path_factory.mktemp("uploads"),
        models_dir=models_dir,
        sample_knowledge=False,
        generator={"engine": "none"},
    )
    with open_assistant(settings) as assistant:
        assistant.accounts.add("mei", PASSWORD)
        assistant.accounts.add("lin", PASSWORD, Role.EDITOR)
        yield assistant


@pytest.fixture(scope="module")
def url(assistant: Assistant) -> Iterator[str]:
    with serving(lambda: create_app(assistant)) as url:
        yield url


@pytest.fixture
def open_page(browser: Browser, url: str, complaints: list[str]) -> Iterator[Open]:
    with opening(browser, url, complaints) as opened:
        yield opened
    assert complaints == [], "\n".join(complaints)


@pytest.fixture
def shelf(assistant: Assistant) -> Callable[..., Mapping[str, str]]:
    """Has documents taken in, and tells their ids."""

    def add(*names: str) -> Mapping[str, str]:
        files = twenty_files()
        added = {
            name: assistant.library.add_file(name, files[name], collection=DEFAULT_COLLECTION).id
            for name in names
        }
        assert assistant.library.wait(120).is_finished
        return added

    return add


def payload(name: str, data: bytes) -> FilePayload:
    return {"name": name, "mimeType": "application/octet-stream", "buffer": data}


def knowledge(opened: Open, name: str, language: str = "en") -> Page:
    member = opened(language=language)
    member.sign_in(name, f"admin/{language}")
    member.page.click("[data-page=knowledge]")
    return member.page


def row(page: Page, name: str) -> Locator:
    opener = page.locator(f"[data-action=open_document][aria-label$='{name}']")
    return page.locator(".ad-documents tbody tr", has=opener)


def open_document(page: Page, name: str) -> Locator:
    row(page, name).locator(".ad-link").click()
    return page.get_by_role("dialog")


@pytest.mark.skipif(chinese_font() is None, reason="this machine has no Chinese font to scan with")
def test_of_twenty_files_at_once_none_is_missing(open_page: Open, assistant: Assistant) -> None:
    files = twenty_files()
    assert len(files) == 20
    page = knowledge(open_page, "lin")
    page.set_input_files("#ad-drop input", [payload(*file) for file in files.items()])
    page.get_by_label("Filter by name").fill("returns")
    expect(page.locator(".ad-documents tbody tr")).to_have_count(1)
    expect(row(page, "returns.docx").locator(".ad-state")).not_to_have_text("Waiting")
    expect(open_document(page, "returns.docx")).to_contain_text("within 45 days")
    page.keyboard.press("Escape")
    page.get_by_label("Filter by name").fill("")
    expect(page.locator(".ad-uploads-done")).to_have_text("19 of 20 files are uploaded.")
    expect(page.locator(".ad-upload")).to_have_count(1)
    expect(page.locator(".ad-upload")).to_contain_text("empty.txt")
    expect(page.locator(".ad-upload")).to_contain_text("The file is empty.")
    documents = {*files, "glaze.md", "坏了怎么办.txt"} - {"empty.txt", "guides.zip"}
    for name in sorted(documents - UNREADABLE.keys()):
        expect(row(page, name), name).to_contain_text("Ready")
    for name, (reason, _) in UNREADABLE.items():
        expect(row(page, name).locator(".ad-state")).to_have_text("Failed")
        expect(row(page, name).locator(".ad-reason")).to_contain_text(reason)
    expect(row(page, "glaze.md")).to_contain_text("in guides.zip")
    known = {record.name: record for record in assistant.library.list()}
    assert known.keys() == documents
    unready = {name for name, record in known.items() if record.state is not DocumentState.READY}
    assert unready == UNREADABLE.keys()
    page.set_input_files("#ad-drop input", [payload("late.md", b"# Late\n\nStill works.")])
    expect(row(page, "late.md")).to_contain_text("Ready")


@pytest.mark.skipif(chinese_font() is None, reason="this machine has no Chinese font to scan with")
def test_what_was_scanned_or_saved_in_an_old_encoding_is_read_and_told_of(
    open_page: Open, shelf: Callable[..., object]
) -> None:
    shelf("保修.pdf", "发票说明.txt", "水壶.pdf")
    page = knowledge(open_page, "mei", "zh")
    sheet = open_document(page, "保修.pdf")
    expect(sheet).to_contain_text("保修两年")
    expect(sheet.locator(".ad-callout")).to_contain_text("第 1 页")
    page.keyboard.press("Escape")
    expect(open_document(page, "发票说明.txt")).to_contain_text("电子发票在发货后两天内")
    page.keyboard.press("Escape")
    sheet = open_document(page, "水壶.pdf")
    sheet.get_by_text("段落（", exact=False).first.click()
    expect(sheet.locator(".ad-passage .ad-where").first).to_contain_text("页")


def test_reasons_are_given_in_the_language_of_the_page(
    open_page: Open, shelf: Callable[..., object], tmp_path: Path
) -> None:
    shelf(*UNREADABLE)
    page = knowledge(open_page, "lin", "zh")
    for name, (_, reason) in UNREADABLE.items():
        expect(row(page, name).locator(".ad-state")).to_have_text("失败")
        expect(row(page, name).locator(".ad-reason")).to_contain_text(reason)
    (tmp_path / "log.txt").write_bytes(b"x" * (30 * MEBIBYTE + 1))
    page.set_input_files("#ad-drop input", tmp_path / "log.txt")
    expect(page.locator(".ad-upload")).to_contain_text("文件大小为 31 MB，上限为 30 MB")
    expect(row(page, "log.txt")).to_have_count(0)


def test_thirty_megabytes_are_found_by_words_while_the_page_stays_usable(
    open_page: Open, shelf: Callable[..., object], assistant: Assistant, tmp_path: Path
) -> None:
    shelf("kettle.pdf")
    assert assistant.settings.server.max_upload_mb == 30
    page = knowledge(open_page, "lin")
    (tmp_path / "journal.txt").write_bytes(long_text(30 * MEBIBYTE))
    page.set_input_files("#ad-drop input", tmp_path / "journal.txt")
    expect(row(page, "journal.txt").locator(".ad-state")).to_have_text("Waiting")
    expect(open_document(page, "kettle.pdf")).to_contain_text("recycling yard")
    page.keyboard.press("Escape")
    page.click("[data-page=overview]")
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    page.click("[data-page=knowledge]")
    state = row(page, "journal.txt").locator(".ad-cell-state")
    expect(state).to_contain_text("Preparing", timeout=120_000)
    expect(state.locator(".ad-progress")).to_be_visible()
    expect(state).to_contain_text("min left")
    page.get_by_label("Filter by name").fill("journal")
    expect(page.locator(".ad-documents tbody tr")).to_have_count(1)
    page.click("[data-page=search]")
    page.get_by_label("Question", exact=True).fill("archive xylophone")
    page.keyboard.press("Enter")
    expect(page.locator(".ad-hit").first).to_contain_text("The password of the archive is")
    page.locator(".ad-hit").first.get_by_role("button", name="Open the document").click()
    expect(page.locator(".ad-passage-found")).to_contain_text("xylophone")
    page.keyboard.press("Escape")
    page.click("[data-page=knowledge]")
    page.get_by_role("button", name="Delete journal.txt").click()
    page.get_by_role("button", name="Delete the document").click()
    expect(row(page, "journal.txt")).to_have_count(0, timeout=60_000)
    assert "journal.txt" not in {record.name for record in assistant.library.list()}


def ask(page: Page, question: str) -> Locator:
    """The finished turn."""
    count = page.locator(".ad-turn").count()
    page.fill("#ad-question", question)
    page.press("#ad-question", "Enter")
    expect(page.locator(".ad-turn")).to_have_count(count + 1)
    page.wait_for_selector(".ad-turn:last-child[aria-busy=false]")
    return page.locator(".ad-turn").last


def test_a_citation_names_the_page_or_row_and_leads_the_team_there(
    open_page: Open, shelf: Callable[..., Mapping[str, str]]
) -> None:
    ids = shelf("kettle.pdf", "prices.xlsx")
    visitor = open_page()
    page = visitor.page
    page.goto(visitor.url)
    page.wait_for_selector(".ad-empty")
    panel = page.locator(".ad-panel")
    said = ask(page, "How often should I descale the kettle?")
    expect(said).to_contain_text("every three months with citric acid")
    said.locator(".ad-chip").first.click()
    expect(panel.locator(".ad-where")).to_have_text("page 3")
    expect(panel.locator("mark")).to_contain_text("Descale the kettle every three months")
    page.keyboard.press("Escape")
    said = ask(page, "What is the price of the tureen?")
    expect(said).to_contain_text("75 EUR")
    said.locator(".ad-chip").first.click()
    expect(panel.locator(".ad-where")).to_have_text("Sheet Prices, row 10")
    page.keyboard.press("Escape")
    ask(page, "Do you have a shop in Berlin?")
    page.get_by_role("button", name="Talk to a person").click()
    expect(page.locator(".ad-status")).to_have_text("Calling a colleague")
    member = open_page()
    member.sign_in("mei", "admin/en")
    desk = member.page
    desk.click("[data-page=inbox]")
    desk.get_by_role("link", name="Berlin").click()
    sources = desk.locator(".ad-sources")
    sources.first.locator("summary").click()
    expect(sources.first.locator(".ad-where").first).to_have_text("page 3")
    sources.first.locator(".ad-place").first.click()
    sheet = desk.get_by_role("dialog")
    expect(sheet.locator("mark")).to_contain_text("Descale the kettle every three months")
    expect(sheet.locator("mark")).to_be_in_viewport()
    expect(sheet.locator(".ad-sheet-links .ad-where")).to_have_text("page 3")
    assert f"#knowledge/{ids['kettle.pdf']}/" in desk.url
    desk.keyboard.press("Escape")
    expect(sheet).to_have_count(0)
    assert desk.url.endswith("/admin/en#knowledge")
    desk.go_back()
    sources.last.locator("summary").click()
    sources.last.locator(".ad-place").first.click()
    expect(sheet.locator("mark")).to_contain_text("Tureen | 75 EUR")
    expect(sheet.locator(".ad-sheet-links .ad-where")).to_have_text("Sheet Prices, row 10")
    colleague = open_page()
    colleague.sign_in("lin", "admin/en")
    colleague.page.goto("about:blank")  # so that the link loads the page
    colleague.page.goto(desk.url)
    expect(colleague.page.get_by_role("dialog").locator("mark")).to_have_text("Tureen | 75 EUR")
