"""Reads every file of files_gold and compares the text with what is expected of it.

    python -m tests.benchmarks.files

writes files.md. Similarity is that of the words: 2 M / T of Ratcliff and Obershelp, where M words
of the T in both texts match in order. Markdown's marks (headings, emphasis, bars and rules of
tables, links' addresses, comments, HTML tags) count for nothing on either side.
"""

import html
import re
import statistics
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

from knowledge.documents import LoadedText
from knowledge.errors import AnswerDeskError, UnsupportedFormat
from knowledge.loading import ending
from knowledge.loading.child import LoadingChild
from tests.benchmarks.data_sets import folder
from tests.benchmarks.machine import machine

REPORT = Path(__file__).with_name("files.md")
# What a file may take; all others are counted as hanging.
SECONDS = 33.0
_SUFFIXES_OF_GOLD = ("groundtruth", "expected_outputs", "test_evaluate_files")
_WORD = re.compile(r"[\u3040-\u9fff\uac00-\ud7af]|\w+|[^\w\s]")
_MARKS = (
    (re.compile(r"<!--.*?-->", re.DOTALL), " "),
    (re.compile(r"!?\[([^\]]*)\]\([^)]*\)"), r"\1"),
    (re.compile(r"</?[a-zA-Z][^>]*>"), " "),
    (re.compile(r"\\([_*#\[\]<>|`~.+-])"), r"\1"),
    (re.compile(r"^\s*\|?(?:\s*:?-+:?\s*\|)+\s*:?-*:?\s*$", re.MULTILINE), " "),
    (re.compile(r"^\s*(?:#{1,6}\s|[-*+•]\s+|```\w*|>\s)", re.MULTILINE), " "),
    (re.compile(r"\*\*|__|[|`*]"), " "),
)


@dataclass(frozen=True, slots=True)
class Sample:
    """A file, and the text expected of it where somebody wrote that down."""

    path: Path
    name: str
    expected: str | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a file: its likeness to what is expected, or why it was refused."""

    sample: Sample
    seconds: float
    likeness: float | None
    refusal: AnswerDeskError | None


def samples() -> list[Sample]:
    """Every file of the set."""
    root = folder() / "files_gold"
    return [
        Sample(path, str(path.relative_to(root)), _expected(path))
        for path in sorted(root.rglob("*"))
        if path.is_file() and not any(part in _SUFFIXES_OF_GOLD for part in path.parts)
    ]


def _expected(path: Path) -> str | None:
    """The Markdown that docling or markitdown expects; None where it is not there or empty."""
    gold = path.parent.parent / "groundtruth"
    candidates = [gold / f"{path.name}.md"]
    if path.suffix == ".pdf":
        candidates += [
            gold / f"{path.stem}.md",
            path.parent / "expected_outputs" / f"{path.stem}.md",
        ]
    for candidate in candidates:
        if candidate.exists():
            return candidate.read_text(encoding="utf-8").strip() or None
    return None


def words(markdown: str) -> list[str]:
    """The words of a text without its marks."""
    for pattern, replacement in _MARKS:
        markdown = pattern.sub(replacement, markdown)
    return _WORD.findall(html.unescape(markdown))


def likeness(read: str, expected: str) -> float:
    """How alike two texts are, in [0, 1]."""
    return SequenceMatcher(None, words(read), words(expected), autojunk=False).ratio()


def outcomes(child: LoadingChild, files: Sequence[Sample]) -> Iterator[Outcome]:
    """Read the files one after another."""
    for sample in files:
        data = sample.path.read_bytes()
        began = time.perf_counter()
        read: LoadedText | None = None
        refusal: AnswerDeskError | None = None
        try:
            read = child.load(sample.path.name, data)
        except AnswerDeskError as error:
            refusal = error
        seconds = time.perf_counter() - began
        score = None
        if sample.expected is not None and not isinstance(refusal, UnsupportedFormat):
            score = likeness(read.text, sample.expected) if read else 0.0
        yield Outcome(sample, seconds, score, refusal)


def by_format(done: Sequence[Outcome]) -> dict[str, list[float]]:
    """The likenesses of each format, the least first. The ending `.xlsm` is Excel, too."""
    scores: defaultdict[str, list[float]] = defaultdict(list)
    for outcome in done:
        if outcome.likeness is not None:
            scores[ending(outcome.sample.name).replace(".xlsm", ".xlsx")].append(outcome.likeness)
    return {kind: sorted(values) for kind, values in sorted(scores.items())}


def tenth(values: Sequence[float]) -> float:
    """The 10th percentile of values in order: a tenth of them are not above it."""
    return values[max(0, -(-len(values) // 10) - 1)]


def _costs(child: LoadingChild) -> str:
    began = time.perf_counter()
    fresh = LoadingChild()
    fresh.load("a.md", b"# A\n\ntext")
    start = time.perf_counter() - began
    fresh.close()
    times: list[float] = []
    for _ in range(200):
        began = time.perf_counter()
        child.load("a.md", b"# A\n\ntext")
        times.append(time.perf_counter() - began)
    return (
        f"The process starts and reads its first text within {start * 1000:.0f} ms; after that a small "
        f"text takes {statistics.median(times) * 1000:.1f} ms (median of 200), sending and checking included."
    )


def _report(done: Sequence[Outcome], costs: str) -> str:
    supported = [o for o in done if not isinstance(o.refusal, UnsupportedFormat)]
    lines = [
        "# Text of files against what is expected of them",
        "",
        f"`python -m tests.benchmarks.files` on {machine()}. files_gold of docling, markitdown and",
        "unstructured; likeness of words in order, without Markdown's marks (see the program).",
        "",
        "| format | files | median | 10th percentile | least |",
        "|---|---|---|---|---|",
        *(
            f"| {kind} | {len(values)} | {statistics.median(values):.3f} | {tenth(values):.3f} | {values[0]:.3f} |"
            for kind, values in by_format(done).items()
        ),
        "",
        f"{len(done)} files: {sum(o.refusal is None for o in done)} read, "
        f"{sum(o.refusal is not None for o in supported)} refused with a reason, "
        f"{len(done) - len(supported)} of no readable format, "
        f"{sum(o.seconds > SECONDS for o in done)} slower than {SECONDS:.0f} s "
        f"(slowest {max(o.seconds for o in done):.1f} s).",
        "",
        costs,
        "",
        "Refused:",
        "",
        *(f"- `{o.sample.name}`: {o.refusal}" for o in supported if o.refusal),
        "",
        "Least like what is expected:",
        "",
        *(
            f"- `{o.sample.name}`: {o.likeness:.3f}"
            for o in sorted(done, key=lambda o: o.likeness if o.likeness is not None else 1)[:15]
        ),
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Read all, and write the report."""
    child = LoadingChild()
    try:
        done: list[Outcome] = []
        for outcome in outcomes(child, samples()):
            score = "" if outcome.likeness is None else f"{outcome.likeness:.3f}"
            print(
                f"{outcome.seconds:6.2f} s  {score:5}  {outcome.sample.name}  {outcome.refusal or ''}"
            )
            done.append(outcome)
        REPORT.write_text(_report(done, _costs(child)), encoding="utf-8")
    finally:
        child.close()


if __name__ == "__main__":
    main()
