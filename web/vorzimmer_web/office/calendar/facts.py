"""What the calendar shows between two days: the columns somebody may see, and all that stands in them.

Read with a constant number of queries, however many columns, days and appointments there are. What is not one's own
leaves its title out: a hold has no name yet, and a private block says "busy" (A1, A147).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import CompoundSelect, bindparam, case, func, literal_column, or_, select, union_all
from sqlalchemy.orm import Session

from vorzimmer import hookspecs
from vorzimmer.access import Actor, Right, may
from vorzimmer.hookspecs import Available, Busy
from vorzimmer.icalendar.text import summary
from vorzimmer.models import (
    Allocation,
    AuditEntry,
    Block,
    Booking,
    CalendarObject,
    Customer,
    Location,
    Resource,
    Service,
    Status,
)
from vorzimmer.periods import Period
from vorzimmer.plugins import Plugins

KINDS = {"staff": 0, "room": 1}
RECENT = 200
"""So many of the newest entries of the log tell whether anything changed: one that commits late still counts."""
DAY = timedelta(days=1)


class Row(NamedTuple):
    """One resource taken for one period, by an appointment, a hold or a block."""

    id: int
    resource_id: int
    starts: datetime
    ends: datetime
    guarded: bool
    expires_at: datetime | None
    block_id: int | None
    title: str | None
    uid: str
    status: str
    sequence: int
    promised: datetime
    name: str
    seats: int
    where: str
    link: str
    offered_at: datetime | None
    service: str
    service_id: int
    color: str
    capacity: int
    step: int
    place: str


@dataclass(frozen=True)
class Facts:
    """All of it, for one window. `titles`: what one's own private events are called, by block; `remarks`: how much was
    remarked on them when they were read.

    `lacking`: plugins that do not say what they know of working time and of absences.
    """

    columns: Sequence[Resource]
    rows: Sequence[Row]
    titles: dict[int, str]
    remarks: dict[int, int]
    hours: Sequence[Available]
    busy: Sequence[Busy]
    places: dict[int, str]
    lacking: Sequence[str] = ()


def columns(session: Session, actor: Actor) -> Sequence[Resource]:
    """Whose calendars the actor may look at: people first, then rooms, then devices, each by name."""
    rank = case(KINDS, value=Resource.kind, else_=len(KINDS))
    query = select(Resource).where(Resource.active).order_by(rank, Resource.name, Resource.id)
    if not may(actor, Right.CALENDARS):
        query = query.where(Resource.id == actor.resource_id)
    return session.scalars(query).all()


def services(session: Session) -> Sequence[Service]:
    """What free times can be shown for."""
    return session.scalars(select(Service).where(Service.active).order_by(Service.name)).all()


def version(session: Session, moment: datetime) -> str:
    """A text that changes with every act at any door, and as soon as a hold or a request ends; one query.

    Every act writes to the log. A hold ends by the clock alone, and so does what it shows (rule 45).
    """
    newest = select(AuditEntry.id).order_by(AuditEntry.id.desc()).limit(RECENT).subquery()
    ending = select(func.min(Allocation.expires_at)).where(Allocation.expires_at > moment)
    acts, end = session.execute(select(func.sum(newest.c.id), ending.scalar_subquery())).one()
    return f"{acts or 0}-{end.timestamp() if end else 0:.0f}"


def gather(session: Session, plugins: Plugins, actor: Actor, window: Period, moment: datetime) -> Facts:
    """Read everything that the actor may see in the window."""
    seen = columns(session, actor)
    places = {place.id: place.name for place in session.scalars(select(Location).where(Location.active))}
    rows = _rows(session, [column.id for column in seen], window, moment)
    hours, silent = plugins.known(
        hookspecs.available_periods, session=session, resources=seen, service=None, window=window
    )
    busy, mute = plugins.known(hookspecs.busy_periods, session=session, resources=seen, window=window)
    lacking = list(dict.fromkeys(one.title for one in [*silent, *mute]))
    return Facts(seen, rows, *_own(session, actor, rows), hours, busy, places, lacking)


def _rows(session: Session, ids: Sequence[int], window: Period, moment: datetime) -> list[Row]:
    given = {
        "ids": ids,
        "low": window.start,
        "high": window.end,
        "beyond": window.end + DAY,
        "now": moment,
    }
    rows = map(Row._make, session.execute(_statement(session.get_bind().dialect.name), given))
    return [row for row in rows if row.uid or row.block_id]


@cache
def _statement(dialect: str) -> CompoundSelect[*tuple[Any, ...]]:
    """Two indexes serve it, as in the search: the short ones within the window, and the few long ones."""
    lasting = "86400" if dialect == "sqlite" else "interval '1 day'"
    rows = (
        select(
            Allocation.id,
            Allocation.resource_id,
            Allocation.starts,
            Allocation.ends,
            Allocation.guarded,
            Allocation.expires_at,
            Allocation.block_id,
            Block.title,
            func.coalesce(Booking.uid, ""),
            Booking.status,
            Booking.sequence,
            Booking.starts,
            func.coalesce(Customer.name, Booking.name),
            Booking.seats,
            Booking.place,
            Booking.link,
            Booking.offered_at,
            Service.name,
            Service.id,
            Service.color,
            Service.capacity,
            Service.step,
            Location.name,
        )
        .outerjoin(Booking, Booking.id == Allocation.booking_id)
        .outerjoin(Customer, Customer.id == Booking.customer_id)
        .outerjoin(Service, Service.id == Booking.service_id)
        .outerjoin(Location, Location.id == Booking.location_id)
        .outerjoin(Block, Block.id == Allocation.block_id)
        .where(
            Allocation.resource_id.in_(bindparam("ids", expanding=True)),
            Allocation.starts < bindparam("high"),
            or_(Allocation.expires_at.is_(None), Allocation.expires_at > bindparam("now")),
        )
    )
    beyond = bindparam("beyond", type_=Allocation.ends.type)
    short = rows.where(Allocation.ends > bindparam("low"), Allocation.ends < beyond)
    long = rows.where(literal_column(f"allocation.ends - allocation.starts > {lasting}"))
    return union_all(short, long.where(Allocation.ends >= beyond))


def _own(session: Session, actor: Actor, rows: Iterable[Row]) -> tuple[dict[int, str], dict[int, int]]:
    """The titles of the actor's own blocks, and how much was remarked on them when they were read.

    Titles of private calendars stand in their texts alone.
    """
    own = {
        row.block_id: row.title or "" for row in rows if row.block_id and row.resource_id == actor.resource_id
    }
    remarks = dict[int, int]()
    if own:
        texts = select(CalendarObject.block_id, CalendarObject.text, CalendarObject.remarks)
        for block_id, text, remarked in session.execute(texts.where(CalendarObject.block_id.in_(own))):
            own[block_id] = own[block_id] or summary(text)
            if remarked:
                remarks[block_id] = len(remarked)
    return own, remarks


def groups(rows: Iterable[Row]) -> list[list[Row]]:
    """Rows that are one thing for the eye: the places taken in one group event of a resource; all others alone."""
    together: defaultdict[object, list[Row]] = defaultdict(list)
    for row in rows:
        joined = row.uid and row.capacity > 1 and row.status != Status.HELD
        together[(row.resource_id, row.starts, row.service_id) if joined else row.id].append(row)
    return list(together.values())
