"""What may come in as a question, and what to be wary of in it."""

import re
import unicodedata

from chatbot.errors import EmptyQuestion, QuestionTooLong, UnreadableQuestion
from knowledge.language import normalise

# A share of control and unassigned characters above this is no text in any language.
_MOST_UNREADABLE = 0.1

_INJECTION = re.compile(
    r"\b(?:ignore|disregard|forget|override)\b.{0,40}\b(?:previous|prior|above|all|your|earlier)\b"
    r".{0,30}\b(?:instructions?|prompts?|rules?|guidelines?)\b"
    r"|\b(?:system|developer) prompt\b|\byou are now\b|\bpretend (?:to be|you are)\b|\bjailbreak\b"
    r"|\bDAN mode\b|<\|?(?:im_start|system|assistant)\b"
    r"|忽略.{0,12}(?:指令|指示|提示|规则|要求)|无视.{0,12}(?:指令|指示|提示|规则|要求)|系统提示词|你现在是|越狱",
    re.IGNORECASE | re.DOTALL,
)


def admit(text: str, limit: int) -> str:
    """`text` as it goes into the turn, without outer space and control characters.

    Raises `EmptyQuestion`, `QuestionTooLong` or `UnreadableQuestion`.
    """
    if len(text) > limit:
        raise QuestionTooLong(length=len(text), limit=limit)
    unreadable = sum(_is_unreadable(character) for character in text)
    if unreadable > _MOST_UNREADABLE * len(text):
        raise UnreadableQuestion
    cleaned = "".join(c for c in text if not _is_unreadable(c)).strip()
    if not normalise(cleaned):
        raise EmptyQuestion
    return cleaned


def looks_like_injection(text: str) -> bool:
    """Whether `text` talks to the model rather than to the company.

    A heuristic: such a turn is answered without the Transformer, so that a miss
    costs nothing but fluency; the grounding gate holds either way.
    """
    return _INJECTION.search(normalise(text)) is not None


def _is_unreadable(character: str) -> bool:
    category = unicodedata.category(character)
    return (category in {"Cc", "Cn", "Co", "Cs"} and character not in "\n\r\t") or character == "�"
