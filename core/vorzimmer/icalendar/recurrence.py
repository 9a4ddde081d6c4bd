"""Recurrence rules within bounds (RFC 5545 §3.3.10): what would keep an expander busy is refused (T6)."""

from __future__ import annotations

import math
import re
from calendar import isleap, monthrange
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any, Literal

from dateutil.rrule import DAILY, HOURLY, MONTHLY, WEEKLY, YEARLY, rrule, weekday

from vorzimmer.icalendar.text import CalendarDataError, moment

MOST_OCCURRENCES = 10_000
MOST_COUNTED = 100_000
"""COUNT of a rule; more is as good as without end."""

_MOST_TIMES_A_DAY = 24
_FREQUENCIES: dict[str, Literal[0, 1, 2, 3, 4]] = {
    "YEARLY": YEARLY,
    "MONTHLY": MONTHLY,
    "WEEKLY": WEEKLY,
    "DAILY": DAILY,
    "HOURLY": HOURLY,
}
_TOO_DENSE = ("SECONDLY", "MINUTELY")
# Periods of the same length by the clock; months and years are few enough to be counted through.
_PERIODS = {"WEEKLY": timedelta(days=7), "DAILY": timedelta(days=1), "HOURLY": timedelta(hours=1)}
_WEEKDAYS = {name: number for number, name in enumerate(("MO", "TU", "WE", "TH", "FR", "SA", "SU"))}
# Part of a rule -> argument of dateutil, smallest and largest absolute value, most values (RFC 5545 §3.3.10).
_PARTS = {
    "BYSECOND": ("bysecond", 0, 59, 1),
    "BYMINUTE": ("byminute", 0, 59, 4),
    "BYHOUR": ("byhour", 0, 23, 24),
    "BYMONTHDAY": ("bymonthday", 1, 31, 31),
    "BYYEARDAY": ("byyearday", 1, 366, 31),
    "BYWEEKNO": ("byweekno", 1, 53, 53),
    "BYMONTH": ("bymonth", 1, 12, 12),
    "BYSETPOS": ("bysetpos", 1, 366, 10),
}

_BYDAY = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)")


def rule(value: str, start: datetime, since: datetime = datetime.min) -> rrule:  # noqa: DTZ901  (local, no zone)
    """A recurrence rule over naive local time; raises `CalendarDataError` for what would not end soon.

    What lies before `since` need not be counted through. UNTIL is left out when it is given in UTC: the caller, who
    knows the zone, bounds the rule.
    """
    parts = rule_parts(value)
    options: dict[str, Any] = {_PARTS[name][0]: _numbers(parts[name], name) for name in _PARTS.keys() & parts}
    if "BYDAY" in parts:
        options["byweekday"] = [_week_day(each) for each in parts["BYDAY"].split(",")]
    if "UNTIL" in parts and not parts["UNTIL"].endswith("Z"):
        options["until"] = _as_end(moment(parts["UNTIL"], ends=True))
    if "COUNT" in parts:
        options["count"] = _number(parts["COUNT"], MOST_COUNTED)
    check_density(parts)
    interval = _number(parts.get("INTERVAL", "1"), 9_999)
    first_day = _WEEKDAYS.get(parts.get("WKST", "MO"), 0)
    skipped = _skipped(parts, interval, start, since)
    start += skipped * interval * _PERIODS.get(parts["FREQ"], timedelta())
    if "COUNT" in parts:
        options["count"] = max(options["count"] - skipped, 0)
    try:
        return rrule(_FREQUENCIES[parts["FREQ"]], start, interval, wkst=first_day, **options)
    except ValueError as error:  # dateutil found that the hours can never match
        raise CalendarDataError("valid-calendar-data", str(error)) from None


