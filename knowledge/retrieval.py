"""From a question to ranked passages: keyword and dense search, fused; duplicates collapsed.

One path serves chat, the search page, the command line and the API.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import numpy as np

from knowledge.documents import Passage, Ranked
from knowledge.embedding import Embedder, Vectors
from knowledge.followups import is_follow_up, topic_of
from knowledge.indexes import Hit
from knowledge.language import normalise, term_set, terms
from knowledge.spans import span_texts

# BM25's usual constants (Robertson and Zaragoza 2009).
BM25_K1 = 1.2
BM25_B = 0.75

# "And the K1?" says too little to be searched for by itself.
LEAST_TERMS_OF_A_FOCUS = 3

# Shares of the query's weight in the best keyword hit. Against full trust: the same hit@1 on three
# reading sets and 0.0025 less on XQuAD zh (tests/benchmarks/fusion.md), and one more of the sample
# shop's forty questions right, where visitors use other words than the documents.
UNTRUSTED_SHARE = 0.05
TRUSTED_SHARE = 0.3

# Beside the keyword scores. Half for the passage finds .01 more across languages than a whole, and
# as much within one (tests/benchmarks/retrieval.md).
PASSAGE_WEIGHT = 0.5
SPAN_WEIGHT = 1.0


@dataclass(frozen=True, slots=True)
class Candidates:
    """What the two indexes returned for one query, each best first.

    `similarities` holds the cosine of every candidate whose vector is known, and
    `span_similarities` that of its span that is most like the query.
    """

    passages: Mapping[int, Passage]
    keyword: Sequence[Hit]
    dense: Sequence[Hit]
    similarities: Mapping[int, float]
    span_similarities: Mapping[int, float] = field(default_factory=dict[int, float])


@dataclass(frozen=True, slots=True)
class Query:
    """What is searched for. `text` stands on its own; `focus` is the follow-up in it, if it is one."""

    text: str
    focus: str = ""

    @property
    def asked(self) -> str:
        """What the answer must answer: the follow-up alone, where there is one."""
        return self.focus or self.text


class PassagePool(Protocol):
    """Passages that a query is put to: a collection of the store, or a few given ones."""

    def candidates(self, query: str, vector: Vectors, limit: int) -> Candidates: ...

    def idf(self, words: Sequence[str]) -> dict[str, float]:
        """Inverse document frequency of each term, at least 0."""
        ...


class StoredPassages(Protocol):
    """What retrieval needs of the library."""

    def keyword_search(self, collection: str, query: str, limit: int) -> list[Hit]: ...

    def dense_search(self, collection: str, vector: Vectors, limit: int) -> list[Hit]: ...

    def vectors(self, collection: str, keys: Sequence[int]) -> dict[int, Vectors]: ...

    def span_vectors(self, keys: Sequence[int]) -> dict[int, Vectors]:
        """For each passage whose spans are embedded their vectors, shape `(spans, dimension)`."""
        ...

    def passages(self, keys: Sequence[int]) -> dict[int, Passage]: ...

    def idf(self, collection: str, words: Sequence[str]) -> dict[str, float]: ...


@dataclass(frozen=True, slots=True)
class CollectionPool:
    """One collection of the library."""

    library: StoredPassages
    collection: str

    def candidates(self, query: str, vector: Vectors, limit: int) -> Candidates:
        keyword = self.library.keyword_search(self.collection, query, limit)
        dense = self.library.dense_search(self.collection, vector, limit)
        similarities = {hit.key: hit.score for hit in dense}
        missing = [hit.key for hit in keyword if hit.key not in similarities]
        for key, stored in self.library.vectors(self.collection, missing).items():
            similarities[key] = float(stored @ vector)
        keys = list({hit.key for hit in (*keyword, *dense)})
        spans = best_spans(self.library.span_vectors(keys), vector)
        return Candidates(self.library.passages(keys), keyword, dense, similarities, spans)

    def idf(self, words: Sequence[str]) -> dict[str, float]:
        return self.library.idf(self.collection, words)


class GivenPool:
    """Passages that came with the question; nothing is stored."""

    def __init__(self, passages: Sequence[Passage], embedder: Embedder) -> None:
        self._passages = dict(enumerate(passages))
        self._terms = [Counter(terms(passage.searchable_text)) for passage in passages]
        self._embedder = embedder

    def candidates(self, query: str, vector: Vectors, limit: int) -> Candidates:
        texts = [passage.searchable_text for passage in self._passages.values()]
        vectors = self._embedder.embed(texts, "passage")
        similarities = {key: float(row @ vector) for key, row in enumerate(vectors)}
        dense = _best((Hit(key, score) for key, score in similarities.items()), limit)
        keyword = _best((hit for hit in self._bm25(query) if hit.score > 0), limit)
        spans = best_spans(self._spans, vector)
        return Candidates(self._passages, keyword, dense, similarities, spans)

    @cached_property
    def _spans(self) -> Mapping[int, Vectors]:
        texts = {key: span_texts(passage) for key, passage in self._passages.items()}
        every = [text for some in texts.values() for text in some]
        vectors = self._embedder.embed(every, "passage")
        ends = np.cumsum([len(some) for some in texts.values()])
        parts = zip(texts, np.split(vectors, ends[:-1]), strict=True) if texts else ()
        return {key: part for key, part in parts if len(part)}

    def idf(self, words: Sequence[str]) -> dict[str, float]:
        count = len(self._terms)
        frequency = {word: sum(word in bag for bag in self._terms) for word in words}
        return {word: bm25_idf(count, df) for word, df in frequency.items()}

    def _bm25(self, query: str) -> list[Hit]:
        words = set(terms(query))
        weight = self.idf(list(words))
        mean_length = sum(bag.total() for bag in self._terms) / max(1, len(self._terms))
        return [
            Hit(key, sum(weight[w] * _saturated(bag[w], bag.total(), mean_length) for w in words))
            for key, bag in enumerate(self._terms)
        ]


def best_spans(spans: Mapping[int, Vectors], vector: Vectors) -> dict[int, float]:
    """The cosine of the span of each passage that is most like `vector`."""
    return {key: float((vectors @ vector).max()) for key, vectors in spans.items()}


def bm25_idf(count: int, frequency: int) -> float:
    """BM25's idf with the +1 that keeps it positive; `frequency` of `count` documents have the term."""
    return math.log(1 + (count - frequency + 0.5) / (frequency + 0.5))


