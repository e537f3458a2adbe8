"""`answerdesk batch` over XQuAD, in each mode and language, against the store and with passages.

    python -m tests.benchmarks.reading            (about 40 minutes on 2 cores)

For each language 200 questions: 100 against a store of all 240 paragraphs, 100 with five
passages given (its own paragraph and four others). Writes reading.json and reading.md.
"""

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from chatbot.settings import Settings
from tests.benchmarks.data_sets import ReadingQuestion, ReadingSet, as_lines, contains_gold, xquad
from tests.benchmarks.machine import machine

HERE = Path(__file__).parent
# A line of batch input, and the question it came from.
Inputs = Sequence[tuple[Mapping[str, object], ReadingQuestion]]
MODES = ("mixed", "serial", "parallel")
QUESTIONS = 100
COLUMNS = (
    "gold",
    "refused",
    "generator_calls",
    "latency_p50_ms",
    "latency_p95_ms",
    "first_token_p50_ms",
    "first_token_p50_without_generator_ms",
    "characters_p50",
)


def main() -> None:
    results: list[Mapping[str, object]] = []
    for language in ("en", "zh"):
        data = xquad(language)
        with tempfile.TemporaryDirectory() as folder:
            work = Path(folder)
            store = work / "store"
            _write(work / "passages.jsonl", _passage_lines(data))
            _answerdesk(store, "ingest", str(work / "passages.jsonl"))
            for setting, lines in _inputs(data).items():
                source = work / f"{setting}.jsonl"
                _write(source, [line for line, _ in lines])
                for mode in MODES:
                    target = work / f"{setting}-{mode}.jsonl"
                    options = ("--input", str(source), "--output", str(target), "--mode", mode)
                    _answerdesk(store, "batch", *options)
                    figures = _measure(target, [question for _, question in lines])
                    row = {"language": language, "setting": setting, "mode": mode, **figures}
                    results.append(row)
                    print(row, flush=True)
    report = {"machine": machine(), "questions_each": QUESTIONS, "results": results}
    (HERE / "reading.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    (HERE / "reading.md").write_text(_table(report["machine"], results), encoding="utf-8")


def _inputs(data: ReadingSet) -> Mapping[str, Inputs]:
    rng = random.Random(7)  # noqa: S311 -- a repeatable sample
    chosen = rng.sample(data.questions, 2 * QUESTIONS)
    against_store = [({"id": q.id, "question": q.text}, q) for q in chosen[:QUESTIONS]]
    with_passages = [
        ({"id": q.id, "question": q.text, "passages": _five(data, q, rng)}, q)
        for q in chosen[QUESTIONS:]
    ]
    return {"store": against_store, "passages": with_passages}


def _five(data: ReadingSet, question: ReadingQuestion, rng: random.Random) -> list[dict[str, str]]:
    gold = data.passages[question.paragraph]
    five = [gold, *rng.sample([p for p in data.passages if p != gold], 4)]
    rng.shuffle(five)
    return [{"id": p.id, "title": p.title, "text": p.text} for p in five]


def _passage_lines(data: ReadingSet) -> list[dict[str, str]]:
    return [{"id": p.id, "title": p.title, "text": p.text} for p in data.passages]


def _write(path: Path, rows: Sequence[object]) -> None:
    path.write_text(as_lines(rows), encoding="utf-8")


def _answerdesk(data_dir: Path, *arguments: str) -> None:
    models = Settings().models_folder.resolve()
    command = [
        str(Path(sys.executable).with_name("answerdesk")),
        *arguments,
        "--data-dir",
        str(data_dir),
    ]
    environment = {
        **os.environ,
        "ANSWERDESK_MODELS_DIR": str(models),
        "ANSWERDESK_SAMPLE_KNOWLEDGE": "false",
    }
    subprocess.run(command, check=True, env=environment)


def _measure(output: Path, questions: Iterable[ReadingQuestion]) -> dict[str, float]:
    answers: list[Any] = [json.loads(line) for line in output.read_text("utf-8").splitlines()]
    pairs = list(zip(answers, questions, strict=True))
    if any(answer["id"] != question.id for answer, question in pairs):
        raise ValueError(f"{output} is not in the order of its input")
    latencies = sorted(answer["latency_ms"] for answer in answers)
    first = [answer["first_token_ms"] for answer in answers]
    plain = [a["first_token_ms"] for a in answers if not a["generator_called"]]
    return {
        "gold": sum(contains_gold(a["answer"], q.answers) for a, q in pairs) / len(pairs),
        "refused": sum(a["refused"] for a in answers) / len(answers),
        "generator_calls": sum(a["generator_called"] for a in answers),
        "latency_p50_ms": statistics.median(latencies),
        "latency_p95_ms": latencies[int(len(latencies) * 0.95) - 1],
        "first_token_p50_ms": statistics.median(first),
        "first_token_p50_without_generator_ms": statistics.median(plain) if plain else -1.0,
        "characters_p50": statistics.median(len(a["answer"]) for a in answers),
    }


def _table(machine: object, results: Sequence[Mapping[str, object]]) -> str:
    heads = ["language", "setting", "mode", *COLUMNS]
    rows = ["| " + " | ".join(_cell(row[head]) for head in heads) + " |" for row in results]
    lines = [
        "# Answers on XQuAD, by mode",
        "",
        f"`python -m tests.benchmarks.reading` on {machine}. {QUESTIONS} questions a row; `gold` is the share",
        "of all questions, refused ones included, whose answer contains a gold answer; times in milliseconds.",
        "",
        "| " + " | ".join(head.replace("_", " ") for head in heads) + " |",
        "|" + "---|" * len(heads),
        *rows,
    ]
    return "\n".join(lines) + "\n"


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.2f}" if value <= 1 else f"{value:.0f}"
    return str(value)


if __name__ == "__main__":
    main()
