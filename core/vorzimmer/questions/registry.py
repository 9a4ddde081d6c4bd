"""Changing what customers are asked: the registry of attributes and their places on forms (C9, C10, T48)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from vorzimmer import access, audit, database
from vorzimmer.access import Actor, Right
from vorzimmer.models import Attribute, FormField, Service
from vorzimmer.models.customer import folded
from vorzimmer.questions import fields
from vorzimmer.reasons import N_, Reason, Refused
from vorzimmer.text.contact import lines, plain

EVERY = ""
"""The place "on the form of every service"; others are slugs of services."""
LABEL_LENGTH, PURPOSE_LENGTH, CHOICE_LENGTH = 500, 500, 120
MOST, MOST_CHOICES, LONGEST_KEPT = 100, 50, 40 * 365


@dataclass(frozen=True)
class Entry:
    """What staff typed of one attribute. `choices`: the texts of each by language, with its value where it has one.

    `forms`: where it is asked, and whether it must be answered there.
    """

    labels: Mapping[str, str]
    kind: str
    scope: str
    purpose: str
    retention_days: int | None
    choices: Sequence[Mapping[str, Any]] = ()
    health: bool = False
    forms: Mapping[str, bool] = field(default_factory=dict)


def define(session: Session, actor: Actor, entry: Entry) -> Attribute:
    """Add an attribute at the end. Refuses with `INVALID` (`errors`)."""
    _begin(session, actor)
    known = fields.attributes(session)
    errors = _faults(session, entry)
    if len(known) >= MOST:
        errors["labels"] = N_("There are too many fields.")
    if errors:
        raise Refused(Reason.INVALID, errors=errors)
    made = Attribute(slug=_slug(entry, {one.slug for one in known}), kind=entry.kind, scope=entry.scope)
    made.position = max((one.position for one in known), default=0) + 1
    session.add(made)
    _fill(session, made, entry)
    _log(session, actor, "field_defined", made, None)
    return made


def change(session: Session, actor: Actor, slug: str, entry: Entry) -> Attribute:
    """Change an attribute; its kind and scope stay, for there are answers. Refuses with `NOT_FOUND`, `INVALID`."""
    _begin(session, actor)
    found = one(session, slug)
    before = facts(session, found)
    errors = _faults(session, entry)
    if (entry.kind, entry.scope) != (found.kind, found.scope):
        errors["kind"] = N_("The kind of a field stays as it is. Please make another field.")
    if errors:
        raise Refused(Reason.INVALID, errors=errors)
    _fill(session, found, entry)
    _log(session, actor, "field_changed", found, before)
    return found


def retire(session: Session, actor: Actor, slug: str, *, retired: bool = True) -> Attribute:
    """Take an attribute off all forms, or bring it back; what was answered stays."""
    _begin(session, actor)
    found = one(session, slug)
    before = facts(session, found)
    found.active = not retired
    _log(session, actor, "field_retired" if retired else "field_restored", found, before)
    return found


def place(session: Session, actor: Actor, slug: str, position: int) -> Attribute:
    """Put an attribute at another place of the order, 0 being the first."""
    _begin(session, actor)
    found = one(session, slug)
    others = [other for other in fields.attributes(session) if other.id != found.id]
    others.insert(max(0, min(position, len(others))), found)
    for number, other in enumerate(others):
        other.position = number
    _log(session, actor, "field_placed", found, None)
    return found


def one(session: Session, slug: str) -> Attribute:
    """The attribute of a slug; refuses with `NOT_FOUND`."""
    found = session.scalar(select(Attribute).where(Attribute.slug == slug))
    if found is None:
        raise Refused(Reason.NOT_FOUND)
    return found


def forms(session: Session) -> dict[int, dict[str, bool]]:
    """Where each attribute is asked, by its id."""
    rows = session.execute(
        select(FormField.attribute_id, func.coalesce(Service.slug, EVERY), FormField.required)
        .outerjoin(FormField.service)
        .order_by(FormField.id)
    ).all()
    found: dict[int, dict[str, bool]] = {}
    for attribute_id, slug, required in rows:
        found.setdefault(attribute_id, {})[slug] = required
    return found


def facts(session: Session, attribute: Attribute) -> dict[str, Any]:
    """An attribute and its places, as the log tells it."""
    return {**told(attribute), "forms": forms(session).get(attribute.id, {})}


def told(attribute: Attribute) -> dict[str, Any]:
    """An attribute without its places."""
    return {
        "slug": attribute.slug,
        "labels": attribute.labels,
        "kind": attribute.kind,
        "scope": attribute.scope,
        "choices": attribute.choices,
        "purpose": attribute.purpose,
        "retention_days": attribute.retention_days,
        "health": attribute.health,
        "active": attribute.active,
    }


def _begin(session: Session, actor: Actor) -> None:
    access.require(access.may(actor, Right.SETTINGS))
    if not database.alone(session):  # one at a time: slugs and order are worked out from what is there
        session.execute(select(Attribute.id).with_for_update())


def _faults(session: Session, entry: Entry) -> dict[str, str]:
    """What is wrong with an entry: the form's linter (DSGVO Art. 5: each field has its purpose and its period)."""
    errors = {}
    if not any(map(plain, entry.labels.values())):
        errors["labels"] = N_("Please say what is asked.")
    elif any(len(text) > LABEL_LENGTH for text in entry.labels.values()):
        errors["labels"] = N_("At most 500 characters.")
    if entry.kind not in fields.KINDS:
        errors["kind"] = N_("Please choose one of these.")
    if entry.scope not in fields.SCOPES:
        errors["scope"] = N_("Please choose one of these.")
    if entry.kind == fields.CONSENT and entry.scope != fields.BOOKING:
        errors["scope"] = N_("A consent is asked for with each appointment.")
    if not plain(entry.purpose) or len(entry.purpose) > PURPOSE_LENGTH:
        errors["purpose"] = N_("Please say in a sentence what this is needed for.")
    if entry.retention_days is not None and not 1 <= entry.retention_days <= LONGEST_KEPT:
        errors["retention_days"] = N_("Please say how long it is kept.")
    if entry.kind == "choice" and not _choices_fit(entry):
        errors["choices"] = N_("Please give at least two different choices, each of at most 120 characters.")
    if entry.health and any(entry.forms.values()):
        errors["forms"] = N_("What tells of somebody’s health is never required.")
    elif unknown := entry.forms.keys() - {EVERY} - _services(session).keys():
        errors["forms"] = N_("There is no such service.") if unknown else ""
    return errors


