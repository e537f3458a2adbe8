"""One process owns a data folder: Chroma and the background work stand no second one."""

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from knowledge.errors import DataFolderInUse

_LOCK = "lock"
_OWNER = "lock.pid"


@contextmanager
def own(data_dir: Path) -> Generator[None]:
    """Own `data_dir` until the end of the block; made if it is not there.

    The lock goes with the process, however it ends. Raises `DataFolderInUse` at once
    if another process, or another part of this one, owns the folder.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    lock = FileLock(data_dir / _LOCK, timeout=0, is_singleton=False, thread_local=False)
    try:
        lock.acquire()
    except Timeout as error:
        raise DataFolderInUse(pid=_owner(data_dir), path=data_dir) from error
    try:
        (data_dir / _OWNER).write_text(str(os.getpid()), encoding="ascii")
        yield
    finally:
        (data_dir / _OWNER).unlink(missing_ok=True)
        lock.release()


def _owner(data_dir: Path) -> str:
    try:
        return (data_dir / _OWNER).read_text(encoding="ascii").strip() or "?"
    except OSError:
        return "?"
