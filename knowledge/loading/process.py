"""A process that reads files, as the server sees it: started, asked, listened to, killed."""

import logging
import mmap
import os
import queue
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, cast

from knowledge.loading.frames import BrokenFrame, Frame, receive, send

_log = logging.getLogger(__name__)

_ROOT = Path(__file__).resolve().parents[2]
_GONE_SECONDS = 5.0
# What the child's interpreter may know of the server's environment: nothing secret.
_ENVIRONMENT = ("PATH", "HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TMPDIR")


class Process:
    """The child, and a thread that listens to it. `end` it."""

    def __init__(self, memory_mb: int) -> None:
        self._frames: queue.SimpleQueue[Frame] = queue.SimpleQueue()
        self.is_confused = False
        self.most_memory_mb = 0.0
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
        self.most_memory_mb = max(self.most_memory_mb, self._memory_mb())
        try:
            return self._frames.get(timeout=seconds)
        except queue.Empty:
            return None

    def _memory_mb(self) -> float:
        """What the child takes now; 0 where the system does not tell."""
        try:
            pages = Path(f"/proc/{self._child.pid}/statm").read_text().split()[1]
        except (OSError, IndexError):
            return 0
        return int(pages) * mmap.PAGESIZE / 2**20

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
