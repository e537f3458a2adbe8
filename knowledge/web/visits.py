"""Asks web servers for pages as a considerate guest: one request at a time, and only what may be asked for."""

import threading
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from knowledge.fetching import FetchFailed, Limits, Reply, send
from knowledge.web.addresses import host_of, origin_of, page_address
from knowledge.web.errors import (
    LeadsElsewhere,
    RobotsForbid,
    RobotsUnknown,
    TooManyRedirects,
)
from knowledge.web.robots import ROBOTS_BYTES, Robots, read_robots

REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_MAX_HOPS: Final = 6
# More than a site may ask between two requests would be a refusal by another name.
_MAX_DELAY: Final = 30.0
_BUSY: Final = frozenset({429, 503})
_MAX_TRIES: Final = 3
_MAX_REST: Final = 60.0
_ACCEPTED: Final = "text/html,application/xhtml+xml,text/markdown,application/pdf,*/*;q=0.8"


class Stopped(Exception):
    """The work was to end while a request waited for its turn."""


@dataclass(frozen=True, slots=True)
class Manners:
    """How web servers are asked: `delay` seconds between two requests to the same host."""

    user_agent: str = "AnswerDesk"
    delay: float = 1.0
    max_bytes: int = 30 * 2**20
    seconds: float = 30.0
    allow_private: bool = False


@dataclass(frozen=True, slots=True)
class Validators:
    """What a server said of a page's version, to be asked whether it has another one now."""

    etag: str = ""
    modified: str = ""

    @classmethod
    def of(cls, reply: Reply) -> "Validators":
        """Those of a reply."""
        return cls(reply.headers.get("etag", ""), reply.headers.get("last-modified", ""))

    @property
    def headers(self) -> Mapping[str, str]:
        """As a request sends them."""
        sent = {"If-None-Match": self.etag, "If-Modified-Since": self.modified}
        return {name: value for name, value in sent.items() if value}


@dataclass(slots=True)
class _Host:
    lock: threading.Lock = field(default_factory=threading.Lock)
    free_at: float = 0.0


class Turns:
    """One request at a time to each host, and a pause after it, whoever asks."""

    def __init__(self) -> None:
        self._hosts: dict[str, _Host] = {}
        self._lock = threading.Lock()

    @contextmanager
    def at(self, host: str, pause: float, stopping: threading.Event) -> Generator[None]:
        """Wait for the turn and have it for the block. Raises `Stopped`."""
        with self._lock:
            place = self._hosts.setdefault(host, _Host())
        while not place.lock.acquire(timeout=0.2):
            if stopping.is_set():
                raise Stopped
        try:
            if stopping.wait(max(0.0, place.free_at - time.monotonic())):
                raise Stopped
            yield
        finally:
            place.free_at = time.monotonic() + pause
            place.lock.release()


def anywhere(_url: str) -> bool:
    """Follow every redirect."""
    return True


class Visitor:
    """Visits pages for one errand. What robots.txt says is asked once for each site."""

    def __init__(self, manners: Manners, turns: Turns, stopping: threading.Event) -> None:
        self.manners = manners
        self._turns = turns
        self._stopping = stopping
        self._robots: dict[str, Robots] = {}

    def visit(
        self,
        url: str,
        validators: Callable[[str], Validators | None] | None = None,
        may_follow: Callable[[str], bool] = anywhere,
    ) -> tuple[str, Reply]:
        """The address at which redirects from `url` end, and what it answers, whatever the status.

        Every hop is asked for only if robots.txt allows it. Raises a `PageError`,
        `AddressRefused`, `FetchFailed` or `Stopped`.
        """
        here = url
        for _ in range(_MAX_HOPS):
            self._check_robots(here)
            known = validators(here) if validators else None
            reply = self._ask(here, known.headers if known else {})
            target = reply.headers.get("location")
            if reply.status not in REDIRECTS or not target:
                return here, reply
            there = page_address(target, here)
            if not may_follow(there):
                raise LeadsElsewhere(url=url, target=there)
            here = there
        raise TooManyRedirects(url=url)

    def file(self, url: str, max_bytes: int) -> Reply | None:
        """A file that a site keeps for programs; None unless it has one at that address.

        It is followed nowhere else but within its origin. Raises `FetchFailed` or `Stopped`.
        """
        here = url
        for _ in range(_MAX_HOPS):
            reply = self._ask(here, {}, max_bytes)
            target = reply.headers.get("location")
            if reply.status not in REDIRECTS or not target:
                return reply if reply.status == 200 else None
            here = page_address(target, here)
            if origin_of(here) != origin_of(url):
                return None
        return None

    def robots(self, url: str) -> Robots:
        """What the site of `url` lets us ask for.

        Raises `RobotsUnknown` where its server has trouble (RFC 9309, 2.3.1.4), `FetchFailed`.
        """
        origin = origin_of(url)
        if origin not in self._robots:
            self._robots[origin] = self._read_robots(origin, url)
        return self._robots[origin]

    def _read_robots(self, origin: str, url: str) -> Robots:
        here = f"{origin}/robots.txt"
        for _ in range(_MAX_HOPS):
            reply = self._ask(here, {}, ROBOTS_BYTES, pause=0.0)
            target = reply.headers.get("location")
            if reply.status not in REDIRECTS or not target:
                break
            here = page_address(target, here)
        else:
            return Robots()
        if reply.status >= 500 or reply.status == 429:
            raise RobotsUnknown(url=url, status=reply.status)
        if reply.status != 200:
            return Robots()
        return read_robots(reply.text, self.manners.user_agent)

    def _check_robots(self, url: str) -> None:
        if not self.robots(url).allows(url):
            agent = self.manners.user_agent.partition("/")[0]
            raise RobotsForbid(url=url, agent=agent)

    def _ask(
        self, url: str, more: Mapping[str, str], max_bytes: int = 0, pause: float | None = None
    ) -> Reply:
        """Ask in turn, again after a while where the server is busy."""
        headers = {
            "User-Agent": self.manners.user_agent,
            "Accept": _ACCEPTED,
            "Accept-Encoding": "gzip",
            **more,
        }
        limits = Limits(self.manners.seconds, max_bytes or self.manners.max_bytes)
        known = self._robots.get(origin_of(url))
        wanted = max(self.manners.delay, min(known.delay if known else 0.0, _MAX_DELAY))
        for tried in range(1, _MAX_TRIES + 1):
            with self._turns.at(host_of(url), wanted if pause is None else pause, self._stopping):
                reply = send(
                    "GET",
                    url,
                    headers=headers,
                    limits=limits,
                    allow_private=self.manners.allow_private,
                )
            if reply.status not in _BUSY or tried == _MAX_TRIES:
                return reply
            if self._stopping.wait(_rest(reply, tried)):
                raise Stopped
        raise FetchFailed(url=url, reason="it is busy", reason_zh="网站繁忙")


def _rest(reply: Reply, tried: int) -> float:
    """Seconds to leave a busy server alone: what it says, else longer each time."""
    try:
        said = float(reply.headers.get("retry-after", ""))
    except ValueError:
        said = 5.0 * tried
    return min(max(0.0, said), _MAX_REST)
