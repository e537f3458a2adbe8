"""The one door to the documents: what comes in, what is found, how far the work has come."""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

from sqlalchemy import Engine

from knowledge.bundles import ARCHIVE_ENDING, Bundles
from knowledge.document_errors import OriginalNotKept
from knowledge.document_rows import Origin
from knowledge.documents import DocumentRecord, LoadedText, Passage
from knowledge.embedding import Embedder, Vectors
from knowledge.errors import AnswerDeskError, UnreadableDocument
from knowledge.indexes import Hit
from knowledge.indexes.keyword import KeywordIndex
from knowledge.indexes.spans import SpanVectors
from knowledge.ingest import Ingestor
from knowledge.intake import (
    AssignedPassage,
    FoundFile,
    Intake,
    check_size,
    checked_collection,
    clean_name,
    find_files,
    parse_passages,
)
from knowledge.loading import check, ending
from knowledge.loading.kept import KeptPages
from knowledge.loading.progress import PageRead
from knowledge.model_marks import ModelMarks, SwapProgress
from knowledge.originals import Originals
from knowledge.passages import NamedPassage, PassageStore
from knowledge.pools import bm25_idf
from knowledge.priority import GatedEmbedder, PriorityGate
from knowledge.reading_ahead import ReadingAhead
from knowledge.serving import Models, QueryEmbedder, Serving
from knowledge.store import DocumentStore, IngestProgress, OnFailed
from knowledge.stores import Stores
from knowledge.upkeep import Upkeep

_POLL_SECONDS = 0.1

Hits = list[Hit]


def open_library(
    data_dir: Path,
    engine: Engine,
    embedder: Embedder | Models,
    *,
    background: bool = True,
    read_ahead: bool = True,
    on_failed: OnFailed | None = None,
) -> "Library":
    """The library of a data folder that this process owns and whose tables are there.

    What an earlier process left unfinished is taken up at once; without `background`,
    when something is added or waited for. `read_ahead` embeds what will be read of the passages,
    after everything else. `on_failed` is told of documents that cannot be
    taken in. Of two models, the earlier one is searched with until the wanted one has made all
    its vectors. Close it to end the work.
    """
    models = embedder if isinstance(embedder, Models) else Models("", embedder)
    gate, wanted = PriorityGate(), models.wanted
    vectors = Serving(data_dir, models)
    passages = PassageStore(engine, vectors.fingerprint)
    passages.serve(vectors.fingerprint, wanted.fingerprint)
    spans = SpanVectors(data_dir / "index" / "spans.db", wanted.fingerprint)
    stores = Stores(
        documents=DocumentStore(engine, Originals(data_dir / "files"), on_failed),
        passages=passages,
        marks=ModelMarks(engine),
        keywords=KeywordIndex(data_dir / "index" / "keyword.db"),
        kept_pages=KeptPages(data_dir / "reading"),
        vectors=vectors,
        spans=spans,
        embedder=wanted,
        gate=gate,
        ahead=ReadingAhead(passages, spans, wanted, gate) if read_ahead else None,
    )
    library = Library(stores, engine)
    if background:
        library.work()
    return library


