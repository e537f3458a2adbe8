"""Opening hours in the zone of the desk."""

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from chatbot.widgets.errors import InvalidHours
from chatbot.widgets.hours import Hours
from chatbot.widgets.model import Widget

OFFICE = Hours("Asia/Shanghai", {"1": ("09:00", "18:00"), "5": ("20:00", "02:00")})


@pytest.mark.parametrize(
    ("moment", "open_now"),
    [
        ("2026-11-23T01:00", True),  # Monday, 9:00 in Shanghai
        ("2026-11-23T00:59", False),
        ("2026-11-23T09:59", True),
        ("2026-11-23T10:00", False),
        ("2026-11-24T02:00", False),  # Tuesday has no hours
        ("2026-11-27T12:00", True),  # Friday, 20:00
        ("2026-11-27T11:59", False),
        ("2026-11-27T17:59", True),  # 1:59 on Saturday
        ("2026-11-27T18:00", False),
    ],
)
def test_a_desk_is_open_by_its_own_clock(moment: str, *, open_now: bool) -> None:
    assert OFFICE.open_at(datetime.fromisoformat(moment).replace(tzinfo=UTC)) is open_now


def test_sunday_night_runs_into_monday() -> None:
    hours = Hours("UTC", {"7": ("22:00", "06:00")})
    assert hours.open_at(datetime(2026, 11, 23, 5, 59, tzinfo=UTC))
    assert not hours.open_at(datetime(2026, 11, 23, 6, 0, tzinfo=UTC))
    assert not hours.open_at(datetime(2026, 11, 22, 5, 0, tzinfo=UTC))


def test_midnight_ends_a_day() -> None:
    hours = Hours("UTC", {"1": ("00:00", "24:00")})
    assert hours.open_at(datetime(2026, 11, 23, 23, 59, tzinfo=UTC))
    assert not hours.open_at(datetime(2026, 11, 24, 0, 0, tzinfo=UTC))


def test_without_hours_someone_is_always_there() -> None:
    assert Widget("w", "Shop").open_at(datetime(2026, 11, 22, 3, 0, tzinfo=UTC))


@pytest.mark.parametrize(
    ("zone", "days"),
    [
        ("Nowhere/Here", {}),
        ("../etc/passwd", {}),
        ("", {}),
        ("UTC", {"0": ("09:00", "18:00")}),
        ("UTC", {"12": ("09:00", "18:00")}),
        ("UTC", {"": ("09:00", "18:00")}),
        ("UTC", {"1": ("9:00", "18:00")}),
        ("UTC", {"1": ("09:00", "25:00")}),
        ("UTC", {"1": ("09:00", "18:60")}),
    ],
)
def test_hours_that_are_none_are_refused(zone: str, days: Mapping[str, tuple[str, str]]) -> None:
    with pytest.raises(InvalidHours):
        Hours(zone, days)
