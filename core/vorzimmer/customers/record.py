"""Staff keep the records: add, complete, correct, sort into groups (O38, O41, O42, O45)."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from vorzimmer import access, audit, database
from vorzimmer.access import Actor, Right
from vorzimmer.customers.search import one
from vorzimmer.messages import outbox
from vorzimmer.models import Customer, CustomerGroup
from vorzimmer.practice import Hall
from vorzimmer.questions import fields
from vorzimmer.reasons import N_, Reason, Refused
from vorzimmer.text import contact

NOTE_LENGTH = 10_000
GROUP_LENGTH = 80


@dataclass(frozen=True)
class Record:
    """What staff typed about a customer; what is None stays as it is. `groups` are names; a new one makes a group."""

    name: str | None = None
    email: str | None = None
    phone: str | None = None
    language: str | None = None
    attributes: Mapping[str, Any] | None = None
    groups: Sequence[str] | None = None
    note: str | None = None


def add(session: Session, hall: Hall, actor: Actor, given: Record) -> Customer:
    """A new record; an address is not needed, and several may share one (O41, D5)."""
    access.require(access.may(actor, Right.CUSTOMERS))
    _may_write_note(actor, given)
    customer = Customer(uid=str(uuid.uuid4()), language=hall.config.settings.practice.languages[0])
    customer.name, customer.phone, customer.note, customer.attributes = "", "", "", {}
    values = _checked(session, hall, Record(**{**vars(given), "name": given.name or ""}), customer)
    customer.created_at = database.now(session)
    session.add(customer)
    _put(session, customer, values)
    session.flush()
    audit.write(
        session, customer.created_at, actor, "customer_added", subject(customer), after=snapshot(customer)
    )
    outbox.tell_of_record(session, hall, actor, "added", customer, customer.created_at)
    return customer


def change(
    session: Session, hall: Hall, actor: Actor, uid: str, given: Record, *, version: str | None = None
) -> Customer:
    """Complete or correct a record. Whoever may see it may keep its note; the rest takes the right to customers.

    Refuses with `INVALID`, and with `WRONG_STATE` where the record is no longer the one that `version` names (A109).
    """
    customer = locked(session, actor, uid)
    if any(value is not None for name, value in vars(given).items() if name != "note"):
        access.require(access.may(actor, Right.CUSTOMERS))
    _may_write_note(actor, given)
    if version is not None and version != version_of(customer):
        raise Refused(Reason.WRONG_STATE)
    before = snapshot(customer)
    _put(session, customer, _checked(session, hall, given, customer))
    session.flush()
    log_change(session, hall, actor, "customer_changed", customer, before)
    return customer


def keep_note(session: Session, hall: Hall, actor: Actor, uid: str, text: str, *, seen: str) -> Customer:
    """Keep the general note (O45). Refuses with `WRONG_STATE` where it is no longer the one that was `seen` (A109)."""
    customer = locked(session, actor, uid)
    access.require(access.may(actor, Right.NOTES))
    if customer.note not in (contact.lines(seen).strip(), contact.lines(text).strip()):
        raise Refused(Reason.WRONG_STATE)
    return change(session, hall, actor, uid, Record(note=text))


def locked(session: Session, actor: Actor, uid: str) -> Customer:
    """A customer whom the actor may see, the row locked against parallel acts."""
    if not database.alone(session):
        session.execute(select(Customer.id).where(Customer.uid == uid).with_for_update(key_share=True))
        session.expire_all()
    return one(session, actor, uid)


def version_of(customer: Customer) -> str:
    """What tells this state of the record from any other."""
    state = json.dumps(snapshot(customer), sort_keys=True, default=str)
    return hashlib.sha256(state.encode()).hexdigest()[:16]


def snapshot(customer: Customer) -> dict[str, Any]:
    """All of a record that people change, for the log."""
    return {
        "name": customer.name,
        "email": customer.email or "",
        "phone": customer.phone,
        "language": customer.language,
        "attributes": customer.attributes,
        "groups": [group.name for group in customer.groups],
        "note": customer.note,
    }


def subject(customer: Customer) -> str:
    """How the log names the record."""
    return f"customer {customer.uid}"


def log_change(
    session: Session, hall: Hall, actor: Actor, act: str, customer: Customer, before: dict[str, Any]
) -> None:
    """Write down what differs now from `before`, and tell plugins; nothing where nothing does."""
    after = snapshot(customer)
    changed = [name for name in after if after[name] != before[name]]
    if changed:
        moment = database.now(session)
        audit.write(
            session,
            moment,
            actor,
            act,
            subject(customer),
            before={name: before[name] for name in changed},
            after={name: after[name] for name in changed},
        )
        outbox.tell_of_record(session, hall, actor, "changed", customer, moment)


def questions(session: Session) -> list[fields.Field]:
    """What the practice asks of each customer, as a form; staff type what they know."""
    return [
        fields.Field(one, required=False)
        for one in fields.attributes(session, fields.CUSTOMER)
        if one.active and one.kind != fields.CONSENT
    ]


def groups(session: Session) -> list[CustomerGroup]:
    """All groups by name."""
    return list(session.scalars(select(CustomerGroup).order_by(CustomerGroup.name)))


def _may_write_note(actor: Actor, given: Record) -> None:
    access.require(given.note is None or access.may(actor, Right.NOTES))


def _checked(session: Session, hall: Hall, given: Record, customer: Customer) -> dict[str, Any]:
    """The values that were given, clean; refuses with `INVALID` and all that is wrong."""
    errors: dict[str, str] = {}
    clean: dict[str, Any] = {}
    if given.name is not None:
        clean["name"] = contact.name_of(given.name, errors)
    if given.email is not None:
        clean["email"] = contact.email_of(given.email, errors) if given.email.strip() else ""
    if given.phone is not None:
        clean["phone"] = contact.phone_of(given.phone, errors)
    if given.language is not None:
        clean["language"] = given.language
        if given.language not in hall.config.settings.practice.languages:
            errors["language"] = N_("Please choose one of these.")
    if given.note is not None:
        clean["note"] = contact.lines(given.note).strip()
        if len(clean["note"]) > NOTE_LENGTH:
            errors["note"] = N_("At most 10,000 characters.")
    if given.attributes is not None:
        clean["attributes"] = _attributes(session, given.attributes, customer, errors)
    if given.groups is not None:
        clean["groups"] = _group_names(given.groups, errors)
    if errors:
        raise Refused(Reason.INVALID, errors=errors)
    return clean


def _attributes(
    session: Session, given: Mapping[str, Any], customer: Customer, errors: dict[str, str]
) -> dict[str, Any]:
    """Answers to what is asked today; those to questions that are retired stay as they are."""
    asked = questions(session)
    slugs = {field.slug for field in asked}
    old = {slug: value for slug, value in customer.attributes.items() if slug not in slugs}
    return old | fields.checked(asked, given, (), errors, all_needed=False)


def _group_names(given: Iterable[str], errors: dict[str, str]) -> list[str]:
    names = {name.casefold(): name for name in map(contact.plain, given) if name}
    if any(len(name) > GROUP_LENGTH for name in names.values()):
        errors["groups"] = N_("At most 80 characters.")
    return list(names.values())


def _put(session: Session, customer: Customer, clean: dict[str, Any]) -> None:
    for name, value in clean.items():
        if name == "groups":
            customer.groups = _groups(session, value)
        elif name == "email":
            customer.email = value or None
            customer.email_key = contact.canonical(value) if value else None
        else:
            setattr(customer, name, value)


def _groups(session: Session, names: list[str]) -> list[CustomerGroup]:
    """The groups of these names; those that are new are made, also when two make them at once."""
    known = {group.name.casefold(): group.name for group in groups(session)}
    wanted = [known.get(name.casefold(), name) for name in names]
    insert = sqlite.insert if database.alone(session) else postgresql.insert
    for name in wanted:
        if name not in known.values():
            session.execute(insert(CustomerGroup).values(name=name).on_conflict_do_nothing())
    found = session.scalars(select(CustomerGroup).where(CustomerGroup.name.in_(wanted)))
    return sorted(found, key=lambda group: group.name)
