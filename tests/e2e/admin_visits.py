"""Members of the team in a real browser, for every test of the admin."""

from collections.abc import Callable, Generator
from contextlib import contextmanager

from playwright.sync_api import Browser, BrowserContext

from tests.e2e.scripted_admin import PASSWORD
from tests.e2e.visit import Visit


class Member(Visit):
    """A member's visit to the admin."""

    def sign_in(self, name: str, place: str = "admin") -> None:
        self.page.goto(f"{self.url}{place}")
        self.page.fill("#name", name)
        self.page.fill("#password", PASSWORD)
        self.page.click("button[type=submit]")
        self.page.wait_for_selector(".ad-nav")


Open = Callable[..., Member]


@contextmanager
def opening(browser: Browser, url: str, complaints: list[str]) -> Generator[Open]:
    """Opens new browser profiles, and closes them in the end; `complaints` takes what goes wrong."""
    contexts: list[BrowserContext] = []

    def opened(
        width: int = 1440, scheme: str = "light", language: str = "en", height: int = 900
    ) -> Member:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if scheme == "dark" else "light",
            locale="zh-CN" if language == "zh" else "en-GB",
            permissions=["clipboard-read", "clipboard-write"],
        )
        context.set_default_timeout(30_000)
        contexts.append(context)
        member = Member(context.new_page(), url, complaints)
        member.watch()
        return member

    try:
        yield opened
    finally:
        for context in contexts:
            context.close()
