"""The page of widgets: layout and wiring, and the page inside it that shows one as it will be."""

import gradio as gr
from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from ui.handlers_admin import Desk
from ui.handlers_admin.widget import WidgetHandlers
from ui.pages.admin_parts import action_html, on, page, waiting
from ui.render_admin import render

# Below the admin, whose door lets in members only.
PREVIEW = "/admin/preview"
_PREVIEW_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)

router = APIRouter(include_in_schema=False)


@router.get(PREVIEW)
def preview() -> HTMLResponse:
    """A page with nothing but a widget, whose settings the page around it sends."""
    headers = {"Content-Security-Policy": _PREVIEW_POLICY, "Cache-Control": "no-store"}
    return HTMLResponse(_PREVIEW_PAGE, headers=headers)


def add_widget(desk: Desk) -> None:
    """The page that sets widgets up. Its script says when to show which one."""
    handlers = WidgetHandlers(desk)
    with page(desk, "widget"), gr.Row(elem_id="ad-widget"):
        shown = action_html("ad-widget-form", waiting(desk), behaviour="admin_widget")
        gr.HTML(
            render("widget_preview", desk.language, preview=PREVIEW),
            elem_id="ad-widget-preview",
            apply_default_css=False,
            js_on_load=None,
        )
    on(shown, "show_widget", desk.guarded(handlers.show), None, shown)


_PREVIEW_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>AnswerDesk</title>
<link rel="stylesheet" href="/ui/styles/widget_preview.css">
<script type="module" src="/ui/widget_preview.js"></script>
</head>
<body><div class="bar"></div><div class="hero"></div><div class="line"></div><div class="line"></div><div class="line"></div></body>
</html>
"""
