"""The inbox: whose conversations wait, and one of them opened. Changes go to the API."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

import gradio as gr

from chatbot.errors import ConversationNotFound
from chatbot.inbox import InboxLine
from ui.handlers_admin import Desk, pressed
from ui.render_admin import render
from ui.views_inbox import Reader, Section, TalkView, entry_view, name_of, state_text, talk_view

_WAITING: Final = 100
_HELD: Final = 100
_CLOSED: Final = 20
# A conversation is opened at its end; the rest comes when it is asked for.
_ENTRIES: Final = 60


class InboxHandlers:
    """Shows conversations of one assistant to whoever of the team asks."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._zone = ZoneInfo(desk.assistant.settings.time_zone)

    def refresh(self, event: gr.EventData, request: gr.Request) -> tuple[str, str]:
        """The list and the open conversation as they are now.

        The browser numbers what it asks for, and finds the number again in what it gets.
        """
        member = self._desk.member(request)
        reader = Reader(member.name, self._desk.language, self._zone, datetime.now(UTC))
        opened = pressed(event, "conversation")
        sections = self._sections(reader)
        language = self._desk.language
        lines = render("inbox_list", language, sections=sections, opened=opened)
        number = pressed(event, "number")
        everything = pressed(event, "everything") == "yes"
        thread = self._thread(opened, reader, everything=everything)
        some = any(section.talks for section in sections)
        page = render(
            "inbox_thread", language, number=number, opened=opened, some=some, thread=thread
        )
        return lines, page

    def _sections(self, reader: Reader) -> Sequence[Section]:
        inbox = self._desk.assistant.inbox
        held = inbox.page({"person"}, _HELD).rows
        mine = [line for line in held if line.holder == reader.name]
        theirs = [line for line in held if line.holder != reader.name]
        found: dict[str, Sequence[InboxLine]] = {
            "waiting": inbox.waiting(_WAITING),
            "mine": mine,
            "theirs": theirs,
            "closed": inbox.page({"closed"}, _CLOSED).rows,
        }
        return [Section(name, _talks(lines, reader)) for name, lines in found.items()]

    def _thread(self, opened: str, reader: Reader, *, everything: bool) -> dict[str, object] | None:
        """What the template shows of a conversation; None when there is none."""
        if not opened:
            return None
        try:
            line = self._desk.assistant.inbox.line(opened)
        except ConversationNotFound:
            return None
        first = 0 if everything else max(0, line.last_ordinal - _ENTRIES)
        entries = self._desk.assistant.timeline.entries(opened, first)
        return {
            "line": line,
            "talk": talk_view(line, reader),
            "name": name_of(line, reader),
            "state_text": state_text(line, reader),
            "mine": bool(line.holder) and line.holder == reader.name,
            "entries": [entry_view(entry, reader) for entry in entries],
            "earlier": first,
        }


def _talks(lines: Sequence[InboxLine], reader: Reader) -> list[TalkView]:
    return [talk_view(line, reader) for line in lines]
