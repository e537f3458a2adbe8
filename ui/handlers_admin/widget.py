"""Widgets: the list, one of them to set up, and what a site needs. Changes go to the API."""

from collections.abc import Sequence
from typing import Final
from zoneinfo import available_timezones

import gradio as gr

from chatbot.accounts import Role
from chatbot.api.peers import own_origin
from chatbot.widgets.errors import WidgetNotFound
from chatbot.widgets.model import Widget
from knowledge.documents import DEFAULT_COLLECTION
from ui.handlers_admin import Desk, pressed
from ui.render_admin import render
from ui.views_widget import days, recipes

NEW: Final = "new"


class WidgetHandlers:
    """Shows the widgets of one assistant to whoever of the team asks."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def show(self, event: gr.EventData, request: gr.Request) -> str:
        """The widgets, and the one that was chosen (or a new one) with all its settings.

        The browser numbers what it asks for, and finds the number again in what it gets.
        """
        member = self._desk.member(request)
        widgets = self._desk.assistant.widgets.list()
        chosen = self._chosen(pressed(event, "widget"), widgets)
        return render(
            "widget",
            self._desk.language,
            number=pressed(event, "number"),
            widgets=widgets,
            widget=chosen,
            days=days(chosen) if chosen else (),
            recipes=recipes(chosen, self._own(request), self._desk.language) if chosen else None,
            collections=self._collections(),
            zone=self._zone(chosen),
            zones=sorted(available_timezones()),
            may_edit=member.may(Role.EDITOR),
            may_see_secret=member.may(Role.ADMIN),
        )

    def _chosen(self, wanted: str, widgets: Sequence[Widget]) -> Widget | None:
        if wanted == NEW:
            return Widget("", "")
        if not wanted:
            return widgets[0] if widgets else None
        try:
            return self._desk.assistant.widgets.get(wanted)
        except WidgetNotFound:
            return None

    def _zone(self, widget: Widget | None) -> str:
        if widget is None or widget.hours is None:
            return self._desk.assistant.settings.time_zone
        return widget.hours.time_zone

    def _collections(self) -> Sequence[str]:
        known = {document.collection for document in self._desk.assistant.library.list()}
        return sorted(known | {DEFAULT_COLLECTION})

    def _own(self, request: gr.Request) -> str:
        """Where this server is found, as the member's browser knows it."""
        connection = request.request
        if connection is None:
            return ""
        return own_origin(connection.scope, self._desk.assistant.settings.server)
