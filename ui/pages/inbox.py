"""The inbox page: layout and wiring."""

import gradio as gr

from ui.handlers_admin import Desk
from ui.handlers_admin.inbox import InboxHandlers
from ui.pages.admin_parts import action_html, on, page, waiting
from ui.render_admin import render


def add_inbox(desk: Desk) -> None:
    """The page with the conversations that people take part in.

    Its script says when to look again; what is being written stands in HTML that is never
    rendered a second time.
    """
    handlers = InboxHandlers(desk)
    with page(desk, "inbox"), gr.Row(elem_id="ad-inbox"):
        lines = gr.HTML(
            waiting(desk), elem_id="ad-inbox-list", apply_default_css=False, js_on_load=None
        )
        with gr.Column(elem_id="ad-inbox-open"):
            thread = gr.HTML(
                "", elem_id="ad-inbox-thread", apply_default_css=False, js_on_load=None
            )
            reply = action_html(
                "ad-inbox-reply", render("inbox_reply", desk.language), behaviour="admin_inbox"
            )
    on(reply, "refresh_inbox", desk.guarded(handlers.refresh), None, [lines, thread])
