"""The settings page: layout and wiring."""

import gradio as gr

from ui.handlers_admin import Desk
from ui.handlers_admin.settings import SettingsHandlers
from ui.pages.admin_parts import action_html, on, page, waiting


def add_settings(desk: Desk, navigation: gr.HTML) -> None:
    """The page with the settings in force."""
    handlers = SettingsHandlers(desk)
    with page(desk, "settings", file=handlers.config_file()):
        settings = action_html("ad-settings", waiting(desk))
    on(navigation, "show_settings", desk.guarded(handlers.show), None, settings)
