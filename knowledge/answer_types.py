"""What kind of thing a question asks for, and whether a text has one."""

import re
from functools import lru_cache

from knowledge.entities import find_entities
from knowledge.language import terms

# Kinds of `knowledge.entities` that can answer; the first pattern that matches counts.
_EXPECTED: tuple[tuple[re.Pattern[str], frozenset[str]], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), frozenset(kinds.split()))
    for pattern, kinds in (
        (
            r"\bhow (?:long|soon|quickly|fast)\b|\bhow many (?:\w+ )?(?:days|weeks|months|years|hours|minutes|seconds)\b"
            r"|多久|多长时间|[几多][少]?个?(?:天|周|星期|月|年|小时|分钟|秒|工作日)",
            "duration date time",
        ),
        (
            r"\bhow much (?:does|do|is|are|would|will|extra|more|money)\b|\bwhat (?:does|do|would) .{1,40} (?:cost|charge)"
            r"|\b(?:price|cost|fee|charge) (?:of|for)\b|多少钱|(?:价格|费用|运费|手续费|邮费|邮资|售价|单价)(?:是|要)?(?:多少|几)",
            "money percentage number",
        ),
        (r"\bwhat time\b|\buntil when\b|\bby when\b|几点", "time duration date"),
        (
            r"^when\b|\bwhen (?:do|does|did|is|are|was|were|will|can)\b|\b(?:which|what) (?:year|day|month|date)\b"
            r"|什么时候|何时|哪一?[年天日]|几[月号]",
            "date time duration weekday number",
        ),
        (
            r"\bhow (?:many|much|far|large|big|heavy|hot|tall|high|old|often)\b|多少|几[^乎]|多[大高重远深宽]",
            "number quantity percentage money duration",
        ),
    )
)
# What is counted: "how many decibels", "几档", "多少分贝".
_COUNTED = re.compile(
    r"\bhow many ([a-z]+)|(?:多少|几)个?(?![钱乎])([\u4e00-\u9fff]{1,2})", re.IGNORECASE
)


@lru_cache(256)
def expected_kinds(question: str) -> frozenset[str]:
    """The kinds of entity that would answer `question`; none when it does not ask for a value."""
    for pattern, kinds in _EXPECTED:
        if pattern.search(question):
            return kinds
    return frozenset()


def type_fit(question: str, text: str) -> float:
    """1 when `text` has what `question` asks for, -1 when not, 0 when it asks for no value."""
    kinds = expected_kinds(question)
    if not kinds:
        return 0.0
    return 1.0 if any(entity.kind in kinds for entity in find_entities(text)) else -1.0


def counted_missing(question: str, text: str) -> bool:
    """Whether `question` counts something that `text` never mentions, as in "how many decibels"."""
    found = _COUNTED.search(question)
    if found is None or expected_kinds(question) & {"time", "date"}:
        return False
    english, chinese = found.groups()
    if english:
        return not set(terms(english)) <= set(terms(text))
    return chinese[0] not in text
