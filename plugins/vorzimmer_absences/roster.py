"""The duty roster: who works, and who is away why, day by day and for the whole team (C5 to C7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from vorzimmer import hookspecs
from vorzimmer.access import Actor
from vorzimmer.models import Resource
from vorzimmer.periods import Period, clip, day_period, merge
from vorzimmer.practice import Hall
from vorzimmer_absences import absences
from vorzimmer_absences.models import Absence

DAYS = 14


@dataclass(frozen=True)
class Cell:
    """One day of one person: `works`, when; `kind` of the absence, empty for none; `whole` if it covers all of that."""

    day: date
    works: Sequence[tuple[datetime, datetime]]
    kind: str = ""
    whole: bool = True

    @property
    def hours(self) -> Sequence[tuple[datetime, datetime]]:
        """What there is to say about when: nothing of somebody who is there all day long, or not at all."""
        return (
            []
            if sum((end - start for start, end in self.works), timedelta()) >= timedelta(hours=23)
            else self.works
        )


@dataclass(frozen=True)
class Row:
    """Two weeks of one person, room or device."""

    resource: Resource
    cells: Sequence[Cell]


def roster(
    session: Session, hall: Hall, actor: Actor, resources: Sequence[Resource], first: date
) -> list[Row]:
    """The rows of those who work by hours, from a day on; two questions however many there are."""
    zone = hall.config.zone
    days = {first + timedelta(days=n): day_period(first + timedelta(days=n), zone) for n in range(DAYS)}
    window = Period(days[first].start, days[first + timedelta(days=DAYS - 1)].end)
    working, _lacking = hall.plugins.known(
        hookspecs.available_periods, session=session, resources=resources, service=None, window=window
    )
    away = absences.listed(session, actor, window)
    rows = []
    for resource in resources:
        hours = [period for found in working if found.resource_id == resource.id for period in found.periods]
        mine = [absence for absence in away if absence.resource_id == resource.id]
        if not hours and not mine:
            continue
        if resource.kind != "staff" and resource.id not in {found.resource_id for found in working}:
            hours = [window]  # a room without hours is free always (rule 12)
        rows.append(Row(resource, [_cell(day, span, hours, mine) for day, span in days.items()]))
    return rows


def _cell(day: date, span: Period, hours: Sequence[Period], away: Sequence[Absence]) -> Cell:
    here = merge(clip(hours, span))
    found = next((one for one in away if one.starts < span.end and span.start < one.ends), None)
    if found is None:
        return Cell(day, here)
    whole = all(found.starts <= start and end <= found.ends for start, end in here)
    return Cell(day, here, found.kind, whole)
