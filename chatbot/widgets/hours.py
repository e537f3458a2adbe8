"""When people are there to answer."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from chatbot.widgets.errors import InvalidHours

_TIME: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00")


@dataclass(frozen=True, slots=True)
class Hours:
    """Opening hours by weekday, "1" (Monday) to "7", as `("09:00", "18:00")`.

    A day that is missing is closed. A closing time that is not after the opening one is the
    next morning's. Raises `InvalidHours` when made of anything else.
    """

    time_zone: str
    days: Mapping[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])

    def __post_init__(self) -> None:
        try:
            ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise InvalidHours(
                reason=f"there is no time zone {self.time_zone!r}",
                reason_zh=f"没有时区“{self.time_zone}”",
            ) from error
        for day, times in self.days.items():
            if day not in "1234567" or len(day) != 1:
                raise InvalidHours(
                    reason=f"{day!r} is not a day from 1 (Monday) to 7",
                    reason_zh=f"“{day}”不是 1（周一）至 7 之间的日期",
                )
            for time in times:
                if not _TIME.fullmatch(time):
                    raise InvalidHours(
                        reason=f"{time!r} is not a time like 09:00",
                        reason_zh=f"“{time}”不是 09:00 形式的时间",
                    )

    def open_at(self, moment: datetime) -> bool:
        """Whether people are there at `moment`, which has a time zone of its own."""
        here = moment.astimezone(ZoneInfo(self.time_zone))
        day, minute = here.isoweekday(), here.hour * 60 + here.minute
        today = self.days.get(str(day))
        if today is not None:
            opens, closes = map(_minutes, today)
            if opens <= minute < (closes if closes > opens else 24 * 60):
                return True
        yesterday = self.days.get(str((day - 2) % 7 + 1))
        if yesterday is None:
            return False
        opens, closes = map(_minutes, yesterday)
        return closes <= opens and minute < closes


def _minutes(time: str) -> int:
    hour, _, minute = time.partition(":")
    return int(hour) * 60 + int(minute)
