"""Web pages and sites: order them, watch, stop, look again."""

import secrets
from typing import Final, NamedTuple

import gradio as gr
from markupsafe import escape

from chatbot.accounts import Role
from knowledge.documents import DEFAULT_COLLECTION
from knowledge.web.errands import DEFAULT_DEPTH, DEFAULT_PAGES, MAX_DEPTH, Order
from ui.handlers_admin import Desk, pressed
from ui.render_admin import render
from ui.views_web import shown_jobs

_SITE: Final = "site"


class Jobs(NamedTuple):
    """The list of jobs, and the timer: it ticks while one is at work."""

    html: str
    timer: gr.Timer


class WebHandlers:
    """Has pages and sites fetched for whoever of the team may bring documents."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def form(self) -> str:
        """Where a page or site is named, new each time: what does not change is not shown anew."""
        return render(
            "web_form",
            self._desk.language,
            number=secrets.token_hex(4),
            max_pages=min(DEFAULT_PAGES, self._most),
            most_pages=self._most,
            depth=DEFAULT_DEPTH,
            most_depth=MAX_DEPTH,
        )

    def jobs(self, request: gr.Request) -> Jobs:
        """The jobs as they are now."""
        member = self._desk.member(request)
        jobs = self._desk.assistant.web.list()
        html = render(
            "web_jobs",
            self._desk.language,
            jobs=shown_jobs(jobs, self._desk.language),
            may_edit=member.may(Role.EDITOR),
        )
        return Jobs(html, gr.Timer(active=any(not job.state.is_over for job in jobs)))

    def order(
        self, collection: str | None, event: gr.EventData, request: gr.Request
    ) -> tuple[object, ...]:
        """Fetch what the form names; the form is empty again. Raises `AddressRefused`, `NotPermitted`."""
        self._desk.member(request, Role.EDITOR)
        url = pressed(event, "url").strip()
        order = Order(
            # What people type into a browser lacks the beginning.
            url=url if "://" in url else f"https://{url}",
            collection=(collection or "").strip() or DEFAULT_COLLECTION,
            site=pressed(event, "kind") == _SITE,
            depth=_number(pressed(event, "depth"), DEFAULT_DEPTH, MAX_DEPTH),
            max_pages=max(1, _number(pressed(event, "max_pages"), DEFAULT_PAGES, self._most)),
        )
        job = self._desk.assistant.web.start(order)
        gr.Info(self._desk.text("web_started", url=escape(job.order.url)), title="")
        return self.form(), *self.jobs(request)

    def stop(self, event: gr.EventData, request: gr.Request) -> Jobs:
        """Stop a job. Raises `FetchJobNotFound`, `NotPermitted`."""
        self._desk.member(request, Role.EDITOR)
        self._desk.assistant.web.stop(pressed(event, "id"))
        return self.jobs(request)

    def again(self, event: gr.EventData, request: gr.Request) -> Jobs:
        """Go on with a job, or look for changes. Raises `FetchJobNotFound`, `NotPermitted`."""
        self._desk.member(request, Role.EDITOR)
        web = self._desk.assistant.web
        web.start(web.get(pressed(event, "id")).order)
        return self.jobs(request)

    @property
    def _most(self) -> int:
        return self._desk.assistant.settings.fetch.max_pages


def _number(written: str, otherwise: int, most: int) -> int:
    """A number that comes from the browser, within its limits."""
    is_number = written.isascii() and written.isdigit() and len(written) < 10
    return min(int(written) if is_number else otherwise, most)
