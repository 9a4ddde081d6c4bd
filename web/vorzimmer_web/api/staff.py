"""Calls of the practice: its bookings. A key or a staff session is needed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any, cast

from flask import Blueprint, Response, jsonify
from sqlalchemy import ScalarSelect, Select, or_, select, tuple_
from sqlalchemy.orm import Session, selectinload

from vorzimmer import access, booking, customers, database
from vorzimmer.access import APPOINTMENTS, Actor, Right, open_to
from vorzimmer.as_json import staff_booking_out
from vorzimmer.models import Allocation, Booking, Customer, Resource
from vorzimmer.periods import day_period
from vorzimmer.reasons import Reason, Refused
from vorzimmer.server.here import hall
from vorzimmer_web.api import shapes
from vorzimmer_web.api.documented import call
from vorzimmer_web.api.door import Answer, answered, staff_caller

staff = Blueprint("api_staff", __name__)
FIELDS = {"customer", "price", "note", "place", "link"}


@staff.get("/bookings")
@open_to(*APPOINTMENTS)
@call(shapes.Bookings, key=True)
def bookings(query: shapes.BookingQuery) -> Response:
    """Bookings in order of their start, as far as the caller's rights reach."""
    actor = staff_caller()
    wanted = _filtered(_visible(actor), query).order_by(Booking.starts, Booking.id).limit(query.limit + 1)
    with hall().database.reading() as session:
        found = list(
            session.scalars(wanted.options(*booking.parts.load.WHOLE, selectinload(Booking.payments)))
        )
        more = len(found) > query.limit
        page = found[: query.limit]
        return jsonify(
            bookings=[_out(actor, one) for one in page],
            next=_cursor(page[-1]) if more else None,
        )


def _visible(actor: Actor) -> Select[Booking]:
    """What the caller may see; the scope comes before any filter (A8)."""
    if access.may(actor, Right.CALENDARS):
        return select(Booking)
    taken = select(Allocation.booking_id).where(Allocation.resource_id == actor.resource_id)
    return select(Booking).where(or_(Booking.staff_id == actor.resource_id, Booking.id.in_(taken)))


def _filtered(wanted: Select[Booking], query: shapes.BookingQuery) -> Select[Booking]:
    zone = hall().config.zone
    if query.from_:
        wanted = wanted.where(Booking.starts >= day_period(query.from_, zone).start)
    if query.to:
        wanted = wanted.where(Booking.starts < day_period(query.to, zone).end)
    if query.status:
        wanted = wanted.where(Booking.status == query.status)
    if query.staff:
        wanted = wanted.where(Booking.staff_id.in_(select(Resource.id).where(Resource.slug == query.staff)))
    if query.customer:
        wanted = wanted.where(Booking.customer_id == _of_record(query.customer))
    if query.cursor:
        wanted = wanted.where(tuple_(Booking.starts, Booking.id) > _position(query.cursor))
    return wanted


def _of_record(uid: str) -> ScalarSelect[int]:
    return select(Customer.id).where(Customer.uid == uid).scalar_subquery()


def _cursor(last: Booking) -> str:
    return f"{int(last.starts.timestamp())}-{last.id}"


def _position(cursor: str) -> tuple[datetime, int]:
    seconds, _, number = cursor.partition("-")
    return datetime.fromtimestamp(int(seconds), UTC), int(number)


@staff.post("/bookings")
@open_to(*APPOINTMENTS)
@call(shapes.StaffBooked, 201, key=True, refusals=(409,))
def enter(json: shapes.NewBooking) -> Response:
    """Enter a booking for a customer; an address is not needed."""
    actor = staff_caller()
    entry = booking.Entry(
        json.service,
        json.start,
        staff=json.staff,
        location=json.location,
        fields=json.fields,
        note=json.note,
        **_whom(json.customer),
    )
    override = booking.Override(json.override.level, json.override.reason) if json.override else None

    def work(session: Session) -> Answer:
        return {"booking": _out(actor, booking.enter(session, hall(), actor, entry, override))}, 201

    return answered(work)


def _whom(customer: shapes.Caller | shapes.Known | None) -> dict[str, Any]:
    """A known record, or whoever was named."""
    if isinstance(customer, shapes.Known):
        return {"customer": customer.id}
    return vars(customer) if customer else {}


@staff.post("/bookings/walk-in")
@open_to(*APPOINTMENTS)
@call(shapes.StaffBooked, 201, key=True, refusals=(409,))
def walk_in(json: shapes.WalkIn) -> Response:
    """Enter somebody who stands at the desk with the first person who is free now, or next today."""
    actor = staff_caller()

    def work(session: Session) -> Answer:
        entry = booking.Entry(
            json.service,
            database.now(session),
            staff=json.staff,
            note=json.note,
            walk_in=True,
            **_whom(json.customer),
        )
        return {"booking": _out(actor, booking.walk_in(session, hall(), actor, entry))}, 201

    return answered(work)


