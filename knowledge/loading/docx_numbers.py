"""The numbers that Word shows before list items, which its files do not hold."""

from collections import defaultdict
from dataclasses import dataclass

from knowledge.loading.docx_styles import Item
from knowledge.loading.xml import Element, attribute, child, children

_BULLETS = frozenset(("bullet", "none"))


@dataclass(frozen=True, slots=True)
class _Level:
    start: int
    is_bullet: bool


class Numbers:
    """Counts the items of a document's lists; give it them in order.

    Lists of one kind count on from each other, as in Word, unless they start anew.
    """

    def __init__(self, root: Element | None) -> None:
        kinds = {} if root is None else _kinds(root)
        self._kind_of: dict[str, str] = {}
        self._levels: dict[tuple[str, int], _Level] = {}
        self._fresh: dict[str, dict[int, int]] = {}
        for num in children(root, "num") if root is not None else ():
            list_id = attribute(num, "numId") or ""
            kind = attribute(child(num, "abstractNumId")) or ""
            self._kind_of[list_id] = kind
            self._levels.update({(list_id, n): level for n, level in kinds.get(kind, {}).items()})
            self._fresh[list_id] = _overrides(num)
        self._counts: dict[str, dict[int, int]] = defaultdict(dict)

    def next(self, item: Item) -> int | None:
        """The item's number; None for a bullet or an unknown list."""
        level = self._levels.get((item.list_id, item.level))
        if level is None:
            return None
        kind = self._kind_of[item.list_id]
        counts = self._counts[kind]
        for number, start in self._fresh.pop(item.list_id, {}).items():
            counts[number] = start - 1
        counts[item.level] = counts.get(item.level, level.start - 1) + 1
        for deeper in [depth for depth in counts if depth > item.level]:
            del counts[deeper]
        return None if level.is_bullet else counts[item.level]


def _kinds(root: Element) -> dict[str, dict[int, _Level]]:
    return {
        attribute(kind, "abstractNumId") or "": {
            int(attribute(level, "ilvl") or 0): _Level(
                int(attribute(child(level, "start")) or 1),
                attribute(child(level, "numFmt")) in _BULLETS,
            )
            for level in children(kind, "lvl")
        }
        for kind in children(root, "abstractNum")
    }


def _overrides(num: Element) -> dict[int, int]:
    """Levels at which a list starts anew, and with which number."""
    return {
        int(attribute(override, "ilvl") or 0): int(start)
        for override in children(num, "lvlOverride")
        if (start := attribute(child(override, "startOverride"))) is not None
    }
