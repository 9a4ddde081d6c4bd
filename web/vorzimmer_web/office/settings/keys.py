"""Keys for programs that use the API: made for the own login, shown once, revoked at once."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy.orm import Session

from vorzimmer import accounts, database
from vorzimmer.access import Actor, Right, open_to
from vorzimmer.models import Account, ApiKey
from vorzimmer.reasons import N_, Reason, Refused
from vorzimmer.server.here import hall
from vorzimmer_web.office.fresh import fresh
from vorzimmer_web.office.settings.staff import RIGHTS
from vorzimmer_web.office.wording import last_used
from vorzimmer_web.shell.requests import read_anew, reading, signed_in
from vorzimmer_web.shell.typed import Typed

HOME = "office.api_keys"
LASTING = {"30": N_("30 days"), "90": N_("90 days"), "365": N_("One year"), "": N_("No end")}
"""How long a key is good for, in days."""
USUAL = "365"


@open_to(Right.ACCOUNTS)
@fresh(HOME)
def overview() -> ResponseReturnValue:
    """Every key of the practice, and the form for a new one."""
    return _page(Typed({"days": USUAL}), [])


@open_to(Right.ACCOUNTS)
@fresh(HOME)
def make() -> ResponseReturnValue:
    """A new key of the own login; this answer is the only one that ever shows it."""
    typed, ticked, person = Typed(request.form), request.form.getlist("scopes"), signed_in()
    days = typed.number("days") if typed.get("days") in LASTING else 0
    wanted = accounts.NewKey(typed.get("label"), ticked, days)
    try:
        secret = hall().database.write(lambda session: _made(session, person, wanted))
    except Refused as refusal:
        if refusal.reason is not Reason.INVALID:
            raise
        typed.errors.update(refusal.facts["errors"])
        return _page(typed, ticked)
    return _page(Typed({"days": USUAL}), [], secret)


def _made(session: Session, person: Actor, wanted: accounts.NewKey) -> str:
    return accounts.make_key(session, person, session.get_one(Account, person.account_id), wanted)


def _page(typed: Typed, ticked: list[str], secret: str = "") -> ResponseReturnValue:
    session, person = read_anew(), signed_in()
    page = render_template(
        "office/settings/keys.html",
        keys=accounts.staff_keys(session),
        typed=typed,
        ticked=ticked,
        secret=secret,
        all_rights=RIGHTS,
        rights={right: words for right, words in RIGHTS.items() if right in person.rights},
        lasting={days: gettext(text) for days, text in LASTING.items()},
        is_over=accounts.is_over,
        may_revoke=lambda key: _may_revoke(person, key),
        now=database.now(session),
        zone=hall().config.zone,
        api=f"{hall().config.base_url}/api/v1/",
    )
    return page, 422 if typed.errors else 200, {"Cache-Control": "no-store"}


def _may_revoke(person: Actor, key: ApiKey) -> bool:
    return key.account_id == person.account_id or accounts.may_manage(person, key.account)


@open_to(Right.ACCOUNTS)
@fresh(HOME)
def revoke(key_id: int) -> ResponseReturnValue:
    """The question; then the program with this key is out at once."""
    person = signed_in()
    if request.method != "POST":
        found = reading().get(ApiKey, key_id)
        if found is None:
            raise Refused(Reason.NOT_FOUND)
        return render_template(
            "office/sure.html",
            title=gettext("Revoke the key “%(name)s”?", name=found.label),
            consequences=[
                gettext("The program that uses it is out at once, until it gets another key."),
                last_used(found.used_at, hall().config.zone),
            ],
            button=gettext("Revoke"),
            back=url_for(HOME),
        )
    hall().database.write(lambda session: accounts.revoke_key(session, person, key_id))
    flash(gettext("The key opens nothing any more."), "good")
    return redirect(url_for(HOME), 303)


def add_to(office: Blueprint) -> None:
    """Put the pages in their places."""
    office.get("/settings/api-keys/", endpoint="api_keys")(overview)
    office.post("/settings/api-keys/", endpoint="make_api_key")(make)
    one = "/settings/api-keys/<int(max=2147483647):key_id>"
    office.route(f"{one}/revoke", methods=["GET", "POST"], endpoint="revoke_api_key")(revoke)
