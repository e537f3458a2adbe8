import os
from pathlib import Path

import pytest

from chatbot.generators import cores


def _machine(folder: Path, siblings: dict[int, str]) -> Path:
    for cpu, shared in siblings.items():
        topology = folder / f"cpu{cpu}" / "topology"
        topology.mkdir(parents=True)
        (topology / "core_cpus_list").write_text(shared + "\n")
    return folder


def _allow(monkeypatch: pytest.MonkeyPatch, cpus: set[int]) -> None:
    def allowed(_: int) -> set[int]:
        return cpus

    monkeypatch.setattr(os, "sched_getaffinity", allowed, raising=False)


@pytest.fixture(autouse=True)
def four_threads_on_two_cores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cpus = _machine(tmp_path / "cpu", {0: "0,2", 1: "1,3", 2: "0,2", 3: "1,3"})
    monkeypatch.setattr(cores, "_CPUS", cpus)
    monkeypatch.setattr(cores, "_QUOTA", tmp_path / "cpu.max")
    _allow(monkeypatch, {0, 1, 2, 3})


def test_hardware_threads_of_a_core_count_once() -> None:
    assert cores.physical_cores() == 2


def test_only_cores_that_the_process_may_use_count(monkeypatch: pytest.MonkeyPatch) -> None:
    _allow(monkeypatch, {1, 3})
    assert cores.physical_cores() == 1


@pytest.mark.parametrize(
    ("quota", "expected"),
    [("max 100000", 2), ("100000 100000", 1), ("50000 100000", 1), ("800000 100000", 2), ("", 2)],
)
def test_the_quota_of_a_container_counts(tmp_path: Path, quota: str, expected: int) -> None:
    (tmp_path / "cpu.max").write_text(quota)
    assert cores.physical_cores() == expected


def test_a_kernel_that_tells_nothing_gives_what_is_allowed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cores, "_CPUS", tmp_path / "nothing")
    assert cores.physical_cores() == 4
