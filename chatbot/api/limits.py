"""How often the visitors of widgets may do what."""

import math
from collections import Counter
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import Final, Literal

from chatbot.settings import WidgetSettings
from chatbot.throttle import Throttle
from chatbot.widgets.errors import TooManyRequests

Doing = Literal["session", "message", "request"]

_SECONDS: Final = 60.0
_STREAM_RETRY_SECONDS: Final = 10


class WidgetLimits:
    """Counts by address and by widget within the last minute. Call it on the event loop."""

    def __init__(self, settings: WidgetSettings, clock: Callable[[], float] | None = None) -> None:
        def throttle(limit: int) -> Throttle:
            return Throttle(limit, _SECONDS, clock) if clock else Throttle(limit, _SECONDS)

        self._by_address: Mapping[Doing, Throttle] = {
            "session": throttle(settings.sessions_per_address),
            "message": throttle(settings.messages_per_address),
            "request": throttle(settings.requests_per_address),
        }
        self._by_widget: Mapping[Doing, Throttle] = {
            "session": throttle(settings.sessions_per_widget),
            "message": throttle(settings.messages_per_widget),
            "request": throttle(settings.requests_per_widget),
        }

        self._streams_at_most = settings.streams_per_address
        self._streams: Counter[str] = Counter()

    @contextmanager
    def stream(self, address: str) -> Generator[None]:
        """Count a stream of `address` while it is open."""
        self._streams[address] += 1
        try:
            yield
        finally:
            self._streams[address] -= 1
            if not self._streams[address]:
                del self._streams[address]

    def admit_stream(self, address: str) -> None:
        """Raises `TooManyRequests` while as many streams of `address` are open as may be."""
        if self._streams[address] >= self._streams_at_most:
            raise TooManyRequests(seconds=_STREAM_RETRY_SECONDS)

    def admit_address(self, doing: Doing, address: str) -> None:
        """Count one from `address`. Raises `TooManyRequests`, and then it is not counted."""
        _admit(self._by_address[doing], address)

    def admit_widget(self, doing: Doing, widget_id: str) -> None:
        """Count one of the widget's visitors. Raises `TooManyRequests`, and then it is not counted."""
        _admit(self._by_widget[doing], widget_id)


def _admit(throttle: Throttle, key: str) -> None:
    wait = throttle.wait(key)
    if wait > 0:
        raise TooManyRequests(seconds=math.ceil(wait))
    throttle.count(key)
