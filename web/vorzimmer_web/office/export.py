"""Customers and participants of a group as tables (C18 to C21)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from babel.numbers import format_decimal
from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy.orm import Session

from vorzimmer import customers, database
from vorzimmer.access import Actor, Right, may, open_to
from vorzimmer.models import Attribute, Booking, Customer
from vorzimmer.questions import fields
from vorzimmer.reasons import N_
from vorzimmer.server.here import hall
from vorzimmer.text.texts import Reader
from vorzimmer_web.office import tables
from vorzimmer_web.office.agenda import STAFF
from vorzimmer_web.office.customers import rights, wish
from vorzimmer_web.shell import words
from vorzimmer_web.shell.requests import reading, signed_in

AT_ONCE = 1000  # ids that one query takes
STATUS = {
    "requested": N_("request open"),
    "confirmed": N_("confirmed"),
    "completed": N_("completed"),
    "missed": N_("missed"),
}


@open_to(Right.EXPORTS)
def all_customers() -> ResponseReturnValue:
    """The customers of the list as it is narrowed, as CSV (C19, C21)."""
    person, narrowed = signed_in(), wish()
    rows = hall().database.write(lambda s: list(_table(s, person, customers.export(s, person, narrowed))))
    return tables.answer(rows, "customers")


def _table(session: Session, person: Actor, found: Sequence[Customer]) -> Iterator[list[str]]:
    """A row for each, by whose ID it can be imported again; notes only for those who may read them (A21)."""
    moment, notes = database.now(session), may(person, Right.NOTES)
    known = fields.attributes(session, fields.CUSTOMER)
    reader = hall().texts.reader(words.language())
    heads = [gettext("Name"), gettext("E-mail"), gettext("Phone"), gettext("Language"), gettext("Groups")]
    heads += [gettext("Next appointment"), gettext("No-shows")]
    heads += [fields.in_language(one.labels, reader.language) for one in known]
    yield [*heads, *([gettext("Note")] if notes else []), "ID"]  # in front, Excel takes the file for a SYLK
    zone = hall().config.zone
    summaries: dict[int, customers.Summary] = {}
    for first in range(0, len(found), AT_ONCE):
        summaries |= customers.summaries(session, person, found[first : first + AT_ONCE], moment)
    for one in found:
        summary = summaries[one.id]
        following = summary.next.astimezone(zone).strftime("%Y-%m-%d %H:%M") if summary.next else ""
        row = [one.name, one.email or "", one.phone, one.language]
        row += [", ".join(group.name for group in one.groups), following, str(summary.missed)]
        row += [_shown(attribute, one, reader) for attribute in known]
        yield [*row, *([one.note] if notes else []), one.uid]


def _shown(attribute: Attribute, customer: Customer, reader: Reader) -> str:
    value = customer.attributes.get(attribute.slug)
    if value is None:
        return ""
    match attribute.kind:  # dates and numbers as they can be read again
        case "date":
            return str(value)
        case "number":
            return f"{value:.15g}".replace(".", format_decimal(0.5, locale=reader.locale)[1])
    return fields.shown(attribute, value, reader)


@open_to(*STAFF)
def participants(uid: str) -> str:
    """Who takes part in a group appointment, to read and to print (C18)."""
    person = signed_in()
    found = customers.participants(reading(), person, uid)
    return render_template("office/customers/participants.html", uid=uid, found=found, may=rights(person))


@open_to(Right.EXPORTS)
def participants_file(uid: str) -> ResponseReturnValue:
    """The same as CSV (C20)."""
    person = signed_in()
    found = hall().database.write(lambda s: customers.export_participants(s, person, uid))
    known = fields.attributes(reading())
    return tables.answer(_list(found, known, may(person, Right.NOTES)), "participants")


def _list(found: Sequence[Booking], known: Sequence[Attribute], notes: bool) -> Iterator[list[str]]:
    """A row for each, with what they answered; a question that nobody was asked has no column."""
    reader = hall().texts.reader(words.language())
    answers = [fields.of_booking(one) for one in found]
    asked = [one for one in known if any(one.slug in given for given in answers)]
    heads = [gettext("Name"), gettext("E-mail"), gettext("Phone"), gettext("Seats"), gettext("Status")]
    heads += [fields.in_language(one.labels, reader.language) for one in asked]
    yield [*heads, gettext("Note")] if notes else heads
    for one, given in zip(found, answers, strict=True):
        row = [one.whom, one.email, one.telephone, str(one.seats), gettext(STATUS[one.status])]
        row += [fields.shown(each, given[each.slug], reader) if each.slug in given else "" for each in asked]
        yield [*row, one.note] if notes else row


def add_to(office: Blueprint) -> None:
    """Put the pages in their places."""
    office.post("/customers/export", endpoint="customers_file")(all_customers)
    office.get("/booking/<uid>/participants", endpoint="participants")(participants)
    office.post("/booking/<uid>/participants", endpoint="participants_file")(participants_file)
