"""From a question to ranked passages: keyword and dense search, fused; duplicates collapsed.

One path serves chat, the search page, the command line and the API.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from knowledge.documents import Passage, Ranked
from knowledge.embedding import Embedder, Vectors
from knowledge.followups import is_follow_up, topic_of
from knowledge.language import normalise, term_set, terms
from knowledge.pools import (
    Candidates,
    CollectionPool,
    GivenPool,
    PassagePool,
    Query,
    StoredPassages,
)
from knowledge.reranking import Reranker, reranked
from knowledge.rewording import Reworded, Rewording
from knowledge.synonyms import Synonyms

# "And the K1?" says too little to be searched for by itself.
LEAST_TERMS_OF_A_FOCUS = 3
# Of the last answer: what it is about is said at its beginning.
MOST_OF_AN_ANSWER = 300

# Shares of the query's weight in the best keyword hit. Against full trust: the same hit@1 on three
# reading sets and 0.0025 less on XQuAD zh (tests/benchmarks/fusion.md), and one more of the sample
# shop's forty questions right, where visitors use other words than the documents.
UNTRUSTED_SHARE = 0.05
TRUSTED_SHARE = 0.3


class Retriever:
    """Searches the library, or the passages that came with a question."""

    def __init__(
        self,
        library: StoredPassages,
        embedder: Embedder,
        *,
        candidates: int,
        synonyms: Callable[[], Synonyms] = Synonyms,
        reranker: Reranker | None = None,
    ) -> None:
        """`synonyms` returns those in force; `reranker` reads the best passages again."""
        self._library = library
        self._embedder = embedder
        self._candidates = candidates
        self._synonyms = synonyms
        self._reranker = reranker
        self._rewording = Rewording()

    def search(
        self,
        query: str,
        collection: str,
        top_k: int,
        history: Sequence[str] = (),
        answered: str = "",
    ) -> list[Ranked]:
        """The `top_k` best passages, best first.

        `history` is what the visitor said before, oldest first; `answered` what they heard last.
        """
        pool = self.pool(collection)
        reworded = self.reword(contextual(query, history, answered), pool)
        return self.search_pool(pool, reworded.query, top_k)

    def pool(self, collection: str) -> CollectionPool:
        """The passages of one collection."""
        return CollectionPool(self._library, collection)

    def given(self, passages: Sequence[Passage]) -> GivenPool:
        """The passages that came with a question."""
        return GivenPool(passages, self._embedder)

    def reword(self, query: Query, pool: PassagePool) -> Reworded:
        """`query` in the words of `pool`: with synonyms, and without slips if nothing else helps."""
        return self._rewording.reworded(query, pool, self._synonyms())

    def search_pool(self, pool: PassagePool, query: Query, top_k: int) -> list[Ranked]:
        """The `top_k` best passages of `pool`, best first."""
        if not query.text.strip():
            return []
        with self._library.searching():
            vector = search_vector(self._embedder, query)
            found = pool.candidates(query.keywords, vector, self._candidates)
        trust = keyword_trust(found, weighted_terms(query.keywords, pool))
        ranked = collapse_duplicates(fuse_rankings(found, trust))
        if self._reranker is not None:
            ranked = reranked(ranked, query.text, self._reranker)
        return ranked[:top_k]


def contextual(message: str, history: Sequence[str], answered: str = "") -> Query:
    """`message` as a query, led by the topic of the conversation when it leans on it.

    `history` is what the visitor said before, oldest first; `answered` what they heard last.
    """
    topic = topic_of(history)
    if not (topic or answered) or not is_follow_up(message):
        return Query(message)
    says_enough = len(terms(message)) >= LEAST_TERMS_OF_A_FOCUS
    return Query(
        f"{topic} {message}".strip(),
        focus=message if says_enough else "",
        answered=answered[:MOST_OF_AN_ANSWER],
    )


def search_vector(embedder: Embedder, query: Query) -> Vectors:
    """Unit vector to find passages by: as `query_vector`, what was answered before it included."""
    if not query.answered:
        return query_vector(embedder, query)
    return query_vector(embedder, replace(query, text=f"{query.answered} {query.text}"))


def query_vector(embedder: Embedder, query: Query) -> Vectors:
    """Unit vector of `query`, shape `(dimension,)`; a follow-up counts as much as what it leans on."""
    texts = [query.text, *([query.focus] if query.focus else [])]
    total = embedder.embed(texts, "query").sum(axis=0)
    return total / np.linalg.norm(total)


def fuse_rankings(found: Candidates, trust: float = 1.0) -> list[Ranked]:
    """Candidates ranked by the sum of z-scores: keyword, passage and best span.

    The order of the rankings does not matter. `trust` in [0, 1] weighs the keyword scores. A
    candidate that an index did not return counts as that index's worst; one whose spans are not
    embedded yet, by its passage and what the spans of the others have over theirs. z-scores did
    better than reciprocal ranks (tests/benchmarks/fusion.md), and with the best span than without
    (retrieval.md). Half the weight for the passage finds .01 more across languages, and one less of
    the sample shop's forty.
    """
    keyword = {hit.key: hit.score for hit in found.keyword}
    keyword_ranks = {hit.key: rank for rank, hit in enumerate(found.keyword, 1)}
    dense_ranks = {hit.key: rank for rank, hit in enumerate(found.dense, 1)}
    keys = sorted({*keyword, *dense_ranks} & set(found.passages))
    spans = _every_span(found)
    scores = (
        trust * _z_scores(keys, keyword)
        + _z_scores(keys, found.similarities)
        + _z_scores(keys, spans)
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


def _every_span(found: Candidates) -> Mapping[int, float]:
    """The best span's similarity of every candidate, estimated where it is not known."""
    known = found.span_similarities
    gains = [
        score - found.similarities[key] for key, score in known.items() if key in found.similarities
    ]
    gain = sum(gains) / len(gains) if gains else 0.0
    return {**{key: score + gain for key, score in found.similarities.items()}, **known}


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
