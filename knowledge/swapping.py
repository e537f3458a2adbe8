"""Makes the vectors of another model beside those that are searched, and lets it take over.

SQL says which are left: a passage is marked with the coming model when its vector is stored.
"""

import logging
from collections.abc import Callable, Sequence

from knowledge.batching import WINDOW, by_collection, of_like_length
from knowledge.embedding import Vectors
from knowledge.indexes.memory import check_vectors
from knowledge.passages import Staged
from knowledge.serving import Space
from knowledge.stores import Stores

_log = logging.getLogger(__name__)


class ModelSwap:
    """A part of the background work. One thread at a time."""

    def __init__(self, stores: Stores, interrupted: Callable[[], bool]) -> None:
        """`interrupted` says whether other work goes before."""
        self._stores = stores
        self._marks = stores.marks
        self._interrupted = interrupted

    def step(self) -> bool:
        """Embed some more passages, or take over; False when there is nothing to swap."""
        coming, before = self._stores.vectors.coming, self._stores.vectors.fingerprint
        if coming is None:
            return False
        keys = self._marks.left(before, WINDOW)
        for batch in of_like_length(self._stores.passages.texts(keys)):
            if self._interrupted():
                return True
            self._stores.gate.give_way()
            self._embed(batch, coming)
        if not keys and not self._found_missing(coming):
            self._take_over(coming)
        return True

    def _embed(self, batch: Sequence[Staged], coming: Space) -> None:
        try:
            vectors = coming.embedder.embed([p.searchable_text for p in batch], "passage")
            check_vectors(vectors, coming.embedder.dimension)
        except Exception as error:
            if len(batch) > 1:  # one bad passage must not take its neighbours with it
                for passage in batch:
                    self._embed([passage], coming)
                return
            _log.exception("embedding a passage of document %s failed", batch[0].document_id)
            self._stores.documents.fail_embedding(batch[0].document_id, type(error).__name__)
        else:
            with self._stores.changing:
                self._store(batch, vectors, coming)

    def _store(self, batch: Sequence[Staged], vectors: Vectors, coming: Space) -> None:
        rows = {passage.key: row for passage, row in zip(batch, vectors, strict=True)}
        # Where they are by now: their document may have been moved, or changed.
        present = by_collection(self._stores.passages.texts(list(rows)))
        for collection, passages in present.items():
            coming.index.add(collection, [(p.key, rows[p.key]) for p in passages])
        before, after = self._stores.vectors.fingerprint, coming.embedder.fingerprint
        lost = self._marks.mark(rows, before=before, after=after)
        for collection, passages in present.items():
            coming.index.delete(collection, [p.key for p in passages if p.key in lost])

    def _found_missing(self, coming: Space) -> bool:
        """Take up again what is marked and not stored: of documents that were moved, or damage."""
        before, after = self._stores.vectors.fingerprint, coming.embedder.fingerprint
        with self._stores.changing:
            missing: set[int] = set()
            for collection in self._stores.documents.collections():
                marked = self._marks.keys(collection, after)
                stored = coming.index.keys(collection)
                coming.index.delete(collection, sorted(stored - marked))
                missing |= marked - stored
            self._marks.mark(missing, before=after, after=before)
        return bool(missing)

    def _take_over(self, coming: Space) -> None:
        stores = self._stores
        collections = stores.documents.collections()
        stores.vectors.take_over(collections)
        with stores.changing:
            stores.passages.serve(coming.embedder.fingerprint)
            stores.vectors.drop_others(stores.documents.collections())
