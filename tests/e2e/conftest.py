"""A real server and a real browser."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from chatbot.api.app import create_api
from tests.e2e.admin_visits import Open, opening
from tests.e2e.scripted_admin import AdminDesk, make_app, open_desk
from tests.e2e.scripted_chat import SUGGESTIONS, ScriptedDialogue
from tests.e2e.serving import serving
from tests.e2e.visit import Visit
from tests.e2e.widget_site.street import Street, open_street, visiting
from tests.e2e.widget_site.street import Visit as GuestVisit
from ui.handlers import ChatHandlers
from ui.mounting import add_files, close_doors, head_of
from ui.pages.chat import add_chat

CHROMIUM = Path("/usr/bin/chromium")
SHOTS = Path(__file__).parent / "shots"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is not installed")
    expect.set_options(timeout=30_000)  # a busy machine is slow, not wrong
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def chat_desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AdminDesk]:
    """Everything is real but the dialogue and the embedder."""
    with open_desk(tmp_path_factory.mktemp("chat")) as desk:
        yield replace(desk, dialogue=ScriptedDialogue(desk.conversations, desk.handovers))


@pytest.fixture(scope="module")
def dialogue(chat_desk: AdminDesk) -> ScriptedDialogue:
    assert isinstance(chat_desk.dialogue, ScriptedDialogue)
    return chat_desk.dialogue


@pytest.fixture(scope="module")
def chat_url(chat_desk: AdminDesk) -> Iterator[str]:
    def make() -> FastAPI:
        app = create_api(chat_desk)
        handlers = ChatHandlers(chat_desk, SUGGESTIONS, 2000)
        add_files(app)
        add_chat(app, handlers, turns_at_once=4)
        close_doors(app, {"/": head_of("chat")})
        return app

    with serving(make) as url:
        yield url


@pytest.fixture
def complaints() -> list[str]:
    """What went wrong on the pages of a test."""
    return []


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[AdminDesk]:
    """A desk of one test's own."""
    with open_desk(tmp_path) as desk:
        yield desk


@pytest.fixture
def url(desk: AdminDesk) -> Iterator[str]:
    with serving(lambda: make_app(desk)) as url:
        yield url


@pytest.fixture
def open_admin(browser: Browser, url: str, complaints: list[str]) -> Iterator[Open]:
    """Opens the team's pages as a new visitor; afterwards nothing may have gone wrong on them."""
    with opening(browser, url, complaints) as opened:
        yield opened
    assert complaints == [], "\n".join(complaints)


@pytest.fixture
def visit(browser: Browser, chat_url: str, complaints: list[str]) -> Iterator[Callable[..., Page]]:
    """Opens the chat in a new browser profile; afterwards nothing may have gone wrong on it."""
    contexts: list[BrowserContext] = []

    def open_chat(
        width: int = 1440, height: int = 900, scheme: str = "light", language: str = "en"
    ) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if scheme == "dark" else "light",
            locale="zh-CN" if language == "zh" else "en-GB",
            permissions=["clipboard-read", "clipboard-write"],
        )
        contexts.append(context)
        context.set_default_timeout(60_000)
        visit = Visit(context.new_page(), chat_url, complaints)
        visit.watch()
        visit.page.goto(chat_url)
        visit.page.wait_for_selector(".ad-empty")
        return visit.page

    yield open_chat
    for context in contexts:
        context.close()
    assert complaints == [], "\n".join(complaints)


@pytest.fixture(scope="module")
def module_street(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    with open_street(tmp_path_factory.mktemp("street")) as street:
        yield street


@pytest.fixture
def street(module_street: Street) -> Iterator[Street]:
    """The street as it was set up, whatever a test before has changed."""
    before = module_street.widget
    module_street.desk.dialogue.asked.clear()
    yield module_street
    module_street.desk.dialogue.gate.set()
    module_street.widget = module_street.desk.widgets.change(before)


@pytest.fixture
def guest(browser: Browser, street: Street) -> Iterator[GuestVisit]:
    with visiting(browser, street) as visit:
        yield visit
