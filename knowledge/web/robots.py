"""robots.txt (RFC 9309): which addresses of a site a program may ask for.

Python's `urllib.robotparser` knows no wildcards and lets the first rule win instead of the longest.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote, unquote, urlsplit

# RFC 9309 asks for at least 500 KiB.
ROBOTS_BYTES: Final = 512 * 1024
_MAX_RULES: Final = 5_000
_MAX_PATTERN: Final = 2_000
_TOKEN: Final = re.compile(r"[A-Za-z_-]+")


@dataclass(frozen=True, slots=True)
class _Rule:
    allows: bool
    pieces: tuple[str, ...]
    anchored: bool

    @property
    def weight(self) -> tuple[int, bool]:
        """The longest rule wins; of two as long, the one that allows."""
        return sum(map(len, self.pieces)) + len(self.pieces), self.allows

    def matches(self, path: str) -> bool:
        """In linear time, whatever a stranger wrote: each piece is taken where it first fits."""
        first, *rest = self.pieces
        if not path.startswith(first):
            return False
        place = len(first)
        if not rest:
            return not self.anchored or place == len(path)
        for piece in rest[:-1]:
            found = path.find(piece, place)
            if found < 0:
                return False
            place = found + len(piece)
        last = rest[-1]
        if self.anchored:
            return len(path) - place >= len(last) and path.endswith(last)
        return path.find(last, place) >= 0


@dataclass(frozen=True, slots=True)
class Robots:
    """What a site lets us ask for. `delay` are the seconds it wants between two requests."""

    rules: tuple[_Rule, ...] = ()
    delay: float = 0.0
    sitemaps: tuple[str, ...] = ()

    def allows(self, url: str) -> bool:
        """Whether the page's address may be asked for."""
        parts = urlsplit(url)
        path = _comparable((parts.path or "/") + (f"?{parts.query}" if parts.query else ""))
        matching = [rule for rule in self.rules if rule.matches(path)]
        return not matching or max(matching, key=lambda rule: rule.weight).allows


@dataclass(slots=True)
class _Group:
    agents: set[str] = field(default_factory=set[str])
    rules: list[_Rule] = field(default_factory=list[_Rule])
    delay: float = 0.0
    is_open: bool = True


def read_robots(text: str, agent: str) -> Robots:
    """What `text` says to the program whose `User-Agent` is `agent`."""
    token = _TOKEN.match(agent)
    name = token.group().lower() if token else "*"
    groups: list[_Group] = []
    sitemaps: list[str] = []
    for line in text.removeprefix("\ufeff").splitlines():
        key, colon, value = line.partition("#")[0].partition(":")
        key, value = key.strip().lower(), value.strip()
        if colon and key == "sitemap":
            sitemaps.append(value)
        elif colon:
            _read(groups, key, value)
    mine = [group for group in groups if name in group.agents] or [
        group for group in groups if "*" in group.agents
    ]
    rules = [rule for group in mine for rule in group.rules]
    delay = max((group.delay for group in mine), default=0.0)
    return Robots(tuple(rules[:_MAX_RULES]), delay, tuple(sitemaps))


def _read(groups: list[_Group], key: str, value: str) -> None:
    if key == "user-agent":
        if not groups or not groups[-1].is_open:
            groups.append(_Group())
        groups[-1].agents.add(_agent(value))
    elif groups and key in ("allow", "disallow"):
        groups[-1].is_open = False
        if value and len(value) <= _MAX_PATTERN:
            groups[-1].rules.append(_rule(value, allows=key == "allow"))
    elif groups and key == "crawl-delay":
        groups[-1].is_open = False
        groups[-1].delay = _seconds(value)


def _agent(value: str) -> str:
    token = _TOKEN.match(value)
    return token.group().lower() if token else value[:1]


def _rule(pattern: str, *, allows: bool) -> _Rule:
    anchored = pattern.endswith("$")
    pieces: Sequence[str] = _comparable(pattern.removesuffix("$")).split("*")
    return _Rule(allows, tuple(pieces), anchored)


def _comparable(path: str) -> str:
    """Percent-encoding written one way, so that rules and addresses can be compared."""
    return quote(unquote(path), safe="/*?=&;:@!$'()+,~-._")


def _seconds(value: str) -> float:
    try:
        seconds = float(value)
    except ValueError:
        return 0.0
    return seconds if 0 <= seconds < float("inf") else 0.0
