"""What a notice says, in the language of the login."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from vorzimmer import database, urls
from vorzimmer.access import CUSTOMER, SYSTEM, may_touch_booking
from vorzimmer.hookspecs import Change
from vorzimmer.icalendar import writer as ical
from vorzimmer.models import Account, Booking, Status
from vorzimmer.practice import Hall
from vorzimmer.questions import fields
from vorzimmer.text.texts import Reader
from vorzimmer_notices.concern import Concern
from vorzimmer_notices.readers import Login


def reader_of(hall: Hall, account: Account) -> Reader:
    """Who speaks the language of a login; the practice's first, where it has none."""
    return hall.texts.reader(account.language or hall.config.settings.practice.languages[0])


def greeting(reader: Reader, account: Account) -> str:
    """By name."""
    name = ical.plain(account.name)
    return reader.gettext("Hello %(name)s,", name=name) if name else reader.gettext("Hello,")


def details(
    session: Session, hall: Hall, login: Login, concern: Concern, change: Change, booking: Booking
) -> dict[str, Any]:
    """Everything that the message says (`outbox.NOTICE`), with the appointment as it was after the change."""
    reader = reader_of(hall, login.account)
    return {
        **{name: change.after[name] for name in ("starts", "ends", "sequence", "status", "service", "staff")},
        "gone": concern.gone,
        "subject": subject(session, reader, login, concern, change, booking),
        "greeting": greeting(reader, login.account),
        "paragraphs": [reader.gettext(concern.text)],
        "facts": [
            *_facts(session, reader, change, booking),
            *_customer(session, reader, booking),
            *_by(session, reader, change),
        ],
        "strong": reader.gettext("When:"),
        "button": _button(reader, hall, login, change, booking),
    }


def subject(
    session: Session, reader: Reader, login: Login, concern: Concern, change: Change, booking: Booking
) -> str:
    """The fact: "Termin abgesagt: Mi, 3. März, 10:30, Max Muster", and with whom where it is not the reader's own."""
    said = change.after
    year = database.now(session).year
    moment = reader.moment(datetime.fromisoformat(said["starts"]), ZoneInfo(booking.zone), year)
    fact, name = reader.gettext(concern.fact), ical.plain(booking.whom)
    own = login.actor.resource_id in concern.people
    if own or not said["staff"]:
        return reader.gettext("%(fact)s: %(moment)s, %(name)s", fact=fact, moment=moment, name=name)
    staff = ", ".join(map(ical.plain, said["staff"]))
    return reader.gettext(
        "%(fact)s: %(moment)s, %(name)s with %(staff)s", fact=fact, moment=moment, name=name, staff=staff
    )


def _facts(session: Session, reader: Reader, change: Change, booking: Booking) -> list[tuple[str, str]]:
    """What, when, with whom and where; below each what it was, where that is another."""
    now, was = _said(reader, change.after, booking), _said(reader, change.before or change.after, booking)
    labels = {
        "service": reader.gettext("Service:"),
        "when": reader.gettext("When:"),
        "staff": reader.gettext("With:"),
        "where": reader.gettext("Where:"),
    }
    found = []
    for name, label in labels.items():
        if now[name] or was[name]:
            found.append((label, now[name] or "–"))
        if was[name] and was[name] != now[name]:
            found.append((reader.gettext("Until now:"), was[name]))
    if booking.seats > 1:
        found.append((reader.gettext("Persons:"), str(booking.seats)))
    if "private" in change.after:
        found.append((reader.gettext("Private event:"), _private(session, reader, change, booking)))
    if change.after.get("others"):
        found.append((reader.gettext("Further appointments under it:"), str(change.after["others"])))
    return found


def _private(session: Session, reader: Reader, change: Change, booking: Booking) -> str:
    """When the event is that lies over the appointment; it may last for days."""
    zone, year = ZoneInfo(booking.zone), database.now(session).year
    starts, ends = map(datetime.fromisoformat, change.after["private"])
    if starts.astimezone(zone).date() == ends.astimezone(zone).date():
        return reader.period(starts, ends, zone)
    return " – ".join(reader.moment(each, zone, year) for each in (starts, ends))


def _said(reader: Reader, said: Mapping[str, Any], booking: Booking) -> dict[str, str]:
    starts, ends = datetime.fromisoformat(said["starts"]), datetime.fromisoformat(said["ends"])
    return {
        "service": said["service"],
        "when": reader.period(starts, ends, ZoneInfo(booking.zone)),
        "staff": ", ".join(said["staff"]),
        "where": said["where"],
    }


def _customer(session: Session, reader: Reader, booking: Booking) -> list[tuple[str, str]]:
    """Who comes, and what they wrote and answered; nothing about health goes out by mail."""
    typed = [
        (reader.gettext("Name:"), booking.whom),
        (reader.gettext("E-mail:"), booking.email),
        (reader.gettext("Phone:"), booking.telephone),
        (reader.gettext("Message:"), booking.message),
    ]
    known = [one for one in fields.attributes(session) if not one.health]
    answers = fields.told(known, fields.of_booking(booking), reader)
    return [(label, value) for label, value in typed if value] + [
        (f"{label}:", said) for label, said in answers
    ]


def _by(session: Session, reader: Reader, change: Change) -> list[tuple[str, str]]:
    """Who did it; the course of time is nobody."""
    if change.actor == SYSTEM.name:
        return []
    if change.actor == CUSTOMER.name:
        return [(reader.gettext("Done by:"), reader.gettext("the customer"))]
    who = session.scalar(select(Account).where(Account.email == change.actor))
    return [(reader.gettext("Done by:"), who.name if who and who.name else change.actor)]


def _button(reader: Reader, hall: Hall, login: Login, change: Change, booking: Booking) -> tuple[str, str]:
    """Where to go on; to the day, where the appointment is no business of the reader's any more."""
    if not may_touch_booking(login.actor, booking):
        day = datetime.fromisoformat(change.after["starts"]).astimezone(ZoneInfo(booking.zone)).date()
        return reader.gettext("See the day"), urls.absolute(hall.config, f"/office/?day={day}")
    address = urls.absolute(hall.config, f"/office/booking/{booking.uid}")
    if booking.status == Status.REQUESTED:
        return reader.gettext("Decide on the request"), address
    return reader.gettext("See the appointment"), address
