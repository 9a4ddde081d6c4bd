"""What a service's form asks beyond name and address, and the one check of what was answered (C9 to C12, T47)."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from babel.dates import format_date
from babel.numbers import format_decimal
from sqlalchemy import or_, select
from sqlalchemy.orm import Session, contains_eager

from vorzimmer.models import Attribute, Booking, Customer, FormField
from vorzimmer.reasons import N_
from vorzimmer.text.contact import plain
from vorzimmer.text.texts import Reader

CUSTOMER, BOOKING = "customer", "booking"
SCOPES = (CUSTOMER, BOOKING)
CONSENT = "consent"
KINDS = ("text", "choice", "date", "number", "yes_no", CONSENT)
HEALTH = "health"
"""The consent that what is said about one's health needs (Art. 9 GDPR); no attribute may be called so."""
HEALTH_CONSENT = N_(
    "I agree that the practice keeps what I say here about my health. I can withdraw this at any time."
)
LONGEST = 500
YEARS = range(1880, 2200)
LARGEST = 10**12


@dataclass(frozen=True)
class Field:
    """An attribute on a form, and whether the form needs an answer."""

    attribute: Attribute
    required: bool

    @property
    def slug(self) -> str:
        """The attribute's name in forms and in the API."""
        return self.attribute.slug

    def label(self, language: str) -> str:
        """What is asked, in a language."""
        return in_language(self.attribute.labels, language)

    def choices(self, language: str) -> dict[str, str]:
        """What may be chosen: value and text."""
        return {item["value"]: in_language(item["labels"], language) for item in self.attribute.choices}


def in_language(texts: Mapping[str, str], language: str) -> str:
    """The text in a language, else in the first that there is one in."""
    return texts.get(language) or next((text for text in texts.values() if text), "")


def asked(session: Session, service_id: int) -> list[Field]:
    """The fields of a service's form, in their order."""
    placed = _placed(session, or_(FormField.service_id.is_(None), FormField.service_id == service_id))
    return _joined(placed)


def asked_by_service(session: Session, service_ids: Collection[int]) -> dict[int, list[Field]]:
    """The fields of each service's form, in one query."""
    placed = _placed(session, or_(FormField.service_id.is_(None), FormField.service_id.in_(service_ids)))
    return {
        service_id: _joined([one for one in placed if one.service_id in (None, service_id)])
        for service_id in service_ids
    }


def _placed(session: Session, where: Any) -> Sequence[FormField]:
    query = select(FormField).join(FormField.attribute).where(Attribute.active, where)
    in_order = query.options(contains_eager(FormField.attribute)).order_by(Attribute.position, Attribute.id)
    return session.scalars(in_order).all()


def _joined(placed: Sequence[FormField]) -> list[Field]:
    """One field for each attribute: it is needed if any of its places needs it."""
    attributes = {one.attribute_id: one.attribute for one in placed}
    needed = {one.attribute_id for one in placed if one.required}
    return [Field(attribute, number in needed) for number, attribute in attributes.items()]


# ---- the check -------------------------------------------------------------------------------------------------------


def checked(
    form: Sequence[Field],
    given: Mapping[str, Any],
    consents: Collection[str],
    errors: dict[str, str],
    *,
    all_needed: bool = True,
) -> dict[str, Any]:
    """The answers as they are stored, by slug. What is wrong is added to `errors`: `fields.<slug>`, `consents.<slug>`.

    Not `all_needed`: staff type what they know, and note what the customer agreed to when they asked.
    """
    questions = {field.slug: field for field in form if field.attribute.kind != CONSENT}
    agreements = {field.slug: field for field in form if field.attribute.kind == CONSENT}
    errors |= {f"fields.{slug}": N_("There is no such field.") for slug in given.keys() - questions.keys()}
    errors |= {
        f"consents.{slug}": N_("There is no such consent.")
        for slug in set(consents) - agreements.keys() - {HEALTH}
    }
    values = {}
    for slug, field in questions.items():
        value, error = _answer(field.attribute, given.get(slug))
        if error is None and value is None and field.required and all_needed:
            error = N_("Please fill this in.")
        if error is not None:
            errors[f"fields.{slug}"] = error
        elif value is not None:
            values[slug] = value
    missing = {slug for slug, field in agreements.items() if field.required} - set(consents)
    if HEALTH not in consents and any(questions[slug].attribute.health for slug in values):
        missing.add(HEALTH)
    if all_needed:
        errors |= {f"consents.{slug}": N_("Please agree to this, or we cannot book.") for slug in missing}
    return values


