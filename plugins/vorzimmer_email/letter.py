"""What our mails say: one letter for each topic, in the reader's language."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from vorzimmer import urls
from vorzimmer.icalendar import writer as ical
from vorzimmer.messages.outbox import COMPARED
from vorzimmer.models import Booking, Message
from vorzimmer.reasons import N_
from vorzimmer.settings.config import Config
from vorzimmer.text.texts import Reader

ENDED = frozenset({"declined", "cancelled", "expired"})
TITLES = {
    "confirmed": N_("Appointment confirmed"),
    "requested": N_("Request received"),
    "accepted": N_("Request accepted"),
    "declined": N_("Request declined"),
    "moved": N_("Appointment moved"),
    "changed": N_("Appointment changed"),
    "offered": N_("Please choose another time"),
    "stands": N_("Appointment takes place as planned"),
    "cancelled": N_("Appointment cancelled"),
    "reopened": N_("Appointment takes place after all"),
    "reminder": N_("Reminder"),
    "completed": N_("Thank you for your visit"),
    "expired": N_("Request expired"),
}
OPENINGS = {
    "confirmed": N_("Your appointment is confirmed."),
    "requested": N_(
        "We have received your request. We keep the time free for you until we have decided, and will write to you."
    ),
    "accepted": N_("We have accepted your request: your appointment is confirmed."),
    "declined": N_("We are sorry that we cannot offer you this appointment."),
    "moved": N_("Your appointment has been moved."),
    "changed": N_("Something about your appointment has changed."),
    "offered": N_(
        "Something has come up on our side. Please choose another time by the link below; "
        "until you do, your appointment stays as it is."
    ),
    "stands": N_("You need not choose another time any more: your appointment takes place as planned."),
    "cancelled": N_("Your appointment has been cancelled."),
    "reopened": N_("Your appointment had been cancelled, and takes place after all."),
    "reminder": N_("We look forward to seeing you. This is a reminder of your appointment."),
    "completed": N_(
        "Thank you for coming. This is what your appointment costs and what you have paid so far."
    ),
    "expired": N_(
        "We are sorry that your request was not answered in time. It has expired, the time is no longer reserved."
    ),
}
SIX_DIGITS = re.compile(r"(?<!\d)\d{6}(?!\d)")
LINK_LIKE = re.compile(r"://|@|www\.|\w\.\w", re.IGNORECASE)


@dataclass(frozen=True)
class Letter:
    """A mail before it is dressed. `facts` are pairs of label and value, one of them `strong`; `button` is text and
    address."""

    language: str
    subject: str
    greeting: str
    paragraphs: list[str]
    facts: list[tuple[str, str]] = field(default_factory=list)
    strong: str = ""
    code: str = ""
    note: str = ""
    button: tuple[str, str] | None = None
    footer: list[str] = field(default_factory=list)


def code_letter(reader: Reader, config: Config, message: Message, booking: Booking) -> Letter:
    """The mail with the code: fixed texts and our own data only, nothing that was typed into a form (A88).

    The code is the only run of exactly six digits in it (interface.md), so that any program finds it.
    """
    practice = config.settings.practice.name
    return Letter(
        language=reader.language,
        subject=_without_six(
            reader.gettext("Your code for the appointment at %(practice)s", practice=practice)
        ),
        greeting=reader.gettext("Hello,"),
        paragraphs=[
            reader.gettext("Please enter this code on the page to complete your booking:"),
            reader.gettext("The time is kept for you for a few more minutes."),
            reader.gettext(
                "You have not booked anything? Then simply ignore this e-mail; nothing will happen."
            ),
        ],
        facts=[(label, _without_six(value)) for label, value in _facts(reader, message, booking)[:2]],
        strong=reader.gettext("When:"),
        code=urls.code(config, booking.uid, message.details["issue"]),
        footer=[_without_six(practice)],
    )


def booking_letter(
    reader: Reader,
    config: Config,
    message: Message,
    booking: Booking,
    *,
    opening: str | None = None,
) -> Letter:
    """The mail about an appointment; what it says of it is what was true when the message was written.

    `opening` is the practice's own first sentence.
    """
    details, topic = message.details, message.topic
    return Letter(
        language=reader.language,
        subject=_subject(reader, message, booking),
        greeting=_greeting(reader, booking),
        paragraphs=[opening or reader.gettext(OPENINGS[topic])],
        facts=[
            *(
                _changed_facts(reader, message, booking)
                if topic in COMPARED
                else [*_facts(reader, message, booking), *_more_facts(reader, message, booking)]
            ),
            *_last_facts(reader, message, booking),
        ],
        strong=reader.gettext("When:"),
        note=ical.plain_lines(details.get("message", "")),
        button=_button(reader, config, topic, booking),
        footer=list(filter(None, [config.settings.practice.name, config.settings.practice.phone])),
    )


def papers_letter(reader: Reader, config: Config, message: Message) -> Letter:
    """The mail that carries papers to the practice itself: what it says was written with them."""
    practice = config.settings.practice
    return Letter(
        language=reader.language,
        subject=message.details["subject"],
        greeting=reader.gettext("Hello,"),
        paragraphs=list(message.details["paragraphs"]),
        note=message.details["list"],
        footer=[practice.name],
    )


def notice_letter(reader: Reader, config: Config, message: Message) -> Letter:
    """The mail to staff: what it says was written with the message."""
    details = message.details
    return Letter(
        language=reader.language,
        subject=details["subject"],
        greeting=details["greeting"],
        paragraphs=list(details["paragraphs"]),
        facts=[(label, ical.plain(value)) for label, value in details.get("facts", ())],
        strong=details.get("strong", ""),
        note=details.get("list", ""),
        button=(details["button"][0], details["button"][1]),
        footer=[config.settings.practice.name],
    )


def values(reader: Reader, config: Config, message: Message, booking: Booking) -> dict[str, str]:
    """What the placeholders of own texts stand for; a name that would become a link is left out (A88)."""
    details = message.details
    told = details.get("old", details) if message.topic in ENDED else details
    name = ical.plain(booking.name)
    return {
        "name": "" if LINK_LIKE.search(name) else name,
        "service": ical.plain(told["service"]),
        "time": reader.when(
            datetime.fromisoformat(told["starts"]), ZoneInfo(booking.zone), message.planned_at.year
        ),
        "staff": ", ".join(map(ical.plain, details["staff"])),
        "place": ical.address(booking),
        "practice": ical.plain(config.settings.practice.name),
        "phone": ical.plain(config.settings.practice.phone),
    }


def _subject(reader: Reader, message: Message, booking: Booking) -> str:
    """The fact: "Termin bestätigt: Mi, 3. März, 10:30 bei Anna Berger"."""
    details = message.details
    starts = details.get("old", details)["starts"] if message.topic in ENDED else details["starts"]
    moment = reader.moment(datetime.fromisoformat(starts), ZoneInfo(booking.zone), message.planned_at.year)
    fact, staff = reader.gettext(TITLES[message.topic]), ", ".join(details["staff"])
    if not staff:
        return reader.gettext("%(fact)s: %(moment)s", fact=fact, moment=moment)
    return reader.gettext("%(fact)s: %(moment)s with %(staff)s", fact=fact, moment=moment, staff=staff)


def _greeting(reader: Reader, booking: Booking) -> str:
    """With the name that the person gave (O40), unless it would become a link in the reader's program (A88)."""
    name = ical.plain(booking.name)
    if not name or LINK_LIKE.search(name):
        return reader.gettext("Hello,")
    return reader.gettext("Hello %(name)s,", name=name)


