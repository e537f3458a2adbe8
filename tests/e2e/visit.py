"""A page in a real browser, and what goes wrong on it."""

from dataclasses import dataclass

from playwright.sync_api import Page

# What Gradio writes, one after the other, when a page is left while an event of it is under way.
_LEAVING = ("AbortError: signal is aborted", "Unexpected error Connection errored out")


@dataclass
class Visit:
    """A page, and the list that takes what goes wrong on it."""

    page: Page
    url: str
    complaints: list[str]
    _is_leaving: bool = False

    def watch(self) -> None:
        """Note console errors, exceptions, failed answers and requests to other hosts."""
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.complaints.append(f"exception: {error}"))
        self.page.on("dialog", lambda dialog: self.complaints.append(f"dialog: {dialog.message}"))
        self.page.on("request", lambda request: self._on_request(request.url))

    def _on_console(self, message: object) -> None:
        kind, said = getattr(message, "type", ""), getattr(message, "text", "")
        was_leaving, self._is_leaving = self._is_leaving, said.startswith(_LEAVING[0])
        if self._is_leaving or (was_leaving and said.startswith(_LEAVING[1])):
            return
        if kind in {"error", "warning"}:
            place: dict[str, object] = getattr(message, "location", {})
            self.complaints.append(f"console {kind}: {said} {place.get('url', '')}")

    def _on_request(self, url: str) -> None:
        if not url.startswith((self.url, "data:", "blob:")):
            self.complaints.append(f"foreign request: {url}")
