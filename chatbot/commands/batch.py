"""`answerdesk batch`: a file of questions, answered into another."""

from pathlib import Path
from typing import Annotated

import typer

from chatbot.commands.common import (
    Collection,
    DataDir,
    Mode,
    check_output,
    counted,
    in_language,
    note,
    opened,
    settings_for,
    until_ready,
)

Input = Annotated[
    Path, typer.Option("--input", metavar="IN.jsonl", help="Questions, one JSON object a line.")
]
Output = Annotated[
    Path, typer.Option("--output", metavar="OUT.jsonl", help="Answers, in the same order.")
]
Resume = Annotated[
    bool, typer.Option("--resume", help="Keep what OUT.jsonl holds, and go on after it.")
]


def batch(
    *,
    source: Input,
    output: Output,
    mode: Mode = None,
    collection: Collection = "default",
    resume: Resume = False,
    data_dir: DataDir = None,
) -> None:
    """Answer every question of a file, one after the other.

    The whole input is checked first; a mistake in it is named with its line, and nothing
    is written. A line: {"id", "question", "history"?, "passages"?, "slots"?}.
    """
    from chatbot.batch import answer_all, finished_ids, read_questions

    settings = settings_for(data_dir)
    check_output(output, source)
    lines = read_questions(source, settings.answers.max_question_characters)
    done = finished_ids(output) if resume else set[str | int]()
    todo = [line for line in lines if line.id not in done]
    if lines and not todo:
        note(in_language("Every line is answered already.", "所有行均已有回答。"))
        return
    with (
        opened(settings) as assistant,
        output.open("a" if resume else "w", encoding="utf-8") as file,
        counted(len(lines), skipped=len(lines) - len(todo)) as progress,
    ):
        until_ready(assistant.library)
        answer_all(
            todo, assistant.dialogue, file, progress, lambda line: line.ask(mode, collection)
        )
    if progress.failed:
        note(
            in_language(
                f'answerdesk: {progress.failed} questions failed; their lines have an "error"',
                f'answerdesk: {progress.failed} 个问题出错，对应的行含有 "error"',
            )
        )
        raise typer.Exit(1)
