"""Today and the week as a list, and the search over all appointments (K85, K67)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, render_template, request
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from vorzimmer import customers, database
from vorzimmer.access import Actor, Right, may, open_to
from vorzimmer.booking.parts.load import WHOLE
from vorzimmer.models import Booking, Customer, Resource, Status
from vorzimmer.periods import Period, day_of, day_period
from vorzimmer.server.here import hall
from vorzimmer_web.office.away import away
from vorzimmer_web.office.looked import news
from vorzimmer_web.office.reach import reach
from vorzimmer_web.office.settings.beside import beside
from vorzimmer_web.office.waiting import waiting
from vorzimmer_web.shell.requests import reading, signed_in

STAFF = (Right.OWN_CALENDAR, Right.CALENDARS)
STANDING = (Status.REQUESTED, Status.CONFIRMED, Status.COMPLETED, Status.MISSED)
GONE = (Status.CANCELLED, Status.DECLINED, Status.EXPIRED)
WEEK = 7
FOUND = 50
LISTED = 400
"""More appointments than that are no list that anybody reads: their days are counted, and lead on."""


@dataclass(frozen=True)
class Day:
    """The appointments of one local day of the practice, sorted by start; or only how many there are."""

    date: date
    standing: Sequence[Booking] = ()
    gone: Sequence[Booking] = ()
    count: int = 0


def days(session: Session, seen: ColumnElement[bool], first: date, number: int, zone: ZoneInfo) -> list[Day]:
    """So many days from the first on, with their appointments; one query."""
    window = Period(day_period(first, zone).start, day_period(first + timedelta(days=number - 1), zone).end)
    found = session.scalars(
        select(Booking)
        .where(Booking.starts >= window.start, Booking.starts < window.end, Booking.name != "", seen)
        .where(Booking.status.in_(STANDING + GONE))
        .options(*WHOLE)
        .order_by(Booking.starts, Booking.id)
    ).all()
    return [_day(first + timedelta(days=offset), found, zone) for offset in range(number)]


def counted(
    session: Session, seen: ColumnElement[bool], first: date, number: int, zone: ZoneInfo
) -> list[Day]:
    """So many days from the first on, with the number of their appointments; one query."""
    window = Period(day_period(first, zone).start, day_period(first + timedelta(days=number - 1), zone).end)
    starts = session.scalars(
        select(Booking.starts).where(
            Booking.starts >= window.start, Booking.starts < window.end, Booking.status.in_(STANDING), seen
        )
    )
    found = Counter(moment.astimezone(zone).date() for moment in starts)
    dates = [first + timedelta(days=offset) for offset in range(number)]
    return [Day(one, count=found[one]) for one in dates]


def _day(of: date, found: Sequence[Booking], zone: ZoneInfo) -> Day:
    here = [booking for booking in found if booking.starts.astimezone(zone).date() == of]
    return Day(of, [b for b in here if b.status in STANDING], [b for b in here if b.status in GONE])


def next_day(session: Session, seen: ColumnElement[bool], after: datetime, zone: ZoneInfo) -> date | None:
    """The next local day with an appointment."""
    starts = session.scalar(
        select(func.min(Booking.starts)).where(Booking.starts >= after, Booking.status.in_(STANDING), seen)
    )
    return starts.astimezone(zone).date() if starts else None


def people(session: Session, actor: Actor) -> Sequence[Resource]:
    """Whose calendars the actor may look at, by name."""
    query = select(Resource).where(Resource.kind == "staff", Resource.active).order_by(Resource.name)
    if not may(actor, Right.CALENDARS):
        query = query.where(Resource.id == actor.resource_id)
    return session.scalars(query).all()


def asked_day(today: date) -> date:
    """The day of the address, else today."""
    try:
        return day_of(request.args.get("day", ""))
    except ValueError:
        return today


def _page(template: str, number: int) -> str:
    session, person, zone = reading(), signed_in(), hall().config.zone
    moment = database.now(session)
    today = moment.astimezone(zone).date()
    day = asked_day(today)
    first = day - timedelta(days=day.weekday()) if number == WEEK else day
    everybody = people(session, person)
    chosen = next((one for one in everybody if one.slug == request.args.get("staff")), None)
    seen = reach(person, chosen.id if chosen else None)
    shown = counted(session, seen, first, number, zone)
    if sum(one.count for one in shown) <= LISTED:
        shown = days(session, seen, first, number, zone)
    end = day_period(shown[-1].date, zone).end
    facts: dict[str, Any] = {
        "days": shown,
        "next": None
        if any(one.standing or one.count for one in shown)
        else next_day(session, seen, end, zone),
        "waiting": waiting(session, person, chosen.id if chosen else None),
        "news": news(session, person, moment),
        "away": away(session, person, day_period(day, zone), chosen.id if chosen else None),
        "people": everybody,
        "chosen": chosen,
        "today": today,
        "now": moment,
        "before": first - timedelta(days=number),
        "after": first + timedelta(days=number),
        "papers": beside("day", day=day.isoformat(), staff=chosen.slug if chosen else None),
    }
    return render_template(template, **facts)


@open_to(*STAFF)
def today() -> str:
    """One day: requests first, then who comes when."""
    return _page("office/today.html", 1)


@open_to(*STAFF)
def week() -> str:
    """Monday to Sunday."""
    return _page("office/week.html", WEEK)


@open_to(*STAFF)
def search() -> str:
    """Customers and appointments by name, e-mail or phone number; the newest appointments first (O11)."""
    session, person, typed = reading(), signed_in(), request.args.get("q", "").strip()[:80].replace("\0", "")
    return render_template(
        "office/search.html",
        words_searched=typed,
        people=customers.found(session, person, typed),
        found=_appointments(session, person, typed) if typed else [],
        now=database.now(session),
    )


def _appointments(session: Session, person: Actor, typed: str) -> Sequence[Booking]:
    """Those of customers who are called so today, and those booked under such a name (O40)."""
    known, said = customers.matching(typed), customers.booked_as(typed)
    if known is None or said is None:
        return []
    theirs = select(Booking.id).where(Booking.customer_id.in_(select(Customer.id).where(known)))
    either = Booking.id.in_(theirs.union(select(Booking.id).where(said)))
    wanted = select(Booking).where(either, Booking.status.in_(STANDING + GONE), reach(person))
    return session.scalars(wanted.options(*WHOLE).order_by(Booking.starts.desc()).limit(FOUND)).all()


def add_to(office: Blueprint) -> None:
    """Put the pages in their places."""
    office.get("/")(today)
    office.get("/week")(week)
    office.get("/search")(search)
