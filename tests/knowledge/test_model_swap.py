"""Another embedding model takes over when its vectors are complete; until then the old one answers."""

import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from knowledge.database import Base, open_engine, sqlite_url
from knowledge.documents import DocumentState
from knowledge.embedding import Embedder, TextKind, Vectors
from knowledge.embedding.loading import load_plain_embedder
from knowledge.errors import EmbedderNotLoaded
from knowledge.library import Library, open_library
from knowledge.retrieval import Retriever
from knowledge.serving import Models, choose_models
from tests.fakes import HashEmbedder
from tests.knowledge.library_parts import COLLECTION, add, assert_indexes_agree, ready

TEXTS = [f"# Lamp {n}\n\nThe lamp with number {n} is made in hall {n * 7}." for n in range(100)]


class Marking:
    """Says which model embedded a question."""

    def __init__(self, inner: Embedder, noted: list[str]) -> None:
        self._inner = inner
        self._noted = noted
        self.fingerprint = inner.fingerprint
        self.dimension = inner.dimension

    def embed(self, texts: Sequence[str], kind: TextKind) -> Vectors:
        if kind == "query":
            self._noted.append(self.fingerprint)
        return self._inner.embed(texts, kind)


@contextmanager
def opened(folder: Path, name: str, known: dict[str, Embedder]) -> Generator[Library]:
    """The library with the model `name`; the others in `known` can be opened too."""

    def load(model: str) -> Embedder:
        if model not in known:
            raise EmbedderNotLoaded(model=model, reason="gone")
        return known[model]

    engine = open_engine(sqlite_url(folder / "answerdesk.db"))
    Base.metadata.create_all(engine)
    models = choose_models(folder, name, known[name], load)
    library = open_library(folder, engine, models, read_ahead=False)
    try:
        yield library
    finally:
        library.close()
        engine.dispose()


def _filled(folder: Path, name: str, embedder: Embedder) -> None:
    with opened(folder, name, {name: embedder}) as library:
        for number, text in enumerate(TEXTS):
            add(library, f"{number}.md", text)
        ready(library)


def _search(library: Library, query: str) -> list[str]:
    retriever = Retriever(library, library.query_embedder(library.embedder), candidates=20)
    return [ranked.passage.document for ranked in retriever.search(query, COLLECTION, 3)]


def _until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize("dimension", [64, 96], ids=["same dimension", "other dimension"])
def test_the_old_model_answers_until_the_new_one_is_complete(
    tmp_path: Path, dimension: int
) -> None:
    noted: list[str] = []
    old = Marking(HashEmbedder(64), noted)
    new = Marking(HashEmbedder(dimension, model="new", delay=0.05), noted)
    _filled(tmp_path, "old", old)
    with opened(tmp_path, "new", {"old": old, "new": new}) as library:
        assert library.progress().is_finished
        _until(lambda: (p := library.swap_progress()) is not None and p.total == len(TEXTS))
        assert _search(library, "lamp with number 17")[0] == "17.md"
        assert set(noted) == {old.fingerprint}
        add(library, "late.md", "# Desk\n\nThe desk came late.")
        ready(library)
        assert _search(library, "the desk came late")[0] == "late.md"
        assert library.dense_search(COLLECTION, old.embed(["the desk came late"], "query")[0], 1)
        assert library.swap_progress() is not None
        library.delete(library.list()[0].id)
        _until(lambda: library.swap_progress() is None)
        noted.clear()
        assert _search(library, "lamp with number 17")[0] == "17.md"
        assert set(noted) == {new.fingerprint}
        assert {r.state for r in library.list()} == {DocumentState.READY}
    assert_indexes_agree(tmp_path, HashEmbedder(dimension, model="new"))
    with opened(tmp_path, "new", {"new": new}) as library:  # the old one is needed no more
        ready(library)
        assert library.swap_progress() is None
        assert len(library.list()) == len(TEXTS)


def test_a_swap_goes_on_after_a_restart(tmp_path: Path) -> None:
    old, slow = HashEmbedder(), HashEmbedder(model="new", delay=0.02)
    _filled(tmp_path, "old", old)
    with opened(tmp_path, "new", {"old": old, "new": slow}) as library:
        _until(lambda: (p := library.swap_progress()) is not None and p.done > 0)
    assert 0 < slow.embedded < len(TEXTS)
    rest = HashEmbedder(model="new")
    with opened(tmp_path, "new", {"old": old, "new": rest}) as library:
        _until(lambda: library.swap_progress() is None)
        assert slow.embedded + rest.embedded == len(TEXTS)
    assert_indexes_agree(tmp_path, rest)


