"""A library on an empty folder, for tests."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

from knowledge.database import Base, open_engine, sqlite_url
from knowledge.documents import DocumentRecord, DocumentState, Passage
from knowledge.embedding import Embedder
from knowledge.indexes.chroma import ChromaIndex
from knowledge.indexes.keyword import KeywordIndex
from knowledge.library import Library, open_library
from knowledge.passages import PassageStore
from tests.fakes import HashEmbedder

COLLECTION = "shop"
WAIT_SECONDS = 90.0


@contextmanager
def library_at(
    folder: Path,
    embedder: Embedder | None = None,
    *,
    background: bool = True,
    read_ahead: bool = False,
) -> Generator[Library]:
    """The library of `folder`, its tables made if they are missing."""
    folder.mkdir(parents=True, exist_ok=True)
    engine = open_engine(sqlite_url(folder / "answerdesk.db"))
    Base.metadata.create_all(engine)
    library = open_library(
        folder,
        engine,
        embedder or HashEmbedder(),
        background=background,
        read_ahead=read_ahead,
    )
    try:
        yield library
    finally:
        library.close()
        engine.dispose()


def add(
    library: Library, name: str, text: str, collection: str = COLLECTION, source: str | None = None
) -> DocumentRecord:
    """Add a text file."""
    return library.add_file(name, text.encode(), collection=collection, source=source)


def ready(library: Library) -> None:
    """Wait until all is ready."""
    progress = library.wait(WAIT_SECONDS)
    assert progress.is_finished
    assert all(r.state in (DocumentState.READY, DocumentState.FAILED) for r in library.list())


def found(library: Library, query: str, collection: str = COLLECTION) -> Sequence[Passage]:
    """Passages by their words, best first."""
    hits = library.keyword_search(collection, query, 20)
    passages = library.passages([hit.key for hit in hits])
    return [passages[hit.key] for hit in hits if hit.key in passages]


def found_by_meaning(
    library: Library, query: str, collection: str = COLLECTION
) -> Sequence[Passage]:
    """Passages by their vectors, best first."""
    vector = library.embedder.embed([query], "query")[0]
    hits = library.dense_search(collection, vector, 20)
    passages = library.passages([hit.key for hit in hits])
    return [passages[hit.key] for hit in hits if hit.key in passages]


def assert_indexes_agree(folder: Path, embedder: HashEmbedder | None = None) -> None:
    """Every visible passage is in both indexes, once, and nothing else is."""
    embedder = embedder or HashEmbedder()
    engine = open_engine(sqlite_url(folder / "answerdesk.db"))
    passages = PassageStore(engine, embedder.fingerprint)
    keywords = KeywordIndex(folder / "index" / "keyword.db")
    vectors = ChromaIndex(
        folder / "index" / "chroma", fingerprint=embedder.fingerprint, dimension=embedder.dimension
    )
    try:
        with engine.connect() as connection:
            rows = connection.exec_driver_sql("SELECT key, collection, live FROM passages").all()
        assert all(live for _, _, live in rows)
        for collection in {collection for _, collection, _ in rows} | {COLLECTION}:
            keys = {key for key, where, _ in rows if where == collection}
            assert passages.keys(collection, embedded=True) == keys
            assert keywords.keys(collection) == keys
            assert vectors.keys(collection) == keys
    finally:
        vectors.close()
        keywords.close()
        engine.dispose()
