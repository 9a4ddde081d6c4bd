"""What a search needs to know, read with a constant number of queries and one question for each hook."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple, cast

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    CursorResult,
    Select,
    bindparam,
    case,
    func,
    literal,
    literal_column,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from vorzimmer import hookspecs
from vorzimmer.models import Allocation, Booking, Customer, Location, Requirement, Resource, Service, Status
from vorzimmer.models.columns import epoch
from vorzimmer.periods import Period
from vorzimmer.plugins import Plugins
from vorzimmer.slots import DAY, Span

HOUR = 60 * 60
# How far neighbours are looked for on both sides: the longest buffer, and the local day of one start.
REACH = 25 * HOUR
# Hours are asked for from two local days before: a period's own, and that on which it began (rules 10, 26).
EARLIER = 2 * DAY + 2 * HOUR


RESOURCES = (
    select(Resource)
    .where(Resource.id.in_(bindparam("ids", expanding=True)), Resource.active)
    .order_by(Resource.slug)
)
LOCATIONS = select(Location).where(Location.active).order_by(Location.slug)


@dataclass(frozen=True)
class Question:
    """What is asked. `window` holds the starts; `staff` and `location` are slugs; None means any.

    `ignoring` is the id of a booking that is not seen (rule 71); `only` limits the resources to those claimed.
    `by_staff` asks for the practice itself, which the customers' notice and horizon do not bind; `walk_in` for somebody
    who stands at the desk: at any five minutes as well (D9).
    """

    service: Service
    window: Span
    now: datetime
    staff: str | None = None
    location: str | None = None
    seats: int = 1
    ignoring: int | None = None
    only: frozenset[int] | None = None
    customer: Customer | None = None
    by_staff: bool = False
    walk_in: bool = False


class Occupied(NamedTuple):
    """An allocation in whole seconds; 0 stands for none. All after `booking_id` is read only where needed."""

    start: int
    end: int
    before: int
    after: int
    resource_id: int
    booking_id: int
    seat: int = 0
    service_id: int = 0
    location_id: int = 0
    booked_start: int = 0
    state: int = 0


BLOCKED, BOOKED, HELD, REQUESTED = range(4)


@dataclass(frozen=True)
class Need:
    """A requirement and the pool that may fill it, sorted by slug (rule 53); offset and length in seconds.

    `follows` is the index of an earlier need that asks for as many of the same people or things at another time of the
    appointment: they come back, and nobody else does.
    """

    requirement_id: int
    kind: str
    quantity: int
    offset: int
    length: int
    pool: tuple[Resource, ...]
    follows: int | None = None

    def meets(self, other: Need) -> bool:
        """Whether both want somebody at one time: then it is not the same one."""
        return self.offset < other.offset + other.length and other.offset < self.offset + self.length


@dataclass
class Facts:
    """Everything that was read for one question."""

    asked: Span
    needs: list[Need]
    locations: list[Location]
    kinds_with_hours: frozenset[str]
    hours: dict[int, list[hookspecs.Available]] = field(default_factory=dict)
    openings: list[hookspecs.Available] = field(default_factory=list)
    busy: dict[int, list[hookspecs.Busy]] = field(default_factory=dict)
    closings: list[hookspecs.Busy] = field(default_factory=list)
    occupied: Mapping[int, Sequence[Occupied]] = field(default_factory=dict)


def gather(session: Session, plugins: Plugins, question: Question, *, wide: bool) -> Facts:
    """Read what the question needs; `wide` joins the bookings too (for groups and for reasons)."""
    service, (low, high) = question.service, question.window
    needs = needs_of(session, plugins, question)
    resources = list({member.id: member for need in needs for member in need.pool}.values())
    asked = low - EARLIER, high + service.minutes * 60 + DAY
    window = Period(*(datetime.fromtimestamp(instant, UTC) for instant in asked))
    kinds = plugins.ask(hookspecs.resource_kinds)
    with_hours = frozenset(kind.name for kind in kinds if kind.needs_hours)
    facts = Facts(asked, needs, _locations(session, question), with_hours)
    available = plugins.ask(
        hookspecs.available_periods, session=session, resources=resources, service=service, window=window
    )
    busy = plugins.ask(hookspecs.busy_periods, session=session, resources=resources, window=window)
    _sort_answers(facts, available, busy)
    reach = low - REACH, high + service.minutes * 60 + REACH
    ids = [member.id for member in resources]
    facts.occupied = occupied(session, ids, reach, question.now, ignoring=question.ignoring, wide=wide)
    return facts


def needs_of(session: Session, plugins: Plugins, question: Question) -> list[Need]:
    """The requirements of the service with who may fill them."""
    requirements = question.service.requirements
    answers = plugins.ask(hookspecs.candidates, session=session, requirements=requirements)
    ids = {resource_id for answer in answers for resource_id in answer.resource_ids}
    if question.only is not None:
        ids &= question.only
    found = {member.id: member for member in session.scalars(RESOURCES, {"ids": ids})}
    needs: list[Need] = []
    able: list[frozenset[int]] = []
    for requirement in requirements:
        mine = [answer.resource_ids for answer in answers if answer.requirement_id == requirement.id]
        able.append(frozenset(resource_id for each in mine for resource_id in each))
        need = _need(requirement, question.service, able[-1], found)
        needs.append(replace(need, follows=_followed(need, needs, able)))
    asked = [need for need in needs if any(member.slug == question.staff for member in need.pool)]
    if (
        sum(need.follows is None for need in asked) == 1 and asked[0].quantity == 1
    ):  # nobody else is looked at
        only = tuple(member for member in asked[0].pool if member.slug == question.staff)
        return [replace(need, pool=only) if need in asked else need for need in needs]
    return needs


def _followed(need: Need, earlier: Sequence[Need], able: Sequence[frozenset[int]]) -> int | None:
    """The first need whose people come back for this one; `able`: who can do each of them, and this one last."""
    for index, (other, those) in enumerate(zip(earlier, able, strict=False)):
        chain = [other, *(each for each in earlier if each.follows == index)]
        alike = those == able[-1] and (other.kind, other.quantity) == (need.kind, need.quantity)
        if alike and other.follows is None and not any(need.meets(each) for each in chain):
            return index
    return None


def _need(
    requirement: Requirement,
    service: Service,
    fitting: frozenset[int],
    found: dict[int, Resource],
) -> Need:
    minutes = service.minutes - requirement.offset if requirement.minutes is None else requirement.minutes
    pool = tuple(member for member in found.values() if member.id in fitting)
    offset, length = requirement.offset * 60, minutes * 60
    return Need(requirement.id, requirement.kind, requirement.quantity, offset, length, pool)


def _locations(session: Session, question: Question) -> list[Location]:
    known = session.scalars(LOCATIONS)
    return [place for place in known if question.location in (None, place.slug)]


def _sort_answers(
    facts: Facts, available: Iterable[hookspecs.Available], busy: Iterable[hookspecs.Busy]
) -> None:
    for answer in available:
        if answer.resource_id is None:
            facts.openings.append(answer)
        else:
            facts.hours.setdefault(answer.resource_id, []).append(answer)
    for period in busy:
        if period.resource_id is None:
            facts.closings.append(period)
        else:
            facts.busy.setdefault(period.resource_id, []).append(period)


def occupied(
    session: Session,
    resource_ids: Sequence[int],
    reach: Span,
    now: datetime,
    *,
    ignoring: int | None = None,
    wide: bool = False,
) -> Mapping[int, Sequence[Occupied]]:
    """The allocations of the resources that overlap `reach`, by resource; an expired hold is none (rule 45).

    Two indexes serve it: one bounds the short ones at both ends of the window, the other has the long ones.
    """
    low, high = (datetime.fromtimestamp(instant, UTC) for instant in reach)
    given = {
        "resources": resource_ids,
        "low": low,
        "high": high,
        "beyond": high + timedelta(seconds=DAY),
        "now": now,
        "ignoring": ignoring or -1,
    }
    result = session.execute(_statement(session.get_bind().dialect.name, wide), given)
    by_resource: defaultdict[int, list[Occupied]] = defaultdict(list)
    # The driver's own tuples of numbers: a month has thousands, and rows with names cost twice as much.
    for row in cast("CursorResult[Any]", result).cursor.fetchall():
        by_resource[row[4]].append(Occupied(*row) if wide else row)
    result.close()
    return by_resource


@cache
def _statement(dialect: str, wide: bool) -> CompoundSelect[*tuple[Any, ...]]:
    """Built once: to put a statement together costs as much as to run it."""
    lasting = "86400" if dialect == "sqlite" else "interval '1 day'"
    long: ColumnElement[bool] = literal_column(f"allocation.ends - allocation.starts > {lasting}")
    beyond: ColumnElement[Any] = bindparam("beyond")
    rows = _columns(wide).where(
        Allocation.resource_id.in_(bindparam("resources", expanding=True)),
        Allocation.starts < bindparam("high"),
        or_(Allocation.expires_at.is_(None), Allocation.expires_at > bindparam("now")),
        func.coalesce(Allocation.booking_id, 0) != bindparam("ignoring"),
    )
    short = rows.where(Allocation.ends > bindparam("low"), Allocation.ends < beyond)
    return union_all(short, rows.where(long, Allocation.ends >= beyond))


def _columns(wide: bool) -> Select[*tuple[Any, ...]]:
    narrow = (
        epoch(Allocation.starts).label("start"),
        epoch(Allocation.ends).label("end"),
        (Allocation.before * 60).label("before"),
        (Allocation.after * 60).label("after"),
        Allocation.resource_id,
        func.coalesce(Allocation.booking_id, 0).label("booking_id"),
    )
    if not wide:
        return select(*narrow)
    state = case(
        (Booking.id.is_(None), literal(BLOCKED)),
        (Booking.status == Status.HELD, literal(HELD)),
        (Booking.status == Status.REQUESTED, literal(REQUESTED)),
        else_=literal(BOOKED),
    )
    more = (
        Allocation.seat,
        func.coalesce(Booking.service_id, 0),
        func.coalesce(Booking.location_id, 0),
        func.coalesce(epoch(Booking.starts), 0),
        state,
    )
    return select(*narrow, *more).outerjoin(Booking, Booking.id == Allocation.booking_id)
