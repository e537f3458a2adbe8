"""The thread that has the vectors of ways to ask ready."""

import logging
import threading
from collections.abc import Callable
from typing import Final

_log = logging.getLogger(__name__)

# After an unforeseen error, in seconds.
_REST: Final = 5.0


class Preparing:
    """Runs `step` once for each time that it is told of changes, from the first `wake` until `stop`."""

    def __init__(self, step: Callable[[threading.Event], object]) -> None:
        """`step` is handed an event that is set when it should end early."""
        self._step = step
        self._told = threading.Event()
        self._stopping = threading.Event()
        self._starting = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="curated", daemon=True)

    def wake(self) -> None:
        """Start the thread, or tell it that there may be more."""
        with self._starting:
            if self._thread.ident is None and not self._stopping.is_set():
                self._thread.start()
        self._told.set()

    def tell(self) -> None:
        """Tell the thread that there may be more; one that never started stays asleep."""
        self._told.set()

    def stop(self) -> None:
        """End after the batch at hand."""
        with self._starting:
            self._stopping.set()
        self._told.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._told.clear()
            try:
                self._step(self._stopping)
            except Exception:  # the thread's outermost edge: a full disk must not end the work
                _log.exception("curated questions are not ready; trying again in %s s", _REST)
                self._stopping.wait(_REST)
                self._told.set()
            self._told.wait()
