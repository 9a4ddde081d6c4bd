"""Change what belongs to an appointment, give it to somebody else, write down money (K73 to K76, K86 to K90, O19)."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from vorzimmer import booking as use_cases
from vorzimmer import customers
from vorzimmer.access import Actor, Right, may, open_to
from vorzimmer.booking import Fields, Override, Target
from vorzimmer.booking.parts.status import OPEN
from vorzimmer.models import AuditEntry, Booking, Location, Service
from vorzimmer.reasons import Reason, Refused
from vorzimmer.server.here import hall
from vorzimmer_web.office.acts import TO_CALL, known, said
from vorzimmer_web.office.agenda import STAFF
from vorzimmer_web.office.booking import own
from vorzimmer_web.office.booking import page as booking_page
from vorzimmer_web.office.caller import hits
from vorzimmer_web.office.choose import explained, where_possible
from vorzimmer_web.shell.requests import read_anew, reading, signed_in
from vorzimmer_web.shell.typed import Typed, money_shown

TEXTS = ("place", "link", "note")


def _stored(found: Booking) -> dict[str, str]:
    """What the form shows of the appointment as it is."""
    texts = {name: getattr(found, name) for name in TEXTS}
    price, place = money_shown(found.price, found.currency), found.location.slug
    return {**texts, "service": found.service.slug, "location": place, "price": price}


@open_to(*STAFF)
def edit(uid: str) -> ResponseReturnValue:
    """Service, price, place, link, note."""
    person = signed_in()
    found = own(reading(), person, uid)
    typed = Typed(request.form if request.method == "POST" else _stored(found))
    if request.method != "POST":
        return _form(found, typed)
    fields = _fields(found, typed, person)
    if typed.errors:
        return _form(found, typed), 422
    try:
        changed = hall().database.write(
            lambda s: known(s, hall(), person, _change(s, person, found, typed, fields), request.form)
        )
    except Refused as refusal:
        return _refused(uid, typed, explained(refusal))
    told = changed.sequence != found.sequence and changed.email
    kept = gettext("The appointment of %(name)s is changed.", name=changed.name)
    if changed.location_id != found.location_id:
        kept += " " + gettext("It is at %(place)s.", place=changed.location.name)
    if changed.call_since and not found.call_since:
        flash(f"{kept} {gettext(TO_CALL)}", "warning")
    else:
        flash(f"{kept} {gettext('%(email)s is told.', email=changed.email)}" if told else kept, "good")
    return redirect(url_for("office.booking", uid=changed.uid), 303)


def _fields(found: Booking, typed: Typed, person: Actor) -> Fields:
    """What was typed and may be changed at all: what is over has no new place."""
    fields: Fields = {}
    service = typed.get("service")
    price = typed.money("price", found.currency)
    if service in ("", found.service.slug) or typed.get("price") != typed.get("price-before"):
        fields["price"] = price  # else that of the new service counts
    if found.status in OPEN:
        fields["place"], fields["link"] = typed.get("place"), typed.get("link")
    if may(person, Right.NOTES):
        fields["note"] = typed.values.get("note", "")
    return fields


def _change(session: Session, person: Actor, found: Booking, typed: Typed, fields: Fields) -> Booking:
    service, place, level = typed.get("service"), typed.get("location"), typed.get("override")
    other_service = service not in ("", found.service.slug)
    other_place = place not in ("", found.location.slug)
    target = None
    if (other_service or other_place) and found.status in OPEN:
        target = Target(
            found.starts,
            service=service if other_service else None,
            location=place or None,
        )
    override = Override(level, typed.get("reason")[:300]) if level in ("warning", "double") else None
    return use_cases.change(
        session,
        hall(),
        person,
        found.uid,
        fields,
        target=target,
        seen=typed.get("seen"),
        message=said(typed.get("message")),
        override=override,
    )


def _refused(uid: str, typed: Typed, refusal: Refused) -> ResponseReturnValue:
    """The form again with all that was typed; after somebody else's change the fresh state beside it (A109)."""
    found = own(read_anew(), signed_in(), uid)
    if refusal.reason is Reason.INVALID:
        typed.errors |= refusal.facts["errors"]
        return _form(found, typed), 422
    if refusal.reason is Reason.WRONG_STATE:
        return _form(found, typed, differs=_differences(found, typed), last=_last_change(found)), 409
    return _form(found, typed, refusal=refusal), 409


