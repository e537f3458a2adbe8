"""Passages that a question is put to, and what the two indexes make of it: values and pools."""

import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import numpy as np

from knowledge.documents import Passage
from knowledge.embedding import Embedder, Vectors
from knowledge.indexes import Hit
from knowledge.language import terms
from knowledge.spans import span_texts

# BM25's usual constants (Robertson and Zaragoza 2009).
BM25_K1 = 1.2
BM25_B = 0.75


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
    """What is searched for. `text` stands on its own; `focus` is the follow-up in it, if it is one.

    `also` are other words for what it says, `answered` what the follow-up may lean on besides: the
    answer before it. It helps to find passages, and is no part of what is asked.
    """

    text: str
    focus: str = ""
    also: str = ""
    answered: str = ""

    @property
    def keywords(self) -> str:
        """What the documents' words are compared with."""
        return " ".join(filter(None, (self.answered, self.text, self.also)))

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

    @property
    def name(self) -> str:
        """Tells pools, and the states of one, apart; empty for one that is asked only once."""
        ...

    def vocabulary(self) -> Collection[str]:
        """Every term of the passages."""
        ...


class StoredPassages(Protocol):
    """What retrieval needs of the library."""

    def searching(self) -> AbstractContextManager[None]:
        """While this is held, questions and passages are embedded by one and the same model."""
        ...

    def keyword_search(self, collection: str, query: str, limit: int) -> list[Hit]: ...

    def dense_search(self, collection: str, vector: Vectors, limit: int) -> list[Hit]: ...

    def vectors(self, collection: str, keys: Sequence[int]) -> dict[int, Vectors]: ...

    def span_vectors(self, keys: Sequence[int]) -> dict[int, Vectors]:
        """For each passage whose spans are embedded their vectors, shape `(spans, dimension)`."""
        ...

    def passages(self, keys: Sequence[int]) -> dict[int, Passage]: ...

    def idf(self, collection: str, words: Sequence[str]) -> dict[str, float]: ...

    def vocabulary(self, collection: str) -> Collection[str]: ...

    def passage_count(self, collection: str) -> int: ...


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

    @property
    def name(self) -> str:
        return f"{self.collection} {self.library.passage_count(self.collection)}"

    def vocabulary(self) -> Collection[str]:
        return self.library.vocabulary(self.collection)


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

    @property
    def name(self) -> str:
        return ""

    def vocabulary(self) -> Collection[str]:
        return set[str]().union(*self._terms)

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
