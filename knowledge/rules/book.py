"""The rules in force: a folder of files, watched for changes."""

import os
import re
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from knowledge.rules.file import parse_file
from knowledge.rules.linking import link, read_file
from knowledge.rules.model import RuleSet
from knowledge.rules.problems import Problem, Problems, RuleFileError, suggest
from knowledge.rules.testing import RecogniseIntent, failed_tests, run_tests

CHECK_SECONDS = 1.0
_NAME = re.compile(r"[\w-][\w.-]{0,99}\.ya?ml")
_Stamp = tuple[tuple[str, int, int], ...]


class RuleBook:
    """The rules of a folder. Thread-safe.

    A change of any file is noticed within about a second; files with mistakes leave
    the last good rules in force and are reported in `problems`.
    """

    def __init__(
        self,
        folder: Path,
        rank_intents: Callable[[RuleSet], RecogniseIntent] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`rank_intents` makes a recogniser of a rule set's intents, for the tests in files."""
        self._folder = folder
        self._rank_intents = rank_intents
        self._clock = clock
        self._lock = threading.RLock()
        self._stamp: _Stamp | None = None
        self._checked = float("-inf")
        self._rules = RuleSet()
        self._problems: tuple[Problem, ...] = ()

    @property
    def folder(self) -> Path:
        return self._folder

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong with the files as they are now; empty when they are in force."""
        self.current()
        return self._problems

    def files(self) -> list[Path]:
        """The rule files, by name."""
        if not self._folder.is_dir():
            return []
        found = (path for path in self._folder.iterdir() if _NAME.fullmatch(path.name))
        return sorted(path for path in found if path.is_file())

    def current(self) -> RuleSet:
        """The rules in force. Never raises for a broken file."""
        with self._lock:
            if self._clock() - self._checked >= CHECK_SECONDS:
                self._refresh()
            return self._rules

    def reload(self) -> RuleSet:
        """The rules in force, after looking at the files now."""
        with self._lock:
            self._refresh()
            return self._rules

    def _refresh(self) -> None:
        self._checked = self._clock()
        stamp = self._take_stamp()
        if stamp == self._stamp:
            return
        try:
            self._rules = link([read_file(path) for path in self.files()])
            self._problems = ()
        except RuleFileError as error:
            self._problems = error.errors
        self._stamp = stamp  # not before: what fails otherwise is tried again

    def _take_stamp(self) -> _Stamp:
        """Name, size and time of each file that matters, tables included."""
        if not self._folder.is_dir():
            return ()
        stamps: list[tuple[str, int, int]] = []
        for entry in sorted(self._folder.iterdir()):
            if entry.suffix in (".yaml", ".yml", ".csv"):
                try:
                    status = entry.stat()
                except OSError:
                    continue  # deleted meanwhile
                stamps.append((entry.name, status.st_size, status.st_mtime_ns))
        return tuple(stamps)

    def check(self, name: str, text: str) -> list[Problem]:
        """What is wrong with `text` as the file `name` among the others, its tests included."""
        if not _NAME.fullmatch(name):
            problems = Problems(name)
            problems.add(1, "bad_file_name", suggest("file_name"), name=name)
            return problems.found
        others = [read_file(path) for path in self.files() if path.name != name]
        try:
            rules = link([*others, parse_file(name, text, self._folder)])
        except RuleFileError as error:
            return list(error.errors)
        recognise = self._rank_intents(rules) if self._rank_intents else None
        return failed_tests(run_tests(rules, recognise))

    def publish(self, name: str, text: str) -> RuleSet:
        """Put `text` in force as the file `name`; all or nothing.

        Raises `RuleFileError` with everything that is wrong, failed tests included.
        """
        with self._lock:
            if problems := self.check(name, text):
                raise RuleFileError(tuple(problems))
            self._folder.mkdir(parents=True, exist_ok=True)
            _write_atomically(self._folder / name, text)
            self._stamp = None
            return self.reload()

    def remove(self, name: str) -> RuleSet:
        """Take the file `name` out. Raises `RuleFileError` if other files need it or it is not there."""
        with self._lock:
            path = self._folder / name
            if path not in self.files():
                problems = Problems(name)
                problems.add(1, "unreadable", reason="there is no such file")
                raise RuleFileError(tuple(problems.found))
            link([read_file(other) for other in self.files() if other != path])
            path.unlink()
            return self.reload()


def _write_atomically(path: Path, text: str) -> None:
    """A reader sees the old file or the new one, also after a crash."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
