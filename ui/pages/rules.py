"""The rules page: layout and wiring."""

import gradio as gr

from ui.handlers_admin import Desk
from ui.handlers_admin.rules import RulesHandlers
from ui.pages.admin_parts import action_html, on, page, waiting


def add_rules(desk: Desk, navigation: gr.HTML) -> None:
    """The page with the rules, and a message to try on them."""
    handlers = RulesHandlers(desk)
    with page(desk, "rules", folder=handlers.folder()):
        with gr.Column(elem_classes="ad-try"):
            with gr.Row(elem_classes="ad-ask"):
                message = gr.Textbox(
                    label=desk.text("try"),
                    info=desk.text("try_lead"),
                    placeholder=desk.text("try_placeholder"),
                    max_lines=1,
                    scale=4,
                    min_width=200,
                    elem_id="ad-try-message",
                )
                run = gr.Button(
                    desk.text("try_run"), variant="primary", min_width=96, elem_id="ad-try-run"
                )
            trial = action_html("ad-trial")
        rules = action_html("ad-rules", waiting(desk))
    on(navigation, "show_rules", desk.guarded_stream(handlers.show), None, rules)
    attempt = desk.guarded(handlers.attempt)
    on(run, "click", attempt, message, trial)
    on(message, "submit", attempt, message, trial)
