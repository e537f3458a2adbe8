"""The part of the knowledge page that adds pages and sites of the web."""

import gradio as gr

from ui.handlers_admin import Desk
from ui.handlers_admin.web import WebHandlers
from ui.pages.admin_parts import action_html, on

_TICK = 1.0
# As with the table: a tick that began before a button was pressed must not end after it.
_IN_TURN = {"concurrency_id": "admin-web", "concurrency_limit": 1}


def add_web(desk: Desk, navigation: gr.HTML, collection: gr.Dropdown) -> gr.Timer:
    """The form and the jobs; pages go to the chosen collection. The timer ticks while pages arrive."""
    handlers = WebHandlers(desk)
    form = action_html("ad-web", handlers.form(), behaviour="admin_web")
    jobs = action_html("ad-web-jobs", behaviour="admin_web")
    timer = gr.Timer(_TICK, active=False)
    shown = [jobs, timer]
    show = desk.guarded(handlers.jobs)
    on(navigation, "show_knowledge", show, None, shown, **_IN_TURN)
    on(timer, "tick", show, None, shown, trigger_mode="once", **_IN_TURN)
    on(form, "fetch_web", desk.guarded(handlers.order), collection, [form, *shown], **_IN_TURN)
    on(jobs, "stop_fetch", desk.guarded(handlers.stop), None, shown, **_IN_TURN)
    on(jobs, "fetch_again", desk.guarded(handlers.again), None, shown, **_IN_TURN)
    return timer
