"""Which spans of the retrieved passages answer the question, and whether any does.

Two small linear models over plain features; `tests/benchmarks/train_reader.py` fits
them and writes the weights. A stronger reader replaces `Reader` behind the same method.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Self

from knowledge.answer_types import counted_missing, type_fit
from knowledge.documents import Passage, Ranked
from knowledge.embedding import Embedder
from knowledge.language import term_set
from knowledge.names import missing_names, names_in
from knowledge.pools import PassagePool, Query
from knowledge.reading import Evidence, Reading
from knowledge.retrieval import coverage, query_vector, weighted_terms
from knowledge.spans import AnswerSpan, answer_spans, span_text

# Reading eight rather than four lets visitors who use other words than the documents find the
# passage that the fused ranking puts fifth to eighth; the spans decide.
PASSAGES_READ = 8
MOST_EVIDENCE = 6
# Spans read at most, so that a page of one-line items costs no more than a page of prose.
MOST_SPANS = 80


# A name of the question, or what it counts ("how many decibels"), that nothing read mentions:
# so in 4% of the answerable questions of SQuAD and XQuAD and in 28% to 60% of the others.
SOMETHING_MISSING = 0.3


@dataclass(frozen=True, slots=True)
class LinearModel:
    """`bias + weights . features`; probabilities through the logistic function."""

    weights: Mapping[str, float]
    bias: float

    def score(self, features: Mapping[str, float]) -> float:
        """The log-odds."""
        return self.bias + sum(weight * features[name] for name, weight in self.weights.items())

    def probability(self, features: Mapping[str, float]) -> float:
        """In [0, 1]."""
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, self.score(features)))))


@dataclass(frozen=True, slots=True)
class ReaderWeights:
    """`span`: does this span hold the answer; `answerable`: does any."""

    span: LinearModel
    answerable: LinearModel

    @classmethod
    def load(cls) -> Self:
        """The trained weights that come with AnswerDesk."""
        text = resources.files("assets").joinpath("weights/reader.json").read_text("utf-8")
        stored = json.loads(text)
        return cls(LinearModel(**stored["span"]), LinearModel(**stored["answerable"]))


@dataclass(frozen=True, slots=True)
class ReadSpan:
    """A span with what speaks for it."""

    passage: Passage
    span: AnswerSpan
    terms: frozenset[str]
    features: Mapping[str, float]

    @property
    def text(self) -> str:
        """The literal words."""
        return self.passage.text[self.span.start : self.span.end]


class Reader:
    """Reads passages. Thread-safe."""

    def __init__(self, embedder: Embedder, weights: ReaderWeights) -> None:
        self._embedder = embedder
        self._weights = weights

    def read(self, query: Query, ranked: Sequence[Ranked], pool: PassagePool) -> Reading:
        """Evidence for `query`, best first, and the probability that it holds the answer."""
        asked = weighted_terms(query.text, pool)
        spans = self.read_spans(query, ranked, asked)
        if not spans:
            return Reading()
        by_score = sorted(spans, key=lambda item: -self._weights.span.score(item.features))
        features = answerability_features(query, by_score, ranked, asked)
        evidence = tuple(
            Evidence(
                passage=item.passage,
                start=item.span.start,
                end=item.span.end,
                score=self._weights.span.probability(item.features),
                context=item.span.context,
            )
            for item in _without_overlaps(by_score)[:MOST_EVIDENCE]
        )
        probability = self._weights.answerable.probability(features)
        if features["names_missing"] or features["counted_missing"]:
            probability *= SOMETHING_MISSING
        return Reading(evidence, probability, features)

    def read_spans(
        self, query: Query, ranked: Sequence[Ranked], asked: Mapping[str, float]
    ) -> list[ReadSpan]:
        """Every span of the best passages with its features, in reading order."""
        found = [
            (rank, item, span)
            for rank, item in enumerate(ranked[:PASSAGES_READ])
            for span in answer_spans(item.passage.text, item.passage.position.headings)
        ][:MOST_SPANS]
        if not found:
            return []
        vectors = self._embedder.embed([span_text(i.passage, s) for _, i, s in found], "passage")
        question = query_vector(self._embedder, query)
        likeness = Likeness(query, asked, ranked[0].score, names_in(query.asked))
        return [
            likeness.of_span(item, span, float(vector @ question), rank)
            for (rank, item, span), vector in zip(found, vectors, strict=True)
        ]


@dataclass(frozen=True, slots=True)
class Likeness:
    """What a span is compared with: the query and its weighted terms."""

    query: Query
    asked: Mapping[str, float]
    top_score: float
    names: Sequence[str]

    def of_span(self, item: Ranked, span: AnswerSpan, similarity: float, rank: int) -> ReadSpan:
        """The span with what speaks for it."""
        text = span_text(item.passage, span)
        words = term_set(text)
        quoted = item.passage.text[span.start : span.end]
        features = {
            "similarity": similarity,
            "coverage": sum(weight for word, weight in self.asked.items() if word in words),
            "passage_similarity": item.similarity or 0.0,
            "passage_behind": item.score - self.top_score,
            "passage_rank": float(rank),
            "names_missing": self._names_missing(text),
            "type_fit": type_fit(self.query.asked, quoted),
        }
        return ReadSpan(item.passage, span, words, features)

    def _names_missing(self, text: str) -> float:
        if not self.names:
            return 0.0
        return len(missing_names(self.query.asked, text)) / len(self.names)


def answerability_features(
    query: Query, spans: Sequence[ReadSpan], ranked: Sequence[Ranked], asked: Mapping[str, float]
) -> dict[str, float]:
    """What tells an answerable question; `spans` best first, at least one."""
    read = "\n".join(item.passage.searchable_text for item in ranked[:PASSAGES_READ])
    best = spans[0].passage.searchable_text
    quoted = "\n".join(item.text for item in spans[:2])
    said = frozenset[str]().union(*(item.terms for item in spans[:2]))
    names = names_in(query.text)
    return {
        "similarity": max(item.features["similarity"] for item in spans),
        "coverage": sum(weight for word, weight in asked.items() if word in said),
        "passage_coverage": coverage(asked, best),
        "unknown": 1.0 - coverage(asked, read),
        "names_missing": len(missing_names(query.text, read)) / max(1, len(names)),
        "type_fit": type_fit(query.asked, quoted),
        "counted_missing": float(counted_missing(query.asked, read)),
    }


def _without_overlaps(spans: Sequence[ReadSpan]) -> list[ReadSpan]:
    """Of a list and its items, only the better one stays."""
    kept: list[ReadSpan] = []
    for item in spans:
        if not any(_overlap(item, other) for other in kept):
            kept.append(item)
    return kept


def _overlap(one: ReadSpan, other: ReadSpan) -> bool:
    return (
        one.passage.id == other.passage.id
        and one.span.start < other.span.end
        and other.span.start < one.span.end
    )
