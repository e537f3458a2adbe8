"""Files are read in a process of their own: bounded, confined, stopped, and never believed."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from knowledge.documents import Language
from knowledge.errors import (
    AnswerDeskError,
    EmptyDocument,
    EncryptedDocument,
    ReadingCrashed,
    ReadingTooLarge,
    ReadingTooSlow,
    UnknownEncoding,
    UnreadableDocument,
    UnsupportedFormat,
)
from knowledge.loading import load
from knowledge.loading.child import Limits, LoadingChild, LoadingStopped, Watch
from knowledge.loading.progress import PageRead
from tests.knowledge.loading.office_files import zipped
from tests.knowledge.loading.pdf_files import Page, pdf, picture, saved, scanned

_ROOT = Path(__file__).parents[3]
# Takes the reader some seconds: plain emphasis, over and over.
SLOW = ("slow.md", b"*a _b " * 200_000)
GUIDE = ("guide.md", "# Returns\n\nThirty days.\n\n# 退货\n\n三十天内。\n".encode())


@pytest.fixture
def child() -> Iterator[LoadingChild]:
    reader = LoadingChild()
    yield reader
    reader.close()


def _processes() -> list[psutil.Process]:
    return [
        process
        for process in psutil.Process().children()
        if process.is_running() and "knowledge.loading" in process.cmdline()
    ]


def _when_there(action: Callable[[psutil.Process], None]) -> threading.Thread:
    """Do that to the reading process half a second after it is at work."""

    def run() -> None:
        until = time.monotonic() + 10
        while time.monotonic() < until:
            busy = [p for p in _processes() if sum(p.cpu_times()[:2]) > 0.5]
            if busy:
                action(busy[0])
                return
            time.sleep(0.02)

    thread = threading.Thread(target=run)
    thread.start()
    return thread


@pytest.mark.parametrize(
    ("name", "data"),
    [
        GUIDE,
        ("plain.txt", b"one\n\ntwo"),
        ("page.html", b"<h1>One</h1><table><tr><td>a<td>b</table>"),
        ("paper.pdf", pdf(Page().text(72, 100, "One", size=20), Page().text(72, 100, "two"))),
        ("old.txt", "退货须在三十天内提出。".encode("gb18030")),
    ],
)
def test_what_is_read_there_is_what_is_read_here(
    child: LoadingChild, name: str, data: bytes
) -> None:
    assert child.load(name, data) == load(name, data)


@pytest.mark.parametrize(
    ("name", "data", "error"),
    [
        ("a.exe", b"MZ", UnsupportedFormat),
        ("a.md", b"", EmptyDocument),
        ("a.txt", b"\x81\x81\x81\x81\xff", UnknownEncoding),
        (
            "a.pdf",
            pdf(
                Page(),
                trailer="/Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <00> /U <00> >> /ID [<00> <00>]",
            ),
            EncryptedDocument,
        ),
    ],
)
def test_refusals_arrive_in_both_languages(
    child: LoadingChild, name: str, data: bytes, error: type[AnswerDeskError]
) -> None:
    with pytest.raises(error) as there:
        child.load(name, data)
    with pytest.raises(error) as here:
        load(name, data)
    for language in Language:
        assert there.value.text(language) == here.value.text(language)


def test_one_process_reads_many_texts_and_every_pdf_meets_another(child: LoadingChild) -> None:
    child.load(*GUIDE)
    first = _processes()
    child.load("b.txt", b"more")
    assert [process.pid for process in _processes()] == [process.pid for process in first]
    child.load("a.pdf", pdf(Page().text(72, 100, "text of a page")))
    assert first[0].pid not in [process.pid for process in _processes()]


def test_an_archive_is_unpacked_there(child: LoadingChild) -> None:
    unpacked = child.unpack("a.zip", zipped({"a/退货.md": "# 退货", "b.exe": "x", "../c.md": "y"}))
    assert [(member.name, member.data) for member in unpacked.members] == [
        ("a/退货.md", "# 退货".encode())
    ]
    assert [refused.name for refused in unpacked.refused] == ["b.exe", "../c.md"]
    assert all(refused.reason and refused.reason_zh for refused in unpacked.refused)
    with pytest.raises(UnreadableDocument):
        child.unpack("a.zip", b"PK\x03\x04 and no more")


def test_what_takes_too_long_is_given_up_and_the_next_file_is_read() -> None:
    reader = LoadingChild(Limits(seconds=1.0))
    try:
        began = time.monotonic()
        with pytest.raises(ReadingTooSlow) as caught:
            reader.load(*SLOW)
        assert time.monotonic() - began < 2.5
        assert "1 s" in caught.value.text(Language.ENGLISH)
        assert "1 秒" in caught.value.text(Language.CHINESE)
        assert _processes() == []
        assert reader.load(*GUIDE).title == "Returns"
    finally:
        reader.close()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux bounds the memory of a process")
def test_what_takes_too_much_memory_is_given_up_and_the_next_file_is_read() -> None:
    reader = LoadingChild(Limits(memory_mb=100))
    try:
        with pytest.raises(ReadingTooLarge) as caught:
            reader.load("a.html", b"<p>" * 660_000 + b"x")
        assert "100 MB" in caught.value.text(Language.ENGLISH)
        assert reader.load(*GUIDE).title == "Returns"
    finally:
        reader.close()


@pytest.mark.parametrize(
    ("number", "error"),
    [
        (signal.SIGSEGV, ReadingCrashed),
        (signal.SIGABRT, ReadingCrashed),
        (signal.SIGKILL, ReadingTooLarge),  # what the kernel does without memory left
    ],
)
def test_a_process_that_dies_takes_only_its_file_with_it(
    child: LoadingChild, number: signal.Signals, error: type[AnswerDeskError]
) -> None:
    killer = _when_there(lambda process: process.send_signal(number))
    with pytest.raises(error) as caught:
        child.load(*SLOW)
    killer.join()
    assert all("slow.md" in caught.value.text(language) for language in Language)
    assert child.load(*GUIDE).title == "Returns"


def test_a_process_that_died_unused_is_not_missed(child: LoadingChild) -> None:
    child.load(*GUIDE)
    (process,) = _processes()
    process.kill()
    process.wait(5)
    assert child.load(*GUIDE).title == "Returns"


def test_a_stop_ends_the_reading_at_once(child: LoadingChild) -> None:
    stopping = threading.Event()
    threading.Timer(1.0, stopping.set).start()
    began = time.monotonic()
    with pytest.raises(LoadingStopped):
        child.load(*SLOW, Watch(stopping))
    assert time.monotonic() - began < 2.0
    assert _processes() == []


def test_closing_ends_the_reading_the_process_and_its_threads() -> None:
    threads, files = threading.active_count(), psutil.Process().num_fds()
    reader = LoadingChild()
    closer = threading.Timer(1.0, reader.close)
    closer.start()
    with pytest.raises(LoadingStopped):
        reader.load(*SLOW)
    closer.join()
    assert _processes() == []
    assert threading.active_count() <= threads
    assert psutil.Process().num_fds() <= files


def test_pages_of_pictures_are_told_and_need_not_be_read_twice(child: LoadingChild) -> None:
    data = scanned(picture("The first page"), picture("The second page"))
    told: list[PageRead] = []
    whole = child.load("a.pdf", data, Watch(threading.Event(), told.append))
    assert [(read.page, read.pages) for read in told if read.is_begun] == [(1, 2), (2, 2)]
    known = {read.page: read.pieces for read in told if read.pieces is not None}
    assert set(known) == {1, 2}
    again: list[PageRead] = []
    assert child.load("a.pdf", data, Watch(threading.Event(), again.append, known)) == whole
    assert not any(read.is_begun for read in again)


def test_pictures_have_time_of_their_own() -> None:
    # Opening the models takes longer than these limits leave for text.
    reader = LoadingChild(Limits(seconds=0.9, picture_seconds=60))
    try:
        assert "some text" in reader.load("a.png", saved(picture("some text"), "PNG")).text
    finally:
        reader.close()


_ORPHAN = """
import sys, time
from knowledge.loading.child import LoadingChild
import threading, psutil, os
reader = LoadingChild()
threading.Thread(target=reader.load, args=("slow.md", b"*a _b " * 200_000), daemon=True).start()
while not (found := psutil.Process().children()):
    time.sleep(0.05)
