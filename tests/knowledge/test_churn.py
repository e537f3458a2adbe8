"""Documents that come again and again leave nothing stale, and do not fill the disk."""

import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from tests.knowledge.library_parts import COLLECTION, add, assert_indexes_agree, library_at, ready

DOCUMENTS = 20
ROUNDS = 100


def _text(document: int, turn: int) -> str:
    parts = [
        f"## Part {part}\n\nTurn {turn}: lamp {document} costs {part * 7 + turn}. " * 6
        for part in range(4)
    ]
    return f"# Lamp {document}\n\n" + "\n\n".join(parts)


def _sizes(folder: Path) -> dict[str, int]:
    """Bytes by file or folder of the first two levels; write-ahead logs are cut at the end anyway."""
    sizes: dict[str, int] = {}
    for path in folder.rglob("*"):
        if path.is_file():
            top = "/".join(path.relative_to(folder).parts[:2])
            sizes[top] = sizes.get(top, 0) + path.stat().st_size
    return sizes


def _fill(folder: Path, turn: int) -> None:
    with library_at(folder) as library:
        for number in range(DOCUMENTS):
            add(library, f"{number}.md", _text(number, turn))
        ready(library)


@pytest.mark.timeout(600)
def test_a_hundred_rounds_take_at_most_twice_the_room(tmp_path: Path) -> None:
    _fill(tmp_path / "fresh", 0)
    fresh = _sizes(tmp_path / "fresh")
    for start in range(0, ROUNDS, 10):
        with library_at(tmp_path / "churned") as library:
            for turn in range(start, start + 10):
                for number in range(DOCUMENTS):
                    add(library, f"{number}.md", _text(number, turn))
                ready(library)
            found = library.keyword_search(COLLECTION, "lamp costs", 500)
            texts = [p.text for p in library.passages([hit.key for hit in found]).values()]
            assert texts
            assert all(f"Turn {start + 9}:" in text for text in texts)
    assert_indexes_agree(tmp_path / "churned")
    churned = _sizes(tmp_path / "churned")
    assert sum(churned.values()) <= 2 * sum(fresh.values()), (fresh, churned)


class Churn(RuleBasedStateMachine):
    """Documents come, come again and go, through restarts; what is found is what is there."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = Path(tempfile.mkdtemp())
        self._stack = ExitStack()
        self._library = self._stack.enter_context(library_at(self._folder))
        self._texts: dict[str, str] = {}

    @rule(name=st.sampled_from("abc"), turn=st.integers(0, 3), parts=st.integers(1, 3))
    def add(self, name: str, turn: int, parts: int) -> None:
        text = "\n\n".join(
            f"# {name}{part}\n\nThe lamp {name} in turn {turn}." for part in range(parts)
        )
        add(self._library, f"{name}.md", text)
        self._texts[f"{name}.md"] = text

    @rule(name=st.sampled_from("abc"))
    def delete(self, name: str) -> None:
        for record in self._library.list():
            if record.name == f"{name}.md":
                self._library.delete(record.id)
                del self._texts[record.name]

    @rule()
    def look(self) -> None:
        ready(self._library)
        vector = self._library.embedder.embed(["the lamp"], "query")[0]
        for hits in (
            self._library.keyword_search(COLLECTION, "lamp", 100),
            self._library.dense_search(COLLECTION, vector, 100),
        ):
            passages = self._library.passages([hit.key for hit in hits])
            assert len(passages) == len(hits)
            assert {p.document for p in passages.values()} == set(self._texts)
            for passage in passages.values():
                assert passage.text in self._texts[passage.document]

    @rule()
    def restart(self) -> None:
        self._stack.close()
        self._library = self._stack.enter_context(library_at(self._folder))

    def teardown(self) -> None:
        self.look()
        self._stack.close()
        assert_indexes_agree(self._folder)
        shutil.rmtree(self._folder)


@pytest.mark.timeout(600)
def test_what_is_found_is_what_is_there() -> None:
    run_state_machine_as_test(
        Churn, settings=settings(max_examples=10, stateful_step_count=15, deadline=None)
    )
