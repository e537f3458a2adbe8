"""Dates, times of day and weekdays."""

import re

from knowledge.entities.model import Recogniser, whole
from knowledge.numerals import number_value

_MONTH_NAMES = (
    "january february march april may june july august september october november december"
)
_MONTHS = {name[:3]: number for number, name in enumerate(_MONTH_NAMES.split(), start=1)}
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HAN_WEEKDAYS = {day: number for number, day in enumerate("一二三四五六日", start=1)} | {"天": 7}

_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    r"sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
_YEAR = r"(?P<year>[12]\d{3})(?![\w.]\d|\w)"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_HAN = r"[一二三四五六七八九十]{1,3}"
_HAN_YEAR = r"(?P<year>(?<![\d.])\d{4}|[一二][零〇一二三四五六七八九]{3})\s?年"
_HAN_MONTH = rf"(?P<month>(?<![\d.])\d{{1,2}}|{_HAN})\s?月"
_HAN_DAY = rf"(?P<day>\d{{1,2}}|{_HAN})\s?[日号]"
_NOON = r"(?P<noon>上午|早上|早晨|清晨|凌晨|中午|下午|傍晚|晚上|晚间)?\s?"
_AM_PM = r"(?P<noon>[ap]\.?\s?m\b\.?|noon\b)"
_AFTERNOON = frozenset({"pm", "下午", "傍晚", "晚上", "晚间"})

_DATE_PATTERNS = (
    rf"{_HAN_YEAR}\s?{_HAN_MONTH}(?:份|\s?{_HAN_DAY})?",
    rf"{_HAN_MONTH}\s?{_HAN_DAY}",
    rf"{_HAN_MONTH}份?",
    r"(?<![\w.-])(?P<year>[12]\d{3})(?P<s>[-/.])(?P<month>\d{1,2})(?P=s)(?P<day>\d{1,2})(?![\w-])",
    rf"\b{_MONTH}\s{_DAY}\b(?![:.]\d)(?:,?\s{_YEAR})?",
    rf"(?<![\w.]){_DAY}\s(?:of\s)?{_MONTH}(?:,?\s{_YEAR})?",
    rf"\b{_MONTH},?\s{_YEAR}",
)
_ONLY_YEAR = rf"{_HAN_YEAR}(?![\s以内后前间保质包免])"
# Day and month, or month and day: nobody can tell, so only the same spelling is the same.
_UNCLEAR_DATE = r"(?<![\w/.-])\d{1,2}/\d{1,2}/(?:\d{4}|\d{2})(?![\w/-])"
_CLOCK = (
    r"(?P<noon>上午|早上|早晨|清晨|凌晨|中午|下午|傍晚|晚上|晚间)?\s?"
    r"(?<![\d:.])(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::\d{2})?(?![\d:])"
    r"(?:\s?(?P<after>[ap]\.?\s?m\b\.?))?"
)
_ENGLISH_HOUR = rf"(?<![\w.])(?P<hour>\d{{1,2}})(?:\s?o'clock\b)?\s?{_AM_PM}"
_HAN_HOUR = (
    rf"(?<![有下列这几共]){_NOON}(?P<hour>(?<![\d.])\d{{1,2}}|{_HAN}|两)\s?[点时]"
    r"(?![击赞评心餐数位候长间零〇]|[一二三四五六七八九\d]\s?(?:个|%|倍|[条种]))"
    r"(?!建议|要求|原因|注意|说明|理由|内容|好处|不同)"
    r"(?:(?P<half>半)|(?P<quarter>[一三])刻|(?P<minute>\d{1,2}|[一二三四五]?十[一二三四五六七八九]?)分|(?P<sharp>整|钟))?"
)
# "1 to 5 p.m." begins in the afternoon, "9 to 5 p.m." in the morning.
_HOUR_OF_RANGE = (
    r"(?<![\w.:])(?P<hour>\d{1,2})(?=\s?(?:-|–|to)\s?(?P<next>\d{1,2})\s?(?P<noon>[ap]\.?m)\b)"
)
_WEEKDAY = (
    r"(?:周|星期|礼拜)[一二三四五六日天](?![次个年月])"
    r"|\b(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b"
    r"|\b(?-i:Mon|Tue|Tues|Wed|Thu|Thur|Thurs|Fri|Sat|Sun)\b"
)


def _part(text: str | None) -> int | None:
    value = number_value(text) if text else None
    return None if value is None else int(value)


def _date(match: re.Match[str]) -> str | None:
    """`2024-05-01`; `--05-01` without a year and `2024-05` without a day, as in ISO 8601."""
    groups = match.groupdict()
    year, day = _part(groups.get("year")), _part(groups.get("day"))
    month = _MONTHS.get(groups["month"][:3].lower()) or _part(groups["month"])
    if month is None or not 1 <= month <= 12 or not 1 <= (day or 1) <= 31:
        return None
    start = "-" if year is None else f"{year:04d}"
    return f"{start}-{month:02d}" + ("" if day is None else f"-{day:02d}")


def _year(match: re.Match[str]) -> str:
    return str(_part(match["year"]))


def _time(match: re.Match[str]) -> str | None:
    """`09:30`, on the clock of 24 hours where the text tells."""
    groups = match.groupdict()
    hour, minute = _part(groups["hour"]), _minutes(groups)
    mark = groups.get("noon") or groups.get("after") or ""
    if match.group() == "一点" or hour is None or hour > 24 or minute > 59:
        return None
    return f"{_hour(hour, re.sub(r'[. ]', '', mark.lower())):02d}:{minute:02d}"


def _first_time(match: re.Match[str]) -> str | None:
    hour, following = int(match["hour"]), int(match["next"])
    mark = match["noon"].lower().replace(".", "") if hour < following else "am"
    return f"{_hour(hour, mark):02d}:00" if hour <= 12 else None


def _minutes(groups: dict[str, str | None]) -> int:
    if groups.get("half"):
        return 30
    return 15 * (_part(groups.get("quarter")) or 0) or _part(groups.get("minute")) or 0


def _hour(hour: int, mark: str) -> int:
    if mark in _AFTERNOON and hour < 12:
        return hour + 12
    if mark == "中午" and hour < 10:
        return hour + 12
    return 0 if mark in ("am", "凌晨") and hour == 12 else hour


def _weekday(match: re.Match[str]) -> str:
    name = match.group().lower()
    number = _HAN_WEEKDAYS.get(name[-1]) or _WEEKDAYS.index(name[:3]) + 1
    return f"weekday {number}"


DATES = (
    *(Recogniser("date", pattern, whole(_date)) for pattern in _DATE_PATTERNS),
    Recogniser("date", _ONLY_YEAR, whole(_year)),
    Recogniser("date", _UNCLEAR_DATE, whole(lambda match: match.group())),
    Recogniser("time", _CLOCK, whole(_time)),
    Recogniser("time", _ENGLISH_HOUR, whole(_time)),
    Recogniser("time", _HOUR_OF_RANGE, whole(_first_time)),
    Recogniser("time", _HAN_HOUR, whole(_time)),
    Recogniser("weekday", _WEEKDAY, whole(_weekday)),
)
