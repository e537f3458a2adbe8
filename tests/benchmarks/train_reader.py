"""Fits the reader's two linear models and writes assets/weights/reader.json.

    python -m tests.benchmarks.train_reader            (about 10 minutes on 2 cores)

Trained on samples of SQuAD 2.0, CMRC 2018 and DRCD; XQuAD is only measured, and none of
its paragraphs is trained on. An unanswerable question is an answerable one whose
paragraph was taken away, among 240 paragraphs or among 5.
"""

import json
import random
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn import metrics
from sklearn.linear_model import LogisticRegression

from chatbot.settings import Settings
from knowledge.documents import Passage, Ranked
from knowledge.embedding import Embedder, TextKind, Vectors
from knowledge.embedding.loading import load_embedder
from knowledge.indexes import Hit
from knowledge.pools import Candidates, GivenPool, PassagePool, Query
from knowledge.reader import (
    PASSAGES_READ,
    LinearModel,
    Reader,
    ReaderWeights,
    ReadSpan,
    answerability_features,
)
from knowledge.retrieval import Retriever, weighted_terms
from knowledge.spans import answer_spans, span_text
from tests.benchmarks.data_sets import ReadingSet, cmrc, contains_gold, drcd, squad2, xquad

WEIGHTS = Path(__file__).parents[2] / "assets" / "weights" / "reader.json"
REPORT = Path(__file__).parent / "reader.json"
TOP_K = PASSAGES_READ

SPAN_FEATURES = (
    "similarity",
    "coverage",
    "passage_similarity",
    "passage_behind",
    "passage_rank",
    "names_missing",
    "type_fit",
)
ANSWERABLE_FEATURES = ("similarity", "coverage", "passage_coverage", "unknown")


class CachedEmbedder:
    """An embedder that embeds each text once."""

    def __init__(self, inner: Embedder) -> None:
        self._inner = inner
        self._known: dict[tuple[str, TextKind], Vectors] = {}
        self.fingerprint = inner.fingerprint
        self.dimension = inner.dimension

    def embed(self, texts: Sequence[str], kind: TextKind) -> Vectors:
        new = [text for text in dict.fromkeys(texts) if (text, kind) not in self._known]
        if new:
            for text, vector in zip(new, self._inner.embed(new, kind), strict=True):
                self._known[text, kind] = vector
        return np.stack([self._known[text, kind] for text in texts])


@dataclass(frozen=True, slots=True)
class PoolWithout:
    """A pool from which one passage was taken away."""

    pool: GivenPool
    missing: Passage

    def candidates(self, query: str, vector: Vectors, limit: int) -> Candidates:
        found = self.pool.candidates(query, vector, limit + 1)
        kept = {key: p for key, p in found.passages.items() if p != self.missing}

        def stays(hits: Sequence[Hit]) -> list[Hit]:
            return [hit for hit in hits if hit.key in kept]

        return Candidates(
            kept,
            stays(found.keyword),
            stays(found.dense),
            found.similarities,
            found.span_similarities,
        )

    @property
    def name(self) -> str:
        return ""

    def vocabulary(self) -> Collection[str]:
        return self.pool.vocabulary()

    def idf(self, words: Sequence[str]) -> dict[str, float]:
        return self.pool.idf(words)


@dataclass(frozen=True, slots=True)
class Example:
    """One question put to one pool."""

    query: Query
    setting: str
    answers: tuple[str, ...]
    answerable: bool
    spans: list[ReadSpan]
    ranked: list[Ranked]
    asked: Mapping[str, float]
    gold: Passage


def examples(data: ReadingSet, embedder: Embedder, seed: int) -> Iterator[Example]:
    """Each question with and without its paragraph, among all paragraphs and among five."""
    rng = random.Random(seed)  # noqa: S311 -- a repeatable sample
    retriever = Retriever(_NoLibrary(), embedder, candidates=50)  # pyright: ignore[reportArgumentType] -- only given pools are asked
    reader = Reader(embedder, ReaderWeights(LinearModel({}, 0), LinearModel({}, 0)))
    whole = GivenPool(data.passages, embedder)
    _embed_ahead(data, embedder)
    for question in data.questions:
        gold = data.passages[question.paragraph]
        others = rng.sample([p for p in data.passages if p != gold], 5)
        pools: list[tuple[str, bool, PassagePool]] = [
            ("store", True, whole),
            ("store", False, PoolWithout(whole, gold)),
            ("five", True, GivenPool([*others[:4], gold], embedder)),
            ("five", False, GivenPool(others, embedder)),
        ]
        query = Query(question.text)
        for setting, answerable, pool in pools:
            asked = weighted_terms(query.text, pool)
            ranked = retriever.search_pool(pool, query, TOP_K)
            spans = reader.read_spans(query, ranked, asked)
            yield Example(query, setting, question.answers, answerable, spans, ranked, asked, gold)


def _embed_ahead(data: ReadingSet, embedder: Embedder) -> None:
    """All texts at once: several times as fast as one by one."""
    embedder.embed([question.text for question in data.questions], "query")
    spans = [
        span_text(passage, span)
        for passage in data.passages
        for span in answer_spans(passage.text, passage.position.headings)
    ]
    embedder.embed([*(p.searchable_text for p in data.passages), *spans], "passage")


class _NoLibrary:
    """Stands where the store would be; the examples bring their own passages."""


