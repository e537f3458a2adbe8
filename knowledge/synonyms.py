"""Words that mean the same in one company's mouth: a file of groups that people edit."""

import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from knowledge.errors import InvalidSynonyms
from knowledge.language import normalise, terms, to_simplified

MOST_GROUPS = 2_000
MOST_WORDS = 30
MOST_CHARACTERS = 500_000
_LONGEST = 60
_SEPARATORS = re.compile(r"[,，、;；=]")


@dataclass(frozen=True, slots=True)
class Synonyms:
    """Groups of words. A word may stand in several."""

    groups: tuple[tuple[str, ...], ...] = ()

    def others(self, text: str) -> Mapping[str, Sequence[str]]:
        """For each word of a group that `text` says, the other words, as they were written."""
        said = f" {' '.join(terms(text))} "
        plain = to_simplified(normalise(text)).casefold()
        found: dict[str, list[str]] = {}
        for group in self.groups:
            for word in group:
                if _says(said, plain, word):
                    found.setdefault(word, []).extend(other for other in group if other != word)
        return found


def _says(said: str, plain: str, word: str) -> bool:
    folded = to_simplified(normalise(word)).casefold()
    if not folded.isascii():
        return folded in plain
    return f" {' '.join(terms(word))} " in said


def parse(text: str) -> Synonyms:
    """Groups from lines such as `kettle, water boiler, 水壶`; `#` begins a comment.

    Raises `InvalidSynonyms` with every line that is wrong.
    """
    groups: list[tuple[str, ...]] = []
    problems: list[tuple[int, str, str]] = []
    for number, line in enumerate(text.splitlines(), 1):
        content = line.partition("#")[0].strip()
        if not content:
            continue
        words = tuple(
            dict.fromkeys(" ".join(w.split()) for w in _SEPARATORS.split(content) if w.strip())
        )
        if problem := _problem(words, len(groups)):
            problems.append((number, *problem))
        groups.append(words)
    if problems:
        raise InvalidSynonyms(problems=problems)
    return Synonyms(tuple(groups))


def _problem(words: Sequence[str], before: int) -> tuple[str, str] | None:
    if len(words) < 2:
        return "a group needs two words or more, with commas between", "每组至少两个词，用逗号隔开"
    if len(words) > MOST_WORDS:
        return f"more than {MOST_WORDS} words in a group", f"一组超过 {MOST_WORDS} 个词"
    if before >= MOST_GROUPS:
        return f"more than {MOST_GROUPS} groups", f"超过 {MOST_GROUPS} 组"
    for word in words:
        if len(word) > _LONGEST:
            return f"a word longer than {_LONGEST} characters", f"有词超过 {_LONGEST} 个字符"
        if not terms(word):
            return f"“{word}” is too common to be searched for", f"“{word}”太常见，无法用于检索"
    return None


class SynonymFile:
    """The groups in force, kept in a file. Thread-safe."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._seen: tuple[int, int] | None = None
        self._current = Synonyms()

    def text(self) -> str:
        """The file as people wrote it; empty without one."""
        return self._path.read_text("utf-8", "replace") if self._path.exists() else ""

    def current(self) -> Synonyms:
        """The groups in force; a file with mistakes, edited by hand, leaves the last good ones."""
        with self._lock:
            seen = self._stamp()
            if seen != self._seen:
                self._seen = seen
                try:
                    self._current = parse(self._path.read_text("utf-8") if seen else "")
                except (InvalidSynonyms, UnicodeDecodeError):
                    return self._current
            return self._current

    def replace(self, text: str) -> Synonyms:
        """Put `text` in force. Raises `InvalidSynonyms`, and then nothing has changed."""
        parsed = parse(text)
        with self._lock:
            temporary = self._path.with_name(self._path.name + ".new")
            temporary.write_text(text, "utf-8")
            temporary.replace(self._path)
            self._seen, self._current = self._stamp(), parsed
        return parsed

    def _stamp(self) -> tuple[int, int] | None:
        if not self._path.exists():
            return None
        status = self._path.stat()
        return status.st_mtime_ns, status.st_size
