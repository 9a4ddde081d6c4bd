"""Words for what the core calls by short names: messages, their states, acts, doors."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext

from vorzimmer.models import Booking
from vorzimmer.reasons import N_
from vorzimmer_web.shell.words import day_with_year, when

TOPICS = {
    "code": N_("Code"),
    "confirmed": N_("Confirmation"),
    "requested": N_("Request received"),
    "accepted": N_("Request accepted"),
    "declined": N_("Request declined"),
    "moved": N_("New time"),
    "changed": N_("Details changed"),
    "offered": N_("Another time offered"),
    "stands": N_("Takes place as planned"),
    "cancelled": N_("Cancellation"),
    "reopened": N_("Takes place after all"),
    "reminder": N_("Reminder"),
    "completed": N_("Thanks and balance"),
    "expired": N_("Request lapsed"),
    "notice": N_("Notice to staff"),
    "asked": N_("Request to the practice"),
}
STATES = {
    "due": N_("planned"),
    "leased": N_("being sent"),
    "sent": N_("sent"),
    "withdrawn": N_("withdrawn"),
    "parked": N_("given up"),
}
EVENTS = {
    "held": N_("Time reserved"),
    "details": N_("Details given"),
    "code_refused": N_("Wrong code"),
    "released": N_("Reservation given up"),
    "requested": N_("Requested"),
    "confirmed": N_("Booked"),
    "accepted": N_("Accepted"),
    "declined": N_("Declined"),
    "moved": N_("Moved"),
    "offered": N_("Another time offered"),
    "stands": N_("Offer taken back: takes place as planned"),
    "unanswered": N_("No other time chosen until then"),
    "called": N_("Called"),
    "unreached": N_("A mail could not be delivered: please call"),
    "reached": N_("A later mail has arrived: no call needed"),
    "cancelled": N_("Cancelled"),
    "reopened": N_("Opened again"),
    "completed": N_("Was here"),
    "missed": N_("Did not come"),
    "corrected": N_("Corrected"),
    "edited": N_("Details edited"),
    "changed": N_("Details changed"),
    "reassigned": N_("Given another room or device"),
    "clashed": N_("A private event lies over it"),
    "refused": N_("Change in a calendar app refused"),
    "elsewhere_refused": N_("Move to another calendar refused"),
    "reinstated": N_("Cancellation taken back"),
    "paid": N_("Payment"),
    "reminded": N_("Reminder sent by hand"),
    "expired": N_("Lapsed"),
    "answers_forgotten": N_("Answers deleted: their time was over"),
}
RECORD_EVENTS = {
    "customer_added": N_("Record added"),
    "customer_changed": N_("Record changed"),
    "customer_merged": N_("Merged with another record"),
    "change_accepted": N_("Change accepted"),
    "change_ignored": N_("Change ignored"),
}
DOORS = {
    "page": N_("booking page"),
    "office": N_("office"),
    "api": N_("API"),
    "caldav": N_("calendar app"),
    "cli": N_("command line"),
    "worker": N_("automatically"),
    "import": N_("import"),
}
ACTORS = {
    "customer": N_("customer"),
    "command line": N_("command line"),
    "system": N_("system"),
}
"""Who acts without a login; people stand in the log by theirs."""
REASONS = {
    "moved on a device": N_("moved on a device"),
    "accepted on a device": N_("accepted on a device"),
    "import": N_("import"),
}
"""Reasons that nobody typed."""


def words() -> dict[str, Any]:
    """All of them in the language of the page, for templates."""
    tables = {
        "topics": TOPICS,
        "states": STATES,
        "events": EVENTS | RECORD_EVENTS,
        "doors": DOORS,
        "actors": ACTORS,
        "reasons": REASONS,
    }
    said: dict[str, Any] = {
        name: {key: gettext(text) for key, text in table.items()} for name, table in tables.items()
    }
    return {**said, "zone_of": zone_of, "date_of": date_of}


def zone_of(booking: Booking) -> ZoneInfo:
    """The zone in which a booking's times are shown: its place's."""
    return ZoneInfo(booking.zone)


def date_of(booking: Booking) -> str:
    """The local day of a booking with its year: "Mi, 3. März 2027"."""
    return day_with_year(booking.starts.astimezone(zone_of(booking)).date())


def last_used(at: datetime | None, zone: ZoneInfo) -> str:
    """When a password or key opened something last."""
    if at is None:
        return str(gettext("It was never used."))
    return str(gettext("Used last: %(when)s.", when=when(at, zone)))
