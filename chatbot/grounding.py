"""Is a generated sentence supported, and by which passage or rule? Pure.

The gate trusts nothing that a generator writes. A sentence passes only when one
source holds every number, date, price, code, address and name in it, shares most
of its content words, and agrees on whether the thing is so or not.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from knowledge.entities import find_entities
from knowledge.language import terms
from knowledge.names import missing_names

# Half of the content words may be the generator's own ("you can", "our shop"); fewer than
# that in the source and the sentence is about something else.
MINIMUM_COVERAGE = 0.5

Reason = Literal["supported", "value", "name", "coverage", "polarity", "empty", "echo"]

_NEGATIONS = re.compile(
    r"\b(?:not|no|never|cannot|without|neither|nor|unable|\w+n't)\b"
    r"|不(?!仅|但|过|论|管|同|少)|没有?|无法|勿|未(?!来)|不可|不能",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Source:
    """Something a sentence may rest on: a citation's passage or a rule's fact."""

    key: int | str
    text: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gate says of one sentence; `detail` names what was missing."""

    sentence: str
    reason: Reason
    source: int | str | None = None
    detail: str = ""

    @property
    def supported(self) -> bool:
        """Whether the sentence may be said."""
        return self.reason == "supported"


def check_sentence(sentence: str, sources: Sequence[Source]) -> Verdict:
    """The verdict on `sentence`; a supported one names the source that covers it best."""
    content = set(terms(sentence))
    if not content:
        return Verdict(sentence, "empty")
    verdicts = [(_check(sentence, source), _coverage(content, source.text)) for source in sources]
    if not verdicts:
        return Verdict(sentence, "coverage")
    supported = [(coverage, verdict) for verdict, coverage in verdicts if verdict.supported]
    if supported:
        return max(supported, key=lambda pair: pair[0])[1]
    return max(verdicts, key=lambda pair: pair[1])[0]


def echoes(sentence: str, question: str) -> bool:
    """Whether `sentence` says nothing that the question did not say itself."""
    return set(terms(sentence)) <= set(terms(question))


def keeps_all_values(sentences: Sequence[str], reply: str) -> bool:
    """Whether the sentences together still state every value of a rule's reply.

    A paraphrase that loses one may have turned a no into a yes.
    """
    said = _values(" ".join(sentences))
    return all(value in said for value in _values(reply))


def unsupported_values(text: str, sources: Sequence[Source]) -> list[str]:
    """Numbers, dates, prices, codes and addresses of `text` that no source holds."""
    held = {value for source in sources for value in _values(source.text)}
    return [words for value, words in _values(text).items() if value not in held]


def _check(sentence: str, source: Source) -> Verdict:
    missing = unsupported_values(sentence, [source])
    if missing:
        return Verdict(sentence, "value", detail=", ".join(missing))
    foreign = missing_names(sentence, source.text)
    if foreign:
        return Verdict(sentence, "name", detail=", ".join(foreign))
    if _coverage(set(terms(sentence)), source.text) < MINIMUM_COVERAGE:
        return Verdict(sentence, "coverage")
    if not _polarity_agrees(sentence, source.text):
        return Verdict(sentence, "polarity")
    return Verdict(sentence, "supported", source=source.key)


def _values(text: str) -> dict[tuple[str, str], str]:
    return {(entity.kind, entity.value): entity.text for entity in find_entities(text)}


def _coverage(content: set[str], source: str) -> float:
    return len(content & set(terms(source))) / max(1, len(content))


def _polarity_agrees(sentence: str, source: str) -> bool:
    """Whether the part of the source that says the most of the sentence negates just as it does."""
    content = set(terms(sentence))
    parts = [part for part in re.split(r"(?<=[.!?。！？；;\n])", source) if part.strip()]
    if not parts:
        return True
    nearest = max(parts, key=lambda part: _coverage(content, part))
    return bool(_NEGATIONS.search(sentence)) == bool(_NEGATIONS.search(nearest))
