"""The public reading sets that the benchmarks use; see `folder()` for where they are looked for."""

import json
import os
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from knowledge.documents import Passage, Position

# A clone has no data: point this at a folder with xquad/, squad2_dev_half/, cmrc2018/ ...
DATA_VARIABLE = "BENCHMARK_DATA"


def folder() -> Path:
    """The folder of the public data sets: `BENCHMARK_DATA`, or `shared/data` beside the checkout."""
    given = os.environ.get(DATA_VARIABLE)
    beside = Path(__file__).resolve().parents[3] / "shared" / "data"
    return Path(given) if given else beside


@dataclass(frozen=True, slots=True)
class ReadingQuestion:
    """A question, the index of its paragraph and its gold answers (none: unanswerable)."""

    id: str
    text: str
    paragraph: int
    answers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReadingSet:
    """Paragraphs as passages, and the questions asked about them."""

    name: str
    passages: tuple[Passage, ...]
    questions: tuple[ReadingQuestion, ...]

    def sample(
        self, paragraphs: int, questions: int, seed: int, avoid: frozenset[str]
    ) -> "ReadingSet":
        """Some of the paragraphs (none whose text is in `avoid`) and answerable questions on them."""
        rng = random.Random(seed)  # noqa: S311 -- a repeatable sample
        allowed = [i for i, p in enumerate(self.passages) if p.text not in avoid]
        chosen = sorted(rng.sample(allowed, min(paragraphs, len(allowed))))
        place = {old: new for new, old in enumerate(chosen)}
        asked = [
            ReadingQuestion(q.id, q.text, place[q.paragraph], q.answers)
            for q in self.questions
            if q.paragraph in place and q.answers
        ]
        rng.shuffle(asked)
        return ReadingSet(
            self.name, tuple(self.passages[i] for i in chosen), tuple(asked[:questions])
        )

    @property
    def texts(self) -> frozenset[str]:
        """The texts of all paragraphs."""
        return frozenset(passage.text for passage in self.passages)


def contains_gold(text: str, answers: Iterable[str]) -> bool:
    """Whether one of the gold answers stands in `text`, ignoring case."""
    folded = text.casefold()
    return any(answer.casefold() in folded for answer in answers)


def load_squad(name: str, *path: str) -> ReadingSet:
    """A set in SQuAD's form."""
    content: Any = json.loads(folder().joinpath(*path).read_text(encoding="utf-8"))
    passages: list[Passage] = []
    questions: list[ReadingQuestion] = []
    for article in content["data"]:
        title = str(article.get("title", "")).replace("_", " ")
        for paragraph in article["paragraphs"]:
            text = paragraph["context"]
            number = len(passages)
            identifier = f"{name}-{number}"
            passages.append(Passage(identifier, identifier, title, text, Position(0, len(text))))
            questions += [_question(item, number) for item in paragraph["qas"]]
    return ReadingSet(name, tuple(passages), tuple(questions))


def _question(item: Any, paragraph: int) -> ReadingQuestion:
    answers = [] if item.get("is_impossible") else [answer["text"] for answer in item["answers"]]
    return ReadingQuestion(str(item["id"]), item["question"], paragraph, tuple(answers))


def xquad(language: str) -> ReadingSet:
    """240 paragraphs and 1,190 questions, the same in `en` and `zh`."""
    return load_squad(f"xquad-{language}", "xquad", f"xquad.{language}.json")


def squad2() -> ReadingSet:
    """SQuAD 2.0's development half."""
    return load_squad("squad2", "squad2_dev_half", "dev-v2.0.json")


def cmrc() -> ReadingSet:
    """CMRC 2018's development set."""
    return load_squad("cmrc2018", "cmrc2018", "cmrc2018_dev.json")


def drcd() -> ReadingSet:
    """DRCD's development set, in traditional Chinese."""
    return load_squad("drcd", "drcd", "DRCD_dev.json")


def as_lines(rows: Sequence[object]) -> str:
    """JSON lines."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