time.sleep(1)
print(found[0].pid, flush=True)
os.kill(os.getpid(), 9)
"""


def test_the_process_does_not_outlive_a_server_that_was_killed() -> None:
    server = subprocess.run(
        [sys.executable, "-c", _ORPHAN], cwd=_ROOT, capture_output=True, text=True, check=False
    )
    assert server.returncode == -signal.SIGKILL
    pid = int(server.stdout)
    until = time.monotonic() + 5
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < until
        time.sleep(0.1)


_CONFINED = """
import ctypes, errno, json, os, socket, subprocess, sys, threading, pathlib
from knowledge.loading.confinement import confine
filtered = confine(128)
def tried(action):
    try:
        action()
    except (OSError, MemoryError, subprocess.SubprocessError) as error:
        return type(error).__name__
    return "done"
def rename():
    os.rename(sys.argv[1], sys.argv[1] + "x")
print(json.dumps({
    "filtered": filtered,
    "memory": tried(lambda: bytearray(200 * 2**20)),
    "write": tried(lambda: open(sys.argv[1] + ".new", "w")),
    "append": tried(lambda: open(sys.argv[1], "a")),
    "connect": tried(lambda: socket.create_connection(("127.0.0.1", 9), 1)),
    "run": tried(lambda: subprocess.run(["true"])),
    "fork": tried(os.fork),
    "delete": tried(lambda: os.unlink(sys.argv[1])),
    "rename": tried(rename),
    "folder": tried(lambda: os.mkdir(sys.argv[1] + ".d")),
    "signal": tried(lambda: os.kill(os.getppid(), 0)),
    "read": tried(lambda: open(sys.argv[1]).read()),
    "thread": tried(lambda: threading.Thread(target=int).start()),
}))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux filters what a process asks for")
def test_the_process_can_read_and_compute_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("kept")
    done = subprocess.run(
        [sys.executable, "-c", _CONFINED, str(file)],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    result = json.loads(done.stdout)
    assert result.pop("filtered") is True
    assert {what for what, came in result.items() if came == "done"} == {"read", "thread"}
    assert result["memory"] == "MemoryError"
    assert result["connect"] == "PermissionError"
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]


def test_the_process_knows_nothing_of_the_servers_secrets(
    child: LoadingChild, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANSWERDESK_SECRET", "hush")
    child.load(*GUIDE)
    (process,) = _processes()
    assert "ANSWERDESK_SECRET" not in process.environ()
    assert os.environ["ANSWERDESK_SECRET"] not in str(process.cmdline())
