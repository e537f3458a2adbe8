"""Does a curated answer come for its question, in other words, and only for its question?

    python -m tests.benchmarks.curated            (about 2 minutes on 2 cores)

Forty made-up answers of a shop (curated_questions.jsonl), each with the ways to ask that were
written down, other wordings of the same, and near misses that ask something else. The limits were
chosen on every other item; the rest was only measured. Writes curated.md.
"""

import argparse
import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from chatbot.settings import Settings
from knowledge.curated.matcher import LEAST_LEAD, LEAST_SIMILARITY, CuratedMatcher, Limits
from knowledge.curated.model import CuratedAnswer
from knowledge.curated.store import CuratedAnswers
from knowledge.curated.vectors import QuestionVectors
from knowledge.database import Base, open_engine, sqlite_url
from knowledge.embedding.loading import load_embedder
from knowledge.embedding.remembering import RememberingEmbedder
from tests.benchmarks.machine import machine

HERE: Final = Path(__file__).parent
SIMILARITIES: Final = (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.82, 0.85, 0.9)


@dataclass(frozen=True, slots=True)
class Item:
    """An answer's written `ways` to ask, other wordings of the `same`, and what `others` ask."""

    id: str
    ways: tuple[str, ...]
    same: tuple[str, ...]
    others: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Score:
    """Of the other wordings: found, and given a wrong answer. Of the near misses: answered."""

    same: int
    found: int
    wrong: int
    others: int
    answered: int

    @property
    def cells(self) -> str:
        return (
            f"{self.found}/{self.same} ({self.found / self.same:.0%}) | {self.wrong} | "
            f"{self.answered}/{self.others} ({self.answered / self.others:.0%})"
        )


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    items = read()
    settings = Settings()
    embedder = RememberingEmbedder(load_embedder(settings.embedder.model, settings.models_folder))
    with tempfile.TemporaryDirectory() as name:
        engine = open_engine(sqlite_url(Path(name) / "answerdesk.db"))
        Base.metadata.create_all(engine)
        answers = CuratedAnswers(engine)
        for item in items:
            answers.add(CuratedAnswer(item.ways, answer_en=item.id))
        vectors = QuestionVectors(embedder, Path(name) / "curated.npz")
        matcher = CuratedMatcher(answers, vectors)
        matcher.prepare()
        rows: list[tuple[float, Score, Score]] = []
        for limit in SIMILARITIES:
            limited = CuratedMatcher(answers, vectors, Limits(limit, LEAST_LEAD))
            rows.append((limit, scored(limited, items[::2]), scored(limited, items[1::2])))
        matcher.close()
        engine.dispose()
    write(rows)


def read() -> Sequence[Item]:
    lines = (HERE / "curated_questions.jsonl").read_text(encoding="utf-8").splitlines()
    rows: list[dict[str, Any]] = [json.loads(line) for line in lines]
    return [
        Item(row["id"], tuple(row["ways"]), tuple(row["same"]), tuple(row["others"]))
        for row in rows
    ]


def scored(matcher: CuratedMatcher, items: Sequence[Item]) -> Score:
    same = [(item.id, given(matcher, question)) for item in items for question in item.same]
    others = [given(matcher, question) for item in items for question in item.others]
    return Score(
        same=len(same),
        found=sum(wanted == got for wanted, got in same),
        wrong=sum(got not in ("", wanted) for wanted, got in same),
        others=len(others),
        answered=sum(bool(got) for got in others),
    )


def given(matcher: CuratedMatcher, question: str) -> str:
    """The id of the answer that `question` gets, or nothing."""
    near = matcher.nearest(question, "default", 1)
    return near[0].answer.answer_en if near and near[0].matches else ""


def write(rows: Sequence[tuple[float, Score, Score]]) -> None:
    lines = [
        "# Curated answers: given for their question only",
        "",
        f"`python -m tests.benchmarks.curated` on {machine()}; lead over the next answer {LEAST_LEAD}.",
        "*found*: other wordings that got their answer; *wrong*: that got another's; *misled*: near",
        "misses (another product, place, condition or thing asked) that got an answer at all.",
        "",
        "| least similarity | chosen on: found | wrong | misled | measured on: found | wrong | misled |",
        "|---|---|---|---|---|---|---|",
    ]
    for limit, chosen, measured in rows:
        mark = "**" if limit == LEAST_SIMILARITY else ""
        lines.append(f"| {mark}{limit}{mark} | {chosen.cells} | {measured.cells} |")
    print("\n".join(lines))
    (HERE / "curated.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
