"""Reads the files that are queued. Those whose pages are pictures take minutes, and are read aside."""

import logging
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass

from knowledge.documents import LoadedText
from knowledge.errors import AnswerDeskError, IngestFailed
from knowledge.loading import ending
from knowledge.loading.archive import Unpacked
from knowledge.loading.child import Limits, LoadingChild, LoadingStopped, Watch
from knowledge.loading.kept import KeptPages
from knowledge.loading.progress import PageRead
from knowledge.store import Job

_log = logging.getLogger(__name__)

# Every page of these is a picture; of a PDF it is found out.
_PICTURES = frozenset((".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff"))
# The longest text takes some tens of seconds, and all other files wait for it.
_TEXT_SECONDS = 120.0

_Version = tuple[str, int]
_Outcome = LoadedText | AnswerDeskError


@dataclass(frozen=True, slots=True)
class _Task:
    job: Job
    data: bytes


class FileReader:
    """Two processes: one for text, at once, and one for pictures, aside. Thread-safe."""

    def __init__(self, kept: KeptPages, on_read: Callable[[], None]) -> None:
        self._kept = kept
        self._on_read = on_read
        self._stopping = threading.Event()
        self._text = LoadingChild(Limits(total_seconds=_TEXT_SECONDS))
        self._pictures = LoadingChild()
        self._tasks: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        self._changing = threading.Lock()
        self._aside: dict[_Version, PageRead | None] = {}
        self._outcomes: dict[_Version, _Outcome] = {}
        self._thread = threading.Thread(target=self._read_aside, name="pictures", daemon=True)

    def read(self, job: Job, data: bytes) -> LoadedText | None:
        """The text of a file; None if it is read aside, and `on_read` will tell when it is there.

        Ask again then. Raises what `LoadingChild.load` raises.
        """
        with self._changing:
            outcome = self._outcomes.pop(_version(job), None)
        if isinstance(outcome, AnswerDeskError):
            raise outcome
        if outcome is not None:
            return outcome
        if ending(job.name) in _PICTURES:
            return self._put_aside(job, data)
        meets_picture = threading.Event()

        def on_page(read: PageRead) -> None:
            if read.is_begun:
                meets_picture.set()

        try:
            return self._text.load(job.name, data, Watch(meets_picture, on_page))
        except LoadingStopped:
            if self._stopping.is_set():
                raise
            return self._put_aside(job, data)

    def unpack(self, name: str, data: bytes) -> Unpacked:
        """What an archive holds, at once, while other files are read. Raises as `read` does."""
        child = LoadingChild()
        try:
            return child.unpack(name, data)
        finally:
            child.close()

    def is_aside(self, job: Job) -> bool:
        """Whether the file is being read aside."""
        with self._changing:
            return _version(job) in self._aside

    @property
    def aside(self) -> dict[str, PageRead | None]:
        """The documents that are read aside, and how far they are; None for those that wait."""
        with self._changing:
            return {document_id: read for (document_id, _), read in self._aside.items()}

    def close(self) -> None:
        """Stop reading, within a second; what pictures said so far is kept."""
        self._stopping.set()
        self._text.close()
        self._pictures.close()
        self._tasks.put(None)
        if self._thread.is_alive():
            self._thread.join()

    def _put_aside(self, job: Job, data: bytes) -> None:
        with self._changing:
            if self._thread.ident is None and not self._stopping.is_set():
                self._thread.start()
            self._aside[_version(job)] = None
        self._tasks.put(_Task(job, data))

    def _read_aside(self) -> None:
        while not self._stopping.is_set() and (task := self._tasks.get()) is not None:
            try:
                outcome: _Outcome = self._read_pictures(task)
            except LoadingStopped:
                return
            except AnswerDeskError as error:
                outcome = error
            except Exception as error:
                # The thread's outermost edge: a full disk, say, concerns this document.
                _log.exception("reading document %s failed", task.job.document_id)
                outcome = IngestFailed(name=task.job.name, reason=type(error).__name__)
            self._kept.forget(task.job.content_hash)
            with self._changing:
                del self._aside[_version(task.job)]
                self._outcomes[_version(task.job)] = outcome
            self._on_read()

    def _read_pictures(self, task: _Task) -> LoadedText:
        job = task.job

        def on_page(read: PageRead) -> None:
            if read.pieces is not None:
                self._kept.keep(job.content_hash, read.page, read.pieces)
            with self._changing:
                self._aside[_version(job)] = read

        watch = Watch(self._stopping, on_page, self._kept.pages(job.content_hash))
        return self._pictures.load(job.name, task.data, watch)


def _version(job: Job) -> _Version:
    return job.document_id, job.version
