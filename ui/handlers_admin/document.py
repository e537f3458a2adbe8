"""One document opened: what it says and where, and what a person does to it."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

import gradio as gr
from markupsafe import escape

from chatbot.accounts import Role
from chatbot.api.parts import Upkeep
from chatbot.places import place_text
from knowledge.document_errors import VersionNotFound
from knowledge.documents import DEFAULT_COLLECTION, DocumentRecord, Language
from knowledge.errors import DocumentNotFound
from knowledge.loading import warning_text
from ui.handlers_admin import Desk, pressed
from ui.prose import safe_link
from ui.render_admin import render
from ui.views_document import (
    marked_place,
    marked_span,
    original_url,
    passages_view,
    span_of,
    text_window,
    version_views,
)
from ui.views_knowledge import Words, bundle_name, reason_text, state_text


@dataclass(frozen=True, slots=True)
class Opening:
    """How a document is opened: at a passage and a span of its text, on a tab, with a form."""

    passage: str = ""
    span: str = ""
    tab: str = ""
    editing: str = ""


class DocumentHandlers:
    """Shows and changes one document; each handler returns the sheet, or "" to close it.

    All raise `DocumentNotFound`; those that change raise `NotAllowed` below an editor.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._words = Words(desk.language, ZoneInfo(desk.assistant.settings.time_zone))

    def open(self, event: gr.EventData, request: gr.Request) -> str:
        """The document that was pressed, or that a link names."""
        member = self._desk.member(request)
        opening = Opening(
            passage=pressed(event, "passage"),
            span=pressed(event, "span"),
            tab=pressed(event, "tab"),
            editing=pressed(event, "editing"),
        )
        return self._sheet(pressed(event, "id"), opening, may_edit=member.may(Role.EDITOR))

    def switch(self, event: gr.EventData, request: gr.Request) -> str:
        """Switches the document off, or on again; the sheet stays as it was, open or not."""
        self._desk.member(request, Role.EDITOR)
        wanted = pressed(event, "enabled") == "yes"
        record = self._upkeep.enable(pressed(event, "id"), enabled=wanted)
        self._say("switched_on" if wanted else "switched_off", record)
        return self._managed(record.id) if pressed(event, "tab") else ""

    def say_language(self, event: gr.EventData, request: gr.Request) -> str:
        """Notes the language that was chosen."""
        self._desk.member(request, Role.EDITOR)
        chosen = pressed(event, "language")
        language = Language(chosen) if chosen in set(Language) else None
        record = self._upkeep.say_language(pressed(event, "id"), language)
        self._say("language_said", record)
        return self._managed(record.id)

    def move(self, event: gr.EventData, request: gr.Request) -> str:
        """Moves the document to the collection that was written."""
        self._desk.member(request, Role.EDITOR)
        wanted = " ".join(pressed(event, "collection").split())
        record = self._upkeep.move(pressed(event, "id"), wanted)
        self._say("moved", record, collection=escape(record.collection))
        return self._managed(record.id)

    def save_passage(self, event: gr.EventData, request: gr.Request) -> str:
        """Gives the passage the text that was written."""
        self._desk.member(request, Role.EDITOR)
        passage = pressed(event, "passage")
        text = pressed(event, "text").replace("\r\n", "\n")
        record = self._upkeep.edit_passage(pressed(event, "id"), passage, text)
        self._say("passage_saved", record)
        return self._sheet(record.id, Opening(passage, tab="passages"), may_edit=True)

    def ask_restore(self, event: gr.EventData, request: gr.Request) -> str:
        """The question that says what restoring a content replaces."""
        self._desk.member(request, Role.EDITOR)
        record = self._desk.assistant.library.get(pressed(event, "id"))
        versions = version_views(self._upkeep.versions(record.id), self._words)
        wanted = pressed(event, "version")
        version = next((v for v in versions if str(v.version) == wanted), None)
        if version is None:
            raise VersionNotFound(document_id=record.id, version=wanted)
        return render("confirm_restore", self._desk.language, document=record, version=version)

    def restore(self, event: gr.EventData, request: gr.Request) -> str:
        """Takes an earlier content in again."""
        self._desk.member(request, Role.EDITOR)
        version = pressed(event, "version")
        number = int(version) if version.isascii() and version.isdigit() else 0
        record = self._upkeep.restore(pressed(event, "id"), number)
        self._say("restored", record)
        return self._managed(record.id)

    def retry(self, event: gr.EventData, request: gr.Request) -> str:
        """Tries again what failed."""
        self._desk.member(request, Role.EDITOR)
        record = self._upkeep.retry(pressed(event, "id"))
        self._say("retried", record)
        return ""

    def _sheet(self, document_id: str, opening: Opening, *, may_edit: bool) -> str:
        library, language = self._desk.assistant.library, self._desk.language
        document = library.get(document_id)
        passages = library.passages_of(document_id)
        marked = marked_span(passages, opening.passage, span_of(opening.span))
        place = marked_place(passages, opening.passage, marked)
        bundle = library.bundles.documents_of(document.collection, document.bundle)
        return render(
            "document",
            language,
            document=document,
            tab=opening.tab or ("text" if opening.span or not opening.passage else "passages"),
            state_text=state_text(document, language),
            reason=reason_text(document, language),
            warnings=[warning_text(item, language) for item in document.warnings],
            window=text_window(self._text(document_id), marked),
            passages=passages_view(document, passages, opening.passage, language),
            found=opening.passage,
            editing=opening.editing if may_edit else "",
            where=place_text(place, language),
            original=original_url(document, place),
            versions=version_views(library.upkeep.versions(document_id), self._words),
            bundle=bundle_name(document.bundle),
            bundle_count=len(bundle),
            collections=sorted({d.collection for d in library.list()} | {DEFAULT_COLLECTION}),
            url=safe_link(document.url),
            may_edit=may_edit,
        )

    def _text(self, document_id: str) -> str:
        try:
            return self._desk.assistant.library.loaded_text(document_id).text
        except DocumentNotFound:  # nothing of it could be read yet
            return ""

    def _managed(self, document_id: str) -> str:
        return self._sheet(document_id, Opening(tab="manage"), may_edit=True)

    @property
    def _upkeep(self) -> Upkeep:
        return self._desk.assistant.library.upkeep

    def _say(self, key: str, record: DocumentRecord, **values: object) -> None:
        gr.Info(self._desk.text(key, name=escape(record.name), **values), title="")
