"""The set-up: the owner's login and the first words on the practice, behind a link from the console (A50, K6)."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from flask import Blueprint, Flask, Response, current_app, flash, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, gettext
from flask_security import login_user
from werkzeug.exceptions import NotFound

from vorzimmer import accounts
from vorzimmer.access import EVERYONE, open_to
from vorzimmer.models import Account
from vorzimmer.reasons import N_, Refused
from vorzimmer.server.here import hall
from vorzimmer.settings import change, setup
from vorzimmer.text import contact
from vorzimmer_web.shell.requests import read_anew, reading
from vorzimmer_web.shell.site import LANGUAGES
from vorzimmer_web.shell.typed import Typed
from vorzimmer_web.signin.accounts import hashing
from vorzimmer_web.signin.links import NO_REFERRER

ALSO_SERVED = {"setup.show", "setup.finish", "site.asset", "site.language", "ready"}
"""What answers while the owner is still to come."""
NOT_OURS = ("/api/", "/x/")
"""Doors of programs and of plugins' authors: there is nothing behind them yet that a set-up could spoil."""
WAITING = "vorzimmer_setup_waits"

pages = Blueprint("setup", __name__, url_prefix="/setup")


@pages.record_once
def _set_up(state: BlueprintSetupState) -> None:
    app: Flask = state.app  # type: ignore[assignment]  # only a Flask application registers us
    app.before_request(only_set_up)


def only_set_up() -> ResponseReturnValue | None:
    """As long as `serve` waits for the owner, there is nothing but the set-up."""
    if not current_app.extensions.get(WAITING, True):
        return None
    if not setup.waits(reading()):
        current_app.extensions[WAITING] = False  # an owner stays one: never ask again
        return None
    if request.endpoint in ALSO_SERVED or request.path.startswith(NOT_OURS):
        return None
    return Response(render_template("setup/waiting.html"), 503, {"Retry-After": "60"})


@pages.get("/<secret>")
@open_to(EVERYONE)
def show(secret: str) -> ResponseReturnValue:
    """The one page."""
    _open(secret)
    practice = hall().config.settings.practice
    known = {"practice": practice.name, "zone": practice.zone}
    return _page(secret, Typed({**known, "language": str(get_locale())}))


@pages.post("/<secret>")
@open_to(EVERYONE)
def finish(secret: str) -> ResponseReturnValue:
    """Make the owner's login, sign in, and go on with the checklist."""
    _open(secret)
    typed = Typed(request.form)
    contact.name_of(typed.get("name"), typed.errors)
    contact.email_of(typed.get("email"), typed.errors)
    password, practice = request.form.get("password", ""), _practice(typed)
    weak = accounts.why_weak(password, [typed.get("name"), typed.get("email"), typed.get("practice")])
    if weak:
        typed.errors["password"] = weak
    elif password != request.form.get("again", ""):
        typed.errors["again"] = N_("The two passwords are not the same.")
    typed.errors |= _wrong(practice)
    if typed.errors:
        return _page(secret, typed)
    hashed = hashing().hash(accounts.normal(password))
    owner = setup.Owner(
        typed.get("name"),
        typed.get("email"),
        hashed,
        typed.get("language"),
        takes_appointments="appointments" in request.form,
    )
    made = hall().database.write(lambda s: setup.finish(s, hall(), secret, owner, practice))
    hall().refresh(at_once=True)
    login_user(read_anew().get_one(Account, made.id))
    flash(gettext("Welcome. What is still to be done stands below."), "good")
    return redirect(url_for("office.today"), 303)


def _open(secret: str) -> None:
    if not setup.opens(reading(), secret):
        raise NotFound


def _practice(typed: Typed) -> dict[str, Any]:
    """What of the practice's settings is typed and not said by the file."""
    languages = [code for code in LANGUAGES if code in request.form.getlist("languages")]
    first = typed.get("language")
    given: dict[str, Any] = {
        "name": typed.get("practice"),
        "zone": typed.get("zone"),
        "languages": sorted(languages, key=lambda code: code != first),
    }
    return {key: value for key, value in given.items() if not hall().config.is_fixed("practice", key)}


def _wrong(practice: dict[str, Any]) -> dict[str, str]:
    """What is wrong with it, by field of the form: a person's name stands there, too."""
    try:
        change.check(hall(), "practice", practice)
    except Refused as refusal:
        return {{"name": "practice"}.get(key, key): text for key, text in refusal.facts["errors"].items()}
    return {}


def _page(secret: str, typed: Typed) -> ResponseReturnValue:
    config = hall().config
    page = render_template(
        "setup/page.html",
        secret=secret,
        typed=typed,
        ticked=request.form.getlist("languages")
        if request.method == "POST"
        else config.settings.practice.languages,
        takes_appointments=request.method != "POST" or "appointments" in request.form,
        every_language=LANGUAGES,
        zones=sorted(available_timezones()),
        fixed={key: config.is_fixed("practice", key) for key in ("name", "zone", "languages")},
    )
    return page, 422 if typed.errors else 200, NO_REFERRER
