"""What is said and given about one appointment: how it is paid, its calendar file."""

from __future__ import annotations

from flask import Response
from flask_babel import gettext

from vorzimmer import hookspecs
from vorzimmer.booking import paid
from vorzimmer.icalendar import writer as ical
from vorzimmer.models import Booking, Status
from vorzimmer.server.here import hall

ENDED = (Status.CANCELLED, Status.DECLINED, Status.EXPIRED)


def payment_note(booking: Booking) -> str:
    """The msgid of the way to pay that was chosen; empty where nothing is to be paid."""
    methods = hall().plugins.ask(hookspecs.payment_methods, service=booking.service)
    return next((method.note or method.title for method in methods if method.name == booking.payment), "")


def sums(booking: Booking) -> list[tuple[str, int]]:
    """The price that holds for this appointment; where something was paid, that and what is open (office 18)."""
    received = paid(booking)
    shown = booking.service.price_shown or received or booking.status == Status.COMPLETED
    if booking.price is None or not shown:
        return []
    found = [(gettext("Price"), booking.price)]
    if received:
        found.append((gettext("Paid"), received))
        if booking.status not in ENDED:
            found.append((gettext("Open"), booking.price - received))
    return found


def calendar_answer(booking: Booking) -> Response:
    """The appointment as a calendar file, from the customer's point of view."""
    event = ical.Event(
        uid=booking.uid,
        sequence=booking.sequence,
        status=ical.STATUS[booking.status],
        starts=booking.starts,
        ends=booking.ends,
        zone=booking.zone,
        summary=f"{booking.service.name}: {booking.staff.name}" if booking.staff else booking.service.name,
        location=ical.where(booking),
        conference=booking.link,
    )
    answer = Response(ical.file(event, stamp=booking.changed_at), mimetype="text/calendar")
    answer.headers["Content-Disposition"] = 'attachment; filename="termin.ics"'
    return answer
