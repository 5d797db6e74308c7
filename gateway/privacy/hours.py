"""Whether a moment lies in working hours, for aggregate figures on personal mail (row S2). No person is in it.

Days and hours are those of the settings, read in the local time of this machine. The end of the hours is not
part of them. Hours may pass midnight ("22:00-06:00"); they belong to the day on which they begin.
"""

from __future__ import annotations

import functools
from collections.abc import Collection
from datetime import datetime
from typing import Literal

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def period(when: datetime, days: Collection[str], hours: str) -> Literal["working", "other"]:
    """The period of `when` (taken as local time where it has no time zone).

    `days` are names such as "Mon"; `hours` is "HH:MM-HH:MM", as the settings have checked.
    """
    local = when.astimezone()
    start, end = _minutes(hours)
    minute = local.hour * 60 + local.minute
    today, yesterday = _DAYS[local.weekday()], _DAYS[local.weekday() - 1]
    if start < end:
        working = today in days and start <= minute < end
    else:
        working = (today in days and minute >= start) or (yesterday in days and minute < end)
    return "working" if working else "other"


@functools.lru_cache(maxsize=8)
def _minutes(hours: str) -> tuple[int, int]:
    """Beginning and end in minutes from midnight."""
    start, _, end = hours.partition("-")
    return _minute(start), _minute(end)


def _minute(clock: str) -> int:
    hour, _, minute = clock.partition(":")
    return int(hour) * 60 + int(minute)
