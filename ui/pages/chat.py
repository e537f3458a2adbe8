"""The visitor's page: four regions, and what happens to them."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gradio as gr
from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from chatbot.api.access import Caller, Gate
from chatbot.api.problems import language_of, problem_of
from chatbot.errors import NotPermitted
from ui.handlers import Asked, ChatHandlers, PageState
from ui.mounting import CHAT_ROUTES, mount
from ui.pages.login import login_url
from ui.running import StopWhenGone

_STATIC = Path(__file__).parent.parent / "static"
# `value` is a list of turns, so that only a turn that changed travels. It is joined by the
# template's own JavaScript: what Handlebars' {{value}} inserts would be run as a template.
_TRANSCRIPT = (
    '<div class="ad-log" role="log" aria-live="polite" aria-label="AnswerDesk" tabindex="0">'
    '<div class="ad-column">${value.join("")}</div></div>'
)


def add_chat(
    app: FastAPI, handlers: ChatHandlers, *, turns_at_once: int, gate: Gate | None = None
) -> None:
    """Mount the visitor's page at `/`. It takes every path that is left: mount it last.

    With a `gate`, visitors who may not chat are led to the login.
    """
    page = make_chat_page(handlers, turns_at_once=turns_at_once)
    app.add_middleware(StopWhenGone, turns=handlers.running)
    mounted = mount(app, page, "/", routes=CHAT_ROUTES)
    if gate is not None:
        mounted.app = ChatDoor(mounted.app, gate)


def make_chat_page(handlers: ChatHandlers, *, turns_at_once: int) -> gr.Blocks:
    """The page. Its head must load what `ui.mounting.head_of("chat")` names."""

    def show(event: gr.EventData) -> tuple[str, list[str], str, str]:
        return _regions(handlers.show(_asked(event)))

    def call(event: gr.EventData) -> tuple[str, list[str], str, str]:
        return _regions(handlers.call(_asked(event)))

    def send(event: gr.EventData, request: gr.Request) -> Iterator[list[str]]:
        yield from handlers.send(_asked(event), request.session_hash or "")

    def stop(request: gr.Request) -> None:
        handlers.stop(request.session_hash or "")

    with gr.Blocks(title="AnswerDesk", analytics_enabled=False, delete_cache=(3600, 3600)) as page:
        with gr.Column(elem_id="ad-app"):
            header = _region("header")
            transcript = _region("transcript", value=[], html_template=_TRANSCRIPT)
            composer = _region("composer", js_on_load=(_STATIC / "on_load.js").read_text("utf-8"))
            panel = _region("panel")
        for name, handler in (("show", show), ("person", call)):
            regions = [header, transcript, composer, panel]
            _on(composer, name, handler, regions, trigger_mode="multiple")
        _on(composer, "send", send, [transcript], concurrency_limit=turns_at_once)
        _on(composer, "stop", stop, [], queue=False)
    return page


def _regions(state: PageState) -> tuple[str, list[str], str, str]:
    return state.header, state.transcript, state.composer, state.panel


def _region(name: str, **options: Any) -> gr.HTML:
    options = {"js_on_load": None, "value": ""} | options
    return gr.HTML(elem_id=f"ad-{name}", apply_default_css=False, **options)


def _on(
    component: gr.HTML,
    event: str,
    handler: Callable[..., object],
    outputs: list[gr.HTML],
    **options: Any,
) -> None:
    listen = getattr(component, event)
    listen(handler, None, outputs, show_progress="hidden", api_visibility="private", **options)


def _asked(event: gr.EventData) -> Asked:
    return Asked.read(event._data)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage, reportUnknownMemberType] -- the only way to all fields


class ChatDoor:
    """Keeps visitors out of the chat page while it is not public. Stands behind the API's gate."""

    def __init__(self, app: ASGIApp, gate: Gate) -> None:
        self._app = app
        self._gate = gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self._admits(scope):
            await _refusal(scope)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _admits(self, scope: Scope) -> bool:
        caller: Caller = scope["state"]["caller"]
        return self._gate.chat_is_public or caller.role is not None


def _refusal(scope: Scope) -> Response:
    if scope["path"] == "/":
        return RedirectResponse(login_url("/"), 303)
    return problem_of(NotPermitted()).response(language_of(Headers(scope=scope)))
