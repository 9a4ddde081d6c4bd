"""Plugins: which there are, whether they work, each one's settings as a form made from its model (architecture §4)."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from pydantic import BaseModel
from sqlalchemy.orm import Session

from vorzimmer import hookspecs
from vorzimmer.access import Right, open_to
from vorzimmer.booking import Decisions, try_to
from vorzimmer.plugins import Loaded
from vorzimmer.reasons import N_, Reason, Refused
from vorzimmer.server.here import hall
from vorzimmer.settings import change, switches
from vorzimmer_web.office.settings import controls
from vorzimmer_web.office.settings.archiving import undecided
from vorzimmer_web.office.settings.switching import question
from vorzimmer_web.shell.requests import signed_in
from vorzimmer_web.shell.typed import Typed

OWN_PAGE = {
    "mail": "vorzimmer_email.mail",
    "vorzimmer_holidays": "vorzimmer_holidays.overview",
}  # tables whose plugin has a better page than a made one
SEARCH = {
    hook.__name__
    for hook in (
        *(hookspecs.available_periods, hookspecs.booking_policy, hookspecs.booking_refusals),
        *(hookspecs.busy_periods, hookspecs.candidates, hookspecs.resource_kinds),
    )
}
"""Questions without whose answers nothing is offered."""
SAID = {
    ("off", "on"): N_("%(name)s is on."),
    ("off", "off"): N_("%(name)s is off."),
    ("also", "on"): N_("%(name)s will be loaded at the next start of the server."),
    ("also", "off"): N_("%(name)s will not be loaded."),
}


@open_to(Right.SETTINGS)
def listed() -> str:
    """Every plugin that is loaded or installed."""
    known = {one.name for one in hall().plugins.loaded}
    stored = hall().config.settings.plugins.get("also", ())
    return render_template(
        "office/settings/plugins.html",
        plugins=hall().plugins.loaded,
        with_form={one.name for one in hall().plugins.loaded if _has_form(one)},
        own_page={one.name: OWN_PAGE[one.table] for one in hall().plugins.loaded if one.table in OWN_PAGE},
        waiting=[name for name in hall().plugins.installed if name not in known],
        next_time=set(stored),
        decisive={one.name for one in hall().plugins.loaded if one.error is not None and one.hooks & SEARCH},
    )


def _has_form(loaded: Loaded) -> bool:
    return bool(hall().plugins.config_model(loaded.table).model_fields) and loaded.table not in OWN_PAGE


@open_to(Right.SETTINGS)
def switch(name: str, act: str) -> ResponseReturnValue:
    """Switch a loaded plugin off or on at once, or have an installed one loaded at the next start."""
    titles = {name: name for name in hall().plugins.installed}
    titles |= {one.name: gettext(one.title) for one in hall().plugins.loaded}
    if name not in titles:
        abort(404)
    values = switches.switched(hall(), name, on=act == "on")

    def work(session: Session, decided: Decisions) -> None:
        change.save(session, hall(), signed_in(), "plugins", values, decided)

    try:
        triage = try_to(hall(), request.values, work)
    except Refused as refusal:
        if refusal.reason is not Reason.INVALID:
            raise
        flash(" ".join(gettext(text) for text in refusal.facts["errors"].values()), "warning")
    else:
        if triage:
            return undecided(triage, titles[name], url_for("office.plugins"))
        hall().refresh(at_once=True)
        flash(gettext(SAID[next(iter(values)), act], name=titles[name]), "good")
    return redirect(url_for("office.plugins"), 303)


@open_to(Right.SETTINGS)
def ask_off(name: str) -> str:
    """What follows, before a loaded plugin is switched off."""
    loaded = next((one for one in hall().plugins.loaded if one.name == name and one.active), None)
    if loaded is None:
        abort(404)
    return question(loaded)


@open_to(Right.SETTINGS)
def edit(name: str) -> ResponseReturnValue:
    """One plugin's settings, checked by its own model."""
    loaded = next((one for one in hall().plugins.loaded if one.name == name), None)
    if loaded is None or not _has_form(loaded):
        abort(404)
    table, model = switches.table_of(loaded), hall().plugins.config_model(loaded.table)
    if request.method != "POST":
        return _page(loaded, Typed(controls.shown(model, hall().config.table(loaded.table))))
    typed, status = Typed(request.form), 422
    values = controls.typed_values(model, typed, hall().config.fixed(table))
    if not typed.errors:

        def work(session: Session, decided: Decisions) -> None:
            typed.check(
                session, lambda: Typed(controls.shown(model, change.keys_held(session, hall(), table)))
            )
            change.save(session, hall(), signed_in(), table, values, decided)

        try:
            if triage := try_to(hall(), request.values, work):
                return undecided(triage, gettext(loaded.title), url_for("office.plugin", name=name))
        except Refused as refusal:
            status = typed.refused(refusal)
        else:
            hall().refresh(at_once=True)
            flash(gettext("The settings are saved and hold everywhere."), "good")
            return redirect(url_for("office.plugins"), 303)
    return _page(loaded, typed), status


def _page(loaded: Loaded, typed: Typed) -> str:
    model = hall().plugins.config_model(loaded.table)
    return render_template(
        "office/settings/plugin.html",
        plugin=loaded,
        controls=controls.controls(model),
        units=controls.UNITS,
        typed=typed,
        fixed=hall().config.fixed(switches.table_of(loaded)),
        follows=loaded.waits or isinstance(getattr(loaded.instance, "config", None), BaseModel),
    )


def add_to(office: Blueprint) -> None:
    """Put the pages in their places."""
    office.get("/settings/plugins", endpoint="plugins")(listed)
    office.route("/settings/plugins/<name>", methods=["GET", "POST"], endpoint="plugin")(edit)
    office.get("/settings/plugins/<name>/off", endpoint="ask_plugin_off")(ask_off)
    office.post("/settings/plugins/<name>/<any(off, on):act>", endpoint="switch_plugin")(switch)
