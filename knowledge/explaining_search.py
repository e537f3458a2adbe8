"""Why a question does not find a certain passage, or where it finds it: the stages of a search, looked into."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from knowledge.document_errors import PassageNotFound
from knowledge.documents import Passage, Ranked
from knowledge.embedding import Vectors
from knowledge.indexes import Hit
from knowledge.language import normalise
from knowledge.passages import NamedPassage
from knowledge.pools import Candidates, PassagePool, Query
from knowledge.retrieval import contextual
from knowledge.rewording import Reworded

# As far as ranks are counted. Beyond it nobody asks for the exact one, and counting takes seconds.
FARTHEST = 5_000

Stage = Literal[
    "found", "below_top_k", "duplicate", "below_candidates", "other_collection", "switched_off"
]


class Library(Protocol):
    """What is asked of the passages."""

    def named_passage(self, collection: str, passage_id: str) -> NamedPassage | None: ...

    def keyword_search(self, collection: str, query: str, limit: int) -> list[Hit]: ...

    def dense_search(self, collection: str, vector: Vectors, limit: int) -> list[Hit]: ...

    def vectors(self, collection: str, keys: Sequence[int]) -> dict[int, Vectors]: ...


class Retriever(Protocol):
    """The one that answers are made with."""

    def pool(self, collection: str) -> PassagePool: ...

    def reword(self, query: Query, pool: PassagePool) -> Reworded: ...

    def search_pool(self, pool: PassagePool, query: Query, top_k: int) -> list[Ranked]: ...


@dataclass(frozen=True, slots=True)
class Wanted:
    """A question, and the passage that it should find among the `top_k` best of `collection`."""

    query: str
    passage_id: str
    collection: str
    top_k: int
    history: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class IndexPlace:
    """A passage's place in one index. `rank` counts from 1, None beyond `FARTHEST` or where it is not."""

    rank: int | None = None
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """How far a passage came. `stage` is what ended its way, or "found".

    `place` counts from 1 after fusion, duplicates left out. `candidates` is how many each index
    brings into the fusion. A passage that shares no word with the question has no keyword score;
    one whose vector is still being made, no similarity.
    """

    passage: Passage
    stage: Stage
    top_k: int
    keyword: IndexPlace = field(default_factory=IndexPlace)
    dense: IndexPlace = field(default_factory=IndexPlace)
    place: int | None = None
    score: float | None = None
    duplicate_of: Passage | None = None
    candidates: int = 0


class _WatchedPool:
    """A pool that remembers what it was asked for, and what it gave."""

    def __init__(self, pool: PassagePool) -> None:
        self._pool = pool
        self.query = ""
        self.vector: Vectors | None = None
        self.limit = 0
        self.given: Candidates | None = None

    def candidates(self, query: str, vector: Vectors, limit: int) -> Candidates:
        self.query, self.vector, self.limit = query, vector, limit
        self.given = self._pool.candidates(query, vector, limit)
        return self.given

    def idf(self, words: Sequence[str]) -> dict[str, float]:
        return self._pool.idf(words)

    @property
    def name(self) -> str:
        return self._pool.name

    def vocabulary(self) -> Collection[str]:
        return self._pool.vocabulary()


def explain(library: Library, retriever: Retriever, wanted: Wanted) -> Explanation:
    """Search as answers are made, and see where the wanted passage is left behind.

    Raises `PassageNotFound`.
    """
    named = library.named_passage(wanted.collection, wanted.passage_id)
    if named is None:
        raise PassageNotFound(passage_id=wanted.passage_id)
    if named.passage.collection != wanted.collection:
        return Explanation(named.passage, "other_collection", wanted.top_k)
    if not named.enabled:
        return Explanation(named.passage, "switched_off", wanted.top_k)
    pool = retriever.pool(wanted.collection)
    watched = _WatchedPool(pool)
    query = retriever.reword(contextual(wanted.query, wanted.history), pool).query
    ranked = retriever.search_pool(watched, query, FARTHEST)
    stage, at, twin = _came_to(named, ranked, watched.given, wanted.top_k)
    return Explanation(
        passage=named.passage,
        stage=stage,
        top_k=wanted.top_k,
        keyword=_keyword_place(library, named, watched),
        dense=_dense_place(library, named, watched),
        place=None if at is None else at + 1,
        score=None if at is None else ranked[at].score,
        duplicate_of=twin,
        candidates=watched.limit,
    )


def _came_to(
    named: NamedPassage, ranked: Sequence[Ranked], given: Candidates | None, top_k: int
) -> tuple[Stage, int | None, Passage | None]:
    """The stage that ended its way, its index in `ranked`, and the passage with the same text there."""
    for at, item in enumerate(ranked):
        if item.passage.id == named.passage.id:
            return ("found" if at < top_k else "below_top_k"), at, None
    if given is None or named.key not in given.passages:
        return "below_candidates", None, None
    text = normalise(named.passage.text).casefold()
    for item in ranked:
        if normalise(item.passage.text).casefold() == text:
            return "duplicate", None, item.passage
    return "below_candidates", None, None


def _keyword_place(library: Library, named: NamedPassage, watched: _WatchedPool) -> IndexPlace:
    return _place_in(
        library.keyword_search(named.passage.collection, watched.query, FARTHEST), named.key
    )


def _dense_place(library: Library, named: NamedPassage, watched: _WatchedPool) -> IndexPlace:
    if watched.vector is None:
        return IndexPlace()
    collection = named.passage.collection
    found = _place_in(library.dense_search(collection, watched.vector, FARTHEST), named.key)
    if found.rank is not None:
        return found
    stored = library.vectors(collection, [named.key]).get(named.key)
    return IndexPlace(None, None if stored is None else float(stored @ watched.vector))


def _place_in(hits: Sequence[Hit], key: int) -> IndexPlace:
    for rank, hit in enumerate(hits, 1):
        if hit.key == key:
            return IndexPlace(rank, hit.score)
    return IndexPlace()
