"""The customers: a list to find them in, and each one's record (C13 to C17, O37 to O47, K107)."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from vorzimmer import booking as use_cases
from vorzimmer import customers, database
from vorzimmer.access import Actor, Right, may, open_to
from vorzimmer.customers import Wish
from vorzimmer.models import Customer
from vorzimmer.questions import fields
from vorzimmer.reasons import Reason, Refused
from vorzimmer.server.here import hall
from vorzimmer_web.office.booking import own
from vorzimmer_web.shell import words
from vorzimmer_web.shell.requests import read_anew, reading, signed_in

KEEPERS = (Right.CUSTOMERS, Right.CALENDARS, Right.OWN_CALENDAR)
PAGE, PAST = 50, 20
LARGEST_ID = 2**31 - 1


def wish() -> Wish:
    """What the list is narrowed to."""
    group = request.values.get("group", type=int)
    return Wish(
        words=request.values.get("q", "").strip()[:80].replace("\0", ""),
        group=group if group is not None and 0 < group <= LARGEST_ID else None,
        waiting=bool(request.values.get("waiting")),
    )


@open_to(*KEEPERS)
def index() -> str:
    """The list: search, groups, changes that wait; fifty at a time."""
    session, person, narrowed = reading(), signed_in(), wish()
    cursor = request.args.get("cursor", "")[:36].replace("\0", "") or None
    page, more = customers.listed(session, person, narrowed, PAGE, cursor)
    return render_template(
        "office/customers/list.html",
        customers=page,
        summaries=customers.summaries(session, person, page, database.now(session)),
        number=customers.number(session, person, narrowed),
        waiting=customers.number(session, person, Wish(waiting=True)),
        groups=customers.sizes(session, person),
        wish=narrowed,
        cursor=cursor,
        more=more,
        zone=hall().config.zone,
        may=rights(person),
    )


def rights(person: Actor) -> dict[str, bool]:
    """What the person signed in may do with customers."""
    return {
        "change": may(person, Right.CUSTOMERS),
        "notes": may(person, Right.NOTES),
        "export": may(person, Right.EXPORTS),
    }


@open_to(*KEEPERS)
def record(customer: str) -> ResponseReturnValue:
    """Everything about one customer."""
    return _record(customer)


def _record(uid: str, **typed: Any) -> str:
    """The page; `typed` is what must not be lost: a note that was refused."""
    session, person = reading(), signed_in()
    customer, moment = customers.one(session, person, uid), database.now(session)
    ahead = customers.appointments(session, person, customer, moment)
    cursor = request.args.get("cursor", "")[:60].replace("\0", "") or None
    past, more = customers.past(session, person, customer, moment, PAST, cursor)
    known = fields.attributes(session, fields.CUSTOMER)
    alike = customers.alike(session, person, customer)
    facts: dict[str, Any] = {
        "customer": customer,
        "summary": customers.summaries(session, person, [customer], moment)[customer.id],
        "answers": fields.told(known, customer.attributes, hall().texts.reader(words.language())),
        "ahead": ahead,
        "past": past,
        "more": more,
        "tab": "past" if "past" in request.args else "ahead",
        "messages": customers.messages(session, person, customer),
        "changes": [_change(customer, one, known) for one in customers.waiting(session, customer)],
        "doubles": [one for one in alike if customers.same_name(customer, one)],
        "family": [one for one in alike if not customers.same_name(customer, one)],
        "history": customers.entries(session, customer),
        "zone": hall().config.zone,
        "now": moment,
        "version_of": use_cases.version,
        "may": rights(person),
    }
    return render_template("office/customers/record.html", **facts, **typed)


def _change(customer: Customer, waiting: Any, known: list[Any]) -> dict[str, Any]:
    """A change as people read it: what it is about, the value now, the value typed."""
    reader = hall().texts.reader(words.language())
    by_slug = {one.slug: one for one in known}
    rows = []
    for name, value in waiting.values.items():
        old = customers.value_of(customer, name)
        attribute = by_slug.get(name.removeprefix("fields."))
        if attribute is not None:
            label = fields.in_language(attribute.labels, words.language())
            shown = [fields.shown(attribute, one, reader) if one is not None else "" for one in (old, value)]
        else:
            label, shown = name, [str(old or ""), str(value)]
        rows.append((label, *shown))
    return {"id": waiting.id, "booking": waiting.booking, "at": waiting.created_at, "rows": rows}


@open_to(Right.NOTES)
def note(customer: str) -> ResponseReturnValue:
    """Keep the general note in its place (O45)."""
    text, seen, person = request.form.get("note", ""), request.form.get("seen", ""), signed_in()
    try:
        hall().database.write(lambda s: customers.keep_note(s, hall(), person, customer, text, seen=seen))
    except Refused as refusal:
        return _refused_note(customer, refusal, "note_typed", text)
    flash(gettext("The note is kept."), "good")
    return redirect(url_for("office.customer", customer=customer, _anchor="note"), 303)


@open_to(Right.NOTES)
def appointment_note(customer: str, uid: str) -> ResponseReturnValue:
    """Keep the note of an appointment, in its place in the list (O46)."""
    text, seen, person = request.form.get("note", ""), request.form.get("seen", ""), signed_in()
    found = own(reading(), person, uid)
    if found.customer is None or found.customer.uid != customer:
        raise Refused(Reason.NOT_FOUND)
    try:
        hall().database.write(lambda s: use_cases.change(s, hall(), person, uid, {"note": text}, seen=seen))
    except Refused as refusal:
        return _refused_note(customer, refusal, "notes_typed", {uid: text})
    flash(gettext("The note is kept."), "good")
    past = request.args.get("past")
    return redirect(url_for("office.customer", customer=customer, past=past, _anchor=f"a-{uid}"), 303)


def _refused_note(uid: str, refusal: Refused, place: str, typed: Any) -> ResponseReturnValue:
    """The record again with what was typed, and what stands there now."""
    if refusal.reason not in (Reason.WRONG_STATE, Reason.INVALID):
        raise refusal
    read_anew()
    error = refusal.facts.get("errors", {}).get("note", "")
    status = 422 if error else 409
    return _record(uid, **{place: typed}, note_error=error), status


@open_to(Right.CUSTOMERS)
def decide(customer: str, number: int, act: str) -> ResponseReturnValue:
    """Take what the customer typed into the record, or leave it (O39)."""
    person = signed_in()
    use_case = {"accept": customers.accept, "ignore": customers.ignore}[act]
    customers.one(reading(), person, customer)
    try:
        hall().database.write(lambda s: use_case(s, hall(), person, customer, number))
    except Refused as refusal:
        if refusal.reason is not Reason.NOT_FOUND:
            raise
        flash(gettext("Somebody has decided on this already."), "warning")
    else:
        said = {
            "accept": gettext("The record is up to date."),
            "ignore": gettext("The record stays as it is."),
        }
        flash(said[act], "good")
    return redirect(url_for("office.customer", customer=customer), 303)


def add_to(office: Blueprint) -> None:
    """Put the pages in their places."""
    office.get("/customers", endpoint="customers")(index)
    office.get("/customers/<customer>", endpoint="customer")(record)
    office.post("/customers/<customer>/note", endpoint="customer_note")(note)
    office.post("/customers/<customer>/appointments/<uid>/note", endpoint="appointment_note")(
        appointment_note
    )
    office.post(
        "/customers/<customer>/changes/<int(max=2147483647):number>/<any(accept, ignore):act>",
        endpoint="customer_change",
    )(decide)
