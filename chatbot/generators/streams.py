"""From a thread that generates to the one that reads: no wait without an end on either side."""

import queue
import threading
import time
from collections.abc import Callable, Iterator

from chatbot.cancellation import Cancellation
from chatbot.errors import AnswerDeskError, GeneratorFailed, GeneratorTimeout

# How often a waiting reader looks up. Far below the second in which a cancelled generation must end.
POLL_SECONDS = 0.02
# Generations that were told to stop and have not: past this many the engine is taken for hung.
MOST_ABANDONED = 4


class Deadline:
    """The moment by which a generation must be over, counted from the making of this object."""

    def __init__(self, seconds: float, cancellation: Cancellation) -> None:
        remaining = cancellation.remaining
        self.seconds = seconds if remaining is None else min(seconds, remaining)
        self._end = time.monotonic() + self.seconds

    @property
    def remaining(self) -> float:
        """Seconds left, at least 0."""
        return max(0.0, self._end - time.monotonic())

    def check(self) -> None:
        """Raise `GeneratorTimeout` once it has passed."""
        if time.monotonic() >= self._end:
            raise GeneratorTimeout(seconds=self.seconds)


class Pieces:
    """The text of one generation on its way from the engine's thread to the reader's.

    The engine calls `put` for each piece, then `finish` or `fail`, and gives up when
    `stopped` turns true. The reader iterates over `read`.
    """

    def __init__(self) -> None:
        self._queue = queue.SimpleQueue[str | BaseException | None]()
        self._stopped = threading.Event()

    @property
    def stopped(self) -> bool:
        """Whether nobody reads any more."""
        return self._stopped.is_set()

    def put(self, piece: str) -> None:
        """Hand on more text; empty text is dropped."""
        if piece:
            self._queue.put(piece)

    def finish(self) -> None:
        """The text is complete."""
        self._queue.put(None)

    def fail(self, error: BaseException) -> None:
        """The engine broke with `error`."""
        self._queue.put(error)

    def stop(self) -> None:
        """Nobody reads any more."""
        self._stopped.set()

    def read(self, cancellation: Cancellation, deadline: Deadline) -> Iterator[str]:
        """The pieces, until they end, `cancellation` is cancelled or `deadline` passes.

        Raises `GeneratorTimeout` and `GeneratorFailed`. Leaving it in any way stops the engine.
        """
        try:
            while not cancellation.cancelled:
                deadline.check()
                try:
                    piece = self._queue.get(timeout=min(POLL_SECONDS, deadline.remaining))
                except queue.Empty:
                    continue
                if piece is None:
                    return
                if isinstance(piece, BaseException):
                    raise failure(piece)
                yield piece
        finally:
            self.stop()


def failure(error: BaseException) -> AnswerDeskError:
    """`error` as one that a person is meant to read; its cause is kept."""
    if isinstance(error, AnswerDeskError):
        return error
    failed = GeneratorFailed(reason=f"{type(error).__name__}: {error}")
    failed.__cause__ = error
    return failed


class Workers:
    """Runs each generation in a thread of its own, and can stop them all.

    The threads are daemons: a hung engine must not keep the process alive.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._running = dict[threading.Thread, Pieces]()
        self._closed = False

    def start(self, produce: Callable[[Pieces], None]) -> Pieces:
        """Run `produce` with fresh `Pieces`; what it raises reaches the reader.

        Raises `GeneratorFailed` after `close`, and when too many earlier generations hang.
        """
        pieces = Pieces()
        thread = threading.Thread(
            target=self._run, args=(produce, pieces), name=self._name, daemon=True
        )
        with self._lock:
            if self._closed:
                raise GeneratorFailed(reason="it has been closed")
            if sum(other.stopped for other in self._running.values()) > MOST_ABANDONED:
                raise GeneratorFailed(reason="earlier generations do not end")
            self._running[thread] = pieces
        thread.start()
        return pieces

    def close(self, seconds: float = 2.0) -> bool:
        """Stop every generation and refuse new ones; whether all ended within `seconds`."""
        with self._lock:
            self._closed = True
            running = dict(self._running)
        end = time.monotonic() + seconds
        for pieces in running.values():
            pieces.stop()
        for thread in running:
            if thread is not threading.current_thread():
                thread.join(max(0.0, end - time.monotonic()))
        return not any(thread.is_alive() for thread in running)

    def _run(self, produce: Callable[[Pieces], None], pieces: Pieces) -> None:
        try:
            produce(pieces)
        except BaseException as error:
            pieces.fail(error)
        else:
            pieces.finish()
        finally:
            with self._lock:
                self._running.pop(threading.current_thread(), None)
