"""The registry of what customers are asked, and its places on the services' forms (C9 to C12, T48)."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from vorzimmer.access import Right, open_to
from vorzimmer.models import Attribute, Service
from vorzimmer.questions import fields, registry
from vorzimmer.questions.registry import Entry
from vorzimmer.reasons import N_, Refused
from vorzimmer.server.here import hall
from vorzimmer_web.shell.requests import reading, signed_in
from vorzimmer_web.shell.site import LANGUAGES
from vorzimmer_web.shell.typed import Typed, whole

KINDS = {
    "text": N_("Text"),
    "choice": N_("Choice"),
    "date": N_("Date"),
    "number": N_("Number"),
    "yes_no": N_("Yes or no"),
    "consent": N_("Consent"),
}
SCOPES = {"booking": N_("with each appointment"), "customer": N_("once, kept with the customer")}
PERIODS = {
    "30": N_("30 days after the appointment"),
    "90": N_("90 days after the appointment"),
    "365": N_("1 year after the appointment"),
    "1095": N_("3 years after the appointment"),
    "3650": N_("10 years after the appointment"),
    "always": N_("as long as the record"),
}
NEW_CHOICES = 3  # empty rows of the form


@open_to(Right.SETTINGS)
def listed() -> str:
    """All questions in the order of the form."""
    session = reading()
    names = {row.slug: row.name for row in session.execute(select(Service.slug, Service.name))}
    return render_template(
        "office/settings/fields.html",
        attributes=fields.attributes(session),
        forms=registry.forms(session),
        services=names,
        kinds=KINDS,
        scopes=SCOPES,
        period=_period,
    )


def _period(days: int | None) -> str:
    """How long an answer is kept, in words."""
    known = PERIODS.get("always" if days is None else str(days))
    if days is None or known is not None:
        return str(gettext(known or PERIODS["always"]))
    said: str = ngettext("%(num)d day after the appointment", "%(num)d days after the appointment", days)
    return said


@open_to(Right.SETTINGS)
def new() -> ResponseReturnValue:
    """Add a question."""
    if "more" in request.form:
        return _page(None, Typed(request.form), more=NEW_CHOICES)
    if request.method != "POST":
        return _page(None, Typed({"kind": "text", "scope": "booking", "on.": "optional"}))
    try:
        made = hall().database.write(lambda s: registry.define(s, signed_in(), _entry(request.form)))
    except Refused as refusal:
        return _refused(None, refusal)
    flash(gettext("“%(question)s” is asked from now on.", question=_label(made)), "good")
    return redirect(url_for("office.fields"), 303)


@open_to(Right.SETTINGS)
def edit(slug: str) -> ResponseReturnValue:
    """Change a question; its kind stays."""
    found = registry.one(reading(), slug)
    if "more" in request.form:
        return _page(found, Typed(request.form), more=NEW_CHOICES)
    if request.method != "POST":
        return _page(found, _shown(reading(), slug))
    typed = {**request.form.to_dict(), "kind": found.kind, "scope": found.scope}

    def work(session: Session) -> Attribute:
        Typed(request.form).check(session, lambda: _shown(session, slug))
        return registry.change(session, signed_in(), slug, _entry(typed))

    try:
        changed = hall().database.write(work)
    except Refused as refusal:
        return _refused(found, refusal)
    flash(gettext("“%(question)s” is saved.", question=_label(changed)), "good")
    return redirect(url_for("office.fields"), 303)


@open_to(Right.SETTINGS)
def do(slug: str, act: str) -> ResponseReturnValue:
    """Move a question up or down, take it off the forms, or bring it back."""
    order = [one.slug for one in fields.attributes(reading())]
    step = {"up": -1, "down": 1}.get(act)
    if slug in order and step is not None:
        position = order.index(slug) + step
        hall().database.write(lambda s: registry.place(s, signed_in(), slug, position))
    else:
        retired = act == "retire"
        changed = hall().database.write(lambda s: registry.retire(s, signed_in(), slug, retired=retired))
        said = N_("“%(question)s” is no longer asked.") if retired else N_("“%(question)s” is asked again.")
        flash(gettext(said, question=_label(changed)), "good")
    return redirect(url_for("office.fields"), 303)


def _label(attribute: Attribute) -> str:
    return fields.in_language(attribute.labels, hall().config.settings.practice.languages[0])


def _refused(found: Attribute | None, refusal: Refused) -> ResponseReturnValue:
    typed = Typed(request.form)
    status = typed.refused(refusal)
    return _page(found, typed), status


def _page(found: Attribute | None, typed: Typed, more: int = 0) -> str:
    rows = more + sum(name.startswith("choice.") and name.endswith(".value") for name in typed.values)
    return render_template(
        "office/settings/field.html",
        found=found,
        typed=typed,
        rows=range(max(rows, len(found.choices) + 1 if found else NEW_CHOICES)),
        services=reading().scalars(select(Service).where(Service.active).order_by(Service.name)).all(),
        customer_languages={code: LANGUAGES[code] for code in hall().config.settings.practice.languages},
        kinds=KINDS,
        scopes=SCOPES,
        kinds_said={kind: gettext(text) for kind, text in KINDS.items()},
        scopes_said={scope: gettext(text) for scope, text in SCOPES.items()},
        periods_said=_periods(typed.get("retention_days")),
        single=any(name.startswith("on.") and len(name) > 3 and how for name, how in typed.values.items()),
    )


def _periods(chosen: str) -> dict[str, str]:
    """The periods on offer; none is chosen beforehand, and one that a program set stays."""
    offered = {"": gettext("Please choose")} | {days: gettext(text) for days, text in PERIODS.items()}
    days = whole(chosen)
    if days is not None and chosen not in offered:
        offered[chosen] = _period(days)
    return offered


def _entry(typed: Mapping[str, str]) -> Entry:
    """What the form says; a period that is none is refused by the registry."""
    period = typed.get("retention_days", "")
    return Entry(
        labels={code: typed.get(f"labels.{code}", "") for code in LANGUAGES},
        kind=typed.get("kind", ""),
        scope=typed.get("scope", ""),
        purpose=typed.get("purpose", ""),
        retention_days=None if period == "always" else whole(period) or 0,
        choices=_choices(typed),
        health="health" in typed,
        forms={
            name.removeprefix("on."): how == "required"
            for name, how in typed.items()
            if name.startswith("on.") and how in ("optional", "required")
        },
    )


def _choices(typed: Mapping[str, str]) -> list[dict[str, Any]]:
    """The rows that have any text."""
    found: list[dict[str, Any]] = []
    for number in count():
        if f"choice.{number}.value" not in typed:
            return found
        labels = {code: typed.get(f"choice.{number}.{code}", "") for code in LANGUAGES}
        if any(text.strip() for text in labels.values()):
            found.append({"value": typed[f"choice.{number}.value"], "labels": labels})
    return found


def _shown(session: Session, slug: str) -> Typed:
    """A question as its form shows it."""
    found = registry.one(session, slug)
    forms, days = registry.forms(session).get(found.id, {}), found.retention_days
    typed = {"kind": found.kind, "scope": found.scope, "purpose": found.purpose}
    typed["retention_days"] = "always" if days is None else str(days)
    typed |= {f"labels.{code}": text for code, text in found.labels.items()}
    typed |= {f"on.{slug}": "required" if required else "optional" for slug, required in forms.items()}
    for number, item in enumerate(found.choices):
        typed[f"choice.{number}.value"] = item["value"]
        typed |= {f"choice.{number}.{code}": text for code, text in item["labels"].items()}
    return Typed(typed | ({"health": "1"} if found.health else {}))


def add_to(office: Blueprint) -> None:
    """Put the pages in their places."""
    office.get("/settings/fields", endpoint="fields")(listed)
    office.route("/settings/fields/new", methods=["GET", "POST"], endpoint="new_field")(new)
    office.route("/settings/fields/<slug>", methods=["GET", "POST"], endpoint="field")(edit)
    office.post("/settings/fields/<slug>/<any(up, down, retire, restore):act>", endpoint="do_field")(do)
