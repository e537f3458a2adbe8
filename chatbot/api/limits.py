"""How often the visitors of widgets may do what."""

import math
from collections.abc import Callable, Mapping
from typing import Final, Literal

from chatbot.settings import WidgetSettings
from chatbot.throttle import Throttle
from chatbot.widgets.errors import TooManyRequests

Doing = Literal["session", "message", "request"]

_SECONDS: Final = 60.0


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
