"""The sample shop's forty questions, in each mode, judged by their rubric.

    python -m tests.benchmarks.samples            (about 5 minutes on 2 cores)

Writes samples.md: how many are right, by kind, and every wrong answer in full.
"""

import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path

from chatbot.assistant import open_assistant
from chatbot.messages import Answer, Mode
from chatbot.settings import Settings, load_settings
from tests.benchmarks.machine import machine
from tests.samples import SampleQuestion, ask, faults, sample_questions, unsupported_in

HERE = Path(__file__).parent
MODES: tuple[Mode, ...] = ("mixed", "serial", "parallel")
Answered = Sequence[tuple[SampleQuestion, Answer]]


def main() -> None:
    sections: list[str] = []
    rows: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        models = Settings().models_folder.resolve()
        settings = load_settings(data_dir=Path(folder), models_dir=models)
        with open_assistant(settings) as assistant:
            assistant.library.wait(600)
            assistant.library.wait_for_spans(600)
            for mode in MODES:
                answered = [(q, ask(assistant, q, mode)) for q in sample_questions()]
                rows.append(_row(mode, answered))
                sections += [f"\n## Wrong in {mode}\n", *_wrong(answered)]
                print(rows[-1], flush=True)
    head = [
        "# The sample shop's forty questions",
        "",
        f"`python -m tests.benchmarks.samples` on {machine()}. Right means right by the rubric of",
        "`assets/samples/questions.jsonl`; unsupported are answers with a value that none of their sources has.",
        "",
        "| mode | right | of English | of Chinese | unanswerable refused | unsupported | Transformer calls | p50 ms | p95 ms |",
        "|" + "---|" * 9,
    ]
    (HERE / "samples.md").write_text("\n".join([*head, *rows, *sections]) + "\n", encoding="utf-8")


def _row(mode: Mode, answered: Answered) -> str:
    right = [q for q, answer in answered if not faults(q, answer)]
    times = sorted(answer.latency_ms for _, answer in answered)
    unanswerable = [answer for q, answer in answered if q.kind == "unanswerable"]
    cells = (
        mode,
        f"{len(right)} of {len(answered)}",
        sum(q.language == "en" for q in right),
        sum(q.language == "zh" for q in right),
        f"{sum(answer.refused for answer in unanswerable)} of {len(unanswerable)}",
        sum(bool(unsupported_in(answer)) for _, answer in answered),
        sum(answer.generator_called for _, answer in answered),
        f"{statistics.median(times):.0f}",
        f"{times[int(len(times) * 0.95) - 1]:.0f}",
    )
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def _wrong(answered: Answered) -> list[str]:
    return [
        f"- **{q.id}** {q.question}  \n  {answer.text}  \n  *{'; '.join(faults(q, answer))}*"
        for q, answer in answered
        if faults(q, answer)
    ]


if __name__ == "__main__":
    main()
