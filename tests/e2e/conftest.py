"""A real server and a real browser."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn
from fastapi import FastAPI
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from chatbot.conversations import Conversations
from knowledge.database import Base, open_engine, sqlite_url
from tests.e2e.scripted_chat import SUGGESTIONS, ScriptedDialogue
from ui.handlers import ChatHandlers
from ui.mounting import add_files, close_doors, head_of
from ui.pages.chat import add_chat

CHROMIUM = Path("/usr/bin/chromium")
SHOTS = Path(__file__).parent / "shots"


@dataclass
class Visit:
    """A page, and the list that takes what goes wrong on it."""

    page: Page
    url: str
    complaints: list[str]

    def watch(self) -> None:
        """Note console errors, exceptions, failed answers and requests to other hosts."""
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.complaints.append(f"exception: {error}"))
        self.page.on("dialog", lambda dialog: self.complaints.append(f"dialog: {dialog.message}"))
        self.page.on("request", lambda request: self._on_request(request.url))

    def _on_console(self, message: object) -> None:
        kind, said = getattr(message, "type", ""), getattr(message, "text", "")
        if kind in {"error", "warning"}:
            self.complaints.append(f"console {kind}: {said}")

    def _on_request(self, url: str) -> None:
        if not url.startswith((self.url, "data:", "blob:")):
            self.complaints.append(f"foreign request: {url}")


@contextlib.contextmanager
def serving(make: Callable[[], FastAPI]) -> Generator[str]:
    """`make()` on a free port of this machine; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    started = threading.Event()
    servers: list[uvicorn.Server] = []

    async def run() -> None:
        # In the loop: outside of one Gradio makes its own and never closes it.
        config = uvicorn.Config(make(), port=port, log_level="warning", timeout_graceful_shutdown=1)
        servers.append(uvicorn.Server(config))
        task = asyncio.create_task(servers[0].serve())
        while not (servers[0].started or task.done()):
            await asyncio.sleep(0.02)
        started.set()
        await task

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    assert started.wait(60)
    yield f"http://127.0.0.1:{port}/"
    servers[0].should_exit = True
    thread.join(10)


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
def dialogue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ScriptedDialogue]:
    engine = open_engine(sqlite_url(tmp_path_factory.mktemp("chat") / "answerdesk.db"))
    Base.metadata.create_all(engine)
    yield ScriptedDialogue(Conversations(engine))
    engine.dispose()


@pytest.fixture(scope="module")
def chat_url(dialogue: ScriptedDialogue) -> Iterator[str]:
    def make() -> FastAPI:
        app = FastAPI(docs_url=None, redoc_url=None)
        handlers = ChatHandlers(dialogue, dialogue.conversations, SUGGESTIONS, 2000)
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
    assert complaints == []
