"""The page of curated answers, a part of the knowledge: layout and wiring."""

from typing import get_args

import gradio as gr

from knowledge.curated.model import Fit
from ui.handlers_admin import Desk
from ui.handlers_admin.answers import AnswerHandlers
from ui.pages.admin_parts import action_html, on, page, waiting
from ui.render_admin import render


def add_answers(desk: Desk) -> None:
    """The page with the answers that people wrote. Its script says when to show what.

    The filter and the trial stand in HTML that is never rendered a second time.
    """
    handlers = AnswerHandlers(desk)
    with page(desk, "answers"):
        gr.HTML(
            render("answers_tools", desk.language, fits=get_args(Fit)),
            elem_id="ad-answers-tools",
            apply_default_css=False,
            js_on_load=None,
        )
        shown = action_html("ad-answers-shown", waiting(desk), behaviour="admin_answers")
    on(shown, "show_answers", desk.guarded(handlers.show), None, shown)
