"""Is a visitor upset or pleased? A small lexicon with negation: plain, quick and honest about doubt."""

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

from knowledge.language import normalise, to_simplified

SentimentLabel = Literal["negative", "neutral", "positive"]

_NEGATIVE_EN = (
    "2 terrible horrible awful worst disgusting disgusted furious outraged scam scammed scammers "
    "fraud ripoff rip-off unacceptable ridiculous pathetic useless garbage hate hated hates outrageous "
    "appalling sick nightmare crap\n"
    "1 bad angry annoyed annoying frustrated frustrating frustration disappointed disappointing "
    "disappointment upset unhappy poor poorly rude waste wasted complain complaint "
    "complaints dissatisfied unsatisfied worse ignored lied lying liar "
    "misleading misled tired stupid sucks mess unprofessional incompetent"
)
_POSITIVE_EN = (
    "2 excellent amazing awesome wonderful fantastic perfect perfectly love loved loves brilliant "
    "outstanding superb delighted\n"
    "1 good great nice thanks thank happy helpful pleased satisfied appreciate appreciated glad "
    "friendly quick impressed recommend like enjoy enjoyed useful kind"
)
_NEGATIVE_ZH = (
    "2 太差 垃圾 骗子 骗人 欺骗 恶心 气死 愤怒 忍无可忍 无语 坑人 黑心 离谱 烂 恶劣 可恶 讨厌 崩溃 差劲 投诉 "
    "差评 受够 太慢\n"
    "1 失望 生气 不满 糟糕 糟 差 难用 麻烦 郁闷 烦 敷衍 拖延 没人理 不理我 后悔 上当 虚假 慢死 破玩意 浪费"
)
_POSITIVE_ZH = (
    "2 太好了 非常好 很棒 太棒 完美 优秀 惊喜 超赞 五星 好评\n"
    "1 谢谢 感谢 满意 喜欢 不错 开心 高兴 赞 好用 方便 贴心 耐心 推荐 给力 很好 挺好 真好"
)
# Words with a sting inside that has none.
_INNOCENT_ZH = "差不多|差别|时差|差额|差价|误差|出差|快递员|相差|麻烦您|麻烦你|麻烦帮|麻烦问|请麻烦|浪漫|灿烂|烦请|赞助"
_INNOCENT_EN = r"thanks for nothing|no thanks|feel like|would like|i'd like|look like|looks like|like to|what kind|any kind|kind of|what's wrong"
_NEGATIONS_EN = r"not|no|never|isn't|wasn't|aren't|don't|doesn't|didn't|can't|cannot|won't|hardly|without|nothing"
_NEGATIONS_ZH = r"[不没未无别]|没有|不是|并非|毫不"
_INTENSE_EN = r"very|so|extremely|really|absolutely|completely|totally|too"
_INTENSE_ZH = r"非常|太|很|特别|极其|极|超级|真是|实在"
# What is wrong with a product (broken, 坏了) is a report, not a feeling, and not in the lists.
# An exclamation, capitals or three question marks make a feeling stronger, never make one.
_LOUD = re.compile(r"!{2,}|\?{3,}|\b[A-Z]{4,}\b.*\b[A-Z]{3,}\b")
_EDGE = 1.0


@dataclass(frozen=True, slots=True)
class Sentiment:
    """`score` is below -1 to negative and above 1 to positive; `words` are what it rests on."""

    label: SentimentLabel
    score: float
    words: tuple[str, ...] = ()


def sentiment(text: str) -> Sentiment:
    """The feeling of `text`. A question or a report without feeling words is neutral."""
    plain = to_simplified(normalise(text))
    score = 0.0
    words: list[str] = []
    for match in _pattern().finditer(plain.lower().replace("’", "'")):
        word = match["en"] or match["zh"]
        if word is None:
            continue  # an innocent phrase
        strength = _strengths()[word]
        if match["intense_en"] or match["intense_zh"]:
            strength *= 1.5
        if match["negated_en"] or match["negated_zh"]:
            # "not good" is a complaint; "not bad" is only a weak praise.
            strength *= -0.5 if strength < 0 else -1
        score += strength
        words.append(match.group().strip())
    if _LOUD.search(plain):
        score *= 1.5
    return Sentiment(_label(score), round(score, 2), tuple(words))


def _label(score: float) -> SentimentLabel:
    if score <= -_EDGE:
        return "negative"
    return "positive" if score >= _EDGE else "neutral"


@cache
def _strengths() -> dict[str, float]:
    strengths: dict[str, float] = {}
    lists = ((_NEGATIVE_EN, -1), (_NEGATIVE_ZH, -1), (_POSITIVE_EN, 1), (_POSITIVE_ZH, 1))
    for lexicon, sign in lists:
        for line in lexicon.splitlines():
            strength, *words = line.split()
            strengths |= dict.fromkeys(words, float(strength) * sign)
    return strengths


@cache
def _pattern() -> re.Pattern[str]:
    words = sorted(_strengths(), key=len, reverse=True)
    english = "|".join(re.escape(word) for word in words if word.isascii())
    chinese = "|".join(word for word in words if not word.isascii())
    return re.compile(
        rf"(?:{_INNOCENT_EN}|{_INNOCENT_ZH})"
        rf"|(?:(?<![a-z'])(?P<negated_en>(?:{_NEGATIONS_EN})\s(?:\w+\s)?)?"
        rf"(?P<intense_en>(?:{_INTENSE_EN})\s)?(?P<en>{english})(?![a-z]))"
        rf"|(?P<negated_zh>(?:{_NEGATIONS_ZH})(?:是|够|太|很|怎么)?)?"
        rf"(?P<intense_zh>(?:{_INTENSE_ZH}))?(?P<zh>{chinese})"
    )
