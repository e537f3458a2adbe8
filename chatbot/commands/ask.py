"""`answerdesk ask`: one question, answered in the terminal."""

import sys
from collections.abc import Iterable
from typing import Annotated, Any

import typer

from chatbot.commands.common import (
    AsJson,
    Collection,
    DataDir,
    Mode,
    in_language,
    opened,
    say,
    say_json,
    settings_for,
    terminal_language,
)

_Event = tuple[str, dict[str, Any]]


def ask(
    question: Annotated[str, typer.Argument(help="What you would like to know.")],
    *,
    mode: Mode = None,
    collection: Collection = "default",
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Answer one question, with its sources."""
    from chatbot.guard import admit
    from chatbot.local_server import find_server

    settings = settings_for(data_dir)
    admit(question, settings.answers.max_question_characters)
    show = _show_json if as_json else _show_text
    server = find_server(settings.data_dir)
    if server is not None:
        from chatbot.client import Client

        with Client(server, terminal_language()) as client:
            show(client.ask(question, mode, collection))
        return
    with opened(settings) as assistant:
        from chatbot.cancellation import Cancellation
        from chatbot.messages import Question
        from chatbot.serialise import event_json

        asked = Question(question, mode=mode, collection=collection, keep=False)
        cancellation = Cancellation(seconds=settings.generator.deadline_seconds)
        show(event_json(event) for event in assistant.dialogue.respond(asked, cancellation))


def _show_json(events: Iterable[_Event]) -> None:
    for name, data in events:
        if name == "finished":
            say_json(data)


def _show_text(events: Iterable[_Event]) -> None:
    """The answer as it comes, then the sources it cites."""
    for name, data in events:
        if name == "delta":
            sys.stdout.write(data["text"])
            sys.stdout.flush()
        elif name == "finished":
            say("")
            _show_sources(data["citations"])


def _show_sources(citations: list[dict[str, Any]]) -> None:
    if citations:
        say("")
    for citation in citations:
        title = citation["title"] or citation["document"]
        quote = " ".join(str(citation["quote"]).split())
        say(f"[{citation['number']}] {title}" + in_language(f': "{quote}"', f"：“{quote}”"))