def _answer(attribute: Attribute, value: Any) -> tuple[Any, str | None]:
    """The answer as it is stored, None for none; and what is wrong with it (an English msgid)."""
    if value is None or (isinstance(value, str) and not plain(value)):
        return None, None
    match attribute.kind:
        case "text":
            return _text(value)
        case "choice":
            known = value in [item["value"] for item in attribute.choices]
            return value, None if known else N_("Please choose one of these.")
        case "date":
            return _date(value)
        case "number":
            return _number(value)
    return value, None if isinstance(value, bool) else N_("Please answer yes or no.")


def _text(value: Any) -> tuple[Any, str | None]:
    if not isinstance(value, str):
        return value, N_("Please enter a text.")
    text = plain(value)
    return text, N_("At most 500 characters.") if len(text) > LONGEST else None


def _date(value: Any) -> tuple[Any, str | None]:
    try:
        day = date.fromisoformat(value)
    except (TypeError, ValueError):
        return value, N_("Please choose a day.")
    return day.isoformat(), None if day.year in YEARS else N_("Please choose a day.")


def _number(value: Any) -> tuple[Any, str | None]:
    fits = isinstance(value, int | float) and not isinstance(value, bool)
    if not fits or not math.isfinite(value) or abs(value) > LARGEST:
        return value, N_("Please enter a number.")
    return value, None


def agreed(form: Sequence[Field], consents: Collection[str], reader: Reader) -> dict[str, str]:
    """What the person agreed to, by slug, in the words that were read: that is what has to be shown later (Art. 7)."""
    texts = {field.slug: field.label(reader.language) for field in form if field.attribute.kind == CONSENT}
    texts[HEALTH] = reader.gettext(HEALTH_CONSENT)
    return {slug: texts[slug] for slug in sorted(set(consents)) if slug in texts}


# ---- what was answered -----------------------------------------------------------------------------------------------


def attributes(session: Session, scope: str | None = None) -> list[Attribute]:
    """The whole registry in its order, retired entries too; of one scope where given."""
    query = select(Attribute).order_by(Attribute.position, Attribute.id)
    return list(session.scalars(query if scope is None else query.where(Attribute.scope == scope)))


def told(known: Sequence[Attribute], values: Mapping[str, Any], reader: Reader) -> list[tuple[str, str]]:
    """Pairs of label and value for people, in the registry's order; what the registry does not know is left out."""
    return [
        (in_language(one.labels, reader.language), shown(one, values[one.slug], reader))
        for one in known
        if one.slug in values
    ]


def shown(attribute: Attribute, value: Any, reader: Reader) -> str:
    """A stored value as people read it."""
    match attribute.kind:
        case "choice":
            return Field(attribute, False).choices(reader.language).get(value, str(value))
        case "date":
            return format_date(date.fromisoformat(value), "medium", locale=reader.locale)
        case "number":
            return format_decimal(value, locale=reader.locale)
        case "yes_no":
            return reader.gettext("yes") if value else reader.gettext("no")
    return str(value)


def keep(session: Session, booking: Booking, customer: Customer) -> dict[str, Any]:
    """Give a person's lasting answers to their record; those that differ from it (`fields.<slug>`) are returned.

    Nobody overwrites a record by typing its name (B17): staff decide on what differs.
    """
    if not booking.fields:
        return {}
    lasting = {one.slug for one in attributes(session, CUSTOMER)}
    given = {slug: value for slug, value in booking.fields.items() if slug in lasting}
    known = customer.attributes or {}
    customer.attributes = {**given, **known}
    booking.fields = {slug: value for slug, value in booking.fields.items() if slug not in given}
    return {f"fields.{slug}": value for slug, value in given.items() if known.get(slug, value) != value}


def of_booking(booking: Booking) -> dict[str, Any]:
    """All answers that count for an appointment: its own, and those the customer gave once."""
    return {**(booking.customer.attributes if booking.customer else {}), **booking.fields}
