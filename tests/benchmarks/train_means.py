"""Measures what vectors of a language and a kind have in common; writes assets/weights/means.json.

    python -m tests.benchmarks.train_means            (about 3 minutes on 2 cores)

Passages and their spans from reading sets and documentation, questions from reading sets and
customers' messages. Nothing of XQuAD, DSTC 11 or kb_dify, on which retrieval is measured.
"""

import csv
import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from chatbot.settings import Settings
from knowledge.chunking import chunk
from knowledge.documents import Language, Passage, Position
from knowledge.embedding import TextKind
from knowledge.embedding.centred import packed
from knowledge.embedding.loading import load_plain_embedder
from knowledge.language import detect_language
from knowledge.loading import load
from knowledge.spans import span_texts
from tests.benchmarks.data_sets import ReadingSet, cmrc, drcd, folder, squad2, xquad

WEIGHTS = Path(__file__).parents[2] / "assets" / "weights" / "means.json"
# More changes the means by less than a hundredth of what they take out.
TEXTS = 800


def texts() -> Iterator[tuple[Language, TextKind, str]]:
    """Texts with the language and the kind that they are embedded as."""
    rng = random.Random(0)  # noqa: S311 -- a repeatable sample
    avoid = xquad("en").texts | xquad("zh").texts
    samples: list[tuple[Language, TextKind, list[str]]] = [
        (Language.ENGLISH, "query", _questions(squad2(), rng, avoid) + _messages(rng)),
        (
            Language.CHINESE,
            "query",
            _questions(cmrc(), rng, avoid) + _questions(drcd(), rng, avoid),
        ),
        (
            Language.ENGLISH,
            "passage",
            _read([*_paragraphs(squad2(), rng, avoid), *_pages("kb_chatwoot_en", rng)]),
        ),
        (
            Language.CHINESE,
            "passage",
            _read(
                [
                    *_paragraphs(cmrc(), rng, avoid),
                    *_paragraphs(drcd(), rng, avoid),
                    *_pages("kb_tidb_zh", rng),
                ]
            ),
        ),
    ]
    for language, kind, found in samples:
        usable = [text for text in found if detect_language(text) is language]
        for text in rng.sample(usable, min(TEXTS, len(usable))):
            yield language, kind, text


def _questions(data: ReadingSet, rng: random.Random, avoid: frozenset[str]) -> list[str]:
    asked = [q.text for q in data.questions if data.passages[q.paragraph].text not in avoid]
    return rng.sample(asked, min(TEXTS // 2, len(asked)))


def _messages(rng: random.Random) -> list[str]:
    with folder().joinpath("banking77", "train.csv").open(encoding="utf-8", newline="") as file:
        said = [row["text"] for row in csv.DictReader(file)]
    return rng.sample(said, TEXTS // 2)


def _paragraphs(data: ReadingSet, rng: random.Random, avoid: frozenset[str]) -> list[Passage]:
    usable = [passage for passage in data.passages if passage.text not in avoid]
    return rng.sample(usable, min(200, len(usable)))


def _pages(name: str, rng: random.Random) -> list[Passage]:
    passages: list[Passage] = []
    for file in sorted(folder().joinpath(name).rglob("*.md*")):
        loaded = load(file.name, file.read_bytes())
        for part in chunk(loaded):
            text = loaded.text[part.start : part.end]
            position = Position(part.start, part.end, part.headings)
            passages.append(Passage("", file.name, loaded.title, text, position))
    return rng.sample(passages, min(200, len(passages)))


def _read(passages: Sequence[Passage]) -> list[str]:
    """What is embedded of passages: whole, and span by span."""
    return [
        text for passage in passages for text in (passage.searchable_text, *span_texts(passage)[:2])
    ]


def main() -> None:
    settings = Settings()
    embedder = load_plain_embedder(settings.embedder.model, settings.models_folder)
    groups: dict[tuple[Language, TextKind], list[str]] = {}
    for language, kind, text in texts():
        groups.setdefault((language, kind), []).append(text)
    means: list[dict[str, str]] = []
    for (language, kind), found in groups.items():
        mean = embedder.embed(found, kind).mean(axis=0)
        print(language, kind, len(found), f"length {np.linalg.norm(mean):.3f}", flush=True)
        means.append({"language": language, "kind": kind, "mean": packed(mean)})
    stored = {"embedder": embedder.fingerprint, "means": means}
    WEIGHTS.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