def fit(
    rows: Sequence[Mapping[str, float]], labels: Sequence[bool], names: Sequence[str]
) -> LinearModel:
    """Logistic regression on standardised features, folded back into plain weights."""
    matrix = _matrix(rows, names)
    mean, spread = matrix.mean(axis=0), matrix.std(axis=0) + 1e-9
    model: Any = LogisticRegression(max_iter=2000)  # scikit-learn has no types
    model.fit((matrix - mean) / spread, labels)
    weights: list[float] = [float(weight) for weight in model.coef_[0] / spread]
    bias = float(model.intercept_[0]) - sum(w * m for w, m in zip(weights, mean, strict=True))
    return LinearModel(dict(zip(names, weights, strict=True)), float(bias))


def _matrix(rows: Sequence[Mapping[str, float]], names: Sequence[str]) -> NDArray[np.float64]:
    return np.array([[row[name] for name in names] for row in rows], dtype=np.float64)


def train(found: Sequence[Example]) -> ReaderWeights:
    """Both models; the second is fitted on the order that the first gives."""
    spans = [(span, e) for e in found if e.answerable for span in e.spans]
    labels = [s.passage == e.gold and contains_gold(s.text, e.answers) for s, e in spans]
    span_model = _shrunk(fit([span.features for span, _ in spans], labels, SPAN_FEATURES))
    usable = [e for e in found if e.spans]
    rows = [answerability(e, span_model) for e in usable]
    answerable = fit(rows, [e.answerable for e in usable], ANSWERABLE_FEATURES)
    return ReaderWeights(span_model, answerable)


def _shrunk(model: LinearModel) -> LinearModel:
    """`model` with less weight on the passage that a span stands in.

    Encyclopaedia paragraphs differ in topic far more than the pages of one company, and even
    on the former 0.25 finds more answers in two spans than 1 (XQuAD zh .876 against .856).
    """
    weights = {
        name: weight * (0.25 if name.startswith("passage_") else 1.0)
        for name, weight in model.weights.items()
    }
    return LinearModel(weights, model.bias)


def answerability(example: Example, span_model: LinearModel) -> dict[str, float]:
    """The features of an example under `span_model`."""
    best = sorted(example.spans, key=lambda item: -span_model.score(item.features))
    return answerability_features(example.query, best, example.ranked, example.asked)


def measure(found: Sequence[Example], weights: ReaderWeights) -> dict[str, float]:
    """Share with the gold in the best one and two spans; AUROC and refusals of answerability."""
    one = two = count = 0
    scores: list[float] = []
    labels: list[bool] = []
    for example in found:
        best = sorted(example.spans, key=lambda item: -weights.span.score(item.features))
        if example.answerable:
            count += 1
            one += contains_gold(best[0].text if best else "", example.answers)
            two += any(contains_gold(item.text, example.answers) for item in best[:2])
        scores.append(
            weights.answerable.probability(answerability(example, weights.span)) if best else 0.0
        )
        labels.append(example.answerable)
    values, truth = np.array(scores), np.array(labels)
    threshold = float(np.quantile(values[truth], 0.1))
    return {
        "questions": count,
        "gold_in_best_span": one / count,
        "gold_in_two_spans": two / count,
        "answerability_auroc": _auroc(truth, values),
        "threshold_at_10_percent_false_refusals": threshold,
        "refused_of_unanswerable_there": float((values[~truth] < threshold).mean()),
        **{f"false_refusals_at_{t}": float((values[truth] < t).mean()) for t in (0.2, 0.3, 0.5)},
        **{f"refused_at_{t}": float((values[~truth] < t).mean()) for t in (0.2, 0.3, 0.5)},
    }


def _auroc(truth: NDArray[np.bool_], values: NDArray[np.float64]) -> float:
    scorer: Any = metrics  # scikit-learn has no types
    return float(scorer.roc_auc_score(truth, values))


def main() -> None:
    settings = Settings()
    embedder = CachedEmbedder(
        load_embedder(settings.embedder.model, settings.models_folder, settings.embedder.threads)
    )
    english, chinese = xquad("en"), xquad("zh")
    avoid = english.texts | chinese.texts
    sets = [s().sample(240, 500, seed=0, avoid=avoid) for s in (squad2, cmrc, drcd)]
    found = {data.name: list(examples(data, embedder, seed=1)) for data in sets}
    weights = train([example for group in found.values() for example in group])
    WEIGHTS.parent.mkdir(exist_ok=True)
    WEIGHTS.write_text(_as_json(weights), encoding="utf-8")
    for data in (english, chinese):
        found[data.name] = list(examples(data.sample(240, 400, 0, frozenset()), embedder, seed=1))
    report = {
        f"{name} {setting}": measure([e for e in group if e.setting == setting], weights)
        for name, group in found.items()
        for setting in ("store", "five")
    }
    REPORT.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    for name, figures in report.items():
        print(name, {key: round(value, 3) for key, value in figures.items()})


def _as_json(weights: ReaderWeights) -> str:
    def part(model: LinearModel) -> dict[str, object]:
        rounded = {name: round(value, 4) for name, value in model.weights.items()}
        return {"weights": rounded, "bias": round(model.bias, 4)}

    return (
        json.dumps({"span": part(weights.span), "answerable": part(weights.answerable)}, indent=2)
        + "\n"
    )


if __name__ == "__main__":
    main()
