"""Staff enter a booking for a customer: by telephone, at the desk (K77 to K79, O10 to O14)."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from vorzimmer import access, availability, customers, database
from vorzimmer.access import Actor, Right
from vorzimmer.availability import Wish
from vorzimmer.booking.confirm import start_payment
from vorzimmer.booking.details import Details, checked
from vorzimmer.booking.parts import load
from vorzimmer.booking.parts.override import Override, allow, require_still_free
from vorzimmer.booking.parts.record import record
from vorzimmer.messages import outbox
from vorzimmer.models import Booking, Customer, Status
from vorzimmer.practice import Hall
from vorzimmer.questions import fields
from vorzimmer.questions.fields import Field
from vorzimmer.reasons import N_
from vorzimmer.text import contact


@dataclass(frozen=True)
class Entry:
    """What staff typed. `staff` None means any; an e-mail address is not needed (D5). `fields`: answers by slug.

    No `language` means that of the record of this name and address, else the practice's first.

    `customer` is the uid of a known record, whose name and addresses count then. `note` is the practice's own.
    `consents` are what the customer agreed to when asked, by slug.
    `is_offered`: the start was chosen from those that staff are offered, where customers' notice and horizon do not
    count. A `walk_in` starts off the grid as well, and needs no name (D9).
    """

    service: str
    start: datetime
    name: str = ""
    staff: str | None = None
    location: str | None = None
    email: str = ""
    phone: str = ""
    language: str = ""
    seats: int = 1
    fields: Mapping[str, Any] = field(default_factory=dict)
    consents: Collection[str] = ()
    customer: str | None = None
    note: str = ""
    is_offered: bool = False
    walk_in: bool = False


def enter(
    session: Session, hall: Hall, actor: Actor, entry: Entry, override: Override | None = None
) -> Booking:
    """Make a confirmed booking; the customer is told where there is an address (K79).

    Refuses with `INVALID`, `NOT_FOUND` (`customer`), `NOT_OFFERED` (`warnings`) or `SLOT_TAKEN` (`conflicts`)
    unless overridden.
    """
    access.require(not entry.note or access.may(actor, Right.NOTES))
    service = load.service(session, entry.service)
    known = _known(session, actor, entry.customer) if entry.customer else None
    form = fields.asked(session, service.id)
    who = _who(session, hall, form, entry, known)
    wish: Wish = {"staff": entry.staff, "location": entry.location, "seats": entry.seats}
    wish |= {"by_staff": entry.is_offered, "walk_in": entry.walk_in}
    moment = database.now(session)
    looked = availability.placement(session, hall.plugins, service, entry.start, moment, **wish)
    ids = frozenset(item.resource.id for item in looked.assignment.items)
    database.claim(session, ids)
    moment = database.now(session)
    load.release_expired(session, ids, moment)
    wish["only"] = ids
    placed = availability.placement(session, hall.plugins, service, entry.start, moment, **wish)
    require_still_free(hall, looked, placed)
    for item in placed.assignment.items:
        access.require(access.may_touch_resource(actor, item.resource.id) or item.resource.kind != "staff")
    guarded, notes = allow(session, actor, placed, override)
    booking = Booking(
        uid=str(uuid.uuid4()),
        status=Status.CONFIRMED,
        service=service,
        seats=entry.seats,
        price=service.price,
        currency=service.currency,
        source=actor.door,
        created_at=moment,
        changed_at=moment,
        name=who.name,
        email=who.email,
        phone=who.phone,
        language=who.language,
        fields=dict(who.fields),
        consents=fields.agreed(form, who.consents, hall.texts.reader(who.language)),
        customer=known,
        note=who.message,
    )
    load.put(booking, placed.assignment, entry.start, None, guarded=guarded)
    if known is None and not _nameless(entry):
        customer = customers.of_booking(session, booking, moment)
        booking.customer = customers.keep(session, hall, actor, booking, customer, moment)
    elif known is not None:
        _answered(session, hall, actor, booking, known, moment)
    start_payment(hall, booking)
    session.add(booking)
    session.flush()
    record(session, hall, actor, booking, "confirmed", moment, details=notes)
    return booking


def _known(session: Session, actor: Actor, uid: str) -> Customer:
    """The chosen record, which nobody merges into another one until the booking stands."""
    if not database.alone(session):
        mine = select(Customer.id).where(Customer.uid == uid)
        session.execute(mine.with_for_update(read=True, key_share=True))
    return customers.one(session, actor, uid)


def _answered(
    session: Session, hall: Hall, actor: Actor, booking: Booking, known: Customer, moment: datetime
) -> None:
    """Take lasting answers into the record; newer ones only by who may change records, else they stay here."""
    before = dict(known.attributes)
    newer = fields.keep(session, booking, known)
    values = {name.removeprefix("fields."): value for name, value in newer.items()}
    if access.may(actor, Right.CUSTOMERS):
        known.attributes = {**known.attributes, **values}
    else:
        booking.fields = {**booking.fields, **values}
    if known.attributes != before:
        outbox.tell_of_record(session, hall, actor, "changed", known, moment)


def _nameless(entry: Entry) -> bool:
    """Somebody at the desk whose name nobody asked for: no record is made."""
    return entry.walk_in and not entry.customer and not contact.plain(entry.name)


def _who(
    session: Session, hall: Hall, form: Sequence[Field], entry: Entry, known: Customer | None
) -> Details:
    """Whom the booking names: a known record as it is, else what was typed, checked; `message` is the note."""
    languages = hall.config.settings.practice.languages
    typed = Details(
        entry.name, entry.email, entry.phone, entry.note, entry.language, entry.fields, entry.consents
    )
    if known is not None:
        typed = replace(
            typed, name=known.name, email=known.email or "", phone=known.phone, language=known.language
        )
    elif _nameless(entry):
        typed = replace(typed, name=hall.texts.reader(languages[0]).gettext(N_("Walk-in")))
    who = checked(typed, languages, form, by_staff=True)
    if known is None and not entry.language and (same := customers.find(session, who.name, who.email)):
        who = replace(who, language=same.language)  # nobody has said another one
    return who