def test_the_old_model_again_before_the_new_one_is_complete(tmp_path: Path) -> None:
    old, slow = HashEmbedder(), HashEmbedder(model="new", delay=0.02)
    _filled(tmp_path, "old", old)
    with opened(tmp_path, "new", {"old": old, "new": slow}) as library:
        _until(lambda: (p := library.swap_progress()) is not None and p.done > 0)
    with opened(tmp_path, "old", {"old": old, "new": slow}) as library:
        ready(library)
        assert library.swap_progress() is None
        assert _search(library, "lamp with number 17")[0] == "17.md"
    assert_indexes_agree(tmp_path, old)


def test_without_the_old_model_its_vectors_are_made_anew(tmp_path: Path) -> None:
    _filled(tmp_path, "old", HashEmbedder())
    new = HashEmbedder(model="new")
    with opened(tmp_path, "new", {"new": new}) as library:
        ready(library)
        assert new.embedded == len(TEXTS)
        assert _search(library, "lamp with number 17")[0] == "17.md"
    assert_indexes_agree(tmp_path, new)


def test_a_passage_that_the_new_model_cannot_embed_holds_nothing_up(tmp_path: Path) -> None:
    old, new = HashEmbedder(), HashEmbedder(model="new", fail_on="number 17 ")
    _filled(tmp_path, "old", old)
    with opened(tmp_path, "new", {"old": old, "new": new}) as library:
        _until(lambda: library.swap_progress() is None)
        failed = [r.name for r in library.list() if r.state is DocumentState.FAILED]
        assert failed == ["17.md"]
        assert _search(library, "lamp with number 16")[0] == "16.md"


def test_searches_all_through_a_swap_never_mix_models(tmp_path: Path) -> None:
    old, new = HashEmbedder(64), HashEmbedder(96, model="new", delay=0.002)
    _filled(tmp_path, "old", old)
    problems: list[BaseException] = []
    stop = threading.Event()

    def ask(library: Library) -> None:
        try:
            while not stop.is_set():
                # A vector of the other model has another dimension, and is refused.
                assert _search(library, "lamp with number 17")[0] == "17.md"
        except BaseException as error:
            problems.append(error)

    with opened(tmp_path, "new", {"old": old, "new": new}) as library:
        threads = [threading.Thread(target=ask, args=(library,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        _until(lambda: library.swap_progress() is None)
        time.sleep(0.2)
        stop.set()
        for thread in threads:
            thread.join()
    assert problems == []


def test_a_move_in_the_middle_of_a_swap_loses_no_vector(tmp_path: Path) -> None:
    old, new = HashEmbedder(), HashEmbedder(model="new", delay=0.02)
    _filled(tmp_path, "old", old)
    with opened(tmp_path, "new", {"old": old, "new": new}) as library:
        _until(lambda: (p := library.swap_progress()) is not None and p.done > 0)
        for record in library.list()[:5]:
            library.upkeep.move(record.id, "other")
        _until(lambda: library.swap_progress() is None)
    assert_indexes_agree(tmp_path, new)


@pytest.mark.models
@pytest.mark.timeout(300)
def test_the_embedded_model_takes_over(tmp_path: Path, models_dir: Path) -> None:
    real = load_plain_embedder("multilingual-e5-small", models_dir)
    _filled(tmp_path, "hash", HashEmbedder())
    with opened(tmp_path, "e5", {"hash": HashEmbedder(), "e5": real}) as library:
        assert _search(library, "lamp with number 17")[0] == "17.md"
        _until(lambda: library.swap_progress() is None)
        hits = library.dense_search(COLLECTION, real.embed(["第 17 号台灯"], "query")[0], 5)
        documents = {p.document for p in library.passages([h.key for h in hits]).values()}
        assert "17.md" in documents


def test_the_name_is_known_after_a_start_without_a_change(tmp_path: Path) -> None:
    embedder = HashEmbedder()
    _filled(tmp_path, "first", embedder)
    assert choose_models(tmp_path, "first", embedder, _none) == Models("first", embedder)


def _none(model: str) -> Embedder:
    raise EmbedderNotLoaded(model=model, reason="must not be asked for")