def _saturated(frequency: int, length: int, mean_length: float) -> float:
    norm = BM25_K1 * (1 - BM25_B + BM25_B * length / max(mean_length, 1.0))
    return frequency * (BM25_K1 + 1) / (frequency + norm)


def _best(hits: Iterable[Hit], limit: int) -> list[Hit]:
    return sorted(hits, key=lambda hit: (-hit.score, hit.key))[:limit]


class Retriever:
    """Searches the library, or the passages that came with a question."""

    def __init__(self, library: StoredPassages, embedder: Embedder, *, candidates: int) -> None:
        self._library = library
        self._embedder = embedder
        self._candidates = candidates

    def search(
        self, query: str, collection: str, top_k: int, history: Sequence[str] = ()
    ) -> list[Ranked]:
        """The `top_k` best passages, best first. `history` is what the visitor said before, oldest first."""
        return self.search_pool(self.pool(collection), contextual(query, history), top_k)

    def pool(self, collection: str) -> CollectionPool:
        """The passages of one collection."""
        return CollectionPool(self._library, collection)

    def given(self, passages: Sequence[Passage]) -> GivenPool:
        """The passages that came with a question."""
        return GivenPool(passages, self._embedder)

    def search_pool(self, pool: PassagePool, query: Query, top_k: int) -> list[Ranked]:
        """The `top_k` best passages of `pool`, best first."""
        if not query.text.strip():
            return []
        found = pool.candidates(query.text, query_vector(self._embedder, query), self._candidates)
        trust = keyword_trust(found, weighted_terms(query.text, pool))
        return collapse_duplicates(fuse_rankings(found, trust))[:top_k]


