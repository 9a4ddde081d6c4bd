"""The back office: a tool for those who work in it for eight hours, keyboard first."""

from __future__ import annotations

from flask import Blueprint, Flask, current_app
from flask.blueprints import BlueprintSetupState
from flask_babel import gettext

from vorzimmer import hookspecs
from vorzimmer_web import accounts
from vorzimmer_web.office import agenda, booking, connect, entry, settings, wording
from vorzimmer_web.requests import actor
from vorzimmer_web.site import hall

OURS = "vorzimmer_web"
office = Blueprint("office", __name__, url_prefix="/office")
for pages in (agenda, booking, entry, connect, settings):
    pages.add_to(office)
office.context_processor(wording.words)


@office.record_once
def _set_up(state: BlueprintSetupState) -> None:
    app: Flask = state.app  # type: ignore[assignment]  # only a Flask application registers us
    accounts.install(app)
    app.jinja_env.globals.update(navigation=navigation, who=actor)


def navigation() -> list[tuple[str, str]]:
    """Title and endpoint of what the person signed in may open: ours first, then what plugins offer."""
    person = actor()
    if person is None:
        return []
    answers = sorted(hall().plugins.ask_each(hookspecs.navigation), key=lambda answer: answer[0] != OURS)
    found = [
        (gettext(entry.title), entry.endpoint)
        for _plugin, entries in answers
        for entry in entries
        if not entry.section and entry.right in person.rights and entry.endpoint in current_app.view_functions
    ]
    return [*found, (gettext("Settings"), "office.settings")] if settings.cards() else found
