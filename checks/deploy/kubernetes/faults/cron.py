"""Schedules of CronJobs as Kubernetes reads them."""

from __future__ import annotations

import re
from zoneinfo import ZoneInfo, available_timezones

_FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day of the month", 1, 31), ("month", 1, 12), ("weekday", 0, 6))
_MONTHS = {
    name: number
    for number, name in enumerate(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1
    )
}
_DAYS = {name: number for number, name in enumerate(["sun", "mon", "tue", "wed", "thu", "fri", "sat"])}
_WORDS = frozenset({"@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"})


def cron_fault(schedule: str) -> str | None:
    """Why a schedule is none, in words; None where it is one."""
    words = schedule.split()
    if schedule.startswith(("TZ=", "CRON_TZ=")):
        return "the time zone belongs into `timeZone`"
    if schedule.startswith("@"):
        if schedule in _WORDS or re.fullmatch(r"@every (\d+(\.\d+)?(ns|us|ms|s|m|h))+", schedule):
            return None
        return "there is no such word"
    if len(words) != len(_FIELDS):
        return f"it has {len(words)} fields, and needs five"
    faults = (_field_fault(word, *field) for word, field in zip(words, _FIELDS, strict=True))
    return next(filter(None, faults), None)


def _field_fault(word: str, title: str, least: int, most: int) -> str | None:
    names = {"month": _MONTHS, "weekday": _DAYS}.get(title, {})
    for part in word.split(","):
        fault = _part_fault(part, names, least, most)
        if fault:
            return f"{title} `{word}`: {fault}"
    return None


def _part_fault(part: str, names: dict[str, int], least: int, most: int) -> str | None:
    found = re.fullmatch(r"(\*|\?|\w+)(?:-(\w+))?(?:/(\d+))?", part)
    if found is None or (found[1] in "*?" and found[2]):
        return f"`{part}` cannot be read"
    bounds = []
    for text in filter(None, (found[1] if found[1] not in "*?" else None, found[2])):
        number = int(text) if text.isdecimal() else names.get(text.lower())
        if number is None:
            return f"`{text}` cannot be read"
        if not least <= number <= most:
            return f"{number} is not between {least} and {most}"
        bounds.append(number)
    if len(bounds) == 2 and bounds[0] > bounds[1]:
        return f"`{part}` ends before it begins"
    return "a step of 0" if found[3] is not None and int(found[3]) == 0 else None


def is_time_zone(name: str) -> bool:
    """Whether a time zone exists; where this machine knows none at all, every name is believed."""
    if not available_timezones():
        return True
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        return False
    return name.lower() != "local"
