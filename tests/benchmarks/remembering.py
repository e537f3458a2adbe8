"""What remembering the vectors of what was read saves: the forty sample questions, three times each way.

    python -m tests.benchmarks.remembering            (about 2 minutes on 2 cores)

Writes remembering.md: milliseconds a turn in `mixed`, with and without the memory.
"""

import statistics
import tempfile
from dataclasses import replace
from pathlib import Path

from chatbot.assistant import Assistant, open_assistant
from chatbot.settings import Settings, load_settings
from knowledge.reader import Reader, ReaderWeights
from tests.benchmarks.machine import machine
from tests.samples import ask, sample_questions

HERE = Path(__file__).parent
ROUNDS = 3


def main() -> None:
    rows: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        models = Settings().models_folder.resolve()
        with open_assistant(load_settings(data_dir=Path(folder), models_dir=models)) as shop:
            shop.library.wait(600)
            shop.library.wait_for_spans(600)
            plain = Reader(shop.library.embedder, ReaderWeights.load())
            forgetful = replace(shop, dialogue=replace(shop.dialogue, reader=plain))
            for number in range(1, ROUNDS + 1):
                rows += [_row(f"without, round {number}", forgetful)]
                rows += [_row(f"with, round {number}", shop)]
    head = [
        "# Remembering the vectors of what was read",
        "",
        f"`python -m tests.benchmarks.remembering` on {machine()}. Each round asks the sample shop's",
        "forty questions in `mixed`, first without the memory and then with it; in the first round",
        "the memory is empty.",
        "",
        "| | p50 ms | p95 ms |",
        "|---|---|---|",
    ]
    (HERE / "remembering.md").write_text("\n".join([*head, *rows]) + "\n", encoding="utf-8")


def _row(name: str, assistant: Assistant) -> str:
    times = [ask(assistant, question, "mixed").latency_ms for question in sample_questions()]
    row = (
        f"| {name} | {statistics.median(times):.0f} | {statistics.quantiles(times, n=20)[-1]:.0f} |"
    )
    print(row, flush=True)
    return row


if __name__ == "__main__":
    main()
