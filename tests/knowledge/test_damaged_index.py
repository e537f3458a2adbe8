"""Whatever happens to a file of the vector index, the next start notices and builds it anew.

After a proper end any changed byte shows by its digest. After a kill a child process reads and
asks everything first: six files, four kinds of damage.
"""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from knowledge.library import Library
from tests.fakes import HashEmbedder
from tests.knowledge.library_parts import (
    COLLECTION,
    assert_indexes_agree,
    found_by_meaning,
    library_at,
    ready,
)

# Chroma writes some of its files after a thousand vectors only.
PASSAGES = 1_100
FILES = [
    "chroma.sqlite3",
    "*/header.bin",
    "*/data_level0.bin",
    "*/length.bin",
    "*/link_lists.bin",
    "*/index_metadata.pickle",
]
# Where the graph is damaged and each vector can still be read and found, nothing is lost.
HARMLESS_AFTER_A_KILL = {"*/length.bin", "*/link_lists.bin", "*/header.bin"}


def _delete(file: Path) -> None:
    file.unlink()


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 3])


def _zero(file: Path) -> None:
    _overwrite(file, b"\0")


def _scribble(file: Path) -> None:
    _overwrite(file, b"\xa5\x5a\xff\x13")


def _overwrite(file: Path, pattern: bytes) -> None:
    """The second half, the size staying as it is."""
    content = file.read_bytes()
    kept = content[: len(content) // 2]
    rest = len(content) - len(kept)
    file.write_bytes(kept + (pattern * rest)[:rest])


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder whose index is whole, and was closed."""
    folder = tmp_path_factory.mktemp("sound")
    lines = [
        json.dumps({"id": f"p{n}", "title": f"Lamp {n}", "text": f"The lamp with number {n * 37}."})
        for n in range(PASSAGES)
    ]
    with library_at(folder) as library:
        library.add_passages("lamps.jsonl", "\n".join(lines).encode(), collection=COLLECTION)
        ready(library)
    return folder


def _damaged(sound: Path, folder: Path, name: str, damage: Callable[[Path], None]) -> None:
    shutil.copytree(sound, folder)
    files = list((folder / "index" / "chroma").glob(name))
    assert len(files) == 1
    damage(files[0])


def _assert_whole(library: Library) -> None:
    ready(library)
    for number in (0, 555, PASSAGES - 1):
        text = f"Lamp {number}\nThe lamp with number {number * 37}."
        assert found_by_meaning(library, text)[0].id == f"p{number}"


def _opened(folder: Path) -> HashEmbedder:
    """Open and check; the embedder tells how much was made anew."""
    embedder = HashEmbedder()
    with library_at(folder, embedder) as library:
        _wait_for_repair(library)
        _assert_whole(library)
    assert_indexes_agree(folder)
    return embedder


def _wait_for_repair(library: Library) -> None:
    # What is added last is worked off after the repair.
    data = b'{"id": "last", "title": "", "text": "repaired"}'
    library.add_passages("x.jsonl", data, collection="other")
    ready(library)


@pytest.mark.parametrize("name", FILES)
def test_damage_after_a_proper_end_is_found(sound: Path, tmp_path: Path, name: str) -> None:
    _damaged(sound, tmp_path / "data", name, _scribble)
    assert _opened(tmp_path / "data").embedded == PASSAGES + 1


@pytest.mark.timeout(300)
@pytest.mark.parametrize("damage", [_delete, _cut, _zero, _scribble])
@pytest.mark.parametrize("name", FILES)
def test_damage_after_a_kill_is_found(
    sound: Path, tmp_path: Path, name: str, damage: Callable[[Path], None]
) -> None:
    _damaged(sound, tmp_path / "data", name, damage)
    (tmp_path / "data" / "index" / "chroma" / "sealed.json").unlink()
    made_anew = _opened(tmp_path / "data").embedded
    if name not in HARMLESS_AFTER_A_KILL:
        assert made_anew == PASSAGES + 1


def test_an_index_that_is_whole_is_kept(sound: Path, tmp_path: Path) -> None:
    shutil.copytree(sound, tmp_path / "copied")  # with other times on its files, as from a backup
    assert _opened(tmp_path / "copied").embedded == 1


def test_an_index_that_was_not_closed_is_kept_when_it_is_whole(sound: Path, tmp_path: Path) -> None:
    shutil.copytree(sound, tmp_path / "killed")
    (tmp_path / "killed" / "index" / "chroma" / "sealed.json").unlink()
    assert _opened(tmp_path / "killed").embedded == 1
