"""What a change would do to the time that can be booked: asked before it is made, and nothing of it is kept."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from vorzimmer import database, hookspecs
from vorzimmer.availability.standing import Calendar
from vorzimmer.models import Allocation, Resource
from vorzimmer.periods import Period, clip, day_period, merge, subtract
from vorzimmer.plugins import Plugins
from vorzimmer.practice import Hall

Span = tuple[datetime, datetime]


@dataclass(frozen=True)
class Stretch:
    """Days on which the same hours of one person, room or device open, or close, in `zone`; `whole`: all day long."""

    name: str
    zone: ZoneInfo
    times: Sequence[Span]
    whole: bool
    days: list[date] = field(default_factory=list)


@dataclass(frozen=True)
class Foreseen:
    """What opens and what closes by a change."""

    opens: Sequence[Stretch]
    closes: Sequence[Stretch]


class _NotKept(Exception):  # noqa: N818  # no error: it ends the transaction
    """Ends a transaction that leaves nothing behind."""

    def __init__(self, found: Foreseen) -> None:
        super().__init__()
        self.found = found


def foresee(
    hall: Hall,
    window: Period,
    change: Callable[[Session], object] | None = None,
    *,
    whose: Collection[int] | None = None,
    plugins: Plugins | None = None,
) -> Foreseen:
    """What the change would open and close in what is still to come of the window; then it is undone.

    `whose` are the resources to look at, None for all that have hours; `plugins` are those that answer afterwards,
    where the change is one of their settings. Refuses as the change does.
    """

    def work(session: Session) -> Foreseen:
        span = Period(max(window.start, database.now(session)), window.end)
        if span.start >= span.end:
            return Foreseen((), ())
        before = _open(session, hall.plugins, whose, span)
        if change:
            change(session)
            session.flush()
        after = _open(session, plugins or hall.plugins, whose, span)
        resources = session.scalars(select(Resource).order_by(Resource.name)).all()
        taken = _taken(session, span)
        opens = {key: subtract(subtract(now, before.get(key, [])), taken[key]) for key, now in after.items()}
        closes = {key: subtract(then, after.get(key, [])) for key, then in before.items()}
        return Foreseen(*(_stretches(hall, resources, found) for found in (opens, closes)))

    def undone(session: Session) -> Foreseen:
        raise _NotKept(work(session))

    if change is None:
        with hall.database.reading() as session:
            return work(session)
    try:
        return hall.database.write(undone)
    except _NotKept as end:
        return end.found


def _open(
    session: Session, plugins: Plugins, whose: Collection[int] | None, window: Period
) -> dict[int, list[Span]]:
    """When each can be had, whatever is booked; whose kind nobody knows cannot be booked at all."""
    kinds = [kind for kind in plugins.ask(hookspecs.resource_kinds) if kind.needs_hours or whose is not None]
    wanted = select(Resource).where(Resource.active, Resource.kind.in_([kind.name for kind in kinds]))
    if whose is not None:
        wanted = wanted.where(Resource.id.in_(whose))
    rows = list(session.scalars(wanted))
    calendar = Calendar(session, plugins, [row.id for row in rows], window)
    return {row.id: clip(calendar.open_time(row, window), window) for row in rows}


def _taken(session: Session, window: Period) -> defaultdict[int, list[Span]]:
    """What is booked already, or private."""
    columns = Allocation.resource_id, Allocation.starts, Allocation.ends
    here = Allocation.ends > window.start, Allocation.starts < window.end
    found = defaultdict[int, list[Span]](list)
    for resource_id, start, end in session.execute(select(*columns).where(*here)):
        found[resource_id] = merge([*found[resource_id], (start, end)])
    return found


def _stretches(
    hall: Hall, resources: Sequence[Resource], spans: Mapping[int, Sequence[Span]]
) -> list[Stretch]:
    """Days alike together."""
    found: list[Stretch] = []
    for resource in resources:
        zone = ZoneInfo(resource.location.zone) if resource.location else hall.config.zone
        alike: dict[tuple[tuple[time, time], ...], Stretch] = {}
        for day, times in _by_day(spans.get(resource.id, []), zone):
            clock = tuple(
                (start.astimezone(zone).time(), end.astimezone(zone).time()) for start, end in times
            )
            whole = times == [tuple(day_period(day, zone))]
            alike.setdefault(clock, Stretch(resource.name, zone, times, whole)).days.append(day)
        found += alike.values()
    return found


def _by_day(spans: Sequence[Span], zone: ZoneInfo) -> Iterator[tuple[date, list[Span]]]:
    for day in sorted({day for start, end in spans for day in _days(start, end, zone)}):
        if here := clip(spans, day_period(day, zone)):
            yield day, here


def _days(start: datetime, end: datetime, zone: ZoneInfo) -> list[date]:
    first, last = start.astimezone(zone).date(), end.astimezone(zone).date()
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]
