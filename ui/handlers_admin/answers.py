"""Curated answers: the table, and one of them to edit. Changes go to the API."""

from zoneinfo import ZoneInfo

import gradio as gr

from chatbot.accounts import Role
from knowledge.curated.errors import AnswerNotFound
from knowledge.curated.model import CuratedAnswer
from knowledge.documents import DEFAULT_COLLECTION
from ui.handlers_admin import Desk, pressed
from ui.render_admin import moment, render
from ui.views_answers import answer_row, matching

NEW = "new"
_PAGE_ROWS = 50
_QUESTION_CHARACTERS = 500


class AnswerHandlers:
    """Shows the curated answers of one assistant to whoever of the team asks."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._zone = ZoneInfo(desk.assistant.settings.time_zone)

    def show(self, event: gr.EventData, request: gr.Request) -> str:
        """The table, or the answer that was chosen (or a new one).

        The browser numbers what it asks for, and finds the number again in what it gets.
        """
        member = self._desk.member(request)
        wanted = pressed(event, "answer")
        editing = self._chosen(wanted, pressed(event, "question"))
        return render(
            "answers",
            self._desk.language,
            number=pressed(event, "number"),
            may_edit=member.may(Role.EDITOR),
            gone=bool(wanted) and editing is None,
            editing=editing,
            changed=self._changed(editing),
            waiting=self._desk.assistant.curated.waiting,
            collections=self._collections(editing),
            **self._table(event),
        )

    def _table(self, event: gr.EventData) -> dict[str, object]:
        answers = self._desk.assistant.answers.list()
        collection = pressed(event, "collection")
        found = matching(answers, pressed(event, "query"), collection)
        pages = max(1, -(-len(found) // _PAGE_ROWS))
        number = pressed(event, "page")
        page = min(max(1, int(number) if number.isascii() and number.isdigit() else 1), pages)
        shown = found[(page - 1) * _PAGE_ROWS : page * _PAGE_ROWS]
        return {
            "count": len(answers),
            "matching": len(found),
            "rows": [answer_row(answer, self._desk.language, self._zone) for answer in shown],
            "collection": collection,
            "page": page,
            "pages": pages,
        }

    def _chosen(self, wanted: str, question: str) -> CuratedAnswer | None:
        if wanted == NEW:
            return CuratedAnswer((question[:_QUESTION_CHARACTERS],))
        if not wanted:
            return None
        try:
            return self._desk.assistant.answers.get(wanted)
        except AnswerNotFound:
            return None

    def _changed(self, answer: CuratedAnswer | None) -> str:
        if answer is None or answer.updated_at is None:
            return ""
        when = moment(answer.updated_at, self._zone)
        if not answer.updated_by:
            return self._desk.text("answers_changed", when=when)
        return self._desk.text("answers_changed_by", when=when, name=answer.updated_by)

    def _collections(self, editing: CuratedAnswer | None) -> list[str]:
        """Those that answers are in; for an answer that is edited, those of documents too."""
        known = {answer.collection for answer in self._desk.assistant.answers.list()}
        if editing is not None:
            documents = self._desk.assistant.library.list()
            known |= {DEFAULT_COLLECTION, *(document.collection for document in documents)}
        return sorted(known)
