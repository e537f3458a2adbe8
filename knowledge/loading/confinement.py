"""Takes from the reading child what it does not need, before it sees a stranger's file.

Memory and files are bounded by resource limits; on Linux the kernel also refuses network,
programs, and every change to files (seccomp, see seccomp(2)). Elsewhere only the limits hold,
and of macOS's not the one for memory: there the time limit alone ends a bomb.
"""

import contextlib
import ctypes
import os
import platform
import struct
import sys
from collections.abc import Mapping
from dataclasses import dataclass

try:
    import resource
except ImportError:  # no POSIX system
    resource = None

_MEBIBYTE = 2**20
# Programs and models are mapped into memory too, beside the data.
_MAPPED = 2_048 * _MEBIBYTE
_OPEN_FILES = 128
_NICENESS = 10

_PR_SET_NO_NEW_PRIVS = 38
_PR_SET_SECCOMP = 22
_FILTER_MODE = 2
_ALLOW = 0x7FFF_0000
_EPERM, _ENOSYS = 0x0005_0001, 0x0005_0026
# Where the kernel tells the filter of the call, the architecture, and the arguments' lower halves.
_CALL, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
# Instructions of the filter: load, go on if equal, go on if any of the bits is set, decide.
_LOAD, _IF_EQUAL, _IF_ANY, _DECIDE = 0x20, 0x15, 0x45, 0x06
_CLONE_THREAD = 0x0001_0000
# O_WRONLY, O_RDWR, O_CREAT, O_TRUNC, O_APPEND; the same numbers on both architectures.
_WRITING = 0o1 | 0o2 | 0o100 | 0o1000 | 0o2000

_Instruction = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class _Calls:
    """The numbers of system calls on an architecture.

    `refused` ones fail with EPERM. `absent` ones fail as if the kernel did not know them, so that
    the C library falls back to older ones whose arguments can be looked at: `opening` (and which
    argument has the flags) and `clone`.
    """

    architecture: int
    refused: tuple[int, ...]
    absent: tuple[int, ...]
    opening: tuple[tuple[int, int], ...]
    clone: int


# fmt: off
_CALLS: Mapping[str, _Calls] = {
    "x86_64": _Calls(
        architecture=0xC000_003E,
        refused=(
            41, 42, 43, 44, 46, 49, 50, 53, 288, 307,      # socket, connect, accept, send, bind, listen
            57, 58, 59, 322,                               # fork, vfork, execve, execveat
            62, 101, 129, 200, 297, 310, 311, 424, 434, 438,  # kill, ptrace, signals, others' memory, pidfd
            76, 77, 85, 133, 259, 285,                     # truncate, creat, mknod, fallocate
            82, 83, 84, 86, 87, 88, 258, 263, 264, 265, 266, 316,  # rename, mkdir, link, unlink, symlink
            90, 91, 92, 93, 94, 132, 188, 189, 190, 235, 260, 261, 268, 280,  # modes, owners, times
            155, 161, 165, 166, 272, 308,                  # mount, chroot, namespaces
            248, 249, 250, 298, 321, 323, 425, 426, 427,   # keys, perf, bpf, userfaultfd, io_uring
        ),
        absent=(435, 437),                                 # clone3, openat2
        opening=((2, 1), (257, 2)),                        # open, openat
        clone=56,
    ),
    "aarch64": _Calls(
        architecture=0xC000_00B7,
        refused=(
            198, 199, 200, 201, 202, 203, 206, 211, 242, 269,
            221, 281,
            117, 129, 130, 131, 138, 240, 270, 271, 424, 434, 438,
            33, 34, 35, 36, 37, 38, 45, 46, 47, 276,
            5, 6, 7, 52, 53, 54, 55, 88,
            39, 40, 41, 51, 97, 268,
            217, 218, 219, 241, 280, 282, 425, 426, 427,
        ),
        absent=(435, 437),
        opening=((56, 2),),
        clone=220,
    ),
}
# fmt: on


class _Program(ctypes.Structure):
    """`struct sock_fprog`."""

    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p))


def confine(memory_mb: int) -> bool:
    """Bound this process for good; whether its system calls are filtered too.

    Call it before there are threads: those that run already would not be filtered.
    """
    with contextlib.suppress(OSError, AttributeError):
        os.nice(_NICENESS)  # customers' answers go first
    _limit(memory_mb * _MEBIBYTE)
    calls = _CALLS.get(platform.machine())
    if sys.platform != "linux" or calls is None or sys.maxsize < 2**32:
        return False
    return _filter(_instructions(calls))


def _limit(memory: int) -> None:
    if resource is None:
        return
    limits = {
        "RLIMIT_DATA": memory,
        "RLIMIT_AS": memory + _MAPPED,
        "RLIMIT_FSIZE": 0,
        "RLIMIT_CORE": 0,
        "RLIMIT_NOFILE": _OPEN_FILES,
    }
    for name, limit in limits.items():
        # Not every system has every limit, or lets it be set.
        with contextlib.suppress(AttributeError, ValueError, OSError):
            resource.setrlimit(getattr(resource, name), (limit, limit))


def _instructions(calls: _Calls) -> list[_Instruction]:
    program: list[_Instruction] = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_IF_EQUAL, 1, 0, calls.architecture),
        (_DECIDE, 0, 0, _EPERM),  # calls of another architecture have other numbers
        (_LOAD, 0, 0, _CALL),
        (_IF_ANY, 0, 1, 0x4000_0000),
        (_DECIDE, 0, 0, _EPERM),  # and so have those of x32
    ]
    for number in calls.refused:
        program += [(_IF_EQUAL, 0, 1, number), (_DECIDE, 0, 0, _EPERM)]
    for number in calls.absent:
        program += [(_IF_EQUAL, 0, 1, number), (_DECIDE, 0, 0, _ENOSYS)]
    for number, argument in calls.opening:
        program += _if_any(number, argument, _WRITING, then=_EPERM, otherwise=_ALLOW)
    program += _if_any(calls.clone, 0, _CLONE_THREAD, then=_ALLOW, otherwise=_EPERM)
    return [*program, (_DECIDE, 0, 0, _ALLOW)]


def _if_any(
    number: int, argument: int, bits: int, *, then: int, otherwise: int
) -> list[_Instruction]:
    return [
        (_IF_EQUAL, 0, 4, number),
        (_LOAD, 0, 0, _ARGUMENTS + 8 * argument),
        (_IF_ANY, 0, 1, bits),
        (_DECIDE, 0, 0, then),
        (_DECIDE, 0, 0, otherwise),
    ]


def _filter(program: list[_Instruction]) -> bool:
    packed = b"".join(struct.pack("HBBI", *instruction) for instruction in program)
    buffer = ctypes.create_string_buffer(packed, len(packed))
    given = _Program(len(program), ctypes.cast(buffer, ctypes.c_void_p))
    library = ctypes.CDLL(None, use_errno=True)
    if library.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    # A kernel without filters, or a container that forbids them, refuses; the limits hold all the same.
    return library.prctl(_PR_SET_SECCOMP, _FILTER_MODE, ctypes.byref(given), 0, 0) == 0
