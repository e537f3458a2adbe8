"""How many threads an engine may use."""

import math
import os
from pathlib import Path

_CPUS = Path("/sys/devices/system/cpu")
_QUOTA = Path("/sys/fs/cgroup/cpu.max")


def physical_cores() -> int:
    """The physical cores that this process may use, at least 1.

    More threads than that is slower: they wait for each other at every layer. Counts
    the affinity of the process and the quota of its container.
    """
    allowed = _allowed()
    siblings = {_siblings(cpu) for cpu in allowed}
    quota = _quota()
    return max(1, len(siblings) if quota is None else min(len(siblings), quota))


def _allowed() -> frozenset[int]:
    if hasattr(os, "sched_getaffinity"):
        return frozenset(os.sched_getaffinity(0))
    return frozenset(range(os.cpu_count() or 1))


def _siblings(cpu: int) -> str:
    """The hardware threads of the core of `cpu`, as the kernel writes them."""
    try:
        return (_CPUS / f"cpu{cpu}" / "topology" / "core_cpus_list").read_text().strip()
    except OSError:
        return str(cpu)


def _quota() -> int | None:
    try:
        limit, period = _QUOTA.read_text().split()
        return math.ceil(int(limit) / int(period))
    except (OSError, ValueError):
        return None  # no container, or one without a quota ("max")
