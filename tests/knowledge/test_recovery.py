"""A process that is killed in the middle of its work loses nothing that it acknowledged."""

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from knowledge.documents import DocumentState
from knowledge.library import Library
from tests.knowledge.library_parts import COLLECTION, found, library_at, ready
from tests.knowledge.test_library import assert_indexes_agree

ROOT = Path(__file__).parents[2]


def _run_and_kill(folder: Path, first: int, *, documents: int, seconds: float) -> list[int]:
    """Numbers of the documents acknowledged before the process was killed.

    That is `seconds` after the first `documents` of them.
    """
    command = [sys.executable, "-m", "tests.knowledge.ingest_forever", str(folder), str(first)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process, process.stdout:
        lines = [process.stdout.readline() for _ in range(documents)]
        time.sleep(seconds)
        process.kill()
        lines += process.stdout.readlines()
    # A line cut short was not yet acknowledged.
    return [int(line.split()[0]) for line in lines if line.endswith("\n")]


def _assert_all_there_once(library: Library, numbers: list[int]) -> None:
    records = {record.name: record for record in library.list()}
    assert len(records) == len(library.list())
    assert {f"{n}.md" for n in numbers if n % 3} | {f"p{n}" for n in numbers} <= records.keys()
    for number in numbers[-20:]:
        passages = found(library, f"lamp passage {number}")
        assert [p.id for p in passages].count(f"p{number}") == 1
        (only, *_) = library.passages_of(records[f"p{number}"].id)
        assert only.text == f"lamp passage {number}"
    newest = max(number for number in numbers if number % 3 == 0)
    shown = library.passages_of(records["again.md"].id)
    assert int(shown[0].text.split()[1]) >= newest


@pytest.mark.timeout(300)
def test_killed_and_started_again(tmp_path: Path) -> None:
    chance = random.Random(5)  # noqa: S311 -- no secret
    acknowledged: list[int] = []
    for _ in range(4):
        first = acknowledged[-1] + 1 if acknowledged else 0
        acknowledged += _run_and_kill(
            tmp_path, first, documents=chance.randint(1, 9), seconds=chance.uniform(0, 0.3)
        )
    assert len(acknowledged) >= 4
    begin = time.monotonic()
    with library_at(tmp_path) as library:
        while any(record.state is DocumentState.QUEUED for record in library.list()):
            assert time.monotonic() - begin < 30
            time.sleep(0.05)
        ready(library)
        assert library.progress().failed == 0
        _assert_all_there_once(library, acknowledged)
        assert library.keyword_search(COLLECTION, "lamp", 1)
    assert_indexes_agree(tmp_path)
