"""Which fusion of keyword and dense ranking finds the right passage first.

    python -m tests.benchmarks.fusion            (about 5 minutes on 2 cores)

hit@1 over 240 paragraphs and 400 questions of each reading set, and over the sample shop's
pages the share of its fact questions whose page is among the first four. Writes fusion.md.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

from chatbot.samples import sample_documents
from chatbot.settings import Settings
from knowledge.chunking import chunk
from knowledge.documents import Passage, Position, Ranked
from knowledge.embedding import Embedder
from knowledge.embedding.loading import load_embedder
from knowledge.loading import load
from knowledge.pools import Candidates, GivenPool
from knowledge.retrieval import (
    contextual,
    fuse_rankings,
    keyword_trust,
    query_vector,
    weighted_terms,
)
from tests.benchmarks.data_sets import ReadingSet, cmrc, squad2, xquad
from tests.benchmarks.machine import machine
from tests.benchmarks.train_reader import CachedEmbedder
from tests.samples import sample_questions

HERE = Path(__file__).parent
RRF_K = 60  # Cormack et al. 2009
CANDIDATES = 50
METHODS = ("keyword", "dense", "reciprocal ranks", "z-scores", "z-scores with trust")
Rankings = Mapping[str, Sequence[Passage]]


def rankings(
    pool: GivenPool, embedder: Embedder, text: str, history: Sequence[str] = ()
) -> Rankings:
    """The passages as each method ranks them."""
    query = contextual(text, history)
    found = pool.candidates(query.text, query_vector(embedder, query), CANDIDATES)
    trust = keyword_trust(found, weighted_terms(query.text, pool))
    return {
        "keyword": [found.passages[hit.key] for hit in found.keyword],
        "dense": [found.passages[hit.key] for hit in found.dense],
        "reciprocal ranks": _by_reciprocal_rank(found),
        "z-scores": _passages(fuse_rankings(found)),
        "z-scores with trust": _passages(fuse_rankings(found, trust)),
    }


def _passages(ranked: Sequence[Ranked]) -> list[Passage]:
    return [item.passage for item in ranked]


def _by_reciprocal_rank(found: Candidates) -> list[Passage]:
    totals: dict[int, float] = {}
    for hits in (found.keyword, found.dense):
        for rank, hit in enumerate(hits, 1):
            totals[hit.key] = totals.get(hit.key, 0.0) + 1 / (RRF_K + rank)
    return [found.passages[key] for key in sorted(totals, key=lambda key: (-totals[key], key))]


def reading_row(data: ReadingSet, embedder: Embedder) -> dict[str, float]:
    """hit@1 by method."""
    pool = GivenPool(data.passages, embedder)
    right: Counter[str] = Counter()
    for question in data.questions:
        gold = data.passages[question.paragraph]
        for method, ranked in rankings(pool, embedder, question.text).items():
            right[method] += ranked[:1] == [gold]
    return {method: right[method] / len(data.questions) for method in METHODS}


def shop_row(embedder: Embedder) -> dict[str, float]:
    """The share of the shop's questions with a page to cite that is among the first four."""
    pool = GivenPool(list(_shop_passages()), embedder)
    asked = [q for q in sample_questions() if q.expected.cites]
    right: Counter[str] = Counter()
    for question in asked:
        history = [said.text for said in question.history if said.role == "user"]
        for method, ranked in rankings(pool, embedder, question.question, history).items():
            stems = {PurePosixPath(passage.document).stem for passage in ranked[:4]}
            right[method] += bool(stems & set(question.expected.cites))
    return {method: right[method] / len(asked) for method in METHODS}


def _shop_passages() -> Iterator[Passage]:
    for name, data in sample_documents():
        loaded = load(name, data)
        for number, part in enumerate(chunk(loaded)):
            position = Position(part.start, part.end, part.headings)
            text = loaded.text[part.start : part.end]
            yield Passage(f"{name}-{number}", name, loaded.title, text, position)


def main() -> None:
    settings = Settings()
    embedder = CachedEmbedder(load_embedder(settings.embedder.model, settings.models_folder, None))
    english, chinese = xquad("en"), xquad("zh")
    avoid = english.texts | chinese.texts
    sets = [data.sample(240, 400, 0, frozenset()) for data in (english, chinese)]
    sets += [make().sample(240, 400, 0, avoid) for make in (squad2, cmrc)]
    rows: list[tuple[str, Mapping[str, float]]] = []
    for data in sets:
        embedder.embed([question.text for question in data.questions], "query")
        rows.append((f"{data.name}, hit@1", reading_row(data, embedder)))
        print(rows[-1], flush=True)
    rows.append(("sample shop, page in 4", shop_row(embedder)))
    print(rows[-1], flush=True)
    lines = [
        "# Fusing the keyword and the dense ranking",
        "",
        f"`python -m tests.benchmarks.fusion` on {machine()}.",
        "",
        "| | " + " | ".join(METHODS) + " |",
        "|" + "---|" * (len(METHODS) + 1),
        *(
            f"| {name} | " + " | ".join(f"{row[m]:.3f}" for m in METHODS) + " |"
            for name, row in rows
        ),
    ]
    (HERE / "fusion.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
