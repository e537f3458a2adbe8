"""A desk with a widget, a site on another origin, and visitors in real browsers."""

import contextlib
from collections.abc import Callable, Generator
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from chatbot.api.app import create_api
from chatbot.settings import Settings
from chatbot.widgets.model import Widget
from tests.e2e.scripted_admin import AdminDesk, open_desk
from tests.e2e.scripted_chat import SUGGESTIONS
from tests.e2e.serving import serving
from tests.e2e.widget_site.answering import WidgetDialogue
from tests.e2e.widget_site.site import Site
from ui.mounting import add_files, close_doors
from ui.widget_files import add_widget_files

# Fifty visitors come from one address here.
_LIMITS = {"sessions_per_address": 10_000, "messages_per_address": 10_000}


@dataclass(frozen=True)
class WidgetDesk(AdminDesk):
    """A desk whose dialogue answers in widgets."""

    dialogue: WidgetDialogue = field(kw_only=True)  # pyright: ignore[reportIncompatibleVariableOverride] -- one that does answer


@dataclass
class Street:
    """Both ends: the desk with its address, the site with its own, and the widget on it."""

    desk: WidgetDesk
    host: str
    site: str
    widget: Widget

    def change(self, **changes: object) -> None:
        """Set the widget up in another way."""
        self.widget = self.desk.widgets.change(replace(self.widget, **changes))  # pyright: ignore[reportArgumentType] -- the test names its fields


@dataclass
class Guest:
    """A visitor's page. What goes wrong on it stands in `complaints`."""

    page: Page
    street: Street
    complaints: list[str]
    requests: list[str] = field(default_factory=list[str])

    def watch(self) -> None:
        """Note console errors, exceptions, dialogs and requests to anyone else."""
        page = self.page
        page.on("console", lambda said: self._on_console(said.type, said.text))
        page.on("pageerror", lambda error: self.complaints.append(f"exception: {error}"))
        page.on("dialog", lambda dialog: self.complaints.append(f"dialog: {dialog.message}"))
        page.on("request", lambda request: self._on_request(request.method, request.url))

    def go(self, name: str = "shop", *, data: str = "", policy: str = "") -> None:
        """To a page of the site, and until its launcher is there."""
        self.page.goto(f"{self.street.site}/{name}?policy={policy}&data={quote(data)}")
        expect(self.launcher).to_be_visible()

    def open(self) -> None:
        """Open the panel."""
        self.launcher.click()
        expect(self.panel).to_be_visible()

    def open_again(self) -> None:
        """The panel on a page that follows another: there at once where it was open before."""
        expect(self.launcher).to_be_attached()
        self.page.wait_for_function("performance.getEntriesByName('answerdesk-launcher').length")
        if not self.panel.is_visible():
            self.open()

    def ask(self, text: str, *, wait: bool = True) -> None:
        """Write and send; wait for the answer."""
        said = self.page.locator(".mine").count()
        self.field.fill(text)
        self.field.press("Enter")
        expect(self.page.locator(".mine")).to_have_count(said + 1)
        if wait:
            expect(self.page.locator("[aria-busy]")).to_have_count(0)

    def says(self, text: str) -> None:
        """Wait until an answer or an agent says so."""
        expect(self.page.locator(".log")).to_contain_text(text)

    @property
    def launcher(self) -> Locator:
        return self.page.locator("answerdesk-widget .launcher")

    @property
    def panel(self) -> Locator:
        return self.page.locator("answerdesk-widget .panel")

    @property
    def field(self) -> Locator:
        return self.page.locator(".composer textarea")

    @property
    def status(self) -> Locator:
        return self.page.locator(".status span")

    def button(self, name: str) -> Locator:
        """The button of that name in the panel."""
        return self.panel.get_by_role("button", name=name, exact=True)

    def _on_console(self, kind: str, said: str) -> None:
        if kind in {"error", "warning"}:
            self.complaints.append(f"console {kind}: {said}")

    def _on_request(self, method: str, url: str) -> None:
        self.requests.append(f"{method} {url}")
        own = (self.street.host, self.street.site, "data:", "blob:")
        if not url.startswith(own):
            self.complaints.append(f"foreign request: {url}")


Visit = Callable[..., Guest]


@contextlib.contextmanager
def open_street(folder: Path, *, limits: dict[str, int] | None = None) -> Generator[Street]:
    """A desk and a site, each on a port and a host name of its own."""
    site = Site()
    with open_desk(folder) as plain:
        dialogue = WidgetDialogue(plain.conversations, pace=0.05, handovers=plain.handovers)
        known: dict[str, Any] = {part.name: getattr(plain, part.name) for part in fields(plain)}
        known["dialogue"] = dialogue
        known["settings"] = Settings.model_validate(
            {"data_dir": folder, "widget": {**_LIMITS, **(limits or {})}}
        )
        desk = WidgetDesk(**known)

        def make() -> FastAPI:
            app = create_api(desk)
            add_files(app)
            add_widget_files(app)
            close_doors(app, {})
            return app

        with serving(make) as host, serving(site.app) as place:
            address = place.replace("127.0.0.1", "localhost").rstrip("/")
            suggestions = {"en": tuple(SUGGESTIONS["en"]), "zh": tuple(SUGGESTIONS["zh"])}
            added = Widget("", "Kettle & Co.", origins=(address,), suggestions=suggestions)  # pyright: ignore[reportArgumentType] -- languages by name
            widget = desk.widgets.add(replace(added, color="#0f6b5c", frame=True))
            site.host, site.widget = host.rstrip("/"), widget.id
            yield Street(desk, site.host, address, widget)


@contextlib.contextmanager
def visiting(browser: Browser, street: Street) -> Generator[Visit]:
    """Opens new browser profiles, or with `beside` another tab of one; nothing may go wrong there."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def visit(
        width: int = 1280,
        height: int = 800,
        scheme: str = "light",
        language: str = "en",
        beside: Guest | None = None,
        **more: object,
    ) -> Guest:
        if beside is None:
            context = browser.new_context(
                viewport={"width": width, "height": height},
                color_scheme="dark" if scheme == "dark" else "light",
                locale="zh-CN" if language == "zh" else "en-GB",
                **more,  # pyright: ignore[reportArgumentType] -- Playwright's own options
            )
            context.set_default_timeout(20_000)
            contexts.append(context)
        else:
            context = beside.page.context
        guest = Guest(context.new_page(), street, complaints)
        guest.watch()
        return guest

    visit.complaints = complaints  # pyright: ignore[reportFunctionMemberAccess] -- for tests that provoke some
    try:
        yield visit
    finally:
        for context in contexts:
            context.close()
    assert complaints == []
