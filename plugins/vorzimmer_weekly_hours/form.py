"""The form of a week: fields to periods and back. A period of a day is two times; later than midnight is tomorrow."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from werkzeug.datastructures import MultiDict

from vorzimmer.periods import MINUTES_A_DAY
from vorzimmer.reasons import N_
from vorzimmer.seen import FIELD, Seen, mark
from vorzimmer_weekly_hours.hours import Place
from vorzimmer_weekly_hours.storing import Minutes

WEEKDAYS = range(7)
BLANK = ("", "")
WRONG = N_("Please enter times like 13:30, from and until.")
Texts = tuple[str, str]


@dataclass
class Form:
    """What stands in the fields: by place and weekday its periods; `errors`: "<place>-<weekday>" to msgid."""

    days: dict[tuple[int, int], list[Texts]]
    errors: dict[str, str] = field(default_factory=dict)
    seen: Seen = field(default_factory=lambda: Seen(""))

    @classmethod
    def of_weeks(
        cls, weeks: Mapping[Place, Mapping[int, Sequence[Minutes]]], places: Sequence[Place]
    ) -> Form:
        """The fields as stored hours fill them."""
        days = {
            (place or 0, weekday): [shown(period) for period in weeks.get(place, {}).get(weekday, ())]
            for place in places
            for weekday in WEEKDAYS
        }
        form = cls(days)
        form.seen = Seen(mark(form.shown()))
        return form

    @classmethod
    def of_request(cls, given: MultiDict[str, str], places: Sequence[Place]) -> Form:
        """The fields as they were sent; blank periods fall away."""
        days = {
            (place or 0, weekday): texts(given, f"{place or 0}-{weekday}")
            for place in places
            for weekday in WEEKDAYS
        }
        return cls(days, seen=Seen(given.get(FIELD, "")))

    def shown(self) -> dict[str, list[str]]:
        """The periods of each day as people read them, by "<place>-<weekday>"."""
        return {
            f"{place}-{weekday}": ["–".join(pair) for pair in periods]
            for (place, weekday), periods in self.days.items()
        }

    def copy(self, given: MultiDict[str, str]) -> None:
        """One day's periods to the days that are ticked, at one place."""
        place = given.get("copy", "")
        source = (place, given.get(f"copy-{place}-from", "0"))
        if not all(re.fullmatch(r"[0-9]{1,10}", text) for text in source):
            return
        for target in given.getlist(f"copy-{place}-to"):
            if target in map(str, WEEKDAYS):
                self.days[int(place), int(target)] = list(self.days.get((int(place), int(source[1])), ()))

    def weeks(self) -> dict[Place, dict[int, list[Minutes]]]:
        """The periods; what is no time stands in `errors`."""
        found: dict[Place, dict[int, list[Minutes]]] = {}
        for (place, weekday), day in self.days.items():
            try:
                found.setdefault(place or None, {})[weekday] = [minutes(*period) for period in day]
            except ValueError:
                self.errors[f"{place}-{weekday}"] = WRONG
        return found


def texts(given: MultiDict[str, str], name: str) -> list[Texts]:
    """The periods of one day as typed, without blank ones."""
    pairs = zip(given.getlist(f"{name}-from"), given.getlist(f"{name}-until"), strict=False)
    return [pair for pair in pairs if pair != BLANK]


def shown(period: Minutes) -> Texts:
    """ "22:00" and "02:00" of 1320 to 1560."""
    start, end = (f"{edge // 60 % 24:02}:{edge % 60:02}" for edge in period)
    return start, end


def minutes(start: str, end: str) -> Minutes:
    """1320 to 1560 of "22:00" and "2"; raises `ValueError` for what is no time.

    From midnight to midnight is the whole day; from nine to nine has no length.
    """
    first, last = _clock(start), _clock(end)
    return first, last + MINUTES_A_DAY if last < first or first == last == 0 else last


def _clock(text: str) -> int:
    """Minutes after midnight of "9", "9:30", "9.30" or "0930"."""
    found = re.fullmatch(r"(\d{1,2})(?:[:.]?(\d\d))?", text.strip(), re.ASCII)
    hour, minute = (int(part or 0) for part in found.groups()) if found else (99, 0)
    if minute > 59 or hour * 60 + minute > MINUTES_A_DAY:
        raise ValueError(text)
    return hour * 60 + minute
