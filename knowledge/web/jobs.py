"""Fetches pages and sites in the background; each can be watched, stopped and taken up again."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from knowledge.errors import AnswerDeskError, IngestFailed
from knowledge.intake import checked_collection
from knowledge.loading import load
from knowledge.web.addresses import page_address
from knowledge.web.crawl import Crawl, Ears
from knowledge.web.errands import Errand, Errands, FetchJob, FetchState, Order, Trouble
from knowledge.web.errors import FetchJobNotFound, TooManyFetches
from knowledge.web.intake import PageIntake, Read, Shelf
from knowledge.web.visits import Manners, Stopped, Turns, Visitor

_log = logging.getLogger(__name__)

_AT_ONCE: Final = 2
_MAX_WAITING: Final = 100
_POLL_SECONDS: Final = 0.1
_CLOSE_SECONDS: Final = 2.0


@dataclass(slots=True)
class _Running:
    """An errand at work or waiting for its turn.

    `is_stopped` says that a person wanted its end, `next_order` that it was ordered again since.
    """

    errand: Errand
    latest: FetchJob
    stopping: threading.Event = field(default_factory=threading.Event)
    is_stopped: bool = False
    next_order: Order | None = None
    thread: threading.Thread | None = None


class WebFetching:
    """Takes orders until `close`; what is then unfinished goes on after `resume`. Thread-safe."""

    def __init__(
        self, folder: Path, shelf: Shelf, manners: Manners | None = None, read: Read = load
    ) -> None:
        self._errands = Errands(folder)
        self._shelf = shelf
        self._manners = manners or Manners()
        self._read = read
        self._turns = Turns()
        self._lock = threading.Lock()
        self._running: dict[str, _Running] = {}
        self._queue: deque[_Running] = deque()
        # Jobs that are over; None until somebody asks for all of them.
        self._ended: dict[str, FetchJob] | None = None
        self._is_closed = False

    def start(self, order: Order) -> FetchJob:
        """Fetch what is ordered. What was stopped goes on; what is done is looked at again.

        Raises `AddressRefused` where the address's form shows it, `InvalidCollection`, or
        `TooManyFetches`.
        """
        order = replace(
            order, url=page_address(order.url), collection=checked_collection(order.collection)
        )
        with self._lock:
            at_work = self._running.get(order.id)
            if at_work is not None:
                return _again(at_work, order)
            if len(self._queue) >= _MAX_WAITING:
                raise TooManyFetches(limit=_MAX_WAITING)
            return self._enter(_prepared(self._kept(order.id), order))

    def resume(self) -> None:
        """Take up what an earlier process left unfinished."""
        for errand in list(self._errands.all()):
            with self._lock:
                if not errand.state.is_over and errand.order.id not in self._running:
                    self._enter(errand)

    def get(self, job_id: str) -> FetchJob:
        """How far a job has come. Raises `FetchJobNotFound`."""
        with self._lock:
            if (at_work := self._running.get(job_id)) is not None:
                return at_work.latest
        return self._errands.load(job_id).job()

    def list(self) -> Sequence[FetchJob]:
        """All jobs, those at work first, then the one that ended last."""
        with self._lock:
            if self._ended is None:
                kept = [errand.job() for errand in self._errands.all()]
                self._ended = {job.id: job for job in reversed(kept)}
            at_work = [running.latest for running in self._running.values()]
            ended = [job for key, job in self._ended.items() if key not in self._running]
        return [*at_work, *reversed(ended)]

    def stop(self, job_id: str) -> FetchJob:
        """End a job at its next step; what has arrived is kept. Raises `FetchJobNotFound`."""
        with self._lock:
            at_work = self._running.get(job_id)
            if at_work is not None:
                at_work.is_stopped, at_work.next_order = True, None
                at_work.latest = replace(at_work.latest, state=FetchState.STOPPED)
                at_work.stopping.set()
                if at_work in self._queue:
                    self._queue.remove(at_work)
                    self._leave(at_work, FetchState.STOPPED)
                return at_work.latest
        return self._errands.load(job_id).job()

    def wait(self, job_id: str, on_progress: Callable[[FetchJob], None] | None = None) -> FetchJob:
        """Wait until a job is over. Raises `FetchJobNotFound`."""
        while True:
            job = self.get(job_id)
            if on_progress is not None:
                on_progress(job)
            with self._lock:
                is_over = job_id not in self._running
            if is_over:
                return self.get(job_id)
            time.sleep(_POLL_SECONDS)

    def close(self) -> None:
        """End all work within 2 s; `resume` of the next process goes on."""
        with self._lock:
            self._is_closed = True
            self._queue.clear()
            threads = [running.thread for running in self._running.values() if running.thread]
            for running in self._running.values():
                running.stopping.set()
        deadline = time.monotonic() + _CLOSE_SECONDS
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _kept(self, job_id: str) -> Errand | None:
        try:
            return self._errands.load(job_id)
        except FetchJobNotFound:
            return None

    def _enter(self, errand: Errand) -> FetchJob:
        """Queue an errand; the lock is held."""
        errand.enter(FetchState.WAITING)
        self._errands.save(errand)
        running = _Running(errand, errand.job())
        self._running[errand.order.id] = running
        self._queue.append(running)
        self._begin_next()
        return running.latest

    def _begin_next(self) -> None:
        """Start what there is room for; the lock is held."""
        busy = sum(running.thread is not None for running in self._running.values())
        while self._queue and busy < _AT_ONCE and not self._is_closed:
            running = self._queue.popleft()
            # A daemon: a server that hangs must not keep the process from ending.
            running.thread = threading.Thread(target=self._work, args=(running,), daemon=True)
            running.thread.start()
            busy += 1

    def _work(self, running: _Running) -> None:
        errand = running.errand
        errand.enter(FetchState.RUNNING)
        with self._lock:
            if not running.is_stopped:
                running.latest = errand.job()
        state, reason = FetchState.DONE, None
        try:
            self._crawl(running).run()
        except Stopped:
            # Closing leaves it unfinished, so that the next process takes it up.
            state = FetchState.STOPPED if running.is_stopped else FetchState.WAITING
        except AnswerDeskError as error:
            state, reason = FetchState.FAILED, Trouble.of(errand.order.url, error)
        except Exception as error:
            # The thread's outermost edge.
            _log.exception("fetching for job %s failed", errand.order.id)
            failed = IngestFailed(name=errand.order.url, reason=type(error).__name__)
            state, reason = FetchState.FAILED, Trouble.of(errand.order.url, failed)
        with self._lock:
            self._leave(running, state, reason)
            if running.next_order is not None and not self._is_closed:
                self._enter(_prepared(errand, running.next_order))
            self._begin_next()

    def _leave(self, running: _Running, state: FetchState, reason: Trouble | None = None) -> None:
        """Note how an errand ended; the lock is held."""
        running.errand.enter(state, reason)
        self._errands.save(running.errand)
        if self._ended is not None:
            self._ended.pop(running.errand.order.id, None)
            self._ended[running.errand.order.id] = running.errand.job()
        if self._running.get(running.errand.order.id) is running:
            del self._running[running.errand.order.id]
        self._errands.prune(list(self._running))

    def _crawl(self, running: _Running) -> Crawl:
        errand, stopping = running.errand, running.stopping

        def note() -> None:
            if not running.is_stopped:
                running.latest = errand.job()

        def save() -> None:
            self._errands.save(errand)

        return Crawl(
            errand,
            Visitor(self._manners, self._turns, stopping),
            PageIntake(errand, self._shelf, self._read),
            stopping,
            Ears(note, save),
        )


def _again(at_work: _Running, order: Order) -> FetchJob:
    """What is at work already is; what is being stopped goes on when it has."""
    if at_work.is_stopped:
        at_work.next_order = order
        at_work.latest = replace(at_work.latest, state=FetchState.WAITING)
    return at_work.latest


def _prepared(kept: Errand | None, order: Order) -> Errand:
    """An errand that goes on where it was, or begins (again)."""
    if kept is None:
        return Errand(order)
    kept.order = order
    has_more = bool(kept.waiting) and len(kept.done) < order.max_pages
    if not (order.site and kept.is_begun and has_more):
        kept.begin_again()
    return kept
