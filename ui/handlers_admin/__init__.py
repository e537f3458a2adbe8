"""What the admin pages do: each handler checks who asks, acts, and hands back HTML."""

import functools
import logging
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

import gradio as gr

from chatbot.accounts import Role
from chatbot.api.access import Caller, Gate
from chatbot.errors import NotPermitted
from knowledge.documents import Language
from knowledge.errors import AnswerDeskError
from ui.handlers_admin.parts import Assistant
from ui.texts import text

_LOG = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Desk:
    """What every admin handler works with; the language is that of the page it serves."""

    assistant: Assistant
    gate: Gate
    language: Language

    def member(self, request: gr.Request, least: Role = Role.AGENT) -> Caller:
        """Who asks. Gradio's own check does not reach every route, so each handler asks again.

        Raises `gr.Error` when nobody is signed in and `NotAllowed` when the role is too low.
        """
        connection = request.request
        caller = Caller() if connection is None else self.gate.identify(connection.headers)
        try:
            self.gate.check(caller, least)
        except NotPermitted as error:
            raise gr.Error(self.text("sign_in_again"), print_exception=False) from error
        return caller

    def text(self, key: str, **values: object) -> str:
        """A string of the admin pages in the page's language."""
        return text(f"admin_{key}", self.language, **values)

    def guarded(self, handler: Callable[P, R]) -> Callable[P, R]:
        """`handler` as the outermost edge: a known error is shown in words, another one is logged."""

        @functools.wraps(handler)
        def run(*args: P.args, **kwargs: P.kwargs) -> R:
            with self._in_words(handler.__qualname__):
                return handler(*args, **kwargs)

        return run

    def guarded_stream(self, handler: Callable[P, Iterator[R]]) -> Callable[P, Iterator[R]]:
        """As `guarded`, for a handler that yields."""

        @functools.wraps(handler)
        def run(*args: P.args, **kwargs: P.kwargs) -> Iterator[R]:
            with self._in_words(handler.__qualname__):
                yield from handler(*args, **kwargs)

        return run

    @contextmanager
    def _in_words(self, name: str) -> Generator[None]:
        try:
            yield
        except gr.Error:
            raise
        except AnswerDeskError as error:
            raise gr.Error(error.text(self.language), print_exception=False) from error
        except Exception as error:
            _LOG.exception("admin: %s failed", name)
            raise gr.Error(self.text("failed"), print_exception=False) from error


def pressed(event: gr.EventData, name: str) -> str:
    """A datum of the button that was pressed; empty without one. It comes from the browser."""
    try:
        return str(getattr(event, name))
    except (AttributeError, TypeError):
        return ""