def _differences(found: Booking, typed: Typed) -> dict[str, str]:
    """Fields that are not as they were typed, with what is stored now."""
    stored = _stored(found)
    return {name: now for name, now in stored.items() if name in typed.values and now != typed.get(name)}


def _last_change(found: Booking) -> AuditEntry | None:
    wanted = select(AuditEntry).where(AuditEntry.subject == f"booking {found.uid}")
    return reading().scalars(wanted.order_by(AuditEntry.id.desc()).limit(1)).first()


def _form(found: Booking, typed: Typed, **more: Any) -> str:
    services = reading().scalars(select(Service).where(Service.active).order_by(Service.name)).all()
    return render_template(
        "office/edit.html",
        booking=found,
        typed=typed,
        stored=_stored(found),
        services=services,
        open=found.status in OPEN,
        locations=_places(found),
        seen=use_cases.version(found),
        may_note=may(signed_in(), Right.NOTES),
        **more,
    )


def _places(found: Booking) -> list[Location]:
    """Where it could be, and where it is."""
    staff = found.staff.slug if found.staff else None
    possible = where_possible(reading(), found.service, staff)
    return possible if found.location in possible or not possible else [found.location, *possible]


@open_to(Right.CUSTOMERS)
def give(uid: str) -> ResponseReturnValue:
    """Choose another customer for the appointment (O19)."""
    session, person = reading(), signed_in()
    found, words = own(session, person, uid), request.values.get("who", "").strip()
    picked = request.form.get("customer", "")
    status = 200
    if request.method == "POST":
        try:
            customers.one(session, person, picked)
            changed = hall().database.write(
                lambda s: use_cases.change(
                    s,
                    hall(),
                    person,
                    uid,
                    {"customer": picked},
                    seen=request.form.get("seen", ""),
                    message=said(request.form.get("message", "")),
                )
            )
        except Refused as refusal:
            flash(gettext(refusal.text), "warning")
            status = 409
        else:
            flash(gettext("The appointment is now that of %(name)s.", name=changed.name), "good")
            return redirect(url_for("office.booking", uid=changed.uid), 303)
    return (
        render_template(
            "office/give.html",
            booking=found,
            hits=hits(session, person, words) if words else [],
            words_typed=words,
            seen=use_cases.version(found),
        ),
        status,
    )


@open_to(*STAFF)
def pay(uid: str) -> ResponseReturnValue:
    """Write a payment down, or take one back by a second row (K74, K76)."""
    person, typed = signed_in(), Typed(request.form)
    found = own(reading(), person, uid)
    undone = next((one for one in found.payments if str(one.id) == typed.get("undo")), None)
    amount = -undone.amount if undone else typed.money("amount", found.currency)
    if typed.errors:
        return booking_page(found, typed.errors), 422
    method = undone.method if undone else typed.get("method")
    try:
        hall().database.write(
            lambda s: use_cases.pay(s, hall(), person, uid, amount or 0, method, seen=typed.get("seen"))
        )
    except Refused as refusal:
        fresh = own(read_anew(), person, uid)
        if refusal.reason is Reason.INVALID:
            return booking_page(fresh, refusal.facts["errors"]), 422
        flash(gettext(refusal.text), "warning")
        return booking_page(fresh), 409
    flash(
        gettext("The payment is taken back.") if undone else gettext("The payment is written down."), "good"
    )
    return redirect(url_for("office.booking", uid=uid), 303)


def add_to(office: Blueprint) -> None:
    """Put the pages in their places."""
    office.route("/booking/<uid>/edit", methods=["GET", "POST"])(edit)
    office.route("/booking/<uid>/customer", methods=["GET", "POST"], endpoint="give")(give)
    office.post("/booking/<uid>/payments", endpoint="pay")(pay)
