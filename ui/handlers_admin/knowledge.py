"""Documents: the table and its filters, one document opened, and deletion."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple
from zoneinfo import ZoneInfo

import gradio as gr
from markupsafe import escape

from chatbot.accounts import Role
from knowledge.documents import DEFAULT_COLLECTION, DocumentRecord, DocumentState
from knowledge.loading import warning_text
from ui.handlers_admin import Desk, pressed
from ui.render_admin import render
from ui.views_knowledge import (
    DocumentFilter,
    Pace,
    PassageView,
    Words,
    document_row,
    filtered,
    in_progress,
    newest_first,
    reason_text,
    state_text,
    updated_pace,
)

ALL = ""
_PAGE_ROWS = 50
_TEXT_CHARACTERS = 60_000
_PASSAGES = 300


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
    """Lists, opens and deletes the documents of one assistant. Files come in through the API."""

    def __init__(self, desk: Desk, clock: Callable[[], float] = time.monotonic) -> None:
        self._desk = desk
        self._clock = clock
        zone = ZoneInfo(desk.assistant.settings.time_zone)
        self._words = Words(desk.language, zone)

    def table(self, view: TableView, request: gr.Request) -> Shown:
        """The documents of `view` as they are now."""
        member = self._desk.member(request)
        documents = list(self._desk.assistant.library.list())
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
        )
        under_way = gr.Timer(active=in_progress(documents))
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

    def open(self, event: gr.EventData, request: gr.Request) -> str:
        """The document whose row was pressed. Raises `DocumentNotFound`."""
        self._desk.member(request)
        return self._document(pressed(event, "id"), pressed(event, "passage"))

    def ask_delete(self, event: gr.EventData, request: gr.Request) -> str:
        """The question that names what would be lost. Raises `DocumentNotFound`, `NotAllowed`."""
        self._desk.member(request, Role.EDITOR)
        document = self._desk.assistant.library.get(pressed(event, "id"))
        return render("confirm_delete", self._desk.language, document=document)

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

    def turned(self, view: TableView, event: gr.EventData, request: gr.Request) -> Shown:
        """Another page of the table."""
        number = pressed(event, "page")
        page = int(number) if number.isascii() and number.isdigit() else view.page
        return self.table(replace(view, page=page), request)

    def cleared(self, view: TableView, request: gr.Request) -> tuple[object, ...]:
        """The filter without a condition, and all documents."""
        return "", ALL, ALL, *self.narrowed("", ALL, ALL, view, request)

    def _rows(
        self,
        shown: Sequence[DocumentRecord],
        documents: Sequence[DocumentRecord],
        pace: Mapping[str, Pace],
    ) -> list[object]:
        names = {document.id: document.name for document in documents}
        return [
            document_row(document, names, pace.get(document.id), self._clock(), self._words)
            for document in shown
        ]

    def _document(self, document_id: str, passage_id: str) -> str:
        library = self._desk.assistant.library
        document = library.get(document_id)
        failed = document.state is DocumentState.FAILED
        text = "" if failed else library.loaded_text(document_id).text
        passages = () if failed else library.passages_of(document_id)
        return render(
            "document",
            self._desk.language,
            document=document,
            state_text=state_text(document, self._desk.language),
            reason=reason_text(document, self._desk.language),
            warnings=[warning_text(item, self._desk.language) for item in document.warnings],
            text=text[:_TEXT_CHARACTERS],
            text_length=len(text),
            passages=[PassageView.of(i, p) for i, p in enumerate(passages, 1)][:_PASSAGES],
            passages_count=len(passages),
            passage=passage_id,
        )
