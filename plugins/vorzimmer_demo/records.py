"""What the demo's practice knows of its customers: questions, groups, notes, a changed number, payments."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from vorzimmer import audit
from vorzimmer.access import CUSTOMER, Actor
from vorzimmer.models import (
    Attribute,
    Booking,
    Customer,
    CustomerChange,
    CustomerGroup,
    FormField,
    Payment,
    Service,
    Status,
)

ASKED_WITH = "erstgespraech"
DESK = Actor("empfang@praxis.example", "office")
GROUPS = {
    "Hausbesuch": ["Karl Quandt", "Frieda Thoma"],
    "Sportverein Mitte": ["Jonas Albers", "Leon Greve", "Tom Otto", "Greta Vogt"],
    "Familie Lang": ["Lena Lang", "Marie Lorenz"],
}
NOTES = {
    "Max Muster": "Kommt lieber nachmittags.",
    "Karl Quandt": "Treppe fällt schwer: bitte Raum 1. Tochter anrufen, wenn er nicht kommt.",
    "Emma Dorn": "Möchte am Vortag angerufen werden, liest keine E-Mails.",
    "Jonas Albers": "Rechnung an den Sportverein Mitte.",
}
APPOINTMENT_NOTES = {
    "massage": "Schultern und Nacken; Wärme tut gut.",
    "ultraschall": "Rechtes Knie, 1,5 W/cm².",
    "notiz": "Bittet um Rückruf wegen eines neuen Termins.",
}
INSURANCES = {
    "gesetzlich": ("gesetzlich", "statutory", "publique", "государственная"),
    "privat": ("privat", "private", "privée", "частная"),
    "selbst": ("keine, zahlt selbst", "none, pays alone", "aucune, paie seul", "нет, платит сам"),
}
ANSWERS: dict[str, dict[str, Any]] = {
    "Lena Lang": {"versicherung": "gesetzlich", "geburtstag": "1988-04-17"},
    "Max Muster": {"versicherung": "privat", "geburtstag": "1979-11-02"},
    "Karl Quandt": {"versicherung": "gesetzlich", "geburtstag": "1941-01-30"},
}
NEW_NUMBER = ("Mia Brandt", "0171 3920 099")
"""Who typed another phone number with the last booking; the desk has not decided yet."""


def fill_records(session: Session, day: datetime) -> None:
    """Complete what `fill_bookings` has made; `day` is the midnight that it is counted from."""
    _questions(session)
    _groups(session)
    for customer in session.scalars(select(Customer).order_by(Customer.id)):
        customer.note = NOTES.get(customer.name, "")
        customer.attributes = ANSWERS.get(customer.name, {})
    seen: set[str] = set()
    for booking in session.scalars(select(Booking).order_by(Booking.starts, Booking.uid)).all():
        if booking.status == Status.COMPLETED:
            _was_here(session, booking, day, noted=booking.service.slug not in seen)
            seen.add(booking.service.slug)
    _changed_number(session, day)


def _questions(session: Session) -> None:
    """Asked with the first appointment only, and nobody has to answer."""
    insurance = Attribute(slug="versicherung", scope="customer", kind="choice", position=1)
    insurance.labels = _said(
        "Krankenversicherung", "Health insurance", "Assurance maladie", "Медицинская страховка"
    )
    insurance.purpose = "Für die Abrechnung."
    insurance.choices = [{"value": value, "labels": _said(*texts)} for value, texts in INSURANCES.items()]
    birthday = Attribute(slug="geburtstag", scope="customer", kind="date", position=2)
    birthday.labels = _said("Geburtsdatum", "Date of birth", "Date de naissance", "Дата рождения")
    birthday.purpose = "Unterscheidet Menschen mit demselben Namen."
    way = Attribute(slug="empfehlung", scope="booking", kind="text", position=3, retention_days=365)
    way.labels = _said(
        "Wie haben Sie von uns erfahren?",
        "How did you hear of us?",
        "Comment nous avez-vous connus\u202f?",
        "Как вы о нас узнали?",
    )
    way.purpose = "Zeigt uns, wie man uns findet."
    service = session.scalars(select(Service).where(Service.slug == ASKED_WITH)).one()
    session.add_all(FormField(attribute=one, service=service) for one in (insurance, birthday, way))


def _said(*texts: str) -> dict[str, str]:
    return dict(zip(("de", "en", "fr", "ru"), texts, strict=True))


def _groups(session: Session) -> None:
    known = {customer.name: customer for customer in session.scalars(select(Customer))}
    for name, members in GROUPS.items():
        group = CustomerGroup(name=name)
        session.add(group)
        for member in filter(None, map(known.get, members)):
            member.groups.append(group)


def _was_here(session: Session, booking: Booking, day: datetime, *, noted: bool) -> None:
    """Paid on the spot, but for the last week's; the first of each service has a note."""
    if noted:
        booking.note = APPOINTMENT_NOTES.get(booking.service.slug, "")
    if booking.price and booking.ends < day - timedelta(days=7):
        pay(booking, booking.price, booking.ends)


def pay(booking: Booking, amount: int, at: datetime) -> None:
    """Money that the front desk has received."""
    booking.payments.append(
        Payment(
            amount=amount,
            currency=booking.currency,
            method=booking.payment,
            actor=DESK.name,
            paid_at=at,
        )
    )


def record_history(session: Session, booking: Booking) -> None:
    """Write down who booked, what became of it and what was paid, as the pages of an appointment show it."""
    about = f"booking {booking.uid}"
    first = booking.status if booking.status == Status.REQUESTED else Status.CONFIRMED
    booked_by = CUSTOMER if booking.source == "page" else DESK
    audit.write(session, booking.created_at, booked_by, first, about, after=audit.snapshot(booking))
    if booking.status in (Status.COMPLETED, Status.MISSED):
        audit.write(session, booking.ends, DESK, booking.status, about, after=audit.snapshot(booking))
    if booking.status == Status.CANCELLED:
        audit.write(session, booking.changed_at, DESK, booking.status, about, after=audit.snapshot(booking))
    for payment in booking.payments:
        paid = {"amount": payment.amount, "currency": payment.currency, "paid": payment.amount}
        audit.write(session, payment.paid_at, DESK, "paid", about, after=paid)


def _changed_number(session: Session, day: datetime) -> None:
    name, number = NEW_NUMBER
    customer = session.scalars(select(Customer).where(Customer.name == name)).first()
    if customer is None:
        return
    latest = select(Booking).where(Booking.customer_id == customer.id).order_by(Booking.created_at.desc())
    booking = session.scalars(latest).first()
    change = CustomerChange(customer=customer, booking=booking, values={"phone": number}, created_at=day)
    session.add(change)
