"""Which model's vectors are searched, and which are being made to take their place.

A file beside the indexes names the model whose vectors are complete. Another one in the settings
makes its own beside them, while searches go on with the old ones, and then takes over: at no time
is a query of one model compared with a vector of the other.
"""

import json
import logging
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from knowledge.embedding import Embedder, TextKind, Vectors
from knowledge.errors import AnswerDeskError
from knowledge.indexes import Hit
from knowledge.indexes.chroma import ChromaIndex
from knowledge.priority import GatedEmbedder, PriorityGate

_log = logging.getLogger(__name__)
_FILE = Path("index", "model.json")


@dataclass(frozen=True, slots=True)
class Models:
    """The embedder that is wanted and its name; `earlier` made the vectors that are there."""

    name: str
    wanted: Embedder
    earlier: Embedder | None = None


@dataclass(frozen=True, slots=True)
class _Served:
    model: str
    fingerprint: str


def choose_models(
    data_dir: Path, name: str, wanted: Embedder, load: Callable[[str], Embedder]
) -> Models:
    """`wanted`, and the embedder of the vectors in `data_dir` where that is another and `load` has it.

    Without it those vectors are of no use: no question can be put to them.
    """
    served = _read(data_dir)
    if served is None or served.fingerprint == wanted.fingerprint:
        return Models(name, wanted)
    try:
        earlier = load(served.model)
    except AnswerDeskError as error:
        _log.warning("the model of the index cannot be opened: %s", error)
        return Models(name, wanted)
    known = earlier.fingerprint == served.fingerprint
    return Models(name, wanted, earlier if known else None)


@dataclass(frozen=True, slots=True)
class Space:
    """A model, and the index of the vectors that it made."""

    embedder: Embedder
    index: ChromaIndex


class Serving:
    """The vectors that are searched, those of `current`; `coming` is being filled. Thread-safe."""

    def __init__(self, data_dir: Path, models: Models) -> None:
        folder = data_dir / "index" / "chroma"
        wanted = models.wanted
        index = ChromaIndex(folder, fingerprint=wanted.fingerprint, dimension=wanted.dimension)
        self._data_dir, self._models = data_dir, models
        self._searches = _Searches()
        self.current = Space(wanted, index)
        self.coming: Space | None = None
        earlier = models.earlier
        if earlier is None:
            self._note()
        else:
            beside = index.beside(earlier.fingerprint, earlier.dimension)
            self.coming = self.current
            self.current = Space(earlier, beside)

    @property
    def model(self) -> str:
        """The name of the model that is wanted."""
        return self._models.name

    @property
    def fingerprint(self) -> str:
        """That of the model whose vectors are searched."""
        return self.current.embedder.fingerprint

    def searching(self) -> AbstractContextManager[None]:
        """Until the end of the block the model stays the same. Not to be nested."""
        return self._searches.one()

    def take_over(self, collections: Sequence[str]) -> None:
        """Search the coming vectors from now on. Waits for the searches under way."""
        if self.coming is None:
            return
        for collection in collections:
            self.coming.index.load(collection)
        with self._searches.none():
            self._note()
            self.current, self.coming = self.coming, None

    def add(self, collection: str, entries: Sequence[tuple[int, Vectors]]) -> None:
        self.current.index.add(collection, entries)

    def delete(self, collection: str, keys: Sequence[int]) -> None:
        """Delete from the coming vectors too."""
        for space in self._spaces():
            space.index.delete(collection, keys)

    def copy(self, here: str, there: str, keys: Sequence[int]) -> None:
        """Copy vectors to another collection, the coming ones too."""
        for space in self._spaces():
            found = space.index.vectors(here, keys)
            if found:
                space.index.add(there, list(found.items()))

    def search(self, collection: str, query: Vectors, limit: int) -> list[Hit]:
        return self.current.index.search(collection, query, limit)

    def vectors(self, collection: str, keys: Sequence[int]) -> dict[int, Vectors]:
        return self.current.index.vectors(collection, keys)

    def keys(self, collection: str) -> set[int]:
        """The keys of all vectors of a collection that are searched."""
        return self.current.index.keys(collection)

    def drop_others(self, collections: Sequence[str]) -> None:
        """Drop all but these collections of the two models."""
        first, *others = (space.index for space in self._spaces())
        first.drop_others(collections, others)

    def load(self, collections: Sequence[str]) -> None:
        """Take the vectors that are searched into memory."""
        for collection in collections:
            self.current.index.load(collection)

    def tidy(self) -> None:
        for space in self._spaces():
            space.index.tidy()

    def close(self) -> None:
        self.current.index.close()

    def _spaces(self) -> list[Space]:
        return [self.current, *([self.coming] if self.coming else [])]

    def _note(self) -> None:
        _write(self._data_dir, _Served(self._models.name, self._models.wanted.fingerprint))


class QueryEmbedder:
    """Embeds questions with the model whose vectors are searched; `embedder` is the wanted one."""

    def __init__(self, serving: Serving, embedder: Embedder, gate: PriorityGate) -> None:
        self._serving = serving
        self._wanted = embedder
        self._gate = gate

    @property
    def fingerprint(self) -> str:
        return self._now.fingerprint

    @property
    def dimension(self) -> int:
        return self._now.dimension

    def embed(self, texts: Sequence[str], kind: TextKind) -> Vectors:
        return self._now.embed(texts, kind)

    @property
    def _now(self) -> Embedder:
        if self._serving.coming is None:
            return self._wanted
        return GatedEmbedder(self._serving.current.embedder, self._gate)


class _Searches:
    """Many searches at a time, or none at all."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._running = 0
        self._closed = False

    @contextmanager
    def one(self) -> Generator[None]:
        with self._changed:
            self._changed.wait_for(lambda: not self._closed)
            self._running += 1
        try:
            yield
        finally:
            with self._changed:
                self._running -= 1
                self._changed.notify_all()

    @contextmanager
    def none(self) -> Generator[None]:
        with self._changed:
            self._closed = True
            self._changed.wait_for(lambda: self._running == 0)
        try:
            yield
        finally:
            with self._changed:
                self._closed = False
                self._changed.notify_all()


def _read(data_dir: Path) -> _Served | None:
    try:
        stored = json.loads((data_dir / _FILE).read_text(encoding="utf-8"))
        return _Served(str(stored["model"]), str(stored["fingerprint"]))
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _write(data_dir: Path, served: _Served) -> None:
    path = data_dir / _FILE
    if _read(data_dir) == served:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(asdict(served)), encoding="utf-8")
    fresh.replace(path)
