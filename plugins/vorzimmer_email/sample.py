"""A made-up appointment, to show how a text reads when it is sent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from vorzimmer import database
from vorzimmer.models import Booking, Location, Message, Resource, Service
from vorzimmer.reasons import N_
from vorzimmer.text.texts import Reader
from vorzimmer_email.letter import Letter, booking_letter, values
from vorzimmer_email.texts import filled

if TYPE_CHECKING:
    from vorzimmer.practice import Hall

STATUS = {"requested": "requested", "declined": "declined", "cancelled": "cancelled", "expired": "expired"}


@dataclass(frozen=True)
class Sample:
    """The mail with the default text, and what the placeholders stand for in it."""

    default: Letter
    values: dict[str, str]

    def letter(self, own: str | None) -> Letter:
        """The mail with an own text."""
        return replace(self.default, paragraphs=[filled(own, self.values)]) if own else self.default


def sample(session: Session, hall: Hall, reader: Reader, topic: str, service: Service | None) -> Sample:
    """An appointment the day after tomorrow, of the service or of any; nothing of it is stored."""
    service = service or session.scalars(select(Service).where(Service.active).order_by(Service.id)).first()
    place = session.scalars(select(Location).where(Location.active).order_by(Location.id)).first()
    staff = session.scalars(select(Resource).where(Resource.kind == "staff", Resource.active)).first()
    starts = database.now(session).replace(minute=0, second=0) + timedelta(days=2)
    booking = Booking(
        uid="sample",
        service=service or Service(slug="", name="", minutes=30, price_shown=True),
        location=place or Location(slug="", name="", zone=hall.config.settings.practice.zone),
        zone=place.zone if place else hall.config.settings.practice.zone,
        name=reader.gettext(N_("Alex Sample")),
        price=service.price if service else None,
        currency=service.currency if service else "EUR",
        seats=1,
        place="",
        link="",
    )
    ends = starts + timedelta(minutes=booking.service.minutes)
    details = {
        "starts": starts.isoformat(),
        "ends": ends.isoformat(),
        "service": booking.service.name,
        "staff": [staff.name] if staff else [],
        "sequence": 0,
        "status": STATUS.get(topic, "confirmed"),
    }
    message = Message(topic=topic, details=details, planned_at=starts)
    return Sample(
        booking_letter(reader, hall.config, message, booking), values(reader, hall.config, message, booking)
    )