def _facts(reader: Reader, message: Message, booking: Booking) -> list[tuple[str, str]]:
    """What and when. A cancelled appointment is told by the time that the customer knows."""
    details = message.details
    told = details.get("old", details) if message.topic in ENDED else details
    return [
        (reader.gettext("Service:"), ical.plain(told["service"])),
        (reader.gettext("When:"), _period(reader, told, booking)),
    ]


def _changed_facts(reader: Reader, message: Message, booking: Booking) -> list[tuple[str, str]]:
    """The appointment, and below each part of it that is another one what it was until now."""
    details = message.details
    now = _said(reader, details, booking)
    was = _said(reader, {**details, **details.get("old", {})}, booking)
    facts = []
    for label in now:
        if now[label] or was[label]:
            facts.append((label, now[label] or "–"))
        if now[label] != was[label]:
            facts.append((reader.gettext("Until now:"), was[label] or "–"))
    return facts


def _said(reader: Reader, said: dict[str, Any], booking: Booking) -> dict[str, str]:
    """What a customer sees of an appointment, by labels."""
    by_video = reader.gettext("by video") if said.get("link") else ""
    return {
        reader.gettext("Service:"): ical.plain(said["service"]),
        reader.gettext("When:"): _period(reader, said, booking),
        reader.gettext("With:"): ", ".join(map(ical.plain, said["staff"])),
        reader.gettext("Where:"): said.get("where", ical.address(booking)) or by_video,
        reader.gettext("Name:"): ical.plain(said.get("name", "")),
    }


