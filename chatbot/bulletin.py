"""Wakes those who wait for news of a conversation. Holds no news itself: SQL has them."""

import asyncio
import contextlib
import threading
from collections import defaultdict
from collections.abc import Generator
from typing import Final

# The topic of everything that the team's inbox shows.
INBOX: Final = ""


class Watch:
    """One reader's bell. Rings are not lost between two waits."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._bell = asyncio.Event()

    async def wait(self, seconds: float) -> bool:
        """Wait for a ring, at most `seconds`; whether there was one."""
        try:
            async with asyncio.timeout(seconds):
                await self._bell.wait()
        except TimeoutError:
            return False
        self._bell.clear()
        return True

    def ring(self) -> None:
        """Wake the reader, from any thread."""
        with contextlib.suppress(RuntimeError):  # its loop is closed: nobody reads any more
            self._loop.call_soon_threadsafe(self._bell.set)


class Bulletin:
    """Who waits for what, in this process. Another process's news are found by looking again."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._watches: defaultdict[str, set[Watch]] = defaultdict(set)

    def post(self, topic: str) -> None:
        """Say that there is news of `topic`, a conversation's id. Rings the inbox too."""
        with self._lock:
            awake = self._watches.get(topic, set()) | self._watches.get(INBOX, set())
        for watch in awake:
            watch.ring()

    @contextlib.contextmanager
    def watch(self, topic: str) -> Generator[Watch]:
        """Listen for news of `topic` during the block, on the running event loop."""
        watch = Watch()
        with self._lock:
            self._watches[topic].add(watch)
        try:
            yield watch
        finally:
            with self._lock:
                self._watches[topic].discard(watch)
                if not self._watches[topic]:
                    del self._watches[topic]