def _choices_fit(entry: Entry) -> bool:
    texts = [fields.in_language(item["labels"], "") for item in entry.choices]
    fits = all(len(text) <= CHOICE_LENGTH for item in entry.choices for text in item["labels"].values())
    return fits and all(texts) and len(texts) == len(set(texts)) and 2 <= len(texts) <= MOST_CHOICES


def _fill(session: Session, attribute: Attribute, entry: Entry) -> None:
    attribute.labels = _clean(entry.labels)
    attribute.purpose, attribute.retention_days = lines(entry.purpose), entry.retention_days
    attribute.health = entry.health and entry.kind != fields.CONSENT
    attribute.choices = _valued(entry.choices) if entry.kind == "choice" else []
    session.flush()
    session.execute(delete(FormField).where(FormField.attribute_id == attribute.id))
    services = _services(session)
    for slug, required in entry.forms.items():
        place = FormField(attribute_id=attribute.id, service_id=services.get(slug), required=required)
        session.add(place)
    session.flush()


def _clean(texts: Mapping[str, str]) -> dict[str, str]:
    return {language: plain(text) for language, text in texts.items() if plain(text)}


def _valued(choices: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The choices with the values by which answers keep them: those they have, new ones for the others."""
    taken = {item["value"] for item in choices if item.get("value")}
    valued = []
    for item in choices:
        labels = _clean(item["labels"])
        value = item.get("value") or free(short(fields.in_language(labels, "")) or "choice", taken)
        taken.add(value)
        valued.append({"value": value, "labels": labels})
    return valued


def _services(session: Session) -> dict[str, int]:
    return {row.slug: row.id for row in session.execute(select(Service.slug, Service.id))}


def _slug(entry: Entry, taken: set[str]) -> str:
    return free(short(fields.in_language(entry.labels, "")) or "field", taken | {fields.HEALTH})


def short(text: str) -> str:
    """A name for addresses: "Krankenkasse / Tarif" is `krankenkasse-tarif`; empty where no letter is a Latin one."""
    return re.sub(r"[^a-z0-9]+", "-", folded(text).replace("ß", "ss"))[:40].strip("-")


def free(wanted: str, taken: set[str]) -> str:
    """The name, with a number where it is taken."""
    number, name = 1, wanted
    while name in taken:
        number += 1
        name = f"{wanted}-{number}"
    return name


def _log(
    session: Session, actor: Actor, act: str, attribute: Attribute, before: dict[str, Any] | None
) -> None:
    session.flush()
    moment = database.now(session)
    after = facts(session, attribute)
    audit.write(session, moment, actor, act, f"field {attribute.slug}", before=before, after=after)
