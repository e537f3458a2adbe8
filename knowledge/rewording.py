"""A question in the documents' words: synonyms, slips of the keyboard, and words that sound alike.

Synonyms are put beside what was said. Slips and sounds are looked for only when hardly any of
the question stands in the documents: else they would do more harm than good.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

from pypinyin import lazy_pinyin

from knowledge.language import is_han, terms
from knowledge.pools import PassagePool, Query
from knowledge.recent import Recent
from knowledge.synonyms import Synonyms

# A question with more of its weight in the documents' own words is taken as it was typed.
KNOWN_ENOUGH = 0.5
# In shorter words one letter makes another word too often.
_SHORTEST = 5
# A letter in place of another is likelier to be another word ("Paris", "parts") than one too many.
_SHORTEST_SUBSTITUTION = 6
_WORD = re.compile(r"[A-Za-z]+")
_VOCABULARIES = 16

Why = Literal["synonym", "typo", "sound"]


@dataclass(frozen=True, slots=True)
class Change:
    """`said` was read as `read`."""

    said: str
    read: str
    why: Why


@dataclass(frozen=True, slots=True)
class Reworded:
    """A query to search with, and what was read in place of something else."""

    query: Query
    changes: tuple[Change, ...] = ()


class Rewording:
    """Rewords queries. Thread-safe."""

    def __init__(self) -> None:
        self._known = Recent[str, _Vocabulary](_VOCABULARIES)

    def reworded(self, query: Query, pool: PassagePool, synonyms: Synonyms) -> Reworded:
        """`query` in the words of `pool`."""
        changes: list[Change] = []
        also: list[str] = []
        for word, others in synonyms.others(query.text).items():
            known = [other for other in others if _is_known(other, pool)]
            if known and not _is_known(word, pool):
                changes.append(Change(word, _of_like_script(word, known), "synonym"))
            also += others
        query = replace(_replaced(query, changes), also=" ".join(dict.fromkeys(also)))
        if not known_enough(query.asked, pool):
            slips = self._slips(query.asked, pool)
            query = _replaced(query, slips)
            changes += slips
        return Reworded(query, tuple(changes))

    def _slips(self, text: str, pool: PassagePool) -> list[Change]:
        vocabulary = self._vocabulary(pool)
        return [*_typos(text, vocabulary), *_sounds(text, vocabulary)]

    def _vocabulary(self, pool: PassagePool) -> "_Vocabulary":
        name = pool.name
        found = self._known.recall([name]).get(name) if name else None
        if found is None:
            found = _Vocabulary(pool.vocabulary())
            if name:
                self._known.keep({name: found})
        return found


def known_enough(text: str, pool: PassagePool) -> bool:
    """Whether most of the weight of `text` is in words that the passages use."""
    weights = pool.idf(sorted(set(terms(text))))
    if not weights:
        return True
    strangest = pool.idf([_NO_WORD])[_NO_WORD]
    known = sum(weight for weight in weights.values() if weight < strangest)
    return known >= KNOWN_ENOUGH * sum(weights.values())


# No text has this term, so its weight is that of a word that no passage uses.
_NO_WORD = "\x00"


def _replaced(query: Query, changes: Sequence[Change]) -> Query:
    text, focus = query.text, query.focus
    for change in changes:
        said = re.compile(re.escape(change.said), re.IGNORECASE)
        text = said.sub(lambda _, read=change.read: read, text)
        focus = said.sub(lambda _, read=change.read: read, focus)
    return replace(query, text=text, focus=focus)


def _is_known(word: str, pool: PassagePool) -> bool:
    """Whether the passages use every term of `word`."""
    weights = pool.idf([_NO_WORD, *terms(word)])
    return all(weights[term] < weights[_NO_WORD] for term in terms(word))


def _of_like_script(word: str, known: Sequence[str]) -> str:
    return next((other for other in known if other.isascii() == word.isascii()), known[0])


class _Vocabulary:
    """Terms by what they begin with and by how they sound."""

    def __init__(self, words: Collection[str]) -> None:
        self.words = frozenset(words)
        self._by_letter: dict[str, list[str]] = defaultdict(list)
        self._by_sound: dict[str, list[str]] = defaultdict(list)
        for word in sorted(self.words):
            if word.isascii() and word.isalpha():
                self._by_letter[word[0]].append(word)
            elif len(word) == 2 and all(map(is_han, word)):
                self._by_sound[sound(word)].append(word)

    def near(self, word: str) -> str | None:
        """The one term that is a slip away from `word`, if there is just one."""
        found = {other for other in self._by_letter[word[0]] if is_slip(word, other)}
        return found.pop() if len(found) == 1 else None

    def like(self, pair: str) -> str | None:
        """A term of two characters that sounds like `pair`: one that shares a character first."""
        found = self._by_sound.get(sound(pair), [])
        shared = [other for other in found if other[0] == pair[0] or other[1] == pair[1]]
        return shared[0] if len(shared) == 1 else (found[0] if len(found) == 1 else None)


def sound(text: str) -> str:
    """Its Pinyin without tones."""
    return " ".join(lazy_pinyin(text))


def _typos(text: str, vocabulary: _Vocabulary) -> Iterator[Change]:
    for match in _WORD.finditer(text):
        word = match.group()
        is_name = word[0].isupper() and match.start() > 0
        stems = terms(word)
        if is_name or len(word) < _SHORTEST or len(stems) != 1 or stems[0] in vocabulary.words:
            continue
        if (near := vocabulary.near(stems[0])) is not None:
            yield Change(word, near, "typo")


def _sounds(text: str, vocabulary: _Vocabulary) -> Iterator[Change]:
    skipped = False
    for first, second in pairwise(text):
        pair = first + second
        if skipped or not (is_han(first) and is_han(second)) or pair in vocabulary.words:
            skipped = False
            continue
        if (like := vocabulary.like(pair)) is not None:
            skipped = True
            yield Change(pair, like, "sound")


def is_slip(word: str, other: str) -> bool:
    """Whether one letter too many, too few, wrong or in its neighbour's place tells them apart."""
    longer, shorter = (word, other) if len(word) >= len(other) else (other, word)
    if len(longer) - len(shorter) > 1 or word == other:
        return False
    start = _shared(longer, shorter)
    end = _shared(longer[start:][::-1], shorter[start:][::-1])
    a, b = longer[start : len(longer) - end], shorter[start : len(shorter) - end]
    if len(a) == 1 and len(b) == 1:
        return len(word) >= _SHORTEST_SUBSTITUTION
    return (len(a) == 1 and not b) or (len(a) == 2 and a == b[::-1])


def _shared(one: str, other: str) -> int:
    """How many letters they begin with alike."""
    count = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        count += 1
    return count
