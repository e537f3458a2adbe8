"""One app: the API, the pages and their files. Nothing is served that is not put together here."""

import json
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Final

from fastapi import FastAPI

from chatbot.api.access import Gate
from chatbot.api.app import create_api
from chatbot.api.health import Missing
from chatbot.assistant import Assistant
from chatbot.samples import SAMPLE_SOURCE
from knowledge.library import Library
from ui.handlers import ChatHandlers
from ui.mounting import add_files, close_doors, head_of
from ui.pages.admin import add_admin
from ui.pages.chat import add_chat
from ui.pages.login import router as login
from ui.widget_files import add_widget_files

_SUGGESTIONS: Final = Path(str(files("assets"))) / "samples" / "suggestions.json"
_SHOWN_SUGGESTIONS: Final = 3


def _nothing() -> Sequence[str]:
    return ()


def create_app(
    assistant: Assistant, *, missing: Missing = _nothing, local_token: str | None = None
) -> FastAPI:
    """All of AnswerDesk behind one address. `missing` and `local_token` are the API's."""
    settings = assistant.settings
    app = create_api(assistant, missing=missing, local_token=local_token)
    gate: Gate = app.state.gate
    handlers = ChatHandlers(
        assistant,
        load_suggestions() if has_samples(assistant.library) else {},
        settings.answers.max_question_characters,
    )
    app.include_router(login)
    add_files(app)
    add_widget_files(app)
    heads = add_admin(app, assistant, gate)
    add_chat(app, handlers, turns_at_once=settings.server.max_turns_at_once, gate=gate)
    close_doors(app, {**heads, "/": head_of("chat")})
    return app


def load_suggestions() -> dict[str, list[str]]:
    """The questions of the empty page by language; none where the sample knowledge has none."""
    if not _SUGGESTIONS.is_file():
        return {}
    known: dict[str, list[str]] = json.loads(_SUGGESTIONS.read_text(encoding="utf-8"))
    return {language: questions[:_SHOWN_SUGGESTIONS] for language, questions in known.items()}


def has_samples(library: Library) -> bool:
    """Whether the sample shop's documents are in: only then do its suggested questions work."""
    return any(record.source.startswith(SAMPLE_SOURCE) for record in library.list())
