"""The page "choose a time": which month, which day, and what the form sends back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from flask import render_template, request
from werkzeug.exceptions import BadRequest

from vorzimmer.availability import Phrase
from vorzimmer.periods import day_of, instant_of
from vorzimmer.reasons import Refused
from vorzimmer_web.public.choices import Finder
from vorzimmer_web.public.times import Month, Time, by_place, first_of, next_month, of_day, offered


def month_page(finder: Finder, asked: Mapping[str, str]) -> dict[str, Any]:
    """What the page shows: the month with its free days, the times of a day, and the next free time.

    Without `month` or `day` it begins where the appointment is that is moved, else where the first free time is.
    """
    wanted = _day(asked.get("day", ""))
    day = wanted if wanted and finder.today <= wanted <= finder.last else None
    first = first_of(day) if day else _month(asked.get("month", ""), finder) or _own_month(finder)
    soonest = finder.next_free()
    if first is None:
        first = first_of(soonest.day if soonest else finder.today)
    times = finder.month(first)
    tail = Month(first, frozenset(), finder.today, finder.last).tail
    if tail >= next_month(first):
        times = [*times, *(time for time in finder.month(next_month(first)) if time.day <= tail)]
    free = frozenset(time.day for time in times)
    if day is None and free:
        day = min(free)
    shown = of_day(times, day) if day else []
    return {
        "month": Month(first, free, finder.today, finder.last),
        "day": day,
        "by_place": by_place(shown),
        "soonest": soonest,
        "later": None if shown else _after(finder, day or first, soonest),
        "wanted": wanted,
        "why": _why(finder, wanted) if wanted != day or not shown else None,
    }


def times_answer(
    template: str,
    *,
    finder: Finder,
    refusal: Refused | None = None,
    wanted: datetime | None = None,
    **more: Any,
) -> str:
    """The page, or the part of it that htmx asked for, on the day of the time that was `wanted` in vain."""
    asked = {"day": wanted.astimezone(finder.zone).date().isoformat()} if wanted else request.args
    near = offered(refusal.facts.get("alternatives", ())) if refusal else []
    fragment = request.headers.get("HX-Request") == "true"
    return render_template(
        "booking/_times.html" if fragment else template,
        **month_page(finder, asked),
        **more,
        finder=finder,
        refusal=refusal,
        near=near,
        several_places=len(more["places"]) > 1,
    )


def _after(finder: Finder, since: date, soonest: Time | None) -> Time | None:
    """Where nothing is free: the next free time after it, else the first of all."""
    return finder.next_free(since=since) or soonest


def _why(finder: Finder, wanted: date | None) -> Phrase | None:
    """Why the day that was asked for has no free time; of days that are over nothing is said."""
    return finder.why_nothing(wanted) if wanted and wanted >= finder.today else None


def _day(text: str) -> date | None:
    try:
        return day_of(text)
    except ValueError:
        return None


def _month(text: str, finder: Finder) -> date | None:
    day = _month_start(text)
    return day if day and first_of(finder.today) <= day <= finder.last else None


def _own_month(finder: Finder) -> date | None:
    """Where the appointment is that is moved."""
    if finder.ignoring is None:
        return None
    day = finder.ignoring.starts.astimezone(finder.zone).date()
    return first_of(day) if finder.today <= day <= finder.last else None


def _month_start(text: str) -> date | None:
    try:
        return day_of(f"{text}-01")
    except ValueError:
        return None


def chosen_time(text: str) -> tuple[datetime, str]:
    """The instant and the place that a time's button sends; anything else is a bad request."""
    instant, _, place = text.partition("|")
    try:
        return instant_of(instant), place
    except ValueError:
        raise BadRequest from None
