"""Keywords and patterns over a message, each with a bound on what matching may cost."""

import re
import time
from collections.abc import Sequence

import regex

from knowledge.language import is_han, normalise, to_simplified

MAX_PATTERN = 500
MAX_TEXT = 2000
MAX_REPETITIONS = 10_000
# Ordinary patterns take microseconds; this only has to end the exponential ones.
MATCH_SECONDS = 0.1
PROBE_SECONDS = 0.25
# How often the clock of a search that was not given its share of the processor is wound up again.
_ATTEMPTS = 8
_PROBES = ("aaa", "111", "   ", "字字字", "---", "...", "a1 ")
# A probe that took this long is repeated on a text as long as messages may be: what grows
# with a power of the length shows there beyond doubt.
_SUSPICIOUS_SECONDS = 0.005
_QUANTIFIED_GROUP = re.compile(r"\)\s*[*+{]")
_COUNTS = re.compile(r"\{\s*(\d*)\s*(?:,\s*(\d*)\s*)?\}")


class PatternError(Exception):
    """Says why a pattern is not valid; `slow` where it is valid but could run for ever."""

    def __init__(self, reason: str, *, slow: bool = False) -> None:
        super().__init__(reason)
        self.slow = slow


class PatternTimeout(Exception):
    """A pattern took longer on a message than it may."""


def matchable(text: str) -> str:
    """What keywords and patterns see: normalised, simplified, at most `MAX_TEXT` characters."""
    return to_simplified(normalise(text[: 4 * MAX_TEXT]))[:MAX_TEXT]


class Pattern:
    """A regular expression, compiled once, case-insensitive, with a time limit."""

    def __init__(self, source: str) -> None:
        """Raises `PatternError` if `source` is not valid or too slow."""
        self.source = source
        if len(source) > MAX_PATTERN:
            raise PatternError(f"it is longer than {MAX_PATTERN} characters")
        if _repetitions(source) > MAX_REPETITIONS:
            raise PatternError("it repeats too often", slow=True)
        try:
            self._compiled = regex.compile(to_simplified(source), regex.IGNORECASE)
        except (regex.error, RecursionError, OverflowError, ValueError) as error:
            raise PatternError(str(error)) from error
        self.names = frozenset(self._compiled.groupindex)
        self._probe()

    def __repr__(self) -> str:
        return f"Pattern({self.source!r})"

    def _probe(self) -> None:
        # A search ends at once where the text lacks a letter that the pattern cannot do without.
        nested = _QUANTIFIED_GROUP.search(self.source)
        needed = "".join(dict.fromkeys(re.findall(r"\w", self.source))) if nested else ""
        try:
            for piece in _PROBES:
                begun = time.thread_time()
                self._search(f"{piece * 150}!{needed}", PROBE_SECONDS)
                if time.thread_time() - begun > _SUSPICIOUS_SECONDS:
                    self._search(f"{piece * (MAX_TEXT // 3)}!{needed}", PROBE_SECONDS)
        except TimeoutError:
            raise PatternError("it takes too long", slow=True) from None

    def search(self, text: str) -> tuple[str, dict[str, str]] | None:
        """The match in `matchable` text and its named groups that took part. Raises `PatternTimeout`."""
        try:
            found = self._search(text, MATCH_SECONDS)
        except TimeoutError:
            raise PatternTimeout(self.source) from None
        if found is None:
            return None
        groups = {name: value for name, value in found.groupdict().items() if value is not None}
        return found.group(), groups

    def _search(self, text: str, seconds: float) -> regex.Match[str] | None:
        """The match in `text`. Raises `TimeoutError` after `seconds` of this thread's own work.

        The library's time limit counts the work of other threads, so on a busy machine it ends
        searches that have hardly begun: those go on with twice the time.
        """
        begun = time.thread_time()
        for attempt in range(_ATTEMPTS):
            try:
                return self._compiled.search(text, timeout=seconds * 2**attempt)
            except TimeoutError:
                if time.thread_time() - begun >= seconds:
                    raise
        raise TimeoutError

    def group_source(self, name: str) -> str | None:
        """The part of the source inside the named group `name`."""
        opening = re.search(rf"\(\?P?<{re.escape(name)}>", self.source)
        if opening is None:
            return None
        depth = 1
        for match in re.finditer(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|[()]", self.source):
            if match.start() < opening.end():
                continue
            depth += {"(": 1, ")": -1}.get(match.group(), 0)
            if depth == 0:
                return self.source[opening.end() : match.start()]
        return None


def _repetitions(source: str) -> int:
    """The product of all repetition counts: an upper bound of what compiling unrolls."""
    product = 1
    for least, most in _COUNTS.findall(source):
        product *= max(int(least or 1), int(most or 1), 1)
    return product


class Keywords:
    """Words any of which a message may contain: whole words in English, substrings in Chinese."""

    def __init__(self, words: Sequence[str]) -> None:
        self.words = tuple(words)
        forms = [_keyword_form(matchable(word)) for word in self.words]
        self._compiled = re.compile("|".join(f"({form})" for form in forms), re.IGNORECASE)

    def __repr__(self) -> str:
        return f"Keywords({self.words!r})"

    def search(self, text: str) -> str | None:
        """The keyword, as written in the rule, that `matchable` text contains first."""
        found = self._compiled.search(text)
        return None if found is None or not found.lastindex else self.words[found.lastindex - 1]


def _keyword_form(word: str) -> str:
    form = r"\s+".join(re.escape(part) for part in word.split())
    if any(is_han(character) for character in word):
        return form
    if word[-1:].isalpha():
        plural = rf"(?:{re.escape(word[-1])}|ies)" if word[-1] in "yY" else re.escape(word[-1])
        form = form.removesuffix(re.escape(word[-1])) + plural + "(?:s|es)?"
    start = r"(?<![A-Za-z0-9])" if word[:1].isalnum() else ""
    end = r"(?![A-Za-z0-9])" if word[-1:].isalnum() else ""
    return f"{start}{form}{end}"
