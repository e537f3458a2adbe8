"""One process owns a data folder."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from knowledge.errors import DataFolderInUse
from knowledge.owner import own

_HOLD = """
import sys, time
from pathlib import Path
from knowledge.owner import own
with own(Path(sys.argv[1])):
    print("owned", flush=True)
    time.sleep(60)
"""


def test_a_second_owner_is_told_who_the_first_is(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(folder)], stdout=subprocess.PIPE, text=True
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "owned\n"
        begin = time.monotonic()
        with pytest.raises(DataFolderInUse, match=f"pid {holder.pid}") as caught, own(folder):
            pass
        assert time.monotonic() - begin < 1
        assert str(folder) in str(caught.value)
        holder.kill()
        holder.wait()
        # The lock went with the process.
        with own(folder):
            pass
        holder.stdout.close()


def test_the_folder_is_free_again_after_the_block(tmp_path: Path) -> None:
    for _ in range(2):
        with own(tmp_path), pytest.raises(DataFolderInUse), own(tmp_path):
            pass
