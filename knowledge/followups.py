"""Does a message lean on what was said before, and what did it lean on?"""

import re
from collections.abc import Sequence

from knowledge.language import terms

# More content words than this and a message stands on its own, whatever it begins with.
MOST_TERMS_OF_A_FOLLOW_UP = 6

_OPENERS = re.compile(
    r"^(?:(?:and|but|or|so|ok(?:ay)?|then|also)\b|(?:what|how) about\b|what if\b|why(?: not)?\?|"
    r"for (?:the )?\w+\?|which one|how (?:long|much|many)(?: \w+)?\?|"
    r"那|还有|另外|如果是?|换成|为什么|为啥|怎么|多久|多少钱?|要多久)",
    re.IGNORECASE,
)
_REFERENCES = re.compile(
    r"\b(?:it|its|they|them|their|those|these|that|this|one|ones|there|same|the other)\b"
    r"|它|它们|这个|那个|这些|那些|这种|那种|上面|前面|刚才|该(?:产品|商品|服务)",
    re.IGNORECASE,
)
_ENDINGS = re.compile(r"呢[？?！!。]*$|\b(?:instead|too|as well|then)[?.!]*$", re.IGNORECASE)


def is_follow_up(message: str) -> bool:
    """Whether `message` can hardly be understood without the one before it."""
    text = message.strip()
    words = len(terms(text))
    if words > MOST_TERMS_OF_A_FOLLOW_UP * (2 if _mostly_han(text) else 1):
        return False
    if words <= 1:
        return True
    return any(pattern.search(text) for pattern in (_OPENERS, _REFERENCES, _ENDINGS))


def topic_of(history: Sequence[str]) -> str:
    """The visitor's last message that stands on its own, or the last one; empty without any."""
    for message in reversed(history):
        if not is_follow_up(message):
            return message
    return history[-1] if history else ""


def _mostly_han(text: str) -> bool:
    return sum("\u4e00" <= character <= "\u9fff" for character in text) * 2 > len(text)