def contextual(message: str, history: Sequence[str]) -> Query:
    """`message` as a query, led by the topic of the conversation when it leans on it."""
    topic = topic_of(history)
    if not topic or not is_follow_up(message):
        return Query(message)
    says_enough = len(terms(message)) >= LEAST_TERMS_OF_A_FOCUS
    return Query(f"{topic} {message}", focus=message if says_enough else "")


def query_vector(embedder: Embedder, query: Query) -> Vectors:
    """Unit vector of `query`, shape `(dimension,)`; a follow-up counts as much as what it leans on."""
    texts = [query.text, *([query.focus] if query.focus else [])]
    total = embedder.embed(texts, "query").sum(axis=0)
    return total / np.linalg.norm(total)


def fuse_rankings(found: Candidates, trust: float = 1.0) -> list[Ranked]:
    """Candidates ranked by the sum of z-scores: keyword, passage and best span.

    The order of the rankings does not matter. `trust` in [0, 1] weighs the keyword scores. A
    candidate that an index did not return counts as that index's worst; one whose spans are not
    embedded yet, by its passage. z-scores did better than reciprocal ranks
    (tests/benchmarks/fusion.md), and with the best span than without (retrieval.md).
    """
    keyword = {hit.key: hit.score for hit in found.keyword}
    keyword_ranks = {hit.key: rank for rank, hit in enumerate(found.keyword, 1)}
    dense_ranks = {hit.key: rank for rank, hit in enumerate(found.dense, 1)}
    keys = sorted({*keyword, *dense_ranks} & set(found.passages))
    spans = {**found.similarities, **found.span_similarities}
    scores = (
        trust * _z_scores(keys, keyword)
        + PASSAGE_WEIGHT * _z_scores(keys, found.similarities)
        + SPAN_WEIGHT * _z_scores(keys, spans)
    )
    ranked = [
        Ranked(
            passage=found.passages[key],
            score=float(score),
            keyword_rank=keyword_ranks.get(key),
            dense_rank=dense_ranks.get(key),
            keyword_score=keyword.get(key),
            similarity=found.similarities.get(key),
            span_similarity=found.span_similarities.get(key),
        )
        for key, score in zip(keys, scores, strict=True)
    ]
    return sorted(ranked, key=lambda item: (-item.score, item.passage.id))


def keyword_trust(found: Candidates, asked: Mapping[str, float]) -> float:
    """How far to believe the keyword ranking: by the share of the query that its best hit has.

    A visitor who uses none of the document's words gets hits on incidental ones, and
    those would push aside what the vectors found.
    """
    best = [found.passages[hit.key] for hit in found.keyword[:1] if hit.key in found.passages]
    share = max((coverage(asked, passage.searchable_text) for passage in best), default=0.0)
    return min(1.0, max(0.0, (share - UNTRUSTED_SHARE) / (TRUSTED_SHARE - UNTRUSTED_SHARE)))


def coverage(asked: Mapping[str, float], text: str) -> float:
    """The share of the query's weight whose terms stand in `text`."""
    words = term_set(text)
    return sum(weight for word, weight in asked.items() if word in words)


def weighted_terms(query: str, pool: PassagePool) -> Mapping[str, float]:
    """The query's terms, each with its share of the query's idf; they sum to 1."""
    weights = pool.idf(sorted(set(terms(query))))
    total = sum(weights.values())
    return {word: weight / total for word, weight in weights.items()} if total else {}


def _z_scores(keys: Sequence[int], scores: Mapping[int, float]) -> Vectors:
    lowest = min((scores[key] for key in keys if key in scores), default=0.0)
    values = np.array([scores.get(key, lowest) for key in keys], dtype=np.float32)
    spread = float(values.std()) if len(values) else 0.0
    return (values - values.mean()) / spread if spread > 1e-6 else np.zeros_like(values)


def collapse_duplicates(ranked: Sequence[Ranked]) -> list[Ranked]:
    """Of passages with the same text only the best-ranked stays."""
    seen: set[str] = set()
    kept: list[Ranked] = []
    for item in ranked:
        text = normalise(item.passage.text).casefold()
        if text not in seen:
            seen.add(text)
            kept.append(item)
    return kept
