"""`answerdesk rules`: mistakes in rule files, and the tests written in them."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chatbot.commands.common import DataDir, in_language, note, say, terminal_language

if TYPE_CHECKING:
    from knowledge.rules.problems import Problem

app = typer.Typer(help="Check rule files and run their tests.", no_args_is_help=True)

Files = Annotated[
    list[Path], typer.Argument(metavar="FILE...", help="Rule files (YAML), taken together.")
]


@app.command()
def check(files: Files, *, data_dir: DataDir = None) -> None:
    """Name every mistake in the files with its line."""
    from knowledge.rules.linking import load_files
    from knowledge.rules.testing import check_files

    paths = _existing(files, data_dir)
    _refuse(check_files(paths))
    count = len(load_files(paths))
    say(in_language(f"{count} rules, no mistakes.", f"共 {count} 条规则，没有错误。"))


@app.command("test")
def run_the_tests(files: Files, *, data_dir: DataDir = None) -> None:
    """Run the tests written in the files; intents are guessed from shared words."""
    from knowledge.rules.linking import load_files
    from knowledge.rules.testing import check_files, failed_tests, run_tests

    paths = _existing(files, data_dir)
    _refuse(check_files(paths))
    results = run_tests(load_files(paths))
    passed = sum(result.passed for result in results)
    _refuse(failed_tests(results), after=_summary(passed, len(results)))
    say(_summary(passed, len(results)))


def _summary(passed: int, total: int) -> str:
    return in_language(f"{passed} of {total} tests passed.", f"{total} 个测试中通过 {passed} 个。")


def _existing(files: Sequence[Path], data_dir: Path | None) -> list[Path]:
    """The files; a folder stands for the rule files in it. `data_dir` is taken and not needed."""
    from chatbot.errors import PathNotFound

    del data_dir
    found: list[Path] = []
    for path in files:
        if not path.exists():
            raise PathNotFound(path=path)
        found.extend(sorted(path.glob("*.y*ml")) if path.is_dir() else [path])
    return found


def _refuse(problems: "Sequence[Problem]", after: str | None = None) -> None:
    if not problems:
        return
    language = terminal_language()
    for problem in problems:
        note(f"answerdesk: {problem.text(language)}")
    if after is not None:
        say(after)
    raise typer.Exit(1)
