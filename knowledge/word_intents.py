"""Intents by shared words alone: for tests in rule files, and where no model is."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence

from knowledge.intents import IntentGuess
from knowledge.language import is_han, terms

_FLOOR = 0.4  # of the cosine between a message and its nearest example


class WordIntents:
    """Recognises the intent whose nearest example shares most of the message's words."""

    def __init__(self, examples: Mapping[str, Sequence[str]]) -> None:
        self._examples = [
            (name, _words(text)) for name, texts in examples.items() for text in texts
        ]
        documents = Counter(term for _, words in self._examples for term in words)
        total = max(len(self._examples), 1)
        self._weights = {term: math.log(1 + total / n) for term, n in documents.items()}

    def predict(self, text: str) -> IntentGuess:
        words = _words(text)
        best: dict[str, float] = {}
        for name, example in self._examples:
            best[name] = max(best.get(name, 0.0), self._likeness(words, example))
        ranked = sorted(best.items(), key=lambda pair: (-pair[1], pair[0]))
        if not ranked:
            return IntentGuess(None, 0.0)
        (first, likeness), rest = ranked[0], ranked[1:]
        if likeness < _FLOOR:
            return IntentGuess(None, 0.5 * likeness / _FLOOR, first)
        confidence = 0.5 + 0.5 * (min(likeness, 1.0) - _FLOOR) / (1 - _FLOOR)
        return IntentGuess(first, confidence, rest[0][0] if rest else None)

    def _likeness(self, left: Counter[str], right: Counter[str]) -> float:
        unknown = math.log(1 + max(len(self._examples), 1))
        weigh = {term: self._weights.get(term, unknown) for term in (*left, *right)}
        shared = sum(left[t] * right[t] * weigh[t] ** 2 for t in left if t in right)
        lengths = math.sqrt(
            sum((n * weigh[t]) ** 2 for t, n in left.items())
            * sum((n * weigh[t]) ** 2 for t, n in right.items())
        )
        return shared / lengths if lengths else 0.0


def _words(text: str) -> Counter[str]:
    """Terms, and each Han character too: Chinese pairs alone share too little between short texts."""
    found = terms(text)
    return Counter([*found, *(c for term in found for c in term if len(term) > 1 and is_han(c))])
