"""Bytes into text. Order: byte-order mark, UTF-8, what the file declares, GB18030, then the nearest guess."""

import codecs
import re

from knowledge.errors import UnknownEncoding
from knowledge.loading.warnings import DAMAGED, NOT_UTF8

# Longest marks first: UTF-32's begins with UTF-16's.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_GUESSES = ("gb18030", "big5", "cp1252")
# Damaged UTF-8 is still UTF-8 while fewer of its characters than this are lost.
_DAMAGED_SHARE = 0.02
# Characters that a guess is judged by.
_SAMPLE = 20_000

# Characters that ordinary text of each guess is made of; a wrong guess falls outside them.
_COMMON = re.compile(r"[\x20-\x7e\s\u4e00-\u9fa5\u3000-\u3015\uff01-\uff5e\u2014-\u2026à-üÀ-Ü]")
# In Western text an accented letter stands alone among plain ones; Chinese misread so has runs.
_LONE_ACCENT = re.compile("(?<![^\x00-\x7f])[À-ÖØ-öø-ÿŒœŠšŽžŸ](?![^\x00-\x7f])")
_FREQUENT = frozenset(
    "的一是不了在人有我他这中大来上个国到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可她里后"
    "這個來時會們說為國對後過還沒點裡發問請將並與從當種無應實現動開關業務費單電話號碼貨退換訂購買"
    "用户服务请问退货订单支付电话号码时间如何怎么什么可能我们需要使用进行通过"
)


def decode(data: bytes, name: str, declared: str | None = None) -> tuple[str, tuple[str, ...]]:
    """The text of `data` and warnings where its encoding is in doubt.

    Raises `UnknownEncoding`.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _with_mark(data[len(mark) :], encoding)
    for encoding in ("utf-8", declared):
        text = _strictly(data, encoding)
        if text is not None:
            return text, ()
    damaged = data.decode("utf-8", errors="replace")
    lost = damaged.count("\ufffd")
    wide = sum(character > "\x7f" for character in damaged)
    if lost <= _DAMAGED_SHARE * wide:
        return damaged, (DAMAGED,)
    return _guessed(data, name), (NOT_UTF8,)


def _with_mark(data: bytes, encoding: str) -> tuple[str, tuple[str, ...]]:
    text = _strictly(data, encoding)
    if text is not None:
        return text, ()
    return data.decode(encoding, errors="replace"), (DAMAGED,)


def _strictly(data: bytes, encoding: str | None) -> str | None:
    if encoding is None:
        return None
    try:
        # Python's gb2312 and gbk are subsets of gb18030, which is what files so declared really use.
        wider = "gb18030" if encoding.lower() in {"gb2312", "gbk", "x-gbk"} else encoding
        return data.decode(wider)
    except (LookupError, UnicodeDecodeError):
        return None


def _guessed(data: bytes, name: str) -> str:
    readings = [text for encoding in _GUESSES if (text := _strictly(data, encoding)) is not None]
    if not readings:
        raise UnknownEncoding(name=name)
    # max keeps the first of equals: GB18030 wins unless another reads clearly better.
    return max(readings, key=_plausibility)


def _plausibility(text: str) -> float:
    """How much of `text` is made of everyday characters, in [0, 2]."""
    wide = [character for character in text[:_SAMPLE] if character > "\x7f"]
    if not wide:
        return 1.0
    common = sum(_COMMON.match(character) is not None for character in wide)
    frequent = sum(character in _FREQUENT for character in wide)
    frequent += len(_LONE_ACCENT.findall(text[:_SAMPLE]))
    return (common + frequent) / len(wide)