def _more_facts(reader: Reader, message: Message, booking: Booking) -> list[tuple[str, str]]:
    details = message.details
    facts = []
    if message.topic == "reminder":
        facts.append((reader.gettext("Duration:"), _duration(reader, details)))
    if details["staff"]:
        facts.append((reader.gettext("With:"), ", ".join(map(ical.plain, details["staff"]))))
    if place := ical.address(booking):
        facts.append((reader.gettext("Where:"), place))
    return facts


def _last_facts(reader: Reader, message: Message, booking: Booking) -> list[tuple[str, str]]:
    """Until when to choose; the link of a video call as long as there is one to join (K88, A17); number and money."""
    facts = []
    if "choose_until" in message.details:
        until = datetime.fromisoformat(message.details["choose_until"])
        said = reader.when(until, ZoneInfo(booking.zone), message.planned_at.year)
        facts.append((reader.gettext("Please choose until:"), said))
    if booking.link and message.topic not in ENDED and message.topic != "completed":
        facts.append((reader.gettext("Join by video:"), booking.link))
    if booking.seats > 1:
        facts.append((reader.gettext("Persons:"), str(booking.seats)))
    if message.topic not in ENDED:
        facts += _money(reader, message, booking)
    return facts


def _money(reader: Reader, message: Message, booking: Booking) -> list[tuple[str, str]]:
    """The price; where something was paid or the visit is over, what was received and what is open (K75, K92)."""
    price = message.details.get("price", booking.price)
    if price is None or not (booking.service.price_shown or message.topic == "completed"):
        return []
    facts = [(reader.gettext("Price:"), reader.money(price, booking.currency))]
    received = message.details.get("paid", sum(payment.amount for payment in booking.payments))
    if received or message.topic == "completed":
        facts.append((reader.gettext("Paid:"), reader.money(received, booking.currency)))
        facts.append((reader.gettext("Open:"), reader.money(price - received, booking.currency)))
    return facts


def _period(reader: Reader, told: dict[str, Any], booking: Booking) -> str:
    starts, ends = datetime.fromisoformat(told["starts"]), datetime.fromisoformat(told["ends"])
    return reader.period(starts, ends, ZoneInfo(booking.zone))


def _duration(reader: Reader, told: dict[str, Any]) -> str:
    lasts = datetime.fromisoformat(told["ends"]) - datetime.fromisoformat(told["starts"])
    return reader.ngettext("%(num)d minute", "%(num)d minutes", int(lasts.total_seconds()) // 60)


def _button(reader: Reader, config: Config, topic: str, booking: Booking) -> tuple[str, str]:
    if topic in {*ENDED, "completed"} and not booking.service.active:
        return reader.gettext("Book another appointment"), urls.absolute(config, "/")
    if topic in ENDED:
        return reader.gettext("Choose another time"), urls.absolute(config, f"/book/{booking.service.slug}")
    if topic == "completed":
        return reader.gettext("Book another appointment"), urls.absolute(
            config, f"/book/{booking.service.slug}"
        )
    if topic == "offered":
        return reader.gettext("Choose another time"), urls.manage(config, booking.uid)
    if topic == "requested":
        return reader.gettext("See, move or withdraw the request"), urls.manage(config, booking.uid)
    return reader.gettext("See, move or cancel the appointment"), urls.manage(config, booking.uid)


def _without_six(text: str) -> str:
    """A text in which no other number can be taken for the code."""
    return SIX_DIGITS.sub("…", ical.plain(text))
