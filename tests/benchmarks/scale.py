"""How search and ingestion grow from 1,000 to 100,000 passages.

    python -m tests.benchmarks.scale [SIZE...]

The passages are made up: half English, half Chinese, words as unevenly frequent as in real text,
and a random unit vector for each, which is the hardest case for an approximate index. The whole
path of the library is measured, but for the model. Each size has a process of its own. Writes
scale.json and the table in scale.md.
"""

import argparse
import hashlib
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import psutil

from knowledge.database import Base, open_engine, sqlite_url
from knowledge.embedding import TextKind, Vectors
from knowledge.library import Library, open_library
from knowledge.passages import PassageStore
from knowledge.retrieval import Retriever
from tests.benchmarks.machine import machine

if TYPE_CHECKING:
    from collections.abc import Generator

HERE = Path(__file__).parent
SIZES = (1_000, 10_000, 30_000, 100_000)
COLLECTION = "scale"
QUERIES = 200
TOP = 10
DIMENSION = 384
LINES = 10_000
# Zipf's law: the n-th word is 1/n as frequent as the first.
_VOCABULARY = 30_000
_HAN = 3_000


@dataclass(frozen=True, slots=True)
class Figures:
    """Milliseconds, seconds, MB, and processor seconds for 1,000 passages."""

    passages: int
    ingest_s_per_1000: float
    ingest_processor_s_per_1000: float
    keyword_p50_ms: float
    keyword_p95_ms: float
    dense_p50_ms: float
    dense_p95_ms: float
    dense_recall_at_10: float
    whole_search_p50_ms: float
    whole_search_p95_ms: float
    start_to_keywords_s: float
    start_to_vectors_s: float
    start_checked_s: float
    start_after_kill_s: float
    resident_mb: float
    disk_mb: float


class RandomEmbedder:
    """A random vector for each text, always the same one."""

    fingerprint = "scale0000000"
    dimension = DIMENSION

    def embed(self, texts: Sequence[str], kind: TextKind) -> Vectors:
        vectors = np.stack([_direction(text) for text in texts]) if texts else _nothing()
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def _nothing() -> Vectors:
    return np.zeros((0, DIMENSION), np.float32)


def _direction(text: str) -> Vectors:
    seed = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest())
    return np.random.default_rng(seed).standard_normal(DIMENSION, np.float32)


