"""What the admin pages are made of: a page, HTML whose buttons act, and the navigation."""

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from typing import Final

import gradio as gr
from gradio.components import Component

from ui.handlers_admin import Desk
from ui.render_admin import render

# Pages that are parts of one in the navigation, which names itself as the first of them.
PARTS: Final = {"knowledge": ("documents", "answers"), "answers": ("documents", "answers")}
PAGES: Final = ("overview", "inbox", "knowledge", "rules", "search", "widget", "settings")


# How every admin event runs: no spinner over the page, not offered to API clients, and
# several members at once.
_LIVE: Final = {
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
def page(desk: Desk, name: str, **values: object) -> Generator[None]:
    """A page of the admin with its heading. The style sheet shows one at a time."""
    with gr.Column(elem_id=f"ad-page-{name}", elem_classes="ad-page"):
        gr.HTML(heading(desk, name, **values), apply_default_css=False, js_on_load=None)
        yield


def heading(desk: Desk, name: str, **values: object) -> str:
    """A page's title and what it is for."""
    lead = desk.text(f"{name}_lead", **values) if values else desk.text(f"{name}_lead")
    title = "knowledge" if name in PARTS else name
    return render(
        "head",
        desk.language,
        title=desk.text(title),
        lead=lead,
        parts=PARTS.get(name, ()),
        here="documents" if name == "knowledge" else name,
    )


def waiting(desk: Desk) -> str:
    """What stands where a page's content will be."""
    return render("waiting", desk.language)


def action_html(element: str, html: str = "", *, behaviour: str = "admin_actions") -> gr.HTML:
    """HTML whose elements with `data-action` raise the event of that name, with their data."""
    return gr.HTML(html, elem_id=element, apply_default_css=False, js_on_load=script(behaviour))


def on(
    source: Component,
    event: str,
    handler: Callable[..., object],
    inputs: Component | Sequence[Component] | None,
    outputs: Component | Sequence[Component],
    **options: object,
) -> None:
    """Run `handler` when `source` raises `event`: one of its own, or one that its script names."""
    listen: Callable[..., object] = getattr(source, event)
    listen(handler, inputs, outputs, **{**_LIVE, **options})
