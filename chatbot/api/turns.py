"""Runs the turns' blocking generators in threads of their own and hands their events to the loop."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final

from chatbot.api.parts import Dialogue
from chatbot.cancellation import Cancellation
from chatbot.errors import ServerBusy, TurnInProgress, TurnTimeout
from chatbot.messages import Answer, Question, ReplyEvent, TurnFinished

RETRY_SECONDS: Final = 2
_IN_PROGRESS_SECONDS: Final = 1
# What a turn may take beyond its generator's deadline before its caller is told.
GRACE_SECONDS: Final = 5.0

_Work = Callable[[Question, Cancellation], Iterator[ReplyEvent]]


def _nothing() -> None:
    pass


class RunningTurn:
    """One turn. Lives on the event loop that started it; `over` is called there when it is saved."""

    def __init__(self, seconds: float, over: Callable[[], None] | None = None) -> None:
        self._over = over or _nothing
        self._cancellation = Cancellation(seconds=seconds)
        self._seconds = seconds + GRACE_SECONDS
        self._loop = asyncio.get_running_loop()
        self._queue: asyncio.Queue[ReplyEvent | BaseException | None] = asyncio.Queue()

    def cancel(self) -> None:
        """Ask the turn to stop: nobody waits for it any more."""
        self._cancellation.cancel()

    async def events(self) -> AsyncIterator[ReplyEvent]:
        """The turn's events as they happen, once. Leaving early cancels the turn.

        Raises what the turn raised, and `TurnTimeout` when it hangs.
        """
        deadline = self._loop.time() + self._seconds
        try:
            while True:
                try:
                    async with asyncio.timeout_at(deadline):
                        item = await self._queue.get()
                except TimeoutError:
                    raise TurnTimeout(seconds=self._seconds) from None
                if item is None:
                    return
                if isinstance(item, BaseException):
                    raise item
                yield item
        finally:
            self.cancel()

    async def answer(self) -> Answer:
        """The finished answer. Raises like `events`."""
        async for event in self.events():
            if isinstance(event, TurnFinished):
                return event.answer
        raise RuntimeError("the turn ended without TurnFinished")

    def work(self, respond: _Work, question: Question, done: Callable[[], None]) -> None:
        """The turn itself; runs in a thread. Calls `done` on the loop when it is over."""
        try:
            if self._cancellation.cancelled:
                return
            events = respond(question, self._cancellation)
            for event in events:
                self._tell(event)
                if self._cancellation.cancelled:
                    break
            if isinstance(events, Generator):  # here and now, so that it saves what was said
                events.close()
            self._tell(None)
        except BaseException as error:  # handed to the caller, who is on the loop
            self._tell(error)
        finally:
            self._call(done)

    def _tell(self, item: ReplyEvent | BaseException | None) -> None:
        if not isinstance(item, ReplyEvent) or isinstance(item, TurnFinished):
            # Before its client knows: who asks again at once must not meet it still at work.
            self._call(self._over)
        self._call(lambda: self._queue.put_nowait(item))

    def _call(self, action: Callable[[], object]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: the server has stopped
            self._loop.call_soon_threadsafe(action)


class TurnRunner:
    """Runs at most `limit` turns at once, each at most `seconds` long; a few more wait in line.

    A turn whose client leaves while it waits is never begun.
    """

    def __init__(self, dialogue: Dialogue, *, limit: int, seconds: float, waiting: int = 0) -> None:
        self._dialogue = dialogue
        self._limit = limit + waiting
        self._seconds = seconds
        self._running = 0
        self._names: set[str] = set()
        self._pool = ThreadPoolExecutor(limit, thread_name_prefix="turn")

    @property
    def running(self) -> int:
        """Turns that work or wait in line, whoever waits for them."""
        return self._running

    def start(self, question: Question) -> RunningTurn:
        """Begin a turn. Call it on the event loop.

        Raises `TurnInProgress` while one of the same `turn_id` still works, and `ServerBusy`.
        """
        name = question.turn_id
        if name is not None and name in self._names:
            raise TurnInProgress(seconds=_IN_PROGRESS_SECONDS)
        if self._running >= self._limit:
            raise ServerBusy(seconds=RETRY_SECONDS)
        self._running += 1
        if name is not None:
            self._names.add(name)
        turn = RunningTurn(self._seconds, partial(self._names.discard, name or ""))
        done = partial(self._done, name or "")
        self._pool.submit(turn.work, self._dialogue.respond, question, done)
        return turn

    def close(self) -> None:
        """Take no more turns. Does not wait for those that run."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _done(self, name: str) -> None:
        self._running -= 1
        self._names.discard(name)