class Library:
    """Documents and the passages they were cut into. Thread-safe."""

    def __init__(self, stores: Stores, engine: Engine) -> None:
        self._stores = stores
        self._ingestor = Ingestor(stores)
        self.upkeep = Upkeep(stores, engine, self.work)
        self.bundles = Bundles(stores.documents, self.delete, self.work)

    @property
    def spans(self) -> SpanVectors:
        """What was embedded ahead of being read."""
        return self._stores.spans

    @property
    def embedder(self) -> Embedder:
        """The embedder for questions; while one is embedded, the background waits."""
        return GatedEmbedder(self._stores.embedder, self._stores.gate)

    def query_embedder(self, embedder: Embedder) -> Embedder:
        """`embedder`, the wanted one, but for questions to vectors of the model before it."""
        return QueryEmbedder(self._stores.vectors, embedder, self._stores.gate)

    def searching(self) -> AbstractContextManager[None]:
        """Hold this from a question's vector to the last look at what it finds. Not to be nested."""
        return self._stores.vectors.searching()

    def add_file(
        self,
        name: str,
        data: bytes,
        *,
        collection: str,
        source: str | None = None,
        bundle: str = "",
        url: str | None = None,
    ) -> DocumentRecord:
        """Take in a file; what came from the same `source` (`name` if not given) before is replaced.

        It is searchable by its words within a second or so, by meaning when its state is
        `ready`. `bundle` is the source of what it came in, `url` where it was fetched; citations
        link there. Raises `UnsupportedFormat`, `UnreadableDocument` or `InvalidCollection`
        where that shows at once; what shows later is the record's `reason`.
        """
        shown = clean_name(name)
        check_size(shown, len(data))
        check(shown, data)
        origin = Origin(source or shown, bundle, url)
        record = self._stores.documents.add(checked_collection(collection), origin, shown, data)
        self.work()
        return record

    def add_archive(
        self, name: str, data: bytes, *, collection: str, source: str | None = None
    ) -> Sequence[DocumentRecord]:
        """Take in the members of an archive, each a document, in the place of what it held before.

        What cannot be read is listed as failed. Raises `UnreadableDocument` for an archive that
        cannot be opened, `FileTooLarge` or `InvalidCollection`.
        """
        shown = clean_name(name)
        check_size(shown, len(data))
        content = self._ingestor.files.unpack(shown, data)
        return self.bundles.add(shown, content, collection=collection, source=source)

    def add_paths(
        self,
        paths: Sequence[Path],
        collection: str,
        on_file: Callable[[str], None] | None = None,
    ) -> Intake:
        """Take in files and all that lies below folders; the absolute path is the source.

        Hidden files are skipped; what cannot be read is listed in the result. A `.jsonl`
        file is taken as ready passages. Raises `PathNotFound`, `InvalidCollection`, or
        `InvalidPassageFile` for a file that was itself named.
        """
        checked_collection(collection)
        documents: list[DocumentRecord] = []
        unreadable: list[tuple[str, AnswerDeskError]] = []
        for file in find_files(paths):
            if on_file is not None:
                on_file(file.name)
            try:
                documents.extend(self._add_found(file, collection))
            except AnswerDeskError as error:
                if ending(file.name) == ".jsonl":
                    raise
                unreadable.append((file.name, error))
        return Intake(tuple(documents), tuple(unreadable))

    def add_passages(self, name: str, data: bytes, *, collection: str) -> list[DocumentRecord]:
        """Take in a JSONL file of ready passages, each a document named by its id, all or none.

        A line may name a collection of its own. Raises `InvalidPassageFile` with every
        bad line, or `InvalidCollection`.
        """
        assigned = parse_passages(clean_name(name), data, checked_collection(collection))
        for name_of, some in _by_collection(assigned).items():
            self._stores.documents.add_ready(name_of, [item.passage for item in some])
        self.work()
        return [
            record
            for name_of, some in _by_collection(assigned).items()
            for record in self._stores.documents.of_sources(
                name_of, [item.passage.id for item in some]
            )
        ]

    def list(
        self,
        collection: str | None = None,
        after: tuple[str, str] | None = None,
        limit: int | None = None,
    ) -> Sequence[DocumentRecord]:
        """Documents, of one collection or all, by name; after the one of that name and id."""
        return self._stores.documents.records(collection, after, limit)

    def get(self, document_id: str) -> DocumentRecord:
        """One document. Raises `DocumentNotFound`."""
        return self._stores.documents.record(document_id)

    def delete(self, document_id: str) -> None:
        """Delete a document and all that was made of it. Raises `DocumentNotFound`."""
        collection, keys = self._stores.documents.delete(document_id)
        self._stores.keywords.delete(collection, keys)
        self._stores.vectors.delete(collection, keys)

    def loaded_text(self, document_id: str) -> LoadedText:
        """A document's text, into which positions point. Raises `DocumentNotFound`."""
        return self._stores.documents.text(document_id)

    def span_vectors(self, keys: Sequence[int]) -> dict[int, Vectors]:
        """For each passage whose spans are embedded their vectors, shape `(spans, dimension)`."""
        # Made by the wanted model, which may not be the one that questions are embedded with yet.
        return {} if self._stores.vectors.coming else self._stores.spans.of_passages(keys)

    def original(self, document_id: str) -> bytes:
        """The file a document came as. Raises `DocumentNotFound` or `OriginalNotKept`."""
        record = self.get(document_id)
        if not record.has_original:
            raise OriginalNotKept(name=record.name)
        return self._stores.documents.original(record.content_hash)

    def passages_of(self, document_id: str) -> Sequence[Passage]:
        """The passages of a document, in the order of its text. Raises `DocumentNotFound`."""
        self._stores.documents.record(document_id)
        return self._stores.passages.of_document(document_id)

    def named_passage(self, collection: str, passage_id: str) -> NamedPassage | None:
        """The passage of that id, of another collection when this one has none."""
        return self._stores.passages.named(collection, passage_id)

    def passages(self, keys: Sequence[int]) -> dict[int, Passage]:
        """The passages with these keys; one that was deleted meanwhile is missing."""
        return self._stores.passages.passages(keys)

    def keyword_search(self, collection: str, query: str, limit: int) -> Hits:
        """The best passages by BM25. Some may be gone by the time `passages` is asked for them."""
        with self._stores.gate.question():
            search = partial(self._stores.keywords.search, collection, query)
            return self._stores.passages.hidden.shown(collection, limit, search)

    def dense_search(self, collection: str, vector: Vectors, limit: int) -> Hits:
        """The best passages by cosine. Some may be gone by the time `passages` is asked for them."""
        with self._stores.gate.question():
            search = partial(self._stores.vectors.search, collection, vector)
            return self._stores.passages.hidden.shown(collection, limit, search)

    def vectors(self, collection: str, keys: Sequence[int]) -> dict[int, Vectors]:
        """Vectors of those passages that have one, `(dimension,)` float32, unit length."""
        return self._stores.vectors.vectors(collection, keys)

    def idf(self, collection: str, words: Sequence[str]) -> dict[str, float]:
        """BM25's inverse document frequency of terms (as `knowledge.language.terms` makes them)."""
        count, frequency = self._stores.keywords.document_frequency(collection, words)
        return {word: bm25_idf(count, frequency[word]) for word in words}

    def wait_for_spans(self, timeout: float) -> bool:
        """Wait until what will be read of every passage is embedded; False after `timeout` seconds."""
        deadline = time.monotonic() + timeout
        while self._stores.passages.embedded_keys() - self._stores.spans.keys():
            if time.monotonic() > deadline:
                return False
            time.sleep(_POLL_SECONDS)
        return True

    def vocabulary(self, collection: str) -> Collection[str]:
        """Every term of a collection's passages."""
        return self._stores.keywords.vocabulary(collection)

    def passage_count(self, collection: str) -> int:
        """How many passages a collection has."""
        return self._stores.keywords.document_frequency(collection, [])[0]

    def progress(self) -> IngestProgress:
        """How far the background work has come."""
        return self._stores.documents.progress()

    def reading(self) -> Mapping[str, PageRead | None]:
        """Documents whose pages are pictures, by id: the page they are at, None for those that wait."""
        return self._ingestor.files.aside

    def swap_progress(self) -> SwapProgress | None:
        """How far another model's vectors have come; None when none are being made."""
        vectors = self._stores.vectors
        if vectors.coming is None:
            return None
        done, total = self._stores.marks.count(vectors.coming.embedder.fingerprint)
        return SwapProgress(vectors.model, done, total)

    def wait(
        self,
        timeout: float | None = None,
        on_progress: Callable[[IngestProgress], None] | None = None,
    ) -> IngestProgress:
        """Wait until every document is ready or has failed, for `timeout` seconds at most."""
        self.work()
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            progress = self.progress()
            if on_progress is not None:
                on_progress(progress)
            if progress.is_finished or (deadline is not None and time.monotonic() >= deadline):
                return progress
            time.sleep(_POLL_SECONDS)

    def work(self) -> None:
        """Start the background work, or tell it that there is more."""
        self._ingestor.wake()

    def close(self) -> None:
        """End the background work after the batch at hand and close the indexes."""
        self._ingestor.stop()
        self._stores.vectors.close()
        self._stores.keywords.close()
        self._stores.spans.close()

    def _add_found(self, file: FoundFile, collection: str) -> Sequence[DocumentRecord]:
        try:
            check_size(file.name, file.path.stat().st_size)  # before any of it is read
            data = file.path.read_bytes()
        except OSError as error:
            raise UnreadableDocument(name=file.name, reason=str(error.strerror)) from error
        if ending(file.name) == ".jsonl":
            return self.add_passages(file.name, data, collection=collection)
        if ending(file.name) == ARCHIVE_ENDING:
            return self.add_archive(file.name, data, collection=collection, source=str(file.path))
        return [self.add_file(file.name, data, collection=collection, source=str(file.path))]


def _by_collection(assigned: Sequence[AssignedPassage]) -> dict[str, list[AssignedPassage]]:
    grouped: dict[str, list[AssignedPassage]] = {}
    for item in assigned:
        grouped.setdefault(item.collection, []).append(item)
    return grouped
