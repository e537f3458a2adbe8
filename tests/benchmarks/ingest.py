"""How fast documents become searchable, beside sentence-transformers with the same model in float32.

    python -m tests.benchmarks.ingest            (about 15 minutes on 2 cores)

Real documentation in both languages is ingested as files: read, cut, embedded and indexed. The same
passages are embedded by sentence-transformers as its users do, in turns, so that both meet the same
noise. Beside it: how near the vectors are, what both find, and how soon a file of 1 MB can be
searched by its words. Writes the table in ingest.md.
"""

import argparse
import random
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from chatbot.settings import Settings
from knowledge.database import Base, open_engine, sqlite_url
from knowledge.embedding import Embedder, Vectors
from knowledge.embedding.loading import load_plain_embedder
from knowledge.library import Library, open_library
from tests.benchmarks.data_sets import folder, xquad
from tests.benchmarks.e5_reference import Reference
from tests.benchmarks.machine import machine

if TYPE_CHECKING:
    from collections.abc import Generator

TABLE: Final = Path(__file__).with_suffix(".md")
WEIGHTS: Final = ("multilingual-e5-small", "e5-small-q4.bin")
ROUNDS: Final = 5
FILES: Final = 10  # of each language in each round
QUESTIONS: Final = 250
PLACES: Final = 5
COLLECTION: Final = "c"


@dataclass(frozen=True, slots=True)
class Round:
    """The same passages by both: seconds."""

    passages: int
    ours: float
    theirs: float

    @property
    def ratio(self) -> float:
        return self.theirs / self.ours


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    settings = Settings()
    mine = load_plain_embedder(settings.embedder.model, settings.models_folder)
    with tempfile.TemporaryDirectory() as scratch:
        theirs = Reference(settings.models_folder.joinpath(*WEIGHTS), Path(scratch))
    rounds, texts = speeds(mine, theirs)
    cosines = (mine.embed(texts, "passage") * theirs.embed(texts, "passage")).sum(axis=1)
    hits = {language: hit_rates(mine, theirs, language) for language in ("en", "zh")}
    write(rounds, cosines, hits, keyword_seconds(mine))


def speeds(mine: Embedder, theirs: Reference) -> tuple[list[Round], list[str]]:
    """Each round's seconds, and the texts of all."""
    english, chinese = documents("en"), documents("zh")
    mine.embed(["warming up"], "passage")
    theirs.embed(["warming up"], "passage")
    rounds: list[Round] = []
    texts: list[str] = []
    for first in range(0, ROUNDS * FILES, FILES):
        files = english[first : first + FILES] + chinese[first : first + FILES]
        with opened(mine) as library:
            ours = seconds(lambda library=library, files=files: ingest(library, files))
            found = texts_of(library)
        encoding = seconds(lambda found=found: theirs.embed(found, "passage"))
        rounds.append(Round(len(found), ours, encoding))
        print(rounds[-1], flush=True)
        texts += found
    return rounds, texts


def documents(language: str) -> list[Path]:
    """Files of a product's documentation, in an order that is always the same."""
    files = sorted((folder() / "kb_dify" / language).rglob("*.md*"))
    random.Random(0).shuffle(files)  # noqa: S311 -- repeatable, no secret
    return files


@contextmanager
def opened(embedder: Embedder) -> "Generator[Library]":
    """An empty library."""
    with tempfile.TemporaryDirectory() as name:
        engine = open_engine(sqlite_url(Path(name) / "answerdesk.db"))
        Base.metadata.create_all(engine)
        library = open_library(Path(name), engine, embedder, read_ahead=False)
        try:
            yield library
        finally:
            library.close()
            engine.dispose()


def ingest(library: Library, files: Sequence[Path]) -> None:
    """From the files to passages that are found by meaning."""
    for path in files:
        library.add_file(path.name, path.read_bytes(), collection=COLLECTION)
    assert library.wait().is_finished


def texts_of(library: Library) -> list[str]:
    """What was embedded."""
    passages = [p for document in library.list() for p in library.passages_of(document.id)]
    return [passage.searchable_text for passage in passages]


def hit_rates(mine: Embedder, theirs: Reference, language: str) -> tuple[float, float]:
    """The share of XQuAD's questions whose paragraph is among the first five, by each."""
    reading = xquad(language)
    asked = reading.questions[:QUESTIONS]
    texts = ([p.text for p in reading.passages], [question.text for question in asked])
    gold = np.array([question.paragraph for question in asked])
    rates: list[float] = []
    for embedder in (mine, theirs):
        scores = embedder.embed(texts[1], "query") @ embedder.embed(texts[0], "passage").T
        first = np.argsort(-scores, axis=1)[:, :PLACES]
        rates.append(float((first == gold[:, None]).any(axis=1).mean()))
    return rates[0], rates[1]


def keyword_seconds(embedder: Embedder) -> float:
    """From the end of an upload of 1 MB of text to the first hit of its last word."""
    words = ["kettle", "order", "warranty", "parcel", "refund", "水壶", "退款", "保修"]
    chosen = random.Random(1).choices(words, k=190_000)  # noqa: S311 -- repeatable
    lines = [" ".join(chosen[at : at + 60]) for at in range(0, len(chosen), 60)]
    data = ("\n\n".join(lines)[: 2**20] + "\n\nomegaword").encode()[-(2**20) :]
    with opened(embedder) as library:
        library.add_file("big.txt", data, collection=COLLECTION)
        begin = time.perf_counter()
        while not library.keyword_search(COLLECTION, "omegaword", 1):
            time.sleep(0.01)
        return time.perf_counter() - begin


def seconds(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def write(
    rounds: Sequence[Round],
    cosines: Vectors,
    hits: dict[str, tuple[float, float]],
    keyword: float,
) -> None:
    lines = ["| round | passages | AnswerDesk s | sentence-transformers s | ratio |"]
    lines += ["|---|---:|---:|---:|---:|"]
    lines += [
        f"| {number} | {one.passages} | {one.ours:.1f} | {one.theirs:.1f} | {one.ratio:.2f} |"
        for number, one in enumerate(rounds, 1)
    ]
    ratio = sum(one.theirs for one in rounds) / sum(one.ours for one in rounds)
    lines += [
        "",
        f"- Ratio of all: **{ratio:.2f}**",
        f"- Cosine of {len(cosines)} passages: mean {cosines.mean():.4f}, least {cosines.min():.4f}",
    ]
    lines += [
        f"- XQuAD {language}, hit@{PLACES} of {QUESTIONS} questions: "
        f"AnswerDesk {ours:.3f}, sentence-transformers {theirs:.3f}"
        for language, (ours, theirs) in hits.items()
    ]
    lines += [
        f"- 1 MB of text found by its last word after {keyword:.2f} s",
        f"- Machine: {machine()}",
    ]
    before, mark, after = TABLE.read_text(encoding="utf-8").partition("<!-- table -->\n")
    rest = after.partition("<!-- end -->")[2]
    TABLE.write_text(before + mark + "\n".join(lines) + "\n<!-- end -->" + rest, encoding="utf-8")


if __name__ == "__main__":
    main()
