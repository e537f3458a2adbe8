"""The command line. `ui.main` adds `serve` and is what `answerdesk` starts."""

import sys
import traceback
from collections.abc import Callable, Sequence
from tempfile import NamedTemporaryFile

import typer
from typer import Typer, TyperException
from typer.main import get_command

import chatbot
from chatbot.commands import ask, batch, curated, ingest, models, rules, search, users
from chatbot.commands.common import in_language, note, terminal_language
from knowledge.errors import AnswerDeskError

INTERRUPTED = 130


def make_app(*first: Callable[..., None]) -> Typer:
    """The commands that need no pages, after those in `first`."""
    app = Typer(
        name="answerdesk",
        help="A customer-service assistant that answers from your documents and rules.",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_answerdesk)
    for command in first:
        app.command()(command)
    app.command()(ingest.ingest)
    app.command()(ask.ask)
    app.command()(batch.batch)
    app.command()(search.search)
    app.add_typer(curated.app, name="curated")
    app.add_typer(rules.app, name="rules")
    app.add_typer(models.app, name="models")
    app.add_typer(users.app, name="users")
    return app


def _answerdesk(
    version: bool = typer.Option(False, "--version", help="Print the version.", is_eager=True),
) -> None:
    if version:
        sys.stdout.write(f"answerdesk {chatbot.__version__}\n")
        raise typer.Exit


def run(app: Typer, arguments: Sequence[str]) -> int:
    """Run a command; its exit code. Every error is one clear line."""
    try:
        code = get_command(app).main(list(arguments), "answerdesk", standalone_mode=False)
    except (Exception, KeyboardInterrupt) as error:  # the outermost edge
        return _explain(error)
    if code == INTERRUPTED:  # typer turns Ctrl-C into this exit code without a word
        return _explain(KeyboardInterrupt())
    return code if isinstance(code, int) else 0


def _explain(error: BaseException) -> int:
    """Say what went wrong; the exit code."""
    match error:
        case typer.Abort() | KeyboardInterrupt():
            return _complain(in_language("stopped", "已停止"), INTERRUPTED)
        case TyperException():
            return _complain(error.format_message(), error.exit_code)
        case AnswerDeskError():
            return _complain(error.text(terminal_language()), 1)
        case OSError():
            place = f"{error.filename}: " if error.filename else ""
            return _complain(f"{place}{error.strerror or error}", 1)
        case _:
            return _complain(_describe(error), 1)


def main() -> None:
    """Run the commands that need no pages."""
    sys.exit(run(make_app(), sys.argv[1:]))


def _complain(message: str, code: int) -> int:
    if message.startswith("Usage:"):  # no command was given: this is the help
        note(message)
        return code
    for line in message.splitlines() or [""]:
        note(f"answerdesk: {line}")
    return code


def _describe(error: BaseException) -> str:
    with NamedTemporaryFile(
        "w", prefix="answerdesk-", suffix=".log", delete=False, encoding="utf-8"
    ) as file:
        traceback.print_exception(error, file=file)
    name = type(error).__name__
    return in_language(
        f"unexpected error ({name}: {error}); details are in {file.name}",
        f"意外错误（{name}：{error}）；详细信息见 {file.name}",
    )


if __name__ == "__main__":
    main()
