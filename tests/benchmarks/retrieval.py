"""Does the right passage come first? In one language, across two, after a conversation, on real documentation.

    python -m tests.benchmarks.retrieval [--questions 1000]            (about 40 minutes on 2 cores)

All paragraphs of a set are ingested into a library of its own, and searched there as chat does.
Beside it in the same run: keyword search alone, the plain multilingual E5 alone, and
sentence-transformers' MiniLM alone. Writes retrieval.md.
"""

import argparse
import json
import random
import tempfile
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from chatbot.settings import Settings
from knowledge.chunking import chunk
from knowledge.database import Base, open_engine, sqlite_url
from knowledge.documents import Passage, Position
from knowledge.embedding import Embedder, TextKind, Vectors
from knowledge.embedding.centred import centred
from knowledge.embedding.loading import load_embedder, load_plain_embedder
from knowledge.language import split_sentences
from knowledge.library import Library, open_library
from knowledge.loading import load
from knowledge.retrieval import Retriever
from tests.benchmarks.data_sets import ReadingSet, cmrc, drcd, folder, squad2, xquad
from tests.benchmarks.machine import machine

HERE = Path(__file__).parent
METHODS: Final = ("keyword", "E5", "MiniLM", "AnswerDesk")
MINILM: Final = "all-minilm-l6-v2"
COLLECTION: Final = "all"
DEPTH: Final = 5


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, the ids of the passages that answer it, and the conversation before it.

    `history` is what the asker said, `answered` what they heard last.
    """

    text: str
    right: frozenset[str]
    history: tuple[str, ...] = ()
    answered: str = ""


@dataclass(frozen=True, slots=True)
class Task:
    """Passages, and questions about them."""

    name: str
    passages: tuple[Passage, ...]
    questions: tuple[Asked, ...]


def reading(data: ReadingSet, asked_in: ReadingSet | None = None) -> Task:
    """A reading set; `asked_in` is the same set in another language, whose questions are asked."""
    source = asked_in or data
    name = data.name if asked_in is None else f"{source.name[-2:]} → {data.name[-2:]}, xquad"
    questions = [
        Asked(q.text, frozenset([data.passages[q.paragraph].id]))
        for q in source.questions
        if q.answers
    ]
    return Task(name, data.passages, tuple(questions))


def faq_selection(*, with_history: bool) -> Task:
    """DSTC 11's dialogues: which FAQ answers the last message."""
    root = folder() / "dstc11_sk_dialog"
    knowledge: Any = json.loads((root / "knowledge.json").read_text("utf-8"))
    passages: list[Passage] = []
    for domain, entities in knowledge.items():
        for number, entity in entities.items():
            for key, faq in entity.get("faqs", {}).items():
                text = f"{faq['question']}\n{faq['answer']}"
                name = f"{domain}-{number}-{key}"
                passages.append(Passage(name, name, entity["name"], text, Position(0, len(text))))
    logs: Any = json.loads((root / "logs.json").read_text("utf-8"))
    labels: Any = json.loads((root / "labels.json").read_text("utf-8"))
    questions = [
        Asked(log[-1]["text"], right, *(_conversation(log) if with_history else ((), "")))
        for log, label in zip(logs, labels, strict=True)
        if (right := _faqs(label))
    ]
    name = "dstc11 FAQs, with history" if with_history else "dstc11 FAQs, last message alone"
    return Task(name, tuple(passages), tuple(questions))


def _faqs(label: Any) -> frozenset[str]:
    return frozenset(
        f"{item['domain']}-{item['entity_id']}-{item['doc_id']}"
        for item in label.get("knowledge", ())
        if item["doc_type"] == "faq"
    )


def _conversation(log: Any) -> tuple[tuple[str, ...], str]:
    """What the user has said, and what the system said last."""
    said = [(item["speaker"], item["text"]) for item in log[:-1]]
    answers = [text for speaker, text in said if speaker == "S"]
    return tuple(text for speaker, text in said if speaker == "U"), (answers or [""])[-1]


def documentation() -> Task:
    """Dify's pages: title and first sentence of a Chinese page find its English twin.

    Many pages stand twice, for the cloud and for one's own server. A question that two Chinese
    pages begin with is asked once, and the twin of either is right.
    """
    english, chinese = folder() / "kb_dify" / "en", folder() / "kb_dify" / "zh"
    passages: list[Passage] = []
    right: dict[str, set[str]] = {}
    first = _first_words(chinese)
    for file in sorted(english.rglob("*.mdx")):
        page = file.relative_to(english).as_posix()
        loaded = load(file.name, file.read_bytes())
        for number, part in enumerate(chunk(loaded)):
            text = loaded.text[part.start : part.end]
            name = f"{page}#{number}"
            position = Position(0, len(text), part.headings)
            passages.append(Passage(name, page, loaded.title, text, position))
            if page in first:
                right.setdefault(first[page], set()).add(name)
    questions = tuple(Asked(text, frozenset(names)) for text, names in right.items())
    return Task("kb_dify, zh page → en page", tuple(passages), questions)


def _first_words(pages: Path) -> Mapping[str, str]:
    """The title and the first sentence of each page that is its own: not the translator's notice."""
    begun: dict[str, tuple[str, list[str]]] = {}
    for file in sorted(pages.rglob("*.mdx")):
        loaded = load(file.name, file.read_bytes())
        sentences = [loaded.text[s.start : s.end].strip() for s in split_sentences(loaded.text)]
        own = [text for text in sentences if text and text != loaded.title]
        begun[file.relative_to(pages).as_posix()] = (loaded.title, own)
    pages_with = Counter(text for _, own in begun.values() for text in set(own))
    return {
        page: f"{title} {next((text for text in own if pages_with[text] <= len(begun) / 2), '')}"
        for page, (title, own) in begun.items()
    }


