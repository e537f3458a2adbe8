"""What the admin pages are made of: a page, HTML whose buttons act, and the navigation."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from typing import Any, Final, TypedDict

import gradio as gr
from gradio.components import Component

from ui.handlers_admin import Desk
from ui.render_admin import render

PAGES: Final = ("overview", "knowledge", "rules", "search", "settings")


class _Live(TypedDict):
    show_progress: Any
    api_visibility: Any
    concurrency_limit: int | None
    trigger_mode: Any


# How every admin event runs: no spinner over the page, not offered to API clients, and
# several members at once.
LIVE: Final[_Live] = {
    "show_progress": "hidden",
    "api_visibility": "private",
    "concurrency_limit": 8,
    "trigger_mode": "multiple",
}


@cache
def script(name: str) -> str:
    """The script `ui/static/<name>.js`, for `js_on_load`."""
    return (files("ui") / "static" / f"{name}.js").read_text(encoding="utf-8")


@contextmanager
def page(desk: Desk, name: str, **values: object) -> Iterator[None]:
    """A page of the admin with its heading. The style sheet shows one at a time."""
    with gr.Column(elem_id=f"ad-page-{name}", elem_classes="ad-page"):
        gr.HTML(heading(desk, name, **values), apply_default_css=False, js_on_load=None)
        yield


def heading(desk: Desk, name: str, **values: object) -> str:
    """A page's title and what it is for."""
    lead = desk.text(f"{name}_lead", **values) if values else desk.text(f"{name}_lead")
    return render("head", desk.language, title=desk.text(name), lead=lead)


def action_html(element: str, html: str = "", *, behaviour: str = "admin_actions") -> gr.HTML:
    """HTML whose elements with `data-action` raise the event of that name, with their data."""
    return gr.HTML(html, elem_id=element, apply_default_css=False, js_on_load=script(behaviour))


def on(
    html: gr.HTML,
    event: str,
    handler: Callable[..., Any],
    inputs: Component | Sequence[Component] | None,
    outputs: Component | Sequence[Component] | None,
    **options: Any,
) -> None:
    """Run `handler` when the script of `html` raises `event`."""
    getattr(html, event)(handler, inputs, outputs, **{**LIVE, **options})
