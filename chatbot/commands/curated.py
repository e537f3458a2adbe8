"""`answerdesk curated`: answers that people wrote, as a CSV file."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chatbot.commands.common import (
    Collection,
    DataDir,
    in_language,
    note,
    say,
    settings_for,
    terminal_language,
)

if TYPE_CHECKING:
    from chatbot.client import Client
    from knowledge.curated.store import CuratedAnswers

app = typer.Typer(help="Take in or write out curated answers (CSV).", no_args_is_help=True)

Source = Annotated[
    Path,
    typer.Argument(
        metavar="FILE",
        help="CSV with the columns questions (one a line, or parted by |), answer_en, answer_zh,"
        " collection.",
    ),
]
Target = Annotated[Path, typer.Argument(metavar="FILE", help="Where they go; it is overwritten.")]
OneCollection = Annotated[
    str | None, typer.Option("--collection", metavar="NAME", help="Only those of this one.")
]


@app.command("import")
def take_in(
    source: Source, *, collection: Collection = "default", data_dir: DataDir = None
) -> None:
    """Take the answers of a file in, or name everything that is wrong with it.

    An answer takes the place of the one that its first way to ask belongs to.
    """
    from chatbot.errors import PathNotFound

    if not source.is_file():
        raise PathNotFound(path=source)
    data = source.read_bytes()
    with _client(data_dir) as client:
        if client is not None:
            added, replaced = client.import_answers(source.name, data, collection)
        else:
            from knowledge.curated.csv_file import parsed

            with _answers(data_dir) as answers:
                lines = parsed(source.name, data, collection)
                added, replaced = answers.take_in(source.name, lines)
    say(
        in_language(
            f"{added} answers are new, {replaced} were replaced.",
            f"新增 {added} 条答案，替换 {replaced} 条。",
        )
    )


@app.command("export")
def write_out(
    target: Target, *, collection: OneCollection = None, data_dir: DataDir = None
) -> None:
    """Write the answers to a file that `import` takes in again."""
    from chatbot.errors import PathNotFound

    if not target.parent.is_dir():
        raise PathNotFound(path=target.parent)
    with _client(data_dir) as client:
        if client is not None:
            data = client.export_answers(collection)
        else:
            from knowledge.curated.csv_file import written

            with _answers(data_dir) as answers:
                data = written(answers.list(collection))
    target.write_bytes(data)
    note(in_language(f"The answers are in {target}.", f"答案已写入 {target}。"))


@contextmanager
def _client(data_dir: Path | None) -> "Generator[Client | None]":
    """The server that owns the data folder; None when there is none."""
    from chatbot.local_server import find_server

    server = find_server(settings_for(data_dir).data_dir)
    if server is None:
        yield None
        return
    from chatbot.client import Client

    with Client(server, terminal_language()) as client:
        yield client


@contextmanager
def _answers(data_dir: Path | None) -> "Generator[CuratedAnswers]":
    """The answers in SQL. The vectors of what is new are computed by the next start."""
    from chatbot.schema import migrate
    from knowledge.curated.store import CuratedAnswers
    from knowledge.database import open_engine, sqlite_url
    from knowledge.owner import own

    settings = settings_for(data_dir)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with own(settings.data_dir):
        engine = open_engine(sqlite_url(settings.database_file))
        try:
            migrate(engine)
            yield CuratedAnswers(engine)
        finally:
            engine.dispose()
