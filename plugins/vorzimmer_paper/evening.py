"""Tomorrow's list to each place, every evening: who is without a network tomorrow has it on paper (O74, B15)."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select, true, update
from sqlalchemy.orm import Session

from vorzimmer.hookspecs import Person, PersonalData
from vorzimmer.icalendar import writer as ical
from vorzimmer.messages import outbox
from vorzimmer.models import Booking, Location, Message
from vorzimmer.practice import Hall
from vorzimmer.reasons import N_
from vorzimmer.text.texts import Reader
from vorzimmer_paper import sheets
from vorzimmer_paper.days import List, listed, with_whom
from vorzimmer_paper.settings import Settings

OUT = ("sent", "withdrawn", "parked")


def send(session: Session, hall: Hall, config: Settings, moment: datetime) -> None:
    """Write the mails of this evening, each once; what earlier ones carried is thrown away (a job)."""
    _forget(session, moment)
    for place in session.scalars(
        select(Location).where(Location.active, Location.slug.in_(config.addresses))
    ):
        zone = ZoneInfo(place.zone)
        local = moment.astimezone(zone)
        tomorrow = local.date() + timedelta(days=1)
        key = f"paper/{place.slug}/{tomorrow}"
        if local.hour < config.hour or outbox.is_written(session, key):
            continue
        found = listed(session, tomorrow, zone, true(), place=place)
        if found.bookings:
            reader = hall.texts.reader(hall.config.settings.practice.languages[0])
            outbox.tell_address(
                session,
                hall,
                outbox.PAPERS,
                moment,
                recipient=config.addresses[place.slug],
                key=key,
                language=reader.language,
                details=papers(reader, hall, found, moment),
            )


def _forget(session: Session, moment: datetime) -> None:
    """Lists of customers do not pile up in the database: what was sent goes after a day."""
    over = (
        Message.topic == outbox.PAPERS,
        Message.state.in_(OUT),
        Message.planned_at < moment - timedelta(days=1),
    )
    session.execute(update(Message).where(*over).values(details={}, text=""))


def forget(session: Session, person: Person, *, erase: bool) -> list[PersonalData]:
    """Lists that a person is on: what was sent is thrown away, what waits is written anew without them."""
    lists = select(Message).where(Message.topic == outbox.PAPERS)
    found = [
        one for one in session.scalars(lists) if person.is_in(f"{one.details.get('list', '')}\n{one.text}")
    ]
    for one in found if erase else ():
        if one.state in OUT:
            one.details, one.text = {}, ""
        else:
            session.delete(one)
    return [PersonalData(N_("Lists for paper: %(number)d"), {"number": len(found)})] if found else []


def papers(reader: Reader, hall: Hall, found: List, moment: datetime) -> Mapping[str, Any]:
    """What the mail says and carries: the list as PDF to print, and as a calendar file to import."""
    practice, day, name = hall.config.settings.practice, reader.day(found.day), f"termine-{found.day}"
    place = found.place.name if found.place else practice.name
    number = reader.ngettext("%(num)d appointment", "%(num)d appointments", len(found.bookings))
    events = [ical.booking_event(booking) for booking in found.bookings]
    files = {
        f"{name}.pdf": ("application/pdf", sheets.day_list(reader, practice, found)),
        f"{name}.ics": ("text/calendar", ical.agenda(events, stamp=moment).encode()),
    }
    return {
        "subject": f"{day}, {place}: {number}",
        "paragraphs": [
            reader.gettext("These are the appointments of %(day)s at %(place)s.", day=day, place=place),
            reader.gettext("Attached: the list to print, and a calendar file that any calendar reads."),
        ],
        "list": "\n".join(_line(reader, one, found.zone) for one in found.bookings),
        "files": [
            [name, kind, base64.b64encode(content).decode()] for name, (kind, content) in files.items()
        ],
    }


def _line(reader: Reader, one: Booking, zone: ZoneInfo) -> str:
    time = f"{reader.clock(one.starts, zone)}–{reader.clock(one.ends, zone)}"
    parts = [f"{time} {one.whom}", one.telephone, one.service.name, with_whom(one)]
    return ", ".join(ical.plain(part) for part in parts if part)
