"""Reads strangers' files in a process of its own, which may be stopped at any time.

The process is started with `python -m knowledge.loading`, never forked from the server with its
threads and secrets, bounded in time and memory, and answers in JSON that is checked here. Every
format goes through it, plain text too: a warm process answers within a millisecond or two
(tests/benchmarks/files.md), which is less than what it takes to argue that a format is harmless.
"""

import logging
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeVar, cast

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
from knowledge.loading.frames import BrokenFrame, Frame, receive, send
from knowledge.loading.progress import PageRead, Pieces

_log = logging.getLogger(__name__)

_ROOT = Path(__file__).resolve().parents[2]
# How soon a stop is noticed.
_LOOK_SECONDS = 0.1
_GONE_SECONDS = 5.0
# Read by native code on many pages, or by models that take half a gigabyte: whatever such a file
# has done to the process, the next file meets another one.
_USED_UP = frozenset((".pdf", ".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff"))
# What the child's interpreter may know of the server's environment: nothing secret.
_ENVIRONMENT = ("PATH", "HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TMPDIR")


_T = TypeVar("_T")


class LoadingStopped(Exception):
    """The reading was stopped from outside; the file can be read another time."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What reading one file may take.

    `seconds` without a page done, `picture_seconds` for what the picture of a page says (some
    seconds, more on a busy machine), and `total_seconds` in all. `memory_mb` bounds the process.
    """

    seconds: float = 30.0
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
        self._process: _Process | None = None

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

    def _ready(self) -> "_Process":
        if self._process is None or not self._process.is_alive:
            self._end()
            self._process = _Process(self._limits.memory_mb)
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

    def answer(self, process: "_Process", request: Frame) -> Frame:
        """The last frame of the answer; pages are told of as they come."""
        began = time.monotonic()
        until = began + self.limits.seconds
        reached = (0, 0)
        process.ask(request)
        while True:
            frame = process.next_frame(_LOOK_SECONDS)
            if self.watch.stopping.is_set() or self.closed.is_set():
                raise LoadingStopped
            now = time.monotonic()
            if frame is None and now >= min(until, began + self.limits.total_seconds):
                raise ReadingTooSlow(name=self.name, seconds=self.limits.seconds)
            if frame is None or "ready" in frame.header:
                continue
            if "gone" in frame.header:
                self._tell_death(process)
            if "page" not in frame.header:
                return frame
            read = self._page(frame, reached)
            reached = read.order
            until = now + (self.limits.picture_seconds if read.is_begun else self.limits.seconds)
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

    def _tell_death(self, process: "_Process") -> None:
        status = process.end()
        if status == 0:
            raise _Idle
        _log.warning("reading %r ended its process with status %s", self.name, status)
        if status == -signal.SIGKILL and not process.is_confused:
            # Nobody here did: the kernel ends what takes the machine's last memory.
            raise ReadingTooLarge(name=self.name, limit_mb=self.limits.memory_mb)
        raise ReadingCrashed(name=self.name)


class _Process:
    """The child, and a thread that listens to it."""

    def __init__(self, memory_mb: int) -> None:
        self._frames: queue.SimpleQueue[Frame] = queue.SimpleQueue()
        self.is_confused = False
        self._child = subprocess.Popen(  # noqa: S603 -- our own interpreter and module
            [sys.executable, "-B", "-P", "-X", "utf8", "-m", "knowledge.loading", str(memory_mb)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=os.sep,
            env=_environment(),
            start_new_session=True,  # an interrupt at the terminal is the server's to handle
        )
        self._listener = threading.Thread(target=self._listen, name="reading", daemon=True)
        self._listener.start()

    @property
    def is_alive(self) -> bool:
        return self._child.poll() is None

    def ask(self, request: Frame) -> None:
        """Send a request, in the background: a child that does not read must not hold us up."""
        threading.Thread(target=self._send, args=(request,), daemon=True).start()

    def next_frame(self, seconds: float) -> Frame | None:
        """What the child says next, within that time; `gone` when it says no more."""
        try:
            return self._frames.get(timeout=seconds)
        except queue.Empty:
            return None

    def end(self) -> int:
        """Kill the child if it lives; how it ended."""
        self._child.kill()
        status = self._child.wait(_GONE_SECONDS)
        self._listener.join(_GONE_SECONDS)
        with suppress(OSError):  # what was not sent any more
            cast("BinaryIO", self._child.stdin).close()
        return status

    def _send(self, request: Frame) -> None:
        with suppress(OSError, ValueError):  # it is gone, which the listener tells
            send(cast("BinaryIO", self._child.stdin), request)

    def _listen(self) -> None:
        stream = cast("BinaryIO", self._child.stdout)
        try:
            while (frame := receive(stream)) is not None:
                self._frames.put(frame)
        except (BrokenFrame, OSError, ValueError) as error:
            _log.warning("the reading process does not make sense: %s", error)
            self.is_confused = True
            self._child.kill()
        stream.close()
        with suppress(subprocess.TimeoutExpired):
            self._child.wait(_GONE_SECONDS)
        self._frames.put(Frame({"gone": True}))


def _environment() -> dict[str, str]:
    own = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    packages = [str(_ROOT), *(path for path in sys.path if path)]
    one_thread = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    return {**own, **one_thread, "PYTHONPATH": os.pathsep.join(packages), "MALLOC_ARENA_MAX": "2"}
