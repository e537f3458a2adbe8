"""The overview: layout and wiring."""

import gradio as gr

from ui.handlers_admin import Desk
from ui.handlers_admin.overview import OverviewHandlers
from ui.pages.admin_parts import action_html, on, page, waiting


def add_overview(desk: Desk, navigation: gr.HTML) -> None:
    """The page with the figures."""
    handlers = OverviewHandlers(desk)
    with page(desk, "overview"):
        figures = action_html("ad-overview", waiting(desk))
    on(navigation, "show_overview", desk.guarded(handlers.show), None, figures)
    on(figures, "choose_period", desk.guarded(handlers.choose), None, figures)
