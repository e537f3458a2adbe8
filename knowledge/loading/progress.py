"""How a loader tells how far it is, and takes up what an earlier, interrupted reading has done."""

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from knowledge.loading.layout import Piece

Pieces = tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class PageRead:
    """Page `page` of `pages` is done; `pieces` are what a picture of it says, which took long.

    Or, `is_begun`, the page's picture is about to be read.
    """

    page: int
    pages: int
    pieces: Pieces | None = None
    is_begun: bool = False

    @property
    def order(self) -> tuple[int, int]:
        """Grows with every telling of a reading."""
        return self.page, 0 if self.is_begun else 1


def _nobody(read: PageRead) -> None:
    """Where nobody listens."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Who is told of each page, and the pages that need not be read from pictures again."""

    tell: Callable[[PageRead], None] = _nobody
    known: Mapping[int, Pieces] = field(default_factory=dict[int, Pieces])


_reading: ContextVar[Reading | None] = ContextVar("reading", default=None)
_UNHEARD = Reading()


def current() -> Reading:
    """The reading that goes on in this process."""
    return _reading.get() or _UNHEARD


@contextmanager
def during(reading: Reading) -> Generator[None]:
    """Let `reading` be the one that goes on."""
    token = _reading.set(reading)
    try:
        yield
    finally:
        _reading.reset(token)
