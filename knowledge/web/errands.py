"""What was asked to be fetched and how far it has come; kept in one file each, to go on after a restart."""

import hashlib
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter, ValidationError

from knowledge.documents import DEFAULT_COLLECTION, Language
from knowledge.errors import AnswerDeskError
from knowledge.web.addresses import Scope
from knowledge.web.errors import FetchJobNotFound
from knowledge.web.visits import Validators

DEFAULT_DEPTH: Final = 3
DEFAULT_PAGES: Final = 500
MAX_DEPTH: Final = 20
# Troubles that are kept in words; the others are counted.
SHOWN_TROUBLES: Final = 100
_KEPT_ERRANDS: Final = 500


class FetchState(StrEnum):
    """`waiting -> running -> done`, or `stopped` by a person, or `failed` with a reason."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"

    @property
    def is_over(self) -> bool:
        return self in (FetchState.DONE, FetchState.STOPPED, FetchState.FAILED)


@dataclass(frozen=True, slots=True)
class Order:
    """One page or file, or a site: at most `max_pages` pages, links followed `depth` deep from `url`."""

    url: str
    collection: str = DEFAULT_COLLECTION
    site: bool = False
    depth: int = DEFAULT_DEPTH
    max_pages: int = DEFAULT_PAGES

    @property
    def id(self) -> str:
        """Follows from what is fetched, so that asking again goes on or refreshes."""
        kind = "site" if self.site else "page"
        return hashlib.sha256(f"{self.collection}\0{kind}\0{self.url}".encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Trouble:
    """A page that did not become a document, and why."""

    url: str
    en: str
    zh: str

    @classmethod
    def of(cls, url: str, error: AnswerDeskError) -> "Trouble":
        """An error in both languages."""
        return cls(url, error.text(Language.ENGLISH), error.text(Language.CHINESE))

    def text(self, language: Language) -> str:
        """The reason in `language`."""
        return self.zh if language is Language.CHINESE else self.en


@dataclass(frozen=True, slots=True)
class Waiting:
    """An address still to be visited, `depth` links from the start."""

    url: str
    depth: int


@dataclass(frozen=True, slots=True)
class Counts:
    """Pages. `skipped` say what another one says, or lead elsewhere; `left` were not looked at."""

    taken: int = 0
    unchanged: int = 0
    removed: int = 0
    skipped: int = 0
    troubled: int = 0
    left: int = 0

    @property
    def done(self) -> int:
        """Addresses that were visited."""
        return self.taken + self.unchanged + self.removed + self.skipped + self.troubled


@dataclass(frozen=True, slots=True)
class KnownPage:
    """A page that is a document, and what tells whether it has changed."""

    document_id: str
    depth: int
    text_hash: str = ""
    validators: Validators = field(default_factory=Validators)


@dataclass(frozen=True, slots=True)
class FetchJob:
    """An errand as others see it. `found` counts the addresses known so far, `reason` says why it failed."""

    id: str
    order: Order
    state: FetchState
    found: int
    counts: Counts
    documents: tuple[str, ...] = ()
    troubles: tuple[Trouble, ...] = ()
    reason: Trouble | None = None
    updated_at: float = 0.0


@dataclass(slots=True)
class Errand:
    """All that is known of an order, `pages` from earlier rounds included. Belongs to one thread at a time.

    `waiting` are this round's addresses to visit and `done` those visited. `repeats` are the
    fingerprints of what the site repeats, each with the page that keeps it.
    """

    order: Order
    state: FetchState = FetchState.WAITING
    is_begun: bool = False
    scope: Scope | None = None
    follows_links: bool = False
    waiting: deque[Waiting] = field(default_factory=deque[Waiting])
    done: set[str] = field(default_factory=set[str])
    pages: dict[str, KnownPage] = field(default_factory=dict[str, KnownPage])
    repeats: dict[str, str] = field(default_factory=dict[str, str])
    counts: Counts = field(default_factory=Counts)
    troubles: list[Trouble] = field(default_factory=list[Trouble])
    reason: Trouble | None = None
    updated_at: float = 0.0

    def begin_again(self) -> None:
        """Forget the last round but not what it brought."""
        self.is_begun, self.scope, self.follows_links = False, None, False
        self.waiting.clear()
        self.done.clear()
        self.troubles.clear()
        self.counts = Counts()

    def enter(self, state: FetchState, reason: Trouble | None = None) -> None:
        """Change the state."""
        self.state, self.reason, self.updated_at = state, reason, time.time()

    def job(self) -> FetchJob:
        """As others see it now."""
        return FetchJob(
            id=self.order.id,
            order=self.order,
            state=self.state,
            found=len(self.done) + len(self.waiting),
            counts=self.counts,
            documents=tuple(page.document_id for page in self.pages.values()),
            troubles=tuple(self.troubles),
            reason=self.reason,
            updated_at=self.updated_at,
        )


class Errands:
    """A folder of errands, a file each. What is in it can be lost: then pages are fetched anew."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._form = TypeAdapter(Errand)

    def save(self, errand: Errand) -> None:
        """Keep an errand, wholly or not at all."""
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._path(errand.order.id)
        arriving = path.with_suffix(".part")
        arriving.write_bytes(self._form.dump_json(errand))
        arriving.replace(path)

    def load(self, job_id: str) -> Errand:
        """An errand that was kept. Raises `FetchJobNotFound`."""
        if job_id.isalnum():
            with suppress(OSError, ValidationError):
                return self._form.validate_json(self._path(job_id).read_bytes())
        raise FetchJobNotFound(job_id=job_id)

    def all(self) -> Iterator[Errand]:
        """Every errand that was kept and can be read; the one changed last comes first."""
        for path in self._newest_first():
            with suppress(FetchJobNotFound):
                yield self.load(path.stem)

    def prune(self, keep: Sequence[str]) -> None:
        """Delete the oldest beyond a number, but for those to `keep`."""
        for path in self._newest_first()[_KEPT_ERRANDS:]:
            if path.stem not in keep:
                path.unlink(missing_ok=True)

    def _newest_first(self) -> list[Path]:
        changed: list[tuple[float, Path]] = []
        for path in self._folder.glob("*.json"):
            with suppress(OSError):
                changed.append((path.stat().st_mtime, path))
        return [path for _, path in sorted(changed, reverse=True)]

    def _path(self, job_id: str) -> Path:
        return self._folder / f"{job_id}.json"
