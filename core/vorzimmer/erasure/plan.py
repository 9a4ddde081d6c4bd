"""The dry run: what would go, what stays and why, and what has to be cancelled first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from vorzimmer import access, database, hookspecs
from vorzimmer.access import Actor, Right
from vorzimmer.booking.parts.published import BUSY, FULL
from vorzimmer.booking.parts.status import OPEN
from vorzimmer.customers import one
from vorzimmer.erasure.known import Known, of
from vorzimmer.hookspecs import PersonalData
from vorzimmer.models import Booking, Calendar, CalendarObject, Customer, Erasure, Message, Resource, Status
from vorzimmer.practice import Hall
from vorzimmer.reasons import N_

BOOKS = 8
"""Years after that of the payment for which records of it are kept (§ 147 AO since 2025)."""


@dataclass(frozen=True)
class Plan:
    """What an erasure does. `coming` keeps it from being done; `erased_at`: it was done, and there is nothing left."""

    customer: Customer | None = None
    coming: Sequence[Booking] = ()
    data: Sequence[PersonalData] = ()
    erased_at: datetime | None = None

    @property
    def goes(self) -> list[PersonalData]:
        """What is erased."""
        return [found for found in self.data if not found.stays]

    @property
    def stays(self) -> list[PersonalData]:
        """What is not, each with its reason."""
        return [found for found in self.data if found.stays]


def plan(session: Session, hall: Hall, actor: Actor, uid: str) -> Plan:
    """The dry run for a customer whom the actor may see; nothing changes."""
    access.require(access.may(actor, Right.EXPORTS))
    done = session.get(Erasure, uid)
    if done is not None:
        return Plan(erased_at=done.at)
    return of_known(session, hall, of(session, one(session, actor, uid)), erase=False)


def of_known(session: Session, hall: Hall, known: Known, *, erase: bool) -> Plan:
    """The plan; with `erase`, the plugins have done their part of it."""
    moment = database.now(session)
    of_plugins = hall.plugins.ask(
        hookspecs.personal_data, session=session, hall=hall, person=known.person, erase=erase
    )
    return Plan(
        known.customer,
        coming(known, moment),
        [*_of_core(session, known, moment), *of_plugins, *_in_calendars(session, known)],
    )


def coming(known: Known, moment: datetime) -> list[Booking]:
    """Appointments that are not over, and a time that is reserved at this moment."""
    ahead = [one for one in known.bookings if one.status in OPEN and one.ends > moment]
    return ahead + [
        one for one in known.holds if one.status == Status.HELD and (one.expires_at or moment) > moment
    ]


def _of_core(session: Session, known: Known, moment: datetime) -> list[PersonalData]:
    past = len(known.bookings) - sum(booking in known.bookings for booking in coming(known, moment))
    paid = [payment.paid_at for booking in known.bookings for payment in booking.payments]
    messages = session.scalar(select(func.count()).select_from(Message).where(known.messages)) or 0
    found = [
        (N_("The record: name, addresses, number, language, note, groups, answers and changes that wait"), 1),
        (N_("Past appointments that lose name, address, texts and the link to them: %(number)d"), past),
        (N_("Messages, sent and planned: %(number)d"), messages),
        (N_("Entries of the log about the record that lose what they say: %(number)d"), len(known.entries)),
        (N_("Logins: %(number)d"), len(known.logins)),
    ]
    data = [PersonalData(text, {"number": number}) for text, number in found if number]
    if past:
        kept = N_(
            "Time, service, people, rooms, status and price of past appointments: they tell of nobody any more"
        )
        data.append(PersonalData(kept, stays=True))
    if paid:
        text = N_("Payments, without a name: %(number)d (bookkeeping, § 147 AO)")
        until = date(max(paid).astimezone(ZoneInfo("Europe/Berlin")).year + BOOKS, 12, 31)
        data.append(PersonalData(text, {"number": len(paid)}, stays=True, until=until))
    opaque = N_(
        "The record’s random number and the time of erasing: a backup that is restored is told by them"
    )
    return [*data, PersonalData(opaque, stays=True)]


def _in_calendars(session: Session, known: Known) -> list[PersonalData]:
    """Private events are their owners'; whose tell of this person is said, what they say is not."""
    events = session.execute(
        select(Resource.name, CalendarObject.text, CalendarObject.remarks)
        .join(Calendar, Calendar.id == CalendarObject.calendar_id)
        .join(Resource, Resource.id == Calendar.resource_id)
        .where(CalendarObject.booking_id.is_(None), Calendar.kind.not_in((FULL, BUSY)))  # no copies
    )
    told = [
        name for name, text, remarks in events if known.person.is_in(text.replace("\r\n ", "") + str(remarks))
    ]
    text = N_("Private events in %(name)s’s calendars: %(number)d; only their owner may delete them")
    return [
        PersonalData(text, {"name": name, "number": told.count(name)}, stays=True) for name in sorted({*told})
    ]
