"""Numbers and what they count: money, time spans, shares and measures."""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal

from knowledge.entities.model import Found, Recogniser, whole
from knowledge.numerals import ENGLISH, FIGURES, HAN, canonical, consecutive, number_value

_N = rf"(?:{FIGURES}|{ENGLISH}|{HAN})"
_TO = r"\s?(?:-|–|—|~|～|to|or|and|至|到|或|、)\s?"
# "30 to 60 days": both numbers have the unit.
_RANGE = rf"(?:(?P<low>{_N}){_TO})?(?P<high>{_N})"
_END = r"(?![a-z])"

_UNITS = {
    "business day": r"(?:business|working|work)[\s-]?days?|个?工作日",
    "second": r"seconds?|secs?|秒钟?",
    "minute": r"minutes?|mins?|分钟",
    "hour": r"hours?|hrs?|h|个?小时|个?钟头",
    "day": r"(?:calendar\s|consecutive\s)?days?|个?自然日|天|日(?![期本常元历前后用志程])",
    "week": r"weeks?|个?星期(?![一二三四五六日天])|周(?![一二三四五六日末边])|个?礼拜(?![一二三四五六日天])",
    "month": r"months?|个月",
    "year": r"years?|yrs?|年(?![份代级度轻底初末])",
}
_HALVES = {"hour": "30 minute", "year": "6 month", "month": "15 day", "day": "0.5 day"}
_MEASURES = {
    "kg": r"kgs?|kilograms?|公斤|千克",
    "g": r"(?-i:g)|grams?|克",
    "mg": r"mg|毫克",
    "jin": r"斤",
    "lb": r"lbs?|磅",
    "km": r"km|kilomet(?:er|re)s?|公里|千米",
    "m": r"(?-i:m)|met(?:er|re)s?|米",
    "cm": r"cm|centimet(?:er|re)s?|厘米|公分",
    "mm": r"mm|millimet(?:er|re)s?|毫米",
    "inch": r"inch(?:es)?|英寸",
    "l": r"l|lit(?:er|re)s?|升",
    "ml": r"ml|millilit(?:er|re)s?|毫升",
    "mah": r"mah|毫安时?",
    "w": r"(?-i:W)|watts?|瓦",
    "kw": r"kw|千瓦",
    "v": r"(?-i:V)|volts?|伏",
    "hz": r"hz|赫兹",
    "kb": r"kb",
    "mb": r"mb|megabytes?|兆",
    "gb": r"gb|gigabytes?",
    "tb": r"tb|terabytes?",
    "celsius": r"°\s?c|℃|degrees?\scelsius|摄氏度",
}
_SIGNS = {
    "CNY": r"CN¥|RMB|CNY|[¥￥]|人民币",
    "USD": r"US\$|USD|\$",
    "HKD": r"HK\$|HKD",
    "EUR": r"€|EUR",
    "GBP": r"£|GBP",
    "JPY": r"JP¥|JPY",
}
_CURRENCIES = {
    "CNY": r"元人民币|元(?![素旦器件])|块钱?|yuan|rmb|cny|人民币",
    "USD": r"(?:us\s)?dollars?|usd|bucks|美元|美金",
    "HKD": r"hong\skong\sdollars?|hkd|港元|港币",
    "EUR": r"euros?|eur|欧元",
    "GBP": r"pounds?(?:\ssterling)?|gbp|英镑",
    "JPY": r"yen|jpy|日元",
}
_SIGN = "|".join(_SIGNS.values())
_SCALE = r"(?:\s?[千万亿](?!能)|\s(?:thousand|million|billion)\b|k\b)?"
_PRICE = rf"(?:\d{{1,3}}(?:,\d{{3}}){{1,5}}|\d{{1,20}})(?:\.\d{{1,10}})?{_SCALE}"
_COUNTED = "个件台次人份张条位名套双盒瓶包箱部款种级步项倍层家批辆只枚场笔期折"


def _any_of(table: Mapping[str, str]) -> str:
    return rf"(?P<unit>{'|'.join(table.values())})"


def _key(table: Mapping[str, str], spelling: str) -> str:
    return next(k for k, form in table.items() if re.fullmatch(form, spelling, re.IGNORECASE))


def _range(match: re.Match[str]) -> Iterator[tuple[Decimal, int, int]]:
    """The numbers of a range; the last takes what follows it, the first what goes before."""
    low = match.groupdict().get("low")
    first = _value(low) if low else None
    if first is not None:
        yield first, match.start(), match.end("low")
    pair = consecutive(match["high"]) if first is None else None
    last = _value(match["high"])
    if pair is not None:
        middle = match.start("high") + 1
        yield pair[0], match.start(), middle
        yield pair[1], middle, match.end()
    elif last is not None:
        yield last, match.start() if first is None else match.start("high"), match.end()


def _value(text: str) -> Decimal | None:
    if text[-1:] in "kK":
        thousands = number_value(text[:-1])
        return None if thousands is None else thousands * 1000
    return number_value(text)


def _with_unit(value: Decimal, unit: str) -> str:
    if unit == "year" and 1900 <= value <= 2100:
        return canonical(value)  # 2024年以后 counts no years
    if unit == "hour" and value % 1:
        value, unit = value * 60, "minute"
    if unit == "year" and value % 1 and not (value * 12) % 1:
        value, unit = value * 12, "month"
    return f"{canonical(value)} {unit}"


