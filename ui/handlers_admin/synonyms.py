"""Words that mean the same, as the team edits them beside the search."""

import hashlib

import gradio as gr

from chatbot.accounts import Role
from knowledge.documents import Language
from knowledge.errors import InvalidSynonyms
from knowledge.synonyms import MOST_CHARACTERS
from ui.handlers_admin import Desk, pressed
from ui.render_admin import number, render


class SynonymHandlers:
    """Shows and replaces the groups of words; each handler returns the form."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def show(self, request: gr.Request) -> str:
        """The groups as they were written."""
        member = self._desk.member(request)
        return self._form(self._text, may_edit=member.may(Role.EDITOR))

    def save(self, event: gr.EventData, request: gr.Request) -> str:
        """Puts in force what was written, or keeps it in the form and says why not.

        Raises `NotAllowed`.
        """
        self._desk.member(request, Role.EDITOR)
        written = pressed(event, "text").replace("\r\n", "\n")
        kept = self._text
        if len(written) > MOST_CHARACTERS:
            raise gr.Error(self._desk.text("synonyms_long"), print_exception=False)
        if written != kept and pressed(event, "seen") != _mark(kept):
            return self._form(written, others=kept)
        try:
            groups = self._desk.assistant.synonyms.replace(written).groups
        except InvalidSynonyms as error:
            return self._form(written, problems=self._problems(error))
        gr.Info(self._desk.text("synonyms_saved", count=number(len(groups))), title="")
        return self._form(written)

    @property
    def _text(self) -> str:
        return self._desk.assistant.synonyms.text().replace("\r\n", "\n")

    def _problems(self, error: InvalidSynonyms) -> list[tuple[int, str]]:
        is_chinese = self._desk.language is Language.CHINESE
        return [(line, zh if is_chinese else en) for line, en, zh in error.problems]

    def _form(
        self,
        text: str,
        *,
        may_edit: bool = True,
        problems: list[tuple[int, str]] | None = None,
        others: str | None = None,
    ) -> str:
        """The form with `text`; `others` is what somebody else has saved meanwhile."""
        return render(
            "synonyms",
            self._desk.language,
            text=text,
            seen=_mark(self._text),
            limit=MOST_CHARACTERS,
            count=len(self._desk.assistant.synonyms.current().groups),
            problems=problems,
            others=others,
            may_edit=may_edit,
        )


def _mark(text: str) -> str:
    """By which a text is known again."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]
