"""What the commands share: their options, the terminal's language, and opening the data folder."""

import json
import os
import sys
import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from chatbot.assistant import Assistant
    from chatbot.batch import Progress
    from chatbot.settings import Settings
    from knowledge.documents import Language
    from knowledge.library import Library
    from knowledge.store import IngestProgress

_POLL_SECONDS = 0.2

ModeName = Literal["serial", "parallel", "mixed"]

DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir",
        metavar="DIR",
        help="Folder that holds all state. Also ANSWERDESK_DATA_DIR. [default: .answerdesk]",
    ),
]
Collection = Annotated[
    str, typer.Option("--collection", metavar="NAME", help="Collection of documents.")
]
Mode = Annotated[
    ModeName | None,
    typer.Option("--mode", help="How rules and the language model work together."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def terminal_language() -> "Language":
    """The language of the terminal: Chinese where the locale says so, else English."""
    from knowledge.documents import Language

    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(variable):
            return Language.CHINESE if value.lower().startswith("zh") else Language.ENGLISH
    return Language.ENGLISH


def in_language(en: str, zh: str) -> str:
    """The text in the terminal's language."""
    return zh if terminal_language() == "zh" else en


def say(text: str) -> None:
    """Print a result."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def note(text: str) -> None:
    """Print something that is no result, for people."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def say_json(value: object) -> None:
    """Print a result as JSON."""
    say(json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False))


def settings_for(data_dir: Path | None) -> "Settings":
    """The settings of a data folder. Raises `InvalidSettings`."""
    from chatbot.settings import load_settings

    return load_settings(data_dir=data_dir)


@contextmanager
def opened(settings: "Settings") -> "Generator[Assistant]":
    """The assistant of a data folder, with nothing but results on standard output."""
    from knowledge.owner import own

    with own(settings.data_dir):
        pass  # a folder in use is said at once, not after everything is imported
    with ExitStack() as stack:
        with redirect_stdout(sys.stderr):  # libraries that greet must not end up in a pipe
            from chatbot.assistant import open_assistant

            assistant = stack.enter_context(open_assistant(settings))
        yield assistant


def interactive() -> bool:
    """Whether a person watches: progress is shown only then."""
    return sys.stderr.isatty()


def check_output(output: Path, source: Path) -> None:
    """Raises `PathNotFound` or `OutputIsInput` before any work is done for nothing."""
    from chatbot.errors import OutputIsInput, PathNotFound

    if not output.parent.is_dir():
        raise PathNotFound(path=output.parent)
    if output.exists() and source.exists() and output.samefile(source):
        raise OutputIsInput(path=output)


def until_ready(library: "Library") -> None:
    """Wait until every document can be found by meaning, with a progress bar for people."""
    from tqdm import tqdm

    with tqdm(
        disable=not interactive() or library.progress().is_finished,
        file=sys.stderr,
        desc=in_language("taking in documents", "正在导入文档"),
    ) as bar:

        def show(progress: "IngestProgress") -> None:
            bar.total = progress.passages_total
            bar.update(progress.passages_done - bar.n)

        library.wait(on_progress=show)


def until_swapped(library: "Library") -> None:
    """Wait until the model of the settings has taken over, if another one still serves."""
    from tqdm import tqdm

    swap = library.swap_progress()
    if swap is None:
        return
    label = in_language(f"preparing for {swap.model}", f"正在切换到 {swap.model}")
    with tqdm(disable=not interactive(), file=sys.stderr, desc=label) as bar:
        while (now := library.swap_progress()) is not None:
            bar.total = now.total
            bar.update(now.done - bar.n)
            time.sleep(_POLL_SECONDS)


@contextmanager
def counted(total: int, skipped: int = 0) -> "Generator[Progress]":
    """A progress bar over `total` lines; on Ctrl-C it says what is done and how to go on."""
    from tqdm import tqdm

    from chatbot.batch import Progress

    with tqdm(total=total, initial=skipped, disable=not interactive(), file=sys.stderr) as bar:
        progress = Progress(total, skipped, on_step=bar.update)
        try:
            yield progress
        except KeyboardInterrupt:
            done = skipped + progress.done
            bar.close()
            note(
                in_language(
                    f"{done} of {total} lines are done; run the same command again"
                    " (batch: with --resume) to go on.",
                    f"已完成 {total} 行中的 {done} 行；请再次运行同一命令继续（batch 请加 --resume）。",
                )
            )
            raise
