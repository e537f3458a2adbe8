"""The numbers that Word shows before headings and list items, which its files do not hold."""

import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from knowledge.loading.docx_styles import Item
from knowledge.loading.xml import Element, attribute, child, children, number

_BULLETS = frozenset(("bullet", "none"))
_PLACE = re.compile(r"%([1-9])")
_ROMAN = (
    *((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l")),
    *((40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i")),
)
_HAN = "〇一二三四五六七八九"
_CHINESE = (
    "chineseCounting",
    "chineseCountingThousand",
    "japaneseCounting",
    "taiwaneseCountingThousand",
)


@dataclass(frozen=True, slots=True)
class _Level:
    start: int
    form: str
    text: str
    """The label with `%1` for the number of the first level, and so on."""


class Numbers:
    """Counts the items of a document's lists; give it them in order.

    Lists of one kind count on from each other, as in Word, unless they start anew.
    """

    def __init__(self, root: Element | None) -> None:
        kinds = {} if root is None else _kinds(root)
        self._kind_of: dict[str, str] = {}
        self._fresh: dict[str, dict[int, int]] = {}
        for num in children(root, "num") if root is not None else ():
            list_id = attribute(num, "numId") or ""
            self._kind_of[list_id] = attribute(child(num, "abstractNumId")) or ""
            self._fresh[list_id] = _overrides(num)
        self._kinds = kinds
        self._counts: dict[str, dict[int, int]] = defaultdict(dict)

    def next(self, item: Item) -> str | None:
        """The item's label as Word shows it; None for a bullet or an unknown list."""
        kind = self._kind_of.get(item.list_id, "")
        levels = self._kinds.get(kind, {})
        level = levels.get(item.level)
        if level is None:
            return None
        counts = self._counts[kind]
        for fresh, start in self._fresh.pop(item.list_id, {}).items():
            counts[fresh] = start - 1
        counts[item.level] = counts.get(item.level, level.start - 1) + 1
        for deeper in [depth for depth in counts if depth > item.level]:
            del counts[deeper]
        if level.form in _BULLETS:
            return None
        return _PLACE.sub(lambda place: _shown(int(place[1]) - 1, levels, counts), level.text)


def _shown(depth: int, levels: Mapping[int, _Level], counts: Mapping[int, int]) -> str:
    level = levels.get(depth)
    if level is None:
        return ""
    count = counts.get(depth, level.start)
    return _FORMS.get(level.form, str)(count)


def _kinds(root: Element) -> dict[str, dict[int, _Level]]:
    return {
        attribute(kind, "abstractNumId") or "": {
            number(attribute(level, "ilvl")) or 0: _level(level) for level in children(kind, "lvl")
        }
        for kind in children(root, "abstractNum")
    }


def _level(level: Element) -> _Level:
    start = number(attribute(child(level, "start")))
    form = attribute(child(level, "numFmt")) or "decimal"
    return _Level(1 if start is None else start, form, attribute(child(level, "lvlText")) or "")


def _overrides(num: Element) -> dict[int, int]:
    """Levels at which a list starts anew, and with which number."""
    return {
        number(attribute(override, "ilvl")) or 0: start
        for override in children(num, "lvlOverride")
        if (start := number(attribute(child(override, "startOverride")))) is not None
    }


def _letters(count: int) -> str:
    """a to z, then aa, bb."""
    return chr(ord("a") + (count - 1) % 26) * ((count - 1) // 26 + 1) if 0 < count < 1000 else ""


def _roman(count: int) -> str:
    text = ""
    for value, letters in _ROMAN:
        while count >= value and len(text) < 20:
            text += letters
            count -= value
    return text


def _han(count: int) -> str:
    """一 to 九十九, and digits beyond."""
    if not 0 < count < 100:
        return str(count)
    tens, ones = divmod(count, 10)
    return (_HAN[tens] if tens > 1 else "") + "十" * (tens > 0) + (_HAN[ones] if ones else "")


_FORMS: Mapping[str, Callable[[int], str]] = {
    "lowerLetter": _letters,
    "upperLetter": lambda count: _letters(count).upper(),
    "lowerRoman": _roman,
    "upperRoman": lambda count: _roman(count).upper(),
    **dict.fromkeys(_CHINESE, _han),
}