class Remembered:
    """An embedder that embeds each text once in a run."""

    def __init__(self, inner: Embedder) -> None:
        self._inner = inner
        self._known: dict[tuple[str, TextKind], Vectors] = {}
        self.fingerprint = inner.fingerprint
        self.dimension = inner.dimension

    def embed(self, texts: Sequence[str], kind: TextKind) -> Vectors:
        new = [text for text in dict.fromkeys(texts) if (text, kind) not in self._known]
        for start in range(0, len(new), 256):
            some = new[start : start + 256]
            for text, vector in zip(some, self._inner.embed(some, kind), strict=True):
                self._known[text, kind] = vector.copy()
        if not texts:
            return np.zeros((0, self.dimension), np.float32)
        return np.stack([self._known[text, kind] for text in texts])

    def count_tokens(self, text: str) -> int:
        raise NotImplementedError


Search = Callable[[Asked], Sequence[str]]


@contextmanager
def searches(task: Task, plain: Remembered, minilm: Remembered) -> Generator[dict[str, Search]]:
    """Every method over the passages of a task, each returning the ids of the best."""
    embedder = centred(plain)
    with tempfile.TemporaryDirectory() as work, _library(Path(work), embedder) as library:
        lines = [{"id": p.id, "title": p.heading_path, "text": p.text} for p in task.passages]
        data = "\n".join(json.dumps(line) for line in lines).encode()
        library.add_passages("passages.jsonl", data, collection=COLLECTION)
        library.wait()
        library.wait_for_spans(3600)
        retriever = Retriever(library, embedder, candidates=Settings().retrieval.candidates)

        def ours(asked: Asked) -> list[str]:
            found = retriever.search(asked.text, COLLECTION, DEPTH, asked.history, asked.answered)
            return [item.passage.id for item in found]

        def keyword(asked: Asked) -> list[str]:
            hits = library.keyword_search(COLLECTION, asked.text, DEPTH)
            passages = library.passages([hit.key for hit in hits])
            return [passages[hit.key].id for hit in hits]

        yield {
            "keyword": keyword,
            "E5": _dense(task, plain),
            "MiniLM": _dense(task, minilm),
            "AnswerDesk": ours,
        }


@contextmanager
def _library(work: Path, embedder: Embedder) -> Generator[Library]:
    engine = open_engine(sqlite_url(work / "answerdesk.db"))
    Base.metadata.create_all(engine)
    library = open_library(work, engine, embedder)
    try:
        yield library
    finally:
        library.close()
        engine.dispose()


def _dense(task: Task, embedder: Remembered) -> Search:
    matrix = embedder.embed([p.searchable_text for p in task.passages], "passage")

    def search(asked: Asked) -> list[str]:
        scores = matrix @ embedder.embed([asked.text], "query")[0]
        best: list[int] = np.argsort(-scores)[:DEPTH].tolist()
        return [task.passages[index].id for index in best]

    return search


def measure(task: Task, plain: Remembered, minilm: Remembered) -> Mapping[str, Mapping[str, float]]:
    """For each method its hit@1, hit@5 and MRR@5."""
    plain.embed([asked.text for asked in task.questions], "query")
    with searches(task, plain, minilm) as methods:
        return {name: _scored(task.questions, search) for name, search in methods.items()}


def _scored(questions: Sequence[Asked], search: Search) -> Mapping[str, float]:
    places = [_place(asked, search(asked)) for asked in questions]
    return {
        "hit@1": sum(place == 1 for place in places) / len(places),
        "hit@5": sum(place > 0 for place in places) / len(places),
        "MRR@5": sum(1 / place for place in places if place) / len(places),
    }


def _place(asked: Asked, found: Sequence[str]) -> int:
    """The place of the first right passage, counted from 1; 0 if there is none."""
    return next((place for place, name in enumerate(found, 1) if name in asked.right), 0)


def tasks(most: int) -> Iterator[Task]:
    """Every task, with at most `most` questions of each."""
    english, chinese = xquad("en"), xquad("zh")
    rng = random.Random(0)  # noqa: S311 -- a repeatable sample
    for task in (
        reading(squad2()),
        reading(cmrc()),
        reading(drcd()),
        reading(english),
        reading(chinese),
        reading(english, chinese),
        reading(chinese, english),
        faq_selection(with_history=False),
        faq_selection(with_history=True),
        documentation(),
    ):
        questions = list(task.questions)
        rng.shuffle(questions)
        yield Task(task.name, task.passages, tuple(questions[:most]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=int, default=1000, help="of each set, at most")
    parser.add_argument("--only", default="", help="tasks with this in their name; writes no file")
    options = parser.parse_args()
    most, only = int(options.questions), str(options.only)
    settings = Settings()
    plain = Remembered(load_plain_embedder(settings.embedder.model, settings.models_folder))
    minilm = Remembered(load_embedder(MINILM, settings.models_folder))
    lines = [
        "# Does the right passage come first?",
        "",
        f"`python -m tests.benchmarks.retrieval --questions {most}` on {machine()}.",
        "hit@1 / hit@5 / MRR@5. MiniLM knows English only.",
        "",
        "| | passages | questions | " + " | ".join(METHODS) + " |",
        "|---" * (3 + len(METHODS)) + "|",
    ]
    for task in tasks(most):
        if only not in task.name:
            continue
        found = measure(task, plain, minilm)
        cells = [" / ".join(f"{value:.3f}" for value in found[name].values()) for name in METHODS]
        counts = [str(len(task.passages)), str(len(task.questions))]
        lines.append("| " + " | ".join([task.name, *counts, *cells]) + " |")
        print(lines[-1], flush=True)
    if not only:
        (HERE / "retrieval.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
