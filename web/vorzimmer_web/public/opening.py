"""When the practice's places are open in the coming week, as its public page tells."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from vorzimmer import hookspecs
from vorzimmer.models import Location, Resource
from vorzimmer.periods import Period, day_period, intersect, merge, subtract
from vorzimmer.practice import Hall

WEEK = 7
ABSENCE = "18"


@dataclass(frozen=True)
class OpenDay:
    """A local day of a place and when somebody works there; no periods mean closed."""

    day: date
    periods: Sequence[tuple[datetime, datetime]]


def week_of(
    session: Session, hall: Hall, people: Sequence[Resource], places: Sequence[Location], now: datetime
) -> dict[str, list[OpenDay]]:
    """The next seven days of each place, by slug: when anybody works there who is not absent, and the
    place is not closed.

    A place where nobody has hours is left out. Two questions to the plugins, whatever the number of people.
    """
    window = Period(now - timedelta(days=1), now + timedelta(days=WEEK + 1))
    hours, silent = hall.plugins.known(
        hookspecs.available_periods, session=session, resources=people, service=None, window=window
    )
    busy, mute = hall.plugins.known(hookspecs.busy_periods, session=session, resources=people, window=window)
    if silent or mute:  # better no hours than wrong ones
        return {}
    away: defaultdict[int, list[Period]] = defaultdict(list)
    for one in busy:  # only absences: what is private in somebody's calendar is not told
        if one.resource_id is not None and one.rule == ABSENCE:
            away[one.resource_id].append(one.period)
    work, own = defaultdict[int, list[Period]](list), defaultdict[int, list[Period]](list)
    known = set[int]()
    for found in hours:
        if found.location_id is None:
            continue
        if found.resource_id is None:
            own[found.location_id] += found.periods
        else:
            known |= {found.location_id} if found.periods else set()
            there = subtract(merge(found.periods), merge(away[found.resource_id]))
            work[found.location_id] += [Period(*span) for span in there]
    shut = [one for one in busy if one.closure]
    weeks = {}
    for place in places:
        open_ = merge(work[place.id])
        if place.id in own:
            open_ = intersect(open_, merge(own[place.id]))
        closed = merge(one.period for one in shut if one.location_id in (None, place.id))
        if place.id in known:
            weeks[place.slug] = _days(subtract(open_, closed), ZoneInfo(place.zone), now)
    return weeks


def _days(periods: Sequence[tuple[datetime, datetime]], zone: ZoneInfo, now: datetime) -> list[OpenDay]:
    today = now.astimezone(zone).date()
    days = [today + timedelta(days=number) for number in range(WEEK)]
    return [OpenDay(day, intersect(periods, [day_period(day, zone)])) for day in days]