@staff.get("/bookings/<uid>")
@open_to(*APPOINTMENTS)
@call(shapes.StaffBooked, key=True)
def one(uid: str) -> Response:
    """One booking."""
    actor = staff_caller()
    with hall().database.reading() as session:
        return jsonify(booking=_out(actor, mine(session, actor, uid)))


@staff.get("/bookings/<uid>/participants")
@open_to(*APPOINTMENTS)
@call(shapes.Participants, key=True)
def participants(uid: str, query: shapes.NoQuery) -> Response:
    """Everybody who has a place in the same group at the same time, by name."""
    actor = staff_caller()
    with hall().database.reading() as session:
        names = [one.id for one in customers.participants(session, actor, uid)]
        wanted = select(Booking).where(Booking.id.in_(names)).order_by(Booking.name, Booking.id)
        found = session.scalars(wanted.options(*booking.parts.load.WHOLE, selectinload(Booking.payments)))
        return jsonify(bookings=[_out(actor, one) for one in found])


def mine(session: Session, actor: Actor, uid: str) -> Booking:
    """The booking if the caller may see it; else the same answer as for one that does not exist (A1)."""
    found = booking.parts.load.booking(session, uid)
    if not access.may_touch_booking(actor, found):
        raise Refused(Reason.NOT_FOUND)
    return found


@staff.patch("/bookings/<uid>")
@open_to(*APPOINTMENTS)
@call(shapes.StaffBooked, key=True, refusals=(409,))
def change(uid: str, json: shapes.BookingChange) -> Response:
    """Change a booking: another time, person, service, customer, price, note or place, in one step."""
    actor = staff_caller()
    given = json.model_dump(include=FIELDS, exclude_unset=True)
    fields = cast(
        "booking.Fields", {name: v for name, v in given.items() if v is not None or name == "price"}
    )
    override = booking.Override(json.override.level, json.override.reason) if json.override else None

    def work(session: Session) -> Answer:
        found = mine(session, actor, uid)
        target = None
        if json.start or json.staff or json.service or json.location or not fields:
            target = booking.Target(json.start or found.starts, json.staff, json.service, json.location)
        changed = booking.change(
            session,
            hall(),
            actor,
            uid,
            fields,
            target=target,
            sequence=json.sequence,
            message=json.message,
            override=override,
        )
        return {"booking": _out(actor, changed)}, 200

    return answered(work)


def _out(actor: Actor, found: Booking) -> dict[str, Any]:
    return staff_booking_out(hall(), found, notes=access.may(actor, Right.NOTES))


def _act(uid: str, act: Callable[..., Booking], *more: Any) -> Response:
    actor = staff_caller()

    def work(session: Session) -> Answer:
        mine(session, actor, uid)
        return {"booking": _out(actor, act(session, hall(), actor, uid, *more))}, 200

    return answered(work)


@staff.post("/bookings/<uid>/cancel")
@open_to(*APPOINTMENTS)
@call(shapes.StaffBooked, key=True, refusals=(409,))
def cancel(uid: str, json: shapes.Message) -> Response:
    """Cancel, with an optional message to the customer."""
    return _act(uid, booking.cancel, json.message)


@staff.post("/bookings/<uid>/accept")
@open_to(*APPOINTMENTS)
@call(shapes.StaffBooked, key=True, refusals=(409,))
def accept(uid: str, json: shapes.Accepting) -> Response:
    """Accept a request; 409 `not_offered` with the reasons where its time has been closed since."""
    override = booking.Override(json.override.level, json.override.reason) if json.override else None
    return _act(uid, partial(booking.accept, override=override), json.message)


@staff.post("/bookings/<uid>/decline")
@open_to(*APPOINTMENTS)
@call(shapes.StaffBooked, key=True, refusals=(409,))
def decline(uid: str, json: shapes.Message) -> Response:
    """Decline a request, with an optional message to the customer."""
    return _act(uid, booking.decline, json.message)


@staff.post("/bookings/<uid>/complete")
@open_to(*APPOINTMENTS)
@call(shapes.StaffBooked, key=True, refusals=(409,))
def complete(uid: str, json: shapes.Nothing) -> Response:
    """The customer came."""
    return _act(uid, booking.complete)


@staff.post("/bookings/<uid>/missed")
@open_to(*APPOINTMENTS)
@call(shapes.StaffBooked, key=True, refusals=(409,))
def missed(uid: str, json: shapes.Nothing) -> Response:
    """The customer did not come."""
    return _act(uid, booking.missed)


@staff.post("/bookings/<uid>/reopen")
@open_to(*APPOINTMENTS)
@call(shapes.StaffBooked, key=True, refusals=(409,))
def reopen(uid: str, json: shapes.Nothing) -> Response:
    """Take "completed" or "missed" back."""
    return _act(uid, booking.reopen)


@staff.post("/bookings/<uid>/remind")
@open_to(*APPOINTMENTS)
@call(shapes.StaffBooked, key=True, refusals=(409,))
def remind(uid: str, json: shapes.Nothing) -> Response:
    """Remind the customer now, at most once a minute."""
    return _act(uid, booking.remind)
