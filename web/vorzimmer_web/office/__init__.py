"""The back office: a tool for those who work in it for eight hours, keyboard first."""

from __future__ import annotations

from flask import Blueprint, Flask, current_app, request, url_for
from flask.blueprints import BlueprintSetupState
from flask_babel import gettext

from vorzimmer import hookspecs
from vorzimmer.access import APPOINTMENTS
from vorzimmer.reasons import N_
from vorzimmer.server.here import hall
from vorzimmer.server.pages import leads
from vorzimmer_web.office import (
    account,
    agenda,
    booking,
    bulk,
    calendar,
    checklist,
    connect,
    customers,
    edit,
    entry,
    erase,
    export,
    fresh,
    groups,
    kept,
    looked,
    own_services,
    problem,
    record,
    settings,
    waiting,
    wording,
)
from vorzimmer_web.office.settings.beside import endpoints
from vorzimmer_web.shell import kept as typed
from vorzimmer_web.shell.requests import actor
from vorzimmer_web.signin import accounts, links

ORDER = (
    "office.today",
    "office.calendar",
    "office.requests",
    "office.customers",
    "vorzimmer_absences.overview",
    "office.settings",
)
OWN = (
    (N_("Connect my calendar"), "office.connect", APPOINTMENTS),
    (N_("My account"), "office.account", ()),
)
office = Blueprint("office", __name__, url_prefix="/office")
for pages in (
    *(
        agenda,
        calendar,
        bulk,
        booking,
        edit,
        entry,
        connect,
        settings,
        record,
        customers,
        export,
        account,
    ),
    *(fresh, groups, kept, links, looked, checklist, erase, own_services, problem),
):
    pages.add_to(office)
office.context_processor(wording.words)
office.before_app_request(typed.take)
office.after_app_request(typed.fill_in)


@office.record_once
def _set_up(state: BlueprintSetupState) -> None:
    app: Flask = state.app  # type: ignore[assignment]  # only a Flask application registers us
    accounts.install(app)
    app.jinja_env.globals.update(
        navigation=navigation,
        stands_in=stands_in,
        own_pages=own_pages,
        who=actor,
        requests_waiting=waiting.count,
        sent=typed.sent,
    )


def navigation() -> list[tuple[str, str]]:
    """Title and endpoint of what the person signed in may open, in the order of the day's work; plugins' follow."""
    person = actor()
    if person is None:
        return []
    found = {
        entry.endpoint: gettext(entry.title)
        for entry in hall().plugins.offered(hookspecs.navigation)
        if not entry.section and entry.right in person.rights and leads(current_app, entry.endpoint)
    }
    if settings.cards():
        found["office.settings"] = gettext("Settings")
    known = [endpoint for endpoint in ORDER if endpoint in found]
    others = [endpoint for endpoint in found if endpoint not in ORDER]
    return [(found[endpoint], endpoint) for endpoint in (*known, *others)]


def stands_in() -> str:
    """The endpoint of the menu's entry below which this page stands: its address begins alike. Empty for none.

    The pages that plugins add to the settings have addresses of their own.
    """
    if request.endpoint == "office.week":
        return "office.today"
    above = {url_for(endpoint): endpoint for _title, endpoint in navigation() if endpoint != "office.today"}
    above |= {url_for(card.endpoint): "office.settings" for card in settings.cards()}
    return next((above[path] for path in above if request.path.startswith(path)), "")


def own_pages() -> list[tuple[str, str]]:
    """Title and endpoint of what concerns the person signed in alone: the menu beside the name."""
    person = actor()
    found = [
        (gettext(title), endpoint)
        for title, endpoint, rights in OWN
        if person and (not rights or person.rights & {*rights}) and endpoint in current_app.view_functions
    ]
    return found + (endpoints("own") if person else [])
