"""Working hours: row S2."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest

from gateway.privacy.hours import period

WEEK = ("Mon", "Tue", "Wed", "Thu", "Fri")


@pytest.fixture
def london(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The local time of the United Kingdom, written out so that no time zone database is needed."""
    monkeypatch.setenv("TZ", "GMT0BST,M3.5.0/1,M10.5.0")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("london")
@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("2024-01-08 07:59:59", "other"),  # a Monday
        ("2024-01-08 08:00:00", "working"),
        ("2024-01-08 16:59:59", "working"),
        ("2024-01-08 17:00:00", "other"),
        ("2024-01-12 12:00:00", "working"),  # Friday
        ("2024-01-13 12:00:00", "other"),  # Saturday
        ("2024-01-14 12:00:00", "other"),  # Sunday
    ],
)
def test_naive_time_is_local(when: str, expected: str) -> None:
    assert period(datetime.fromisoformat(when), WEEK, "08:00-17:00") == expected


@pytest.mark.usefixtures("london")
def test_summer_time_counts() -> None:
    summer = datetime(2024, 7, 8, 7, 30, tzinfo=UTC)  # half past eight in London
    winter = datetime(2024, 1, 8, 7, 30, tzinfo=UTC)
    assert period(summer, WEEK, "08:00-17:00") == "working"
    assert period(winter, WEEK, "08:00-17:00") == "other"


@pytest.mark.usefixtures("london")
def test_other_time_zones_are_converted() -> None:
    sydney = datetime(2024, 1, 9, 1, 0, tzinfo=timezone(timedelta(hours=11)))  # Monday afternoon in London
    assert period(sydney, WEEK, "08:00-17:00") == "working"


@pytest.mark.usefixtures("london")
@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("2024-01-08 05:59", "other"),  # Monday morning belongs to Sunday's night
        ("2024-01-08 22:00", "working"),
        ("2024-01-09 05:59", "working"),
        ("2024-01-09 06:00", "other"),
        ("2024-01-13 05:59", "working"),  # Saturday morning belongs to Friday's night
        ("2024-01-13 22:30", "other"),
    ],
)
def test_hours_past_midnight_belong_to_the_day_they_begin(when: str, expected: str) -> None:
    assert period(datetime.fromisoformat(when), WEEK, "22:00-06:00") == expected


@pytest.mark.usefixtures("london")
def test_whole_day_and_no_day() -> None:
    midnight = datetime(2024, 1, 8, 23, 59, 59)
    assert period(midnight, WEEK, "00:00-24:00") == "working"
    assert period(midnight, (), "00:00-24:00") == "other"
