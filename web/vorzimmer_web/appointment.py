"""What is said and given about one appointment: how it is paid, its calendar file."""

from __future__ import annotations

from flask import Response

from vorzimmer import hookspecs
from vorzimmer.here import hall
from vorzimmer.icalendar import writer as ical
from vorzimmer.models import Booking


def payment_note(booking: Booking) -> str:
    """The msgid of the way to pay that was chosen; empty where nothing is to be paid."""
    methods = hall().plugins.ask(hookspecs.payment_methods, service=booking.service)
    return next((method.note or method.title for method in methods if method.name == booking.payment), "")


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
