"""Whether two questions ask the same, as far as their words tell. Pure.

Meaning alone cannot: the vectors of "Do you deliver to Tibet?" and "to Xinjiang?" are nearer to
each other than many a paraphrase. So a way to ask must also agree in what is exact. Every limit
is from tests/benchmarks/curated.md.
"""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Final, Literal

from knowledge.entities import find_entities
from knowledge.language import (
    is_han,
    normalise,
    terms,
    to_simplified,
)

# Two questions that share this much of their words, in order, are the same sentence ...
SAME_SENTENCE: Final = 0.65
# ... and this share of one's words may be missing in the other.
STRANGE_SHARE: Final = 0.67

Objection = Literal["values", "negation", "asks", "words", "swapped"]

_TOKEN = re.compile(r"[\u3400-\u9fff]|[^\W_\u3400-\u9fff]+(?:['’][^\W\d_]+)?")
_PLAIN_QUESTION = re.compile(r"有没有|能不能|可不可以|是不是|会不会|要不要|需不需要|是否")
_NEGATION = re.compile(
    r"\b(?:not|no|never|cannot|without|\w+n['’]t|un(?:used|opened|worn|paid|washed|damaged))\b"
    r"|不(?!仅|但|过|论|管|同|少)|没|未|无法|无需",
    re.IGNORECASE,
)
# What is asked for; the first that is found counts. What is found there says nothing else.
_ASKED: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern, re.IGNORECASE))
    for name, pattern in (
        (
            "deadline",
            r"\bhow soon\b|\bwithin (?:what|how|which)\b|\b(?:until|by) (?:when|what)\b|\bdeadline\b"
            r"|\bexpir\w*|\bcut-?off\b|期限|最晚|过期|失效|多久之内|[几多]少?[天日]之?内",
        ),
        (
            "duration",
            r"\b(?:for )?how long\b|\bhow many (?:\w+ )?(?:days|weeks|months|years|hours|minutes|seconds)\b"
            r"|\bfor how\b|\bwhen (?:will|does|do)\b|\b(?:period|duration|time)\b"
            r"|多久|多长时间|时间|[几多]少?个?(?:天|周|星期|月|年|小时|分钟|秒|工作日)",
        ),
        (
            "money",
            r"\bhow much (?:does|do|is|are|would|will|extra|more|money)\b"
            r"|\b(?:cost|charge|price|fee|pay for|surcharge)s?\b"
            r"|多少钱|(?:价格|费用|运费|手续费|邮费|费率|收费|维修费)|打几折",
        ),
        (
            "count",
            r"\bhow (?:many|much)\b|\b(?:quantity|amount|capacity)\b|多少|几|容量",
        ),
        ("when", r"\bwhen\b|\bwhat (?:year|day|date|time)\b|什么时候|哪一?[年天日]"),
        ("where", r"\bwhere\b|哪里|哪儿|在哪"),
        ("who", r"\bwho\b|谁"),
        ("why", r"\bwhy\b|为什么|为何"),
        (
            "how",
            r"\bhow (?:do|can|to|does|should)\b|\bsteps\b|\bwhat (?:should|can|do) i\b|\bwhat now\b"
            r"|怎么|如何|怎样",
        ),
        (
            "whether",
            r"^(?:can|could|may|do|does|is|are|will|would|must|should)\b|\b(?:can|may) i\b"
            r"|吗|可不可以|能不能|是否|有没有|可以",
        ),
    )
)
# Words of Chinese questions that carry no subject.
_EMPTY_HAN = frozenset(
    "的了吗呢么吧请问我您你他她们怎什是在有没不能可要想把被给这那哪谁几为多少久时间天个该用到来去就还也都和与及"
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question says, as far as it is compared."""

    text: str
    tokens: tuple[str, ...]
    subject: tuple[str, ...]
    values: frozenset[str]
    denies: bool
    asks: str


@lru_cache(8192)
def read(question: str) -> Asked:
    """`question` taken apart; known again for those that are compared most."""
    plain = to_simplified(normalise(question))
    asks, words = _asks(plain)
    tokens = _tokens(plain)
    return Asked(
        text=folded(question),
        tokens=tokens,
        subject=tuple(token for token in tokens if _has_subject(token) and token not in words),
        values=frozenset(entity.value for entity in find_entities(question)),
        denies=_NEGATION.search(_PLAIN_QUESTION.sub("", plain)) is not None,
        asks=asks,
    )


def folded(question: str) -> str:
    """`question` as it is told from others: without case, script variant, spaces and punctuation."""
    plain = to_simplified(normalise(question)).casefold()
    return " ".join(re.findall(r"[^\W_]+", plain)) or plain


def objection(asked: str, way: str) -> Objection | None:
    """Why `asked` cannot be the question that `way` is; None when the words allow it."""
    one, other = read(asked), read(way)
    if one.values != other.values:
        return "values"
    if one.denies != other.denies:
        return "negation"
    if one.asks != other.asks:
        return "asks"
    strange, missing = _only(one, other), _only(other, one)
    if max(strange, missing) > STRANGE_SHARE:
        return "words"
    if strange and missing and _shared(one, other) >= SAME_SENTENCE:
        return "swapped"
    return None


def _asks(plain: str) -> tuple[str, frozenset[str]]:
    """What is asked for, and the words that say so."""
    for name, pattern in _ASKED:
        if found := pattern.search(plain):
            return name, frozenset(_tokens(found.group()))
    return "", frozenset()


def _tokens(plain: str) -> tuple[str, ...]:
    """Single Han characters and stemmed words, in order."""
    return tuple(_stemmed(token) for token in _TOKEN.findall(plain.casefold()))


def _stemmed(token: str) -> str:
    return token if is_han(token[0]) else next(iter(terms(token)), token)


def _has_subject(token: str) -> bool:
    return token not in _EMPTY_HAN if is_han(token[0]) else bool(terms(token))


def _only(one: Asked, other: Asked) -> float:
    """The share of what `one` is about that `other` does not mention."""
    alone = sum(token not in other.tokens for token in one.subject)
    return alone / max(1, len(one.subject))


def _shared(one: Asked, other: Asked) -> float:
    return SequenceMatcher(None, one.tokens, other.tokens, autojunk=False).ratio()