def _skipped(parts: dict[str, str], interval: int, start: datetime, since: datetime) -> int:
    """How many whole periods of a rule are over long before `since`; where it is counted, only if each has one time."""
    if parts["FREQ"] not in _PERIODS or ("COUNT" in parts and parts.keys() & {"BYDAY", *_PARTS}):
        return 0
    return max(0, (since - start) // (interval * _PERIODS[parts["FREQ"]]) - 1)


def shortest_gap(value: str) -> timedelta:
    """About how close the times of a rule are to each other at most."""
    parts = rule_parts(value)
    times = _times_a_day(parts)
    if parts["FREQ"] == "HOURLY":
        return timedelta(hours=int(parts.get("INTERVAL", "1"))) / times
    return timedelta(days=1) / times


def until(value: str) -> datetime | None:
    """The UNTIL of a rule where it is given in UTC, naive."""
    found = re.search(r"(?:^|;)UNTIL=([0-9T]+Z)", value.upper())
    return _as_end(moment(found[1], ends=True)) if found else None


def _as_end(day: date) -> datetime:
    return day if isinstance(day, datetime) else datetime.combine(day, time(23, 59, 59))


def check(value: str, begins: datetime) -> None:
    """Refuse a rule that is malformed, too dense, or never matches: dateutil would go on to the year 9999."""
    rule(value, begins)
    if not _happens(rule_parts(value), begins.date()):
        raise CalendarDataError("valid-calendar-data", "a rule that never happens")


def _happens(parts: dict[str, str], start: date) -> bool:
    """Whether any day of the next 30 years matches the rule's parts by month, day and week."""
    wanted = {name: set(_numbers(parts[name], name)) for name in _PARTS if name in parts}
    days = _wanted_days(parts, wanted, start)
    interval = int(parts.get("INTERVAL", "1"))
    needed = min((abs(each) for each in wanted.get("BYSETPOS", {1})), default=1)
    times = max(1, len(wanted.get("BYHOUR", ())) * max(1, len(wanted.get("BYMINUTE", ()))))
    seen: dict[int, int] = {}
    for offset in range(366 * 30):
        day = start + timedelta(days=offset)
        turn = _turn(parts["FREQ"], day, start)
        if turn % interval == 0 and days(day):
            seen[turn] = seen.get(turn, 0) + times
            if seen[turn] >= needed:
                return True
    return False


def _turn(frequency: str, day: date, start: date) -> int:
    """How many periods of the rule lie between the start and the day; hours always fit somewhere in a day."""
    if frequency == "YEARLY":
        return day.year - start.year
    if frequency == "MONTHLY":
        return (day.year - start.year) * 12 + day.month - start.month
    if frequency == "WEEKLY":
        return (day - start + timedelta(days=start.weekday())).days // 7
    return (day - start).days if frequency == "DAILY" else 0


def _wanted_days(parts: dict[str, str], wanted: dict[str, set[int]], start: date) -> Callable[[date], bool]:
    """A test of one day; what the rule leaves open is taken from its start (RFC 5545 §3.3.10)."""
    week = [_week_day(each) for each in parts["BYDAY"].split(",")] if "BYDAY" in parts else []
    if not week and not wanted.keys() & {"BYMONTHDAY", "BYYEARDAY", "BYWEEKNO"}:
        if parts["FREQ"] == "YEARLY":
            wanted.setdefault("BYMONTH", {start.month})
        if parts["FREQ"] in ("YEARLY", "MONTHLY"):
            wanted["BYMONTHDAY"] = {start.day}
    by_year = parts["FREQ"] == "YEARLY" and "BYMONTH" not in wanted

    def fits(day: date) -> bool:
        if "BYMONTH" in wanted and day.month not in wanted["BYMONTH"]:
            return False
        last = monthrange(day.year, day.month)[1]
        if "BYMONTHDAY" in wanted and not wanted["BYMONTHDAY"] & {day.day, day.day - last - 1}:
            return False
        at, year = day.timetuple().tm_yday, 366 if isleap(day.year) else 365
        if "BYYEARDAY" in wanted and not wanted["BYYEARDAY"] & {at, at - year - 1}:
            return False
        week_number = day.isocalendar().week
        if "BYWEEKNO" in wanted and not wanted["BYWEEKNO"] & {
            week_number,
            week_number - 53,
            week_number - 54,
        }:
            return False
        first, length = (at, year) if by_year else (day.day, last)
        nth = {None, (first - 1) // 7 + 1, -((length - first) // 7 + 1)}
        return not week or any(each.weekday == day.weekday() and each.n in nth for each in week)

    return fits


def rule_parts(value: str) -> dict[str, str]:
    """The parts of a rule, each once and known."""
    pairs = [part.partition("=")[::2] for part in value.strip().strip(";").upper().split(";")]
    parts = dict(pairs)
    if parts.get("RSCALE") == "GREGORIAN":  # RFC 7529, and what it is anyway
        pairs = [(name, part) for name, part in pairs if name not in ("RSCALE", "SKIP")]
        parts = dict(pairs)
    known = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", *_PARTS}
    if len(parts) < len(pairs) or not parts.keys() <= known:
        raise CalendarDataError("valid-calendar-data", "a rule with unknown or repeated parts")
    if parts.get("FREQ") in _TOO_DENSE:
        raise CalendarDataError("max-instances", "a rule by the second or minute")
    if parts.get("FREQ") not in _FREQUENCIES:
        raise CalendarDataError("valid-calendar-data", "a rule without a known frequency")
    if "UNTIL" in parts:
        moment(parts["UNTIL"], ends=True)
    return parts


def _times_a_day(parts: dict[str, str]) -> int:
    return math.prod(
        parts[name].count(",") + 1 for name in ("BYHOUR", "BYMINUTE", "BYSECOND") if name in parts
    )


def check_density(parts: dict[str, str]) -> None:
    """Refuse a rule with too many times in one day."""
    if _times_a_day(parts) > (4 if "BYSETPOS" in parts else _MOST_TIMES_A_DAY):
        raise CalendarDataError("max-instances", "too many times a day")
    if "BYSETPOS" in parts and not parts.keys() & {"BYDAY", *_PARTS} - {"BYSETPOS"}:
        raise CalendarDataError("valid-calendar-data", "BYSETPOS alone")


def _number(text: str, largest: int) -> int:
    if not re.fullmatch(r"\d{1,10}", text) or int(text) < 1:
        raise CalendarDataError("valid-calendar-data", "a rule with an impossible number")
    if int(text) > largest:
        raise CalendarDataError("max-instances", f"a number over {largest} in a rule")
    return int(text)


def _numbers(text: str, name: str) -> list[int]:
    _, smallest, largest, most = _PARTS[name]
    values = text.split(",")
    if len(values) > most:
        raise CalendarDataError("max-instances", f"more than {most} values of {name}")
    if not all(re.fullmatch(r"[+-]?\d{1,3}", each) for each in values):
        raise CalendarDataError("valid-calendar-data", f"an impossible {name}")
    numbers = [int(each) for each in values]
    if not all(smallest <= abs(each) <= largest for each in numbers) or (smallest == 0 and min(numbers) < 0):
        raise CalendarDataError("valid-calendar-data", f"an impossible {name}")
    return numbers


def _week_day(text: str) -> weekday:
    found = _BYDAY.fullmatch(text.strip())
    if not found or (found[1] and not 1 <= abs(int(found[1])) <= 53):
        raise CalendarDataError("valid-calendar-data", "an impossible BYDAY")
    return weekday(_WEEKDAYS[found[2]], int(found[1]) if found[1] else None)
