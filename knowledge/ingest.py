"""The background work that makes documents searchable: first by words, then by meaning.

Every step can be repeated, and SQL says which are left: after a crash the next start
goes on where this one stopped.
"""

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass

from knowledge.batching import WINDOW, by_collection, of_like_length
from knowledge.chunking import chunk
from knowledge.documents import LoadedText
from knowledge.embedding import Vectors
from knowledge.errors import AnswerDeskError, IngestFailed
from knowledge.files import FileReader
from knowledge.indexes.memory import check_vectors
from knowledge.loading.child import LoadingStopped
from knowledge.passages import Staged
from knowledge.repair import repair_keywords, repair_vectors
from knowledge.store import Job
from knowledge.stores import Stores
from knowledge.swapping import ModelSwap

_log = logging.getLogger(__name__)

# Documents made searchable by words in one go; a search waits for none of it.
_DOCUMENTS_AT_ONCE = 64
# After an unforeseen error the work rests this long, lest it fail in a tight loop.
_REST_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class _Prepared:
    job: Job
    loaded: LoadedText | None
    staged: Sequence[Staged]


class Ingestor:
    """One thread that works off what is queued, from the first `wake` until `stop`."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._starting = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="ingest", daemon=True)
        self._swap = ModelSwap(stores, self._is_interrupted)
        self.files = FileReader(stores.kept_pages, self.wake)

    def wake(self) -> None:
        """Say that something was queued, or may have been left by an earlier process."""
        with self._starting:
            if self._thread.ident is None and not self._stopping.is_set():
                self._thread.start()
        self._wake.set()

    def stop(self) -> None:
        """End after the batch at hand, within 2 s; the next start goes on."""
        with self._starting:
            self._stopping.set()
        self._wake.set()
        self.files.close()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        is_repaired = False
        while not self._stopping.is_set():
            self._wake.clear()
            try:
                if not is_repaired:
                    self._repair()
                    is_repaired = True
                is_busy = self._step()
            except Exception:
                # The thread's outermost edge: a full disk, say, must not end the work for good.
                _log.exception("ingesting failed; trying again in %s s", _REST_SECONDS)
                self._stopping.wait(_REST_SECONDS)
                continue
            if not is_busy:
                self._wake.wait()

    def _repair(self) -> None:
        stores = self._stores
        stores.documents.sweep_originals()
        stores.kept_pages.sweep({job.content_hash for job in stores.documents.queued(None)})
        repair_keywords(stores.documents, stores.passages, stores.keywords)
        while self._make_keyword_ready():
            pass
        repair_vectors(stores.documents, stores.passages, stores.vectors)
        stores.vectors.load(stores.documents.collections())

    def _step(self) -> bool:
        """Do the next piece of work; False if there is none. Words go before meaning."""
        if self._make_keyword_ready() or self._embed_window() or self._swap.step():
            return True
        self._stores.vectors.tidy()
        return self._stores.ahead is not None and self._stores.ahead.step()

    def _make_keyword_ready(self) -> bool:
        if self._stopping.is_set():
            return False
        jobs = self._queued(_DOCUMENTS_AT_ONCE)
        prepared: list[_Prepared] = []
        for job in jobs:
            if self._stopping.is_set():
                break
            self._stores.gate.give_way()
            prepared.extend(self._prepared(job))
        with self._stores.changing:
            self._publish(prepared)
        return bool(jobs)

    def _queued(self, limit: int) -> list[Job]:
        """What waits for this thread: all that is queued and not being read aside."""
        jobs = self._stores.documents.queued(limit + len(self.files.aside))
        return [job for job in jobs if not self.files.is_aside(job)][:limit]

    def _prepared(self, job: Job) -> list[_Prepared]:
        """The job's passages, staged; none if it failed or was overtaken, which is noted."""
        stores = self._stores
        try:
            if not job.is_file:
                return [_Prepared(job, None, stores.passages.staged(job.document_id, job.version))]
            loaded = self.files.read(job, stores.documents.original(job.content_hash))
            if loaded is None:
                return []
            staged = stores.passages.stage(job.document_id, job.version, loaded, chunk(loaded))
            return [_Prepared(job, loaded, staged)] if staged else []
        except LoadingStopped:
            pass  # the next start reads it
        except AnswerDeskError as error:
            stores.documents.fail(job.document_id, job.version, error)
        except FileNotFoundError as error:
            # Replaced meanwhile: its version is no longer the newest, and nothing is noted.
            reason = IngestFailed(name=job.name, reason=type(error).__name__)
            stores.documents.fail(job.document_id, job.version, reason)
        except Exception as error:
            # Whatever a strange file does to a parser concerns that file alone.
            _log.warning("loading document %s failed", job.document_id, exc_info=error)
            reason = IngestFailed(name=job.name, reason=type(error).__name__)
            stores.documents.fail(job.document_id, job.version, reason)
        return []

    def _publish(self, prepared: Sequence[_Prepared]) -> None:
        """Index the words of staged passages, then let them take the place of earlier versions."""
        stores = self._stores
        staged = [passage for item in prepared for passage in item.staged]
        for collection, passages in by_collection(staged).items():
            stores.keywords.add(collection, [(p.key, p.searchable_text) for p in passages])
        self._reuse_vectors(staged)
        gone = stores.passages.promote(
            [(item.job.document_id, item.job.version, item.loaded) for item in prepared]
        )
        for collection, keys in gone.items():
            self._drop(collection, keys)
        # What a newer version overtook meanwhile was indexed for nothing.
        visible = stores.passages.visible([passage.key for passage in staged])
        overtaken = [passage for passage in staged if passage.key not in visible]
        for collection, passages in by_collection(overtaken).items():
            self._drop(collection, [p.key for p in passages])
        if overtaken:  # those that moved on to another collection have no vector there
            stores.passages.mark_missing([passage.key for passage in overtaken])
        stores.passages.note_embedding(item.job.document_id for item in prepared)

    def _drop(self, collection: str, keys: Sequence[int]) -> None:
        self._stores.keywords.delete(collection, keys)
        self._stores.vectors.delete(collection, keys)

    def _reuse_vectors(self, staged: Sequence[Staged]) -> None:
        """Take the vectors of texts that were embedded before, here or in another document."""
        stores = self._stores
        donors = stores.passages.donors([passage.text_hash for passage in staged])
        for collection, passages in by_collection(staged).items():
            known = [p for p in passages if p.text_hash in donors]
            entries = [
                (passage.key, vector)
                for passage in known
                for vector in stores.vectors.vectors(*_one(donors[passage.text_hash])).values()
            ]
            if entries:
                stores.vectors.add(collection, entries)
                stores.passages.mark_embedded([key for key, _ in entries])

    def _is_interrupted(self) -> bool:
        """Whether it is time to stop, or something waits to be found by its words."""
        return self._stopping.is_set() or bool(self._queued(1))

    def _embed_window(self) -> bool:
        window = self._stores.passages.unembedded(WINDOW)
        for batch in of_like_length(window):
            if self._is_interrupted():
                break
            self._stores.gate.give_way()
            self._embed(batch)
        return bool(window)

    def _embed(self, batch: Sequence[Staged]) -> None:
        embedder = self._stores.vectors.current.embedder
        try:
            vectors = embedder.embed([p.searchable_text for p in batch], "passage")
            check_vectors(vectors, embedder.dimension)
        except Exception as error:
            if len(batch) > 1:  # one bad passage must not take its neighbours with it
                for passage in batch:
                    self._embed([passage])
                return
            _log.exception("embedding a passage of document %s failed", batch[0].document_id)
            self._stores.documents.fail_embedding(batch[0].document_id, type(error).__name__)
        else:
            with self._stores.changing:
                self._store(batch, vectors)

    def _store(self, batch: Sequence[Staged], vectors: Vectors) -> None:
        stores = self._stores
        rows = {passage.key: row for passage, row in zip(batch, vectors, strict=True)}
        # Where they are by now: their document may have been moved, or changed.
        present = by_collection(stores.passages.texts(list(rows)))
        for collection, passages in present.items():
            stores.vectors.add(collection, [(p.key, rows[p.key]) for p in passages])
        lost = stores.passages.mark_embedded(list(rows))
        for collection, passages in present.items():
            stores.vectors.delete(collection, [p.key for p in passages if p.key in lost])
        stores.passages.note_embedding(passage.document_id for passage in batch)


def _one(place: tuple[str, int]) -> tuple[str, list[int]]:
    return place[0], [place[1]]
