"""Documents: the table and its filters, deletion, and what came together."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple
from zoneinfo import ZoneInfo

import gradio as gr
from markupsafe import escape

from chatbot.accounts import Role
from knowledge.documents import DEFAULT_COLLECTION, DocumentRecord
from knowledge.errors import DocumentNotFound
from ui.handlers_admin import Desk, pressed
from ui.render_admin import render
from ui.views_knowledge import (
    DocumentFilter,
    Pace,
    Words,
    bundle_name,
    document_row,
    edited_sources,
    filtered,
    in_progress,
    newest_first,
    updated_pace,
)

ALL = ""
_PAGE_ROWS = 50


@dataclass(frozen=True, slots=True)
class TableView:
    """What one member looks at: the filter, the page counted from 1, and the pace seen so far."""

    filter: DocumentFilter = field(default_factory=DocumentFilter)
    page: int = 1
    pace: Mapping[str, Pace] = field(default_factory=dict[str, Pace])


class Shown(NamedTuple):
    """The table, the view it shows, and the timer: it ticks while a document is under way."""

    html: str
    view: TableView
    timer: gr.Timer


class KnowledgeHandlers:
    """Lists and deletes the documents of one assistant. Files come in through the API."""

    def __init__(self, desk: Desk, clock: Callable[[], float] = time.monotonic) -> None:
        self._desk = desk
        self._clock = clock
        zone = ZoneInfo(desk.assistant.settings.time_zone)
        self._words = Words(desk.language, zone)

    def table(self, view: TableView, request: gr.Request) -> Shown:
        """The documents of `view` as they are now."""
        member = self._desk.member(request)
        library = self._desk.assistant.library
        documents, swap = list(library.list()), library.swap_progress()
        matching = newest_first(filtered(documents, view.filter))
        pages = max(1, -(-len(matching) // _PAGE_ROWS))
        page = min(max(1, view.page), pages)
        pace = updated_pace(view.pace, documents, self._clock())
        html = render(
            "documents",
            self._desk.language,
            count=len(documents),
            matching=len(matching),
            rows=self._rows(matching[(page - 1) * _PAGE_ROWS : page * _PAGE_ROWS], documents, pace),
            page=page,
            pages=pages,
            may_edit=member.may(Role.EDITOR),
            edited=edited_sources(documents),
            swap=swap,
        )
        under_way = gr.Timer(active=in_progress(documents) or swap is not None)
        return Shown(html, replace(view, page=page, pace=pace), under_way)

    def narrowed(
        self, query: str, state: str, collection: str, view: TableView, request: gr.Request
    ) -> Shown:
        """The first page of what passes the filter."""
        wanted = DocumentFilter(query or "", state or ALL, collection or ALL)
        return self.table(replace(view, filter=wanted, page=1), request)

    def collections(self, request: gr.Request) -> tuple[gr.Dropdown, gr.Dropdown]:
        """The choices of the filter and of the upload."""
        self._desk.member(request)
        names = {document.collection for document in self._desk.assistant.library.list()}
        known = sorted(names | {DEFAULT_COLLECTION})
        everything = (self._desk.text("all_collections"), ALL)
        several = len(known) > 1
        return gr.Dropdown(choices=[everything, *known], visible=several), gr.Dropdown(
            choices=known
        )

    def changing(
        self, change: Callable[[gr.EventData, gr.Request], str]
    ) -> Callable[[TableView, gr.EventData, gr.Request], tuple[object, ...]]:
        """`change`, whose sheet is followed by the table as it is then."""

        def run(view: TableView, event: gr.EventData, request: gr.Request) -> tuple[object, ...]:
            return change(event, request), *self.table(view, request)

        run.__qualname__ = change.__qualname__  # by which the log names it
        return run

    def ask_delete(self, event: gr.EventData, request: gr.Request) -> str:
        """The question that names what would be lost. Raises `DocumentNotFound`, `NotAllowed`."""
        self._desk.member(request, Role.EDITOR)
        library = self._desk.assistant.library
        document = library.get(pressed(event, "id"))
        earlier = max(0, len(library.upkeep.versions(document.id)) - 1)
        return render("confirm_delete", self._desk.language, document=document, earlier=earlier)

    def delete(
        self, view: TableView, event: gr.EventData, request: gr.Request
    ) -> tuple[object, ...]:
        """Deletes the document, closes the question and shows the table without it.

        Raises `DocumentNotFound` and `NotAllowed`.
        """
        self._desk.member(request, Role.EDITOR)
        library = self._desk.assistant.library
        document = library.get(pressed(event, "id"))
        library.delete(document.id)
        gr.Info(self._desk.text("deleted", name=escape(document.name)), title="")
        return "", *self.table(view, request)

    def show_bundle(
        self, view: TableView, event: gr.EventData, request: gr.Request
    ) -> tuple[object, ...]:
        """Closes the sheet and narrows the table to what came in the document's bundle."""
        self._desk.member(request)
        document = self._desk.assistant.library.get(pressed(event, "id"))
        shown = self.narrowed(document.bundle, ALL, ALL, view, request)
        return "", document.bundle, ALL, ALL, *shown

    def ask_delete_bundle(self, event: gr.EventData, request: gr.Request) -> str:
        """The question that names what would be lost. Raises as `ask_delete`."""
        self._desk.member(request, Role.EDITOR)
        document, members = self._bundle_of(event)
        return render(
            "confirm_delete_bundle",
            self._desk.language,
            document=document,
            bundle=bundle_name(document.bundle),
            count=len(members),
            passages=sum(member.total for member in members),
        )

    def delete_bundle(
        self, view: TableView, event: gr.EventData, request: gr.Request
    ) -> tuple[object, ...]:
        """Deletes all documents that came with one, closes the question and shows the rest."""
        self._desk.member(request, Role.EDITOR)
        document, _ = self._bundle_of(event)
        bundles = self._desk.assistant.library.bundles
        count = bundles.delete(document.collection, document.bundle)
        gr.Info(self._desk.text("bundle_deleted", count=count), title="")
        return "", *self.table(view, request)

    def turned(self, view: TableView, event: gr.EventData, request: gr.Request) -> Shown:
        """Another page of the table."""
        number = pressed(event, "page")
        page = int(number) if number.isascii() and number.isdigit() else view.page
        return self.table(replace(view, page=page), request)

    def cleared(self, view: TableView, request: gr.Request) -> tuple[object, ...]:
        """The filter without a condition, and all documents."""
        return "", ALL, ALL, *self.narrowed("", ALL, ALL, view, request)

    def _bundle_of(self, event: gr.EventData) -> tuple[DocumentRecord, Sequence[DocumentRecord]]:
        library = self._desk.assistant.library
        document = library.get(pressed(event, "id"))
        members = library.bundles.documents_of(document.collection, document.bundle)
        if not members:
            raise DocumentNotFound(document_id=document.id)
        return document, members

    def _rows(
        self,
        shown: Sequence[DocumentRecord],
        documents: Sequence[DocumentRecord],
        pace: Mapping[str, Pace],
    ) -> list[object]:
        names = {document.id: document.name for document in documents}
        reading, now = self._desk.assistant.library.reading(), self._clock()
        return [
            document_row(
                document, names, pace.get(document.id), now, self._words, reading.get(document.id)
            )
            for document in shown
        ]
