"""One generation at a time, and a short line before the door."""

import threading
from collections import deque
from collections.abc import Iterator

from chatbot.cancellation import Cancellation
from chatbot.errors import GeneratorBusy, GeneratorTimeout
from chatbot.generators import Generator, Prompt
from chatbot.generators.streams import POLL_SECONDS, Deadline
from knowledge.documents import Language


class BoundedGenerator:
    """Lets `at_once` generations run on `inner` and `queue_size` wait, first come, first served.

    The next one is refused with `GeneratorBusy`. `deadline_seconds` counts from the call
    and includes the wait. Whoever waits and is cancelled leaves the line at once.
    """

    def __init__(
        self,
        inner: Generator,
        queue_size: int,
        deadline_seconds: float,
        *,
        at_once: int = 1,
    ) -> None:
        self._inner = inner
        self._line = _Line(at_once, queue_size)
        self._deadline_seconds = deadline_seconds

    @property
    def name(self) -> str:
        return self._inner.name

    @property
    def languages(self) -> frozenset[Language]:
        return self._inner.languages

    @property
    def waiting(self) -> int:
        """How many wait now."""
        return self._line.waiting

    def stream(self, prompt: Prompt, cancellation: Cancellation) -> Iterator[str]:
        return self._in_line(prompt, cancellation, Deadline(self._deadline_seconds, cancellation))

    def _in_line(
        self, prompt: Prompt, cancellation: Cancellation, deadline: Deadline
    ) -> Iterator[str]:
        place = self._line.join()
        try:
            while not place.wait(min(POLL_SECONDS, deadline.remaining)):
                if cancellation.cancelled:
                    return
                deadline.check()
            rest = _Rest(cancellation, deadline.remaining)
            yield from self._inner.stream(prompt, rest)
        except GeneratorTimeout as error:
            # Inside it counted from its own start; the visitor has waited since the call.
            raise GeneratorTimeout(seconds=deadline.seconds) from error
        finally:
            self._line.leave(place)


class _Rest(Cancellation):
    """What is left of a turn's time for the part that now begins; cancelled with the turn."""

    def __init__(self, turn: Cancellation, seconds: float) -> None:
        super().__init__(seconds=seconds)
        self._turn = turn

    def cancel(self) -> None:
        self._turn.cancel()

    @property
    def cancelled(self) -> bool:
        return self._turn.cancelled

    def wait(self, seconds: float) -> bool:
        return self._turn.wait(seconds)


class _Line:
    """Places are events: set when it is that place's turn."""

    def __init__(self, at_once: int, size: int) -> None:
        self._lock = threading.Lock()
        self._free = at_once
        self._size = size
        self._places = deque[threading.Event]()

    @property
    def waiting(self) -> int:
        return len(self._places)

    def join(self) -> threading.Event:
        """A place, which may already be set. Raises `GeneratorBusy` when the line is full."""
        place = threading.Event()
        with self._lock:
            if self._free > 0:
                self._free -= 1
                place.set()
            elif len(self._places) < self._size:
                self._places.append(place)
            else:
                raise GeneratorBusy(waiting=len(self._places))
        return place

    def leave(self, place: threading.Event) -> None:
        """Give the place up, whether its turn had come or not."""
        with self._lock:
            if not place.is_set():
                self._places.remove(place)
            elif self._places:
                self._places.popleft().set()
            else:
                self._free += 1
