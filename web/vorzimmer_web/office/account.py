"""The own login: name, language, address, password, where one is signed in (C30, A48)."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, refresh
from flask_login import current_user
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound

from vorzimmer import accounts, seen
from vorzimmer.access import APPOINTMENTS, Right, may, open_to
from vorzimmer.models import Account, WebSession
from vorzimmer.reasons import N_, Refused
from vorzimmer.seen import Seen
from vorzimmer.server.here import hall
from vorzimmer_web.office.fresh import fresh
from vorzimmer_web.office.settings.beside import beside
from vorzimmer_web.shell.requests import read_anew, reading, signed_in
from vorzimmer_web.signin.accounts import hashing, password_fits

ANYBODY = tuple(Right)
"""Whoever is of the practice: any right will do."""
SHOWN = 16
"""Figures of a session's hash that name it in a form; they open nothing."""
WRONG = N_("This is not your password.")


def _here() -> str:
    """The hash of this session's id."""
    row: WebSession | None = session.row  # type: ignore[attr-defined]  # ours, see `sessions`
    return row.key_hash if row else ""


def _shown(account: Account) -> dict[str, str]:
    """What the form of name and language shows."""
    return {"name": account.name, "language": account.language or ""}


def _page(
    errors: dict[str, str] | None = None, found: Seen | None = None, **typed: Any
) -> ResponseReturnValue:
    """The page; `found`: what the form of name and language showed, or what is stored now."""
    person = signed_in()
    page = render_template(
        "office/account/own.html",
        account=current_user,
        person=person,
        errors=errors or {},
        typed=typed,
        seen=found or Seen(seen.mark(_shown(current_user))),
        sessions=accounts.own_sessions(read_anew(), person),
        this_session=_here(),
        shown=SHOWN,
        zone=hall().config.zone,
        connects=bool(person.rights & {*APPOINTMENTS}),
        offers=person.resource_id is not None and may(person, Right.AVAILABILITY),
        beside=beside("own"),
        last=current_user.last_login_at.replace(tzinfo=UTC) if current_user.last_login_at else None,
    )
    return page, 409 if found and found.now else 422 if errors else 200


@open_to(*ANYBODY)
def account() -> ResponseReturnValue:
    """The page."""
    return _page()


@open_to(*ANYBODY)
def change() -> ResponseReturnValue:
    """Another name or language."""
    person, form = signed_in(), request.form
    name, language = form.get("name", ""), form.get("language", "")
    mark = form.get(seen.FIELD, "")

    def work(s: Session) -> None:
        seen.check(s, mark, form, lambda: _shown(s.get_one(Account, person.account_id)))
        accounts.change_own(s, hall(), person, name=name, language=language)

    try:
        hall().database.write(work)
    except Refused as refusal:
        found, errors = seen.of(refusal) or Seen(mark), refusal.facts.get("errors", {})
        return _page(errors, found, name=name, language=language)
    session["language"] = language
    refresh()  # what is said below is said in the new language
    flash(gettext("Saved."), "good")
    return redirect(url_for("office.account"), 303)


@open_to(*ANYBODY)
def change_email() -> ResponseReturnValue:
    """Ask the new address whether it is one's own."""
    person, email = signed_in(), request.form.get("email", "")
    if not password_fits(current_user, request.form.get("password", "")):
        return _page({"password": WRONG}, email=email)
    try:
        clean = hall().database.write(lambda s: accounts.ask_email(s, hall(), person, email))
    except Refused as refusal:
        return _page(refusal.facts.get("errors", {}), email=email)
    said = gettext(
        "We have written to %(email)s. Open the link in that mail to confirm the address.", email=clean
    )
    flash(said, "good")
    return redirect(url_for("office.account"), 303)


@open_to(*ANYBODY)
def change_password() -> ResponseReturnValue:
    """Another password; other devices are signed out."""
    person, form = signed_in(), request.form
    new = form.get("new", "")
    if not password_fits(current_user, form.get("old", "")):
        return _page({"old": WRONG})
    practice = hall().config.settings.practice.name
    weak = accounts.why_weak(new, [current_user.name, current_user.email, practice])
    if weak or new != form.get("again", ""):
        return _page({"new": weak} if weak else {"again": N_("The two passwords are not the same.")})
    hashed, keep = hashing().hash(accounts.normal(new)), _here()
    hall().database.write(lambda s: accounts.change_password(s, hall(), person, hashed, keep=keep))
    flash(gettext("Your password is changed; all other devices are signed out."), "good")
    return redirect(url_for("office.account"), 303)


@open_to(*ANYBODY)
@fresh("office.account")
def end_session(shown: str) -> ResponseReturnValue:
    """Sign out one other device."""
    person = signed_in()
    if len(shown) != SHOWN or not any(one.key_hash.startswith(shown) for one in _others(reading())):
        raise NotFound
    hall().database.write(lambda s: accounts.end_own_sessions(s, person, one=shown))
    flash(gettext("That device is signed out."), "good")
    return redirect(url_for("office.account"), 303)


def _others(reader: Session) -> list[WebSession]:
    return [one for one in accounts.own_sessions(reader, signed_in()) if one.key_hash != _here()]


@open_to(*ANYBODY)
@fresh("office.account")
def end_sessions() -> ResponseReturnValue:
    """Sign out all other devices."""
    person, keep = signed_in(), _here()
    hall().database.write(lambda s: accounts.end_own_sessions(s, person, keep=keep))
    flash(gettext("All other devices are signed out."), "good")
    return redirect(url_for("office.account"), 303)


def add_to(office: Blueprint) -> None:
    """Put the pages in their places."""
    office.get("/account")(account)
    office.post("/account", endpoint="change_account")(change)
    office.post("/account/email", endpoint="change_email")(change_email)
    office.post("/account/password", endpoint="change_password")(change_password)
    office.post("/account/sessions/<shown>/end", endpoint="end_session")(end_session)
    office.post("/account/sessions/end", endpoint="end_sessions")(end_sessions)