def _duration(match: re.Match[str]) -> Iterator[Found]:
    unit = _key(_UNITS, match["unit"])
    for value, start, end in _range(match):
        yield Found(_with_unit(value, unit), start, end)


def _one_duration(match: re.Match[str]) -> Iterator[Found]:
    yield Found(f"1 {_key(_UNITS, match['unit'])}", match.start("one"), match.end())


def _half(match: re.Match[str]) -> str | None:
    unit = "month" if match["unit"] == "月" else _key(_UNITS, match["unit"])
    before = match.groupdict().get("whole")
    if before is None:
        return _HALVES.get(unit)
    value = number_value(before)
    return None if value is None else _with_unit(value + Decimal("0.5"), unit)


def _measure(match: re.Match[str]) -> Iterator[Found]:
    unit = _key(_MEASURES, match["unit"])
    for value, start, end in _range(match):
        sign = "-" if match["sign"] and start == match.start() else ""
        yield Found(f"{sign}{canonical(value)} {unit}", start, end)


def _signed_money(match: re.Match[str]) -> Iterator[Found]:
    currency = _key(_SIGNS, match["sign"])
    for value, start, end in _range(match):
        yield Found(f"{currency} {canonical(value)}", start, end)


def _named_money(match: re.Match[str]) -> Iterator[Found]:
    """Also 两块五, which is 2.5 yuan."""
    currency = _key(_CURRENCIES, match["unit"])
    tenths = number_value(match["tenths"] or "0") or Decimal(0)
    for value, start, end in _range(match):
        exact = value + tenths / 10 if end == match.end() else value
        yield Found(f"{currency} {canonical(exact)}", start, end)


def _coins(match: re.Match[str]) -> str | None:
    value = number_value(match["high"])
    currency, parts = ("USD", 100) if match["unit"][0] in "cC" else ("CNY", 10)
    return None if value is None else f"{currency} {canonical(value / parts)}"


def _percentage(match: re.Match[str]) -> Iterator[Found]:
    for value, start, end in _range(match):
        yield Found(f"{canonical(value)}%", start, end)


def _number(match: re.Match[str]) -> str | None:
    value = number_value(match["number"])
    sign = "-" if match.groupdict().get("sign") else ""
    return None if value is None else sign + canonical(value)


AMOUNTS = (
    Recogniser("duration", rf"(?P<whole>{_N})\s?个半(?P<unit>小时|钟头|月|星期)", whole(_half)),
    Recogniser("duration", r"(?<!大)半个?(?P<unit>小时|钟头|年|月|天)", whole(_half)),
    Recogniser("duration", r"\bhalf\s(?:an?\s)?(?P<unit>hour|year|day)\b", whole(_half)),
    Recogniser("duration", rf"{_RANGE}[\s-]?{_any_of(_UNITS)}{_END}", _duration),
    Recogniser(
        "duration",
        r"\b(?:within|in|after|for|takes?|about|to|least|than|only)\s"
        rf"(?P<one>an?\s{_any_of(_UNITS)}){_END}",
        _one_duration,
    ),
    Recogniser(
        "money",
        rf"(?<![a-z])(?P<sign>{_SIGN})\s?(?:(?P<low>{_PRICE}){_TO}(?:{_SIGN})?\s?)?(?P<high>{_PRICE})(?!\d)",
        _signed_money,
    ),
    Recogniser(
        "money",
        rf"{_RANGE}\s?{_any_of(_CURRENCIES)}{_END}(?:(?<=块)(?P<tenths>[一二三四五六七八九\d])(?![\d十百千万.]))?",
        _named_money,
    ),
    Recogniser(
        "money", rf"(?P<high>{_N})\s?(?P<unit>cents?|角(?![落度色])|毛钱?){_END}", whole(_coins)
    ),
    Recogniser("percentage", rf"{_RANGE}\s?(?:%|percent\b|per\scent\b)", _percentage),
    Recogniser("percentage", rf"百分之(?P<high>{_N})", _percentage),
    Recogniser(
        "quantity",
        rf"(?:(?<![a-z0-9])(?P<sign>[-−]))?{_RANGE}[\s-]?{_any_of(_MEASURES)}(?![a-z0-9])",
        _measure,
    ),
)
NUMBERS = (
    Recogniser("number", r"(?<![\w.])(?P<number>\d+)(?:st|nd|rd|th)\b", whole(_number)),
    Recogniser(
        "number",
        r"(?:(?<=[\s(:])|^)(?P<sign>[-−])(?P<number>\d+(?:\.\d+)?)(?!\w|[.-]\d)",
        whole(_number),
    ),
    Recogniser("number", rf"#?(?P<number>{FIGURES})", whole(_number)),
    # "one" is mostly a pronoun, 一个 mostly an article.
    Recogniser("number", rf"(?!one\b)(?P<number>{ENGLISH})", whole(_number)),
    Recogniser(
        "number", rf"(?!一[{_COUNTED}])(?P<number>{HAN})(?=\s?[{_COUNTED}])", whole(_number)
    ),
    Recogniser("number", r"第(?P<number>[一二三四五六七八九十百]{1,6})", whole(_number)),
    Recogniser(
        "number",
        r"(?P<number>[一二两三四五六七八九]?[十百千万][零一二三四五六七八九十百千万]{1,15})(?<!万一)(?<!千万)",
        whole(_number),
    ),
)
