"""A generator whose engine is loaded in the background, or when it is first needed."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Literal, Protocol, runtime_checkable

from chatbot.cancellation import Cancellation
from chatbot.errors import GeneratorFailed
from chatbot.generators import Generator, ModelCard, Prompt
from chatbot.generators.streams import POLL_SECONDS, Deadline
from knowledge.documents import Language

State = Literal["idle", "loading", "ready", "failed"]
# A model that could not be loaded may have been pulled since; each try may cost seconds.
RETRY_SECONDS = 30.0


@runtime_checkable
class Closable(Protocol):
    """What holds memory or threads until it is closed."""

    def close(self) -> None:
        """Let go of them."""
        ...


class DeferredGenerator:
    """Stands for the generator that `load` makes, once, in a thread of its own.

    `stream` waits for it within its deadline. When `load` raises, every `stream` raises
    `GeneratorFailed` until `retry_seconds` have passed; then the next one tries again.
    """

    def __init__(
        self,
        card: ModelCard,
        load: Callable[[], Generator],
        deadline_seconds: float,
        *,
        retry_seconds: float = RETRY_SECONDS,
    ) -> None:
        self._card = card
        self._load = load
        self._deadline_seconds = deadline_seconds
        self._retry_seconds = retry_seconds
        self._lock = threading.Lock()
        self._attempt: _Attempt | None = None
        self._closed = False

    @property
    def name(self) -> str:
        return self._card.name

    @property
    def languages(self) -> frozenset[Language]:
        return self._card.languages

    @property
    def state(self) -> State:
        """How far the loading is."""
        attempt = self._attempt
        return "idle" if attempt is None else attempt.state

    def warm_up(self) -> None:
        """Begin to load, unless that has been done; does not wait and does not raise."""
        self._current()

    def stream(self, prompt: Prompt, cancellation: Cancellation) -> Iterator[str]:
        return self._stream(prompt, cancellation, Deadline(self._deadline_seconds, cancellation))

    def close(self) -> None:
        """Close what has been loaded, or will be."""
        with self._lock:
            self._closed = True
            attempt = self._attempt
        if attempt is not None:
            attempt.close()

    def _stream(
        self, prompt: Prompt, cancellation: Cancellation, deadline: Deadline
    ) -> Iterator[str]:
        attempt = self._current()
        while not attempt.done.wait(min(POLL_SECONDS, deadline.remaining)):
            if cancellation.cancelled:
                return
            deadline.check()
        yield from attempt.generator().stream(prompt, cancellation)

    def _current(self) -> "_Attempt":
        with self._lock:
            stale = self._attempt is None or self._attempt.failed_before(self._retry_seconds)
            if self._attempt is None or (stale and not self._closed):
                self._attempt = _Attempt(self._load, self._card.name)
            return self._attempt


class _Attempt:
    """One try to load; `done` is set when it is over either way."""

    def __init__(self, load: Callable[[], Generator], name: str) -> None:
        self.done = threading.Event()
        self._lock = threading.Lock()
        self._generator: Generator | None = None
        self._error: BaseException | None = None
        self._ended = 0.0
        self._closed = False
        threading.Thread(target=self._run, args=(load,), name=f"load {name}", daemon=True).start()

    @property
    def state(self) -> State:
        if not self.done.is_set():
            return "loading"
        return "ready" if self._error is None else "failed"

    def failed_before(self, seconds: float) -> bool:
        """Whether it failed more than `seconds` ago."""
        return self.state == "failed" and time.monotonic() - self._ended > seconds

    def generator(self) -> Generator:
        """What was loaded. Raises `GeneratorFailed` with what `load` raised as its cause."""
        if self._generator is None:
            if isinstance(self._error, GeneratorFailed):
                raise GeneratorFailed(**self._error.details) from self._error
            raise GeneratorFailed(reason=str(self._error)) from self._error
        return self._generator

    def close(self) -> None:
        with self._lock:
            self._closed = True
            generator = self._generator
        if isinstance(generator, Closable):
            generator.close()

    def _run(self, load: Callable[[], Generator]) -> None:
        try:
            generator = load()
        except BaseException as error:
            self._error = error
        else:
            with self._lock:
                self._generator = generator
            if self._closed:
                self.close()
        finally:
            self._ended = time.monotonic()
            self.done.set()
