"""Writing customers' records: a new one, corrections, groups, and two that become one (O38, O41, O42)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy.orm import Session

from vorzimmer import customers
from vorzimmer.access import Actor, Right, may, open_to
from vorzimmer.customers import Record
from vorzimmer.models import Attribute, Customer
from vorzimmer.questions import fields
from vorzimmer.reasons import Reason, Refused
from vorzimmer.server.here import hall
from vorzimmer_web.shell import words
from vorzimmer_web.shell.answers import Sheet
from vorzimmer_web.shell.requests import read_anew, reading, signed_in
from vorzimmer_web.shell.site import LANGUAGES

TYPED = ("name", "phone", "email", "language", "note")


@dataclass(frozen=True)
class Form:
    """What stands in the form: texts by input, groups that are ticked, and the state that was seen."""

    typed: dict[str, str]
    groups: list[str]
    new_group: str = ""
    version: str = ""

    @classmethod
    def of(cls, customer: Customer) -> Form:
        """The record as it is."""
        typed = {name: getattr(customer, name) or "" for name in TYPED}
        typed |= Sheet.of([], customer.attributes, {}).typed
        groups = [group.name for group in customer.groups]
        return cls(typed, groups, version=customers.version_of(customer))

    @classmethod
    def sent(cls) -> Form:
        """What was sent."""
        given = request.form
        return cls(
            {name: text for name, text in given.items() if name in TYPED or name.startswith("fields.")},
            given.getlist("groups"),
            given.get("new_group", ""),
            given.get("version", ""),
        )

    def record(self, session: Session, person: Actor, *, noted: bool) -> Record:
        """As the core takes it."""
        sheet = Sheet(customers.questions(session), self.typed)
        return Record(
            **{name: self.typed.get(name, "") for name in ("name", "phone", "email", "language")},
            attributes=sheet.answers,
            groups=[*self.groups, *self.new_group.split(",")],
            note=self.typed.get("note", "") if noted and may(person, Right.NOTES) else None,
        )


def _page(
    form: Form, customer: Customer | None = None, refusal: Refused | None = None
) -> ResponseReturnValue:
    session, person = reading(), signed_in()
    known = [group.name for group, _size in customers.sizes(session, person)]
    page = render_template(
        "office/customers/form.html",
        customer=customer,
        form=form,
        groups=[*known, *(name for name in form.groups if name not in known)],
        sheet=Sheet(customers.questions(session), form.typed, all_needed=False),
        customer_languages={code: LANGUAGES[code] for code in hall().config.settings.practice.languages},
        errors=refusal.facts.get("errors", {}) if refusal else {},
        stale=refusal is not None and refusal.reason is Reason.WRONG_STATE,
        notes=may(person, Right.NOTES),
    )
    if refusal is None:
        return page
    return page, 409 if refusal.reason is Reason.WRONG_STATE else 422


def _explained(refusal: Refused) -> Refused:
    if refusal.reason not in (Reason.INVALID, Reason.WRONG_STATE):
        raise refusal
    return refusal


@open_to(Right.CUSTOMERS)
def new() -> ResponseReturnValue:
    """A customer who never books online (O41)."""
    person, languages = signed_in(), hall().config.settings.practice.languages
    if request.method != "POST":
        name = request.args.get("name", "")[:80]
        return _page(Form({"name": name, "language": languages[0]}, []))
    form = Form.sent()
    try:
        made = hall().database.write(
            lambda s: customers.add(s, hall(), person, form.record(s, person, noted=True))
        )
    except Refused as refusal:
        return _page(form, refusal=_explained(refusal))
    flash(gettext("%(name)s is in the records.", name=made.name), "good")
    return redirect(url_for("office.customer", customer=made.uid), 303)


@open_to(Right.CUSTOMERS)
def change(customer: str) -> ResponseReturnValue:
    """Complete or correct a record (O38); two who do it at once are told (A109)."""
    person = signed_in()
    found = customers.one(reading(), person, customer)
    if request.method != "POST":
        return _page(Form.of(found), found)
    form = Form.sent()

    def work(session: Session) -> Customer:
        given = form.record(session, person, noted=False)
        return customers.change(session, hall(), person, customer, given, version=form.version)

    try:
        hall().database.write(work)
    except Refused as refusal:
        _explained(refusal)
        read_anew()
        found = customers.one(reading(), person, customer)
        fresh = Form(form.typed, form.groups, form.new_group, customers.version_of(found))
        return _page(fresh, found, refusal)
    flash(gettext("The record is up to date."), "good")
    return redirect(url_for("office.customer", customer=customer), 303)


@open_to(Right.CUSTOMERS)
def merge(customer: str) -> ResponseReturnValue:
    """The step before two records become one: which one is kept, and what it will be."""
    session, person = reading(), signed_in()
    kept = customers.one(session, person, customer)
    other = request.values.get("other", "")[:36].replace("\0", "")
    if not other or other == customer:
        return _choose(kept)
    gone = customers.one(session, person, other)
    if request.method != "POST":
        return _preview(kept, gone)
    seen = request.form.get("version", ""), request.form.get("other_version", "")
    try:
        hall().database.write(lambda s: customers.merge(s, hall(), person, customer, other, versions=seen))
    except Refused as refusal:
        if refusal.reason is not Reason.WRONG_STATE:
            raise
        flash(gettext("One of the records has changed in the meantime. Please look again."), "warning")
        return redirect(url_for("office.customer_merge", customer=customer, other=other), 303)
    flash(gettext("Two records are one now: %(name)s.", name=kept.name), "good")
    return redirect(url_for("office.customer", customer=customer), 303)


def _choose(customer: Customer) -> str:
    """Which other record it is: one that is alike, or one that is searched."""
    session, person, typed = reading(), signed_in(), request.args.get("q", "").strip()[:80]
    alike = customers.alike(session, person, customer)
    found = customers.found(session, person, typed) if typed else alike
    return render_template(
        "office/customers/merge_with.html",
        customer=customer,
        words_searched=typed,
        found=[one for one in found if one.uid != customer.uid],
    )


def _preview(kept: Customer, gone: Customer) -> str:
    known = fields.attributes(reading(), fields.CUSTOMER)
    sides = [
        _facts(values, known)
        for values in (customers.snapshot(kept), customers.snapshot(gone), customers.joined(kept, gone))
    ]
    rows = [(label, *(side[label] for side in sides)) for label in sides[0]]
    return render_template(
        "office/customers/merge.html",
        kept=kept,
        gone=gone,
        rows=[row for row in rows if any(row[1:])],
        versions=(customers.version_of(kept), customers.version_of(gone)),
    )


def _facts(values: dict[str, Any], known: Sequence[Attribute]) -> dict[str, str]:
    """A record as people read it, by label; notes only for those who may read them (A21)."""
    reader = hall().texts.reader(words.language())
    facts = {
        gettext("Name"): values["name"],
        gettext("Phone"): values["phone"],
        gettext("E-mail"): values["email"],
    }
    facts[gettext("Language")] = LANGUAGES.get(values["language"], "")
    facts[gettext("Groups")] = ", ".join(values["groups"])
    for one in known:
        value = values["attributes"].get(one.slug)
        label = fields.in_language(one.labels, reader.language)
        facts[label] = "" if value is None else fields.shown(one, value, reader)
    if may(signed_in(), Right.NOTES):
        facts[gettext("Note")] = values["note"]
    return facts


def add_to(office: Blueprint) -> None:
    """Put the pages in their places."""
    both = ["GET", "POST"]
    office.route("/customers/new", endpoint="new_customer", methods=both)(new)
    office.route("/customers/<customer>/change", endpoint="change_customer", methods=both)(change)
    office.route("/customers/<customer>/merge", endpoint="customer_merge", methods=both)(merge)
