"""Reads strangers' files in a process of its own, which may be stopped at any time.

The process is started with `python -m knowledge.loading`, never forked from the server with its
threads and secrets, bounded in time and memory, and answers in JSON that is checked here. Every
format goes through it, plain text too: a warm process answers within a millisecond or two
(tests/benchmarks/files.md), which is less than what it takes to argue that a format is harmless.
"""

import logging
import signal
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from knowledge.documents import LoadedText
from knowledge.errors import ReadingCrashed, ReadingTooLarge, ReadingTooSlow
from knowledge.loading import check, ending
from knowledge.loading.answers import (
    error_from,
    loaded_from,
    page_from,
    pieces_json,
    unpacked_from,
)
from knowledge.loading.archive import Unpacked
from knowledge.loading.frames import BrokenFrame, Frame
from knowledge.loading.process import Process
from knowledge.loading.progress import PageRead, Pieces

_log = logging.getLogger(__name__)

# How soon a stop is noticed.
_LOOK_SECONDS = 0.1
# A process that has grown this near to its limit, seen ten times a second, died of it.
_NEARLY = 0.5
# Read by native code on many pages, or by models that take half a gigabyte: whatever such a file
# has done to the process, the next file meets another one.
_USED_UP = frozenset((".pdf", ".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff"))
_T = TypeVar("_T")


class LoadingStopped(Exception):
    """The reading was stopped from outside; the file can be read another time."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What reading one file may take.

    `seconds`, and `page_seconds` more for each page done; `picture_seconds` for what the picture
    of a page says (some seconds, more on a busy machine); `total_seconds` in all. `memory_mb`
    bounds the process.
    """

    seconds: float = 30.0
    page_seconds: float = 0.25
    picture_seconds: float = 120.0
    total_seconds: float = 3_600.0
    memory_mb: int = 1_024


@dataclass(frozen=True, slots=True)
class Watch:
    """Who may stop a reading, who is told of its pages, and pages that an earlier one has read."""

    stopping: threading.Event
    on_page: Callable[[PageRead], None] = lambda _: None
    known: Mapping[int, Pieces] | None = None


def _unwatched() -> Watch:
    return Watch(threading.Event())


class LoadingChild:
    """Reads files one at a time. Thread-safe; `close` it to end its process."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._asking = threading.Lock()
        self._closed = threading.Event()
        self._process: Process | None = None

    def load(self, name: str, data: bytes, watch: Watch | None = None) -> LoadedText:
        """What `knowledge.loading.load` makes of a file.

        Raises what that raises, `ReadingTooSlow`, `ReadingTooLarge` or `ReadingCrashed` for a file
        that does the process harm, and `LoadingStopped` within a fraction of a second after
        the watch's `stopping` or `close`.
        """
        check(name, data)
        watch = watch or _unwatched()
        known = {str(page): pieces_json(pieces) for page, pieces in (watch.known or {}).items()}
        with self._asking:
            reading = _Reading(self._limits, watch, self._closed, name)
            frame = self._answer(Frame({"name": name, "known": known}, data), reading)
        return self._made(frame, name, loaded_from)

    def unpack(self, name: str, data: bytes) -> Unpacked:
        """What `knowledge.loading.archive.members` finds in an archive. Raises what `load` does."""
        with self._asking:
            reading = _Reading(self._limits, _unwatched(), self._closed, name)
            frame = self._answer(Frame({"name": name, "unpack": True}, data), reading)
        return self._made(frame, name, unpacked_from)

    def close(self) -> None:
        """End the process; a reading that goes on is stopped."""
        self._closed.set()
        with self._asking:
            self._end()

    def _answer(self, request: Frame, reading: "_Reading") -> Frame:
        try:
            frame = reading.answer(self._ready(), request)
        except _Idle:
            # It had ended, unused, just before it was asked.
            self._end()
            frame = reading.answer(self._ready(), request)
        except BaseException:
            self._end()
            raise
        if ending(reading.name) in _USED_UP or "memory" in frame.header:
            self._end()
            self._ready()  # the next one starts while this file's text is cut up
        return frame

    def _made(self, frame: Frame, name: str, read: Callable[[Frame], _T]) -> _T:
        """What `read` finds in an answer."""
        if "memory" in frame.header:
            raise ReadingTooLarge(name=name, limit_mb=self._limits.memory_mb)
        try:
            if "error" not in frame.header:
                return read(frame)
            error = error_from(frame, name)
        except BrokenFrame as broken:
            raise ReadingCrashed(name=name) from broken
        raise error

    def _ready(self) -> "Process":
        if self._process is None or not self._process.is_alive:
            self._end()
            self._process = Process(self._limits.memory_mb)
        return self._process

    def _end(self) -> None:
        if self._process is not None:
            self._process.end()
            self._process = None


class _Idle(Exception):
    """The process had ended by itself, as it does when it is not needed."""


@dataclass(frozen=True, slots=True)
class _Reading:
    """One file on its way through the process."""

    limits: Limits
    watch: Watch
    closed: threading.Event
    name: str

    def answer(self, process: "Process", request: Frame) -> Frame:
        """The last frame of the answer; pages are told of as they come."""
        clock = _Clock(self.limits)
        reached = (0, 0)
        process.ask(request)
        while True:
            frame = process.next_frame(_LOOK_SECONDS)
            if self.watch.stopping.is_set() or self.closed.is_set():
                raise LoadingStopped
            if frame is None and clock.is_over:
                raise ReadingTooSlow(name=self.name, seconds=self.limits.seconds)
            if frame is None or "ready" in frame.header:
                continue
            if "gone" in frame.header:
                self._tell_death(process)
            if "page" not in frame.header:
                return frame
            read = self._page(frame, reached)
            reached = read.order
            clock.note(read)
            self.watch.on_page(read)

    def _page(self, frame: Frame, before: tuple[int, int]) -> PageRead:
        """A page; each later than the one before, lest a bomb buys time with one page for ever."""
        try:
            read = page_from(frame)
        except BrokenFrame as broken:
            raise ReadingCrashed(name=self.name) from broken
        if read.order <= before or read.page > read.pages:
            raise ReadingCrashed(name=self.name)
        return read

    def _tell_death(self, process: "Process") -> None:
        status = process.end()
        if status == 0:
            raise _Idle
        _log.warning("reading %r ended its process with status %s", self.name, status)
        is_killed = status == -signal.SIGKILL and not process.is_confused
        if is_killed or process.most_memory_mb > _NEARLY * self.limits.memory_mb:
            # Native code ends the process where memory ends, and so does a kernel without any left.
            raise ReadingTooLarge(name=self.name, limit_mb=self.limits.memory_mb)
        raise ReadingCrashed(name=self.name)


class _Clock:
    """How much time is left for a file. A picture's time does not count against the others'."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._began = time.monotonic()
        self._picture_began: float | None = None
        self._on_pictures = 0.0
        self._pages = 0

    @property
    def is_over(self) -> bool:
        now = time.monotonic()
        until = self._began + self._limits.seconds + self._limits.page_seconds * self._pages
        until += self._on_pictures
        if self._picture_began is not None:
            until = self._picture_began + self._limits.picture_seconds
        return now > min(until, self._began + self._limits.total_seconds)

    def note(self, read: PageRead) -> None:
        """A page was told of."""
        now = time.monotonic()
        if self._picture_began is not None:
            self._on_pictures += now - self._picture_began
        self._picture_began = now if read.is_begun else None
        self._pages = read.page