class Writer:
    """Makes up texts."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)  # noqa: S311 -- repeatable, no secret
        letters = "abcdefghijklmnopqrstuvwxyz"
        fixed = random.Random(0)  # noqa: S311 -- likewise
        self._words = [
            "".join(fixed.choices(letters, k=fixed.randint(3, 9))) for _ in range(_VOCABULARY)
        ]
        self._han = [chr(0x4E00 + index) for index in fixed.sample(range(20_000), _HAN)]
        self._word_sums = np.cumsum(1 / np.arange(1, _VOCABULARY + 1)).tolist()
        self._han_sums = np.cumsum(1 / np.arange(1, _HAN + 1)).tolist()

    def english(self, words: int) -> str:
        return " ".join(self._rng.choices(self._words, cum_weights=self._word_sums, k=words))

    def chinese(self, characters: int) -> str:
        chosen = self._rng.choices(self._han, cum_weights=self._han_sums, k=characters)
        return "".join(chosen)

    def passage(self, number: int) -> str:
        return f"{self.english(90)}." if number % 2 else f"{self.chinese(150)}。"

    def question(self, number: int) -> str:
        return f"{self.english(9)}?" if number % 2 else f"{self.chinese(16)}？"


@contextmanager
def opened(folder: Path) -> "Generator[Library]":
    engine = open_engine(sqlite_url(folder / "answerdesk.db"))
    Base.metadata.create_all(engine)
    library = open_library(folder, engine, RandomEmbedder(), read_ahead=False)
    try:
        yield library
    finally:
        library.close()
        engine.dispose()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", nargs="*", type=int, default=SIZES, metavar="SIZE")
    parser.add_argument("--one", type=int, metavar="SIZE", help="for itself")
    options = parser.parse_args()
    if options.one is not None:
        print(json.dumps(asdict(measure(options.one))))
        return
    figures: list[Figures] = []
    for size in options.sizes:
        command = [sys.executable, "-m", "tests.benchmarks.scale", "--one", str(size)]
        answer = subprocess.run(command, check=True, stdout=subprocess.PIPE)
        figures.append(Figures(**json.loads(answer.stdout.splitlines()[-1])))
        print(figures[-1], flush=True)
        write(figures)


def measure(size: int) -> Figures:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with opened(folder) as library:
            wall, processor = timed(lambda: fill(library, size))
        with opened(folder) as library:  # the memory of a start, not of an ingestion
            starts = start(library)
            searches = search(library, folder)
            resident = psutil.Process().memory_info().rss / 2**20
        disk = sum(p.stat().st_size for p in folder.rglob("*") if p.is_file()) / 2**20
        (folder / "index" / "chroma" / "sealed.json").unlink()
        with opened(folder) as library:
            after_kill = start(library)["start_to_vectors_s"]
    return Figures(
        passages=size,
        ingest_s_per_1000=1000 * wall / size,
        ingest_processor_s_per_1000=1000 * processor / size,
        start_after_kill_s=after_kill,
        resident_mb=resident,
        disk_mb=disk,
        **searches,
        **starts,
    )


def fill(library: Library, size: int) -> None:
    """Ready passages, 10,000 a file; a hundred of them in a document as a real one would have."""
    writer = Writer(1)
    for first in range(0, size, LINES):
        numbers = range(first, min(size, first + LINES))
        lines = [{"id": f"p{n}", "title": f"t{n}", "text": writer.passage(n)} for n in numbers]
        data = "\n".join(json.dumps(line, ensure_ascii=False) for line in lines).encode()
        library.add_passages(f"{first}.jsonl", data, collection=COLLECTION)
    assert library.wait().is_finished


def start(library: Library) -> dict[str, float]:
    """Seconds to a keyword hit, to one by meaning, and until all was checked."""
    begin = time.perf_counter()
    assert library.keyword_search(COLLECTION, Writer(2).question(1), TOP)
    figures = {"start_to_keywords_s": time.perf_counter() - begin}
    vector = RandomEmbedder().embed(["x"], "query")[0]
    assert library.dense_search(COLLECTION, vector, TOP)
    figures["start_to_vectors_s"] = time.perf_counter() - begin
    line = json.dumps({"id": f"last{time.time_ns()}", "title": "", "text": "last"}).encode()
    library.add_passages("last.jsonl", line, collection="last")  # worked off after the check
    assert library.wait().is_finished
    return figures | {"start_checked_s": time.perf_counter() - begin}


def search(library: Library, folder: Path) -> dict[str, float]:
    """The search figures."""
    writer = Writer(3)
    questions = [writer.question(number) for number in range(QUERIES)]
    embedder = RandomEmbedder()
    vectors = embedder.embed(questions, "query")
    retriever = Retriever(library, embedder, candidates=30)
    keyword = latencies([lambda q=q: library.keyword_search(COLLECTION, q, 30) for q in questions])
    dense = latencies([lambda v=v: library.dense_search(COLLECTION, v, 30) for v in vectors])
    whole = latencies([lambda q=q: retriever.search(q, COLLECTION, TOP) for q in questions])
    found = [[hit.key for hit in library.dense_search(COLLECTION, v, TOP)] for v in vectors]
    figures = {"dense_recall_at_10": recall(found, vectors, folder)}
    for name, (median, high) in (("keyword", keyword), ("dense", dense), ("whole_search", whole)):
        figures |= {f"{name}_p50_ms": median, f"{name}_p95_ms": high}
    return figures


def recall(found: Sequence[Sequence[int]], vectors: Vectors, folder: Path) -> float:
    """The share of the ten nearest that was found, against comparing with every text's vector."""
    engine = open_engine(sqlite_url(folder / "answerdesk.db"))
    try:
        store = PassageStore(engine, RandomEmbedder.fingerprint)
        keys = sorted(store.keys(COLLECTION, embedded=True))
        texts = [passage.searchable_text for passage in store.texts(keys)]
    finally:
        engine.dispose()
    every = RandomEmbedder().embed(texts, "passage")
    hits = 0
    for query, mine in zip(vectors, found, strict=True):
        nearest: list[int] = np.argsort(-(every @ query))[:TOP].tolist()
        hits += len({keys[row] for row in nearest} & set(mine))
    return hits / (TOP * len(found))


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Wall and processor seconds."""
    wall, processor = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - processor


def latencies(work: Sequence[Callable[[], object]]) -> tuple[float, float]:
    """The median and the 95th percentile in milliseconds; the first of `work` is for warming up."""
    work[0]()
    seconds = [timed(one)[0] for one in work]
    return float(np.median(seconds)) * 1e3, float(np.percentile(seconds, 95)) * 1e3


def write(figures: Sequence[Figures]) -> None:
    rows = [{key: float(f"{value:.4g}") for key, value in asdict(one).items()} for one in figures]
    report = {"machine": machine(), "load": os.getloadavg()[0], "figures": rows}
    (HERE / "scale.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    lines = [
        f"| {key.replace('_', ' ')} | " + " | ".join(f"{row[key]:g}" for row in rows) + " |"
        for key in rows[0]
    ]
    lines.insert(1, "|---|" + "---:|" * len(rows))
    table = HERE / "scale.md"
    before, mark, after = table.read_text(encoding="utf-8").partition("<!-- table -->\n")
    rest = after.partition("<!-- end -->")[2]
    table.write_text(before + mark + "\n".join(lines) + "\n<!-- end -->" + rest, encoding="utf-8")


if __name__ == "__main__":
    main()
