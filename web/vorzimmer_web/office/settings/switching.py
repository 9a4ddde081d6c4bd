"""Before a plugin is switched off: what it does today and would do no more, counted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from flask import render_template, url_for
from flask_babel import gettext, ngettext
from sqlalchemy import select

from vorzimmer import database, hookspecs
from vorzimmer.booking import Foreseen
from vorzimmer.models import Resource
from vorzimmer.periods import Period
from vorzimmer.plugins import Loaded
from vorzimmer.reasons import N_, PluginFailed
from vorzimmer.server.here import hall
from vorzimmer.settings import change
from vorzimmer_web.shell.requests import reading

YEAR = timedelta(days=366)
LOST = {
    "message_channels": N_("It sends no messages any more: neither reminders nor what has happened by then."),
    "booking_policy": N_("What it says about how customers book holds no longer."),
    "booking_refusals": N_("Its rules about who may book what and when hold no longer."),
    "booking_deadlines": N_("Its time limits for cancelling and moving hold no longer."),
    "payment_methods": N_("Its ways to pay are offered no more."),
    "candidates": N_("Services that need what it assigns can no longer be booked."),
    "webhooks": N_("Other programs are told nothing any more, also not afterwards."),
    "blueprints": N_("Its pages are gone until it is on again; what is stored in them stays."),
    "wsgi_mounts": N_("What it serves to other programs is gone until it is on again."),
    "jobs": N_("What it does by itself every day or hour is not done."),
}
"""What is lost with each hook that a plugin answers; hooks whose loss is counted are not here."""


def question(loaded: Loaded) -> str:
    """The page that asks."""
    name = gettext(loaded.title)
    return render_template(
        "office/sure.html",
        title=gettext("Switch off “%(name)s”?", name=name),
        consequences=list(_consequences(loaded)),
        foreseen=_foreseen(loaded),
        a_year=True,
        button=gettext("Switch off"),
        back=url_for("office.plugins"),
    )


def _consequences(loaded: Loaded) -> Iterator[str]:
    closings = _closings(loaded)
    if closings:
        yield ngettext(
            "%(num)d entry of it to come (an absence, a holiday, an event) no longer closes time.",
            "%(num)d entries of it to come (absences, holidays, events) no longer close time.",
            closings,
        )
    yield from (gettext(text) for hook, text in LOST.items() if hook in loaded.hooks)


def _closings(loaded: Loaded) -> int:
    """How often it closes time within a year; none where it does not say."""
    session = reading()
    now = database.now(session)
    rows = list(session.scalars(select(Resource).where(Resource.active)))
    try:
        busy = hall().plugins.ask_one(
            loaded.name,
            hookspecs.busy_periods,
            session=session,
            resources=rows,
            window=Period(now, now + YEAR),
        )
    except PluginFailed:
        return 0
    return len(busy)


def _foreseen(loaded: Loaded) -> Foreseen | None:
    """The time that opens and closes; nothing where it has none to do with time, or does not answer."""
    if not hall().plugins.tell_time({loaded.name}):
        return None
    now = database.now(reading())
    off = {*hall().config.settings.plugins.get("off", ()), loaded.name}
    try:
        return change.foreseen(hall(), "plugins", {"off": sorted(off)}, Period(now, now + YEAR))
    except PluginFailed:
        return None
