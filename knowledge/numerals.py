"""Numbers as people write them in English and Chinese, in figures and in words."""

import re
from decimal import Decimal

_UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen"
)
_SMALL = {word: value for value, word in enumerate(_UNITS.split())}
_TENS_NAMES = "twenty thirty forty fifty sixty seventy eighty ninety"
_TENS = {word: 10 * value for value, word in enumerate(_TENS_NAMES.split(), start=2)}
_SCALES = {"thousand": 10**3, "million": 10**6, "billion": 10**9}
_HAN_DIGITS = dict(
    zip("零〇一二两三四五六七八九", (0, 0, 1, 2, 2, 3, 4, 5, 6, 7, 8, 9), strict=True)
)
_HAN_UNITS = {"十": 10, "百": 100, "千": 1000}
_HAN_SCALES = {"万": 10**4, "亿": 10**8}
_FACTORS = {**_HAN_UNITS, **_HAN_SCALES, **_SCALES, "hundred": 100, "dozen": 12}

_WORD = rf"(?:{'|'.join((*_SMALL, *_TENS, 'hundred', *_SCALES))})"
# Lengths are bounded so that a long run of digits costs no more than its length.
FIGURES = (
    r"(?<![a-zA-Z0-9_.])(?<!\d,)(?:\d{1,3}(?:,\d{3}){1,5}(?!\d)|\d{1,20}(?!\d))(?:\.\d{1,10})?"
    r"(?:\s?[千万亿百](?!能)|\s(?:hundred|thousand|million|billion|dozen)(?![a-zA-Z]))?"
)
ENGLISH = (
    r"(?<![a-zA-Z0-9_-])(?:a\s(?=hundred\b|thousand\b|million\b|dozen\b))?"
    rf"(?:{_WORD}|dozen)(?:(?:[\s-]|\sand\s){_WORD}){{0,8}}(?![a-zA-Z0-9_])"
)
_HAN_NUMERAL = "零〇一二两三四五六七八九十百千万亿"
HAN = (
    rf"(?<![{_HAN_NUMERAL}])[{_HAN_NUMERAL}]{{1,16}}(?![{_HAN_NUMERAL}])"
    r"(?:点[零〇一二三四五六七八九]{1,8})?"
)


def number_value(text: str) -> Decimal | None:
    """The number that `text` writes: `1,299.00`, `thirty-five`, `三百零五`, `1.5 万`; None if it is none."""
    text = text.strip().lower()
    if text[:1].isdigit():
        return _figures(text)
    if re.fullmatch(HAN, text):
        return _han(text)
    return _english(text)


def consecutive(text: str) -> tuple[Decimal, Decimal] | None:
    """The two numbers of 两三 (two or three); None if `text` is anything else."""
    if len(text) != 2 or not set(text) <= set(_HAN_DIGITS):
        return None
    low, high = (_HAN_DIGITS[character] for character in text)
    return (Decimal(low), Decimal(high)) if high == low + 1 else None


def canonical(number: Decimal) -> str:
    """One spelling for each number: no exponent, no trailing zeros."""
    plain = f"{number:f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def _figures(text: str) -> Decimal:
    found = re.match(r"[\d,]+(?:\.\d+)?", text)
    figures = found.group() if found else "0"
    factor = _FACTORS.get(text.removeprefix(figures).strip(), 1)
    return Decimal(figures.replace(",", "")) * factor


def _english(text: str) -> Decimal | None:
    total = current = 0
    words = [word for word in re.split(r"[\s-]+", text) if word not in ("and", "a")]
    for word in words:
        if word in _SMALL or word in _TENS:
            current += _SMALL.get(word, 0) + _TENS.get(word, 0)
        elif word in ("hundred", "dozen"):
            current = max(current, 1) * _FACTORS[word]
        elif word in _SCALES:
            total += max(current, 1) * _SCALES[word]
            current = 0
        else:
            return None
    return Decimal(total + current) if words else None


def _han(text: str) -> Decimal | None:
    whole, _, fraction = text.partition("点")
    if not set(whole) & {*_HAN_UNITS, *_HAN_SCALES}:
        # 二〇二四: figures one by one.
        value = int("".join(str(_HAN_DIGITS[digit]) for digit in whole) or "0")
    else:
        value = _han_whole(whole)
    tail = "".join(str(_HAN_DIGITS[digit]) for digit in fraction)
    return Decimal(f"{value}.{tail}") if tail else Decimal(value)


def _han_whole(text: str) -> int:
    total = section = digit = 0
    last = 1
    for character in text:
        if character in _HAN_DIGITS:
            digit = _HAN_DIGITS[character]
            last = 1 if digit == 0 else last
        elif character in _HAN_UNITS:
            last = _HAN_UNITS[character]
            section += max(digit, 1) * last
            digit = 0
        else:
            last = _HAN_SCALES[character]
            total = max(total + section + digit, 1) * last
            section = digit = 0
    # 一百五 is 150 and 一万五 is 15,000, but 一百零五 is 105 and 十五 is 15.
    colloquial = last // 10 if last >= 100 else 1
    return total + section + digit * colloquial
