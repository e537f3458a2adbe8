"""The admin: its pages behind a login, in one Gradio page a language."""

import warnings

import gradio as gr
from anyio.to_thread import run_sync
from fastapi import FastAPI
from gradio.components.navbar import Navbar
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from chatbot.api.access import Gate
from chatbot.api.problems import problem_of
from chatbot.errors import NotPermitted
from knowledge.documents import Language
from knowledge.errors import AnswerDeskError
from ui.handlers_admin import Desk
from ui.handlers_admin.parts import Assistant
from ui.mounting import CHAT_ROUTES, head_of, mount
from ui.pages.admin_parts import PAGES, action_html, on, script
from ui.pages.answers import add_answers
from ui.pages.inbox import add_inbox
from ui.pages.knowledge import add_knowledge
from ui.pages.login import login_url, page_language
from ui.pages.overview import add_overview
from ui.pages.rules import add_rules
from ui.pages.search import add_search
from ui.pages.settings import add_settings
from ui.pages.widget import add_widget
from ui.pages.widget import router as preview
from ui.render_admin import render

PATH = "/admin"
_TEMPORARY_SECONDS = 3600
_WAITING_EVENTS = 64


def add_admin(app: FastAPI, assistant: Assistant, gate: Gate) -> dict[str, str]:
    """Mount the admin at `/admin`, behind its door; the heads of its pages by path."""
    blocks = make_admin(assistant, gate)
    blocks.queue(max_size=_WAITING_EVENTS, api_open=False)

    def member_name(request: Request) -> str | None:
        return gate.identify(request.headers).name or None

    app.include_router(preview)
    # The pages take no files: those go to the API.
    routes = (*CHAT_ROUTES, *(f"/{language}" for language in Language))
    with warnings.catch_warnings():
        # Said of every app of several pages, also of one that never asked for SSR.
        warnings.filterwarnings("ignore", "SSR mode is not supported", UserWarning)
        mount(app, blocks, PATH, routes=routes, auth_dependency=member_name)
    app.add_middleware(AdminDoor, gate=gate)
    return {
        address(language): head_of("admin", "inbox", "widget", "document", "web", "answers")
        for language in Language
    }


def address(language: Language) -> str:
    """Where the admin is found in `language`."""
    return f"{PATH}/{language}"


def make_admin(assistant: Assistant, gate: Gate) -> gr.Blocks:
    """Every page in every language."""
    with gr.Blocks(
        title="AnswerDesk",
        analytics_enabled=False,
        fill_width=True,
        delete_cache=(_TEMPORARY_SECONDS, _TEMPORARY_SECONDS),
    ) as blocks:
        Navbar(visible=False)
    for language in Language:
        with blocks.route(language.value, language.value):
            Navbar(visible=False)
            _add_pages(Desk(assistant, gate, language))
    return blocks


def _add_pages(desk: Desk) -> None:
    with gr.Row(elem_id="ad-admin"):
        navigation = gr.HTML(
            "", elem_id="ad-nav", apply_default_css=False, js_on_load=script("admin_shell")
        )
        with gr.Column(elem_id="ad-main"):
            sheet = action_html("ad-over")
            add_overview(desk, navigation)
            add_inbox(desk)
            add_knowledge(desk, navigation, sheet)
            add_answers(desk)
            add_rules(desk, navigation)
            add_search(desk, navigation, sheet)
            add_widget(desk)
            add_settings(desk, navigation)
    on(sheet, "close_sheet", _nothing, None, sheet)
    other = next(language for language in Language if language is not desk.language)
    navigation.value = render(
        "nav", desk.language, pages=PAGES, other_language=other, other_url=address(other)
    )


def _nothing() -> str:
    return ""


class AdminDoor:
    """Lets only members pass to anything under `/admin`, Gradio's own open routes included."""

    def __init__(self, app: ASGIApp, gate: Gate) -> None:
        self._app = app
        self._gate = gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and _is_admin(scope["path"]):
            headers = Headers(scope=scope)
            response = await run_sync(self._answer, scope, headers)
            if response is not None:
                await response(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _answer(self, scope: Scope, headers: Headers) -> Response | None:
        """What to say instead of the page; None lets the request pass."""
        language = page_language(headers)
        try:
            member = self._gate.identify(headers)
        except AnswerDeskError as error:
            return problem_of(error).response(language)
        if member.role is None:
            if scope["method"] == "GET" and "text/html" in headers.get("accept", ""):
                return RedirectResponse(login_url(scope["path"]), 303)
            return problem_of(NotPermitted()).response(language)
        if scope["path"].rstrip("/") == PATH:
            return RedirectResponse(address(language), 303)
        return None


def _is_admin(path: str) -> bool:
    return path == PATH or path.startswith(f"{PATH}/")
