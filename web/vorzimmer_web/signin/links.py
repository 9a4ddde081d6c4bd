"""Links that set a password or confirm an address, and the way to get one (C25, C27, C28, A24, A42)."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, gettext
from flask_login import current_user

from vorzimmer import accounts
from vorzimmer.access import EVERYONE, open_to
from vorzimmer.models import LoginLink
from vorzimmer.reasons import Refused
from vorzimmer.server.here import hall
from vorzimmer_web.shell import limits
from vorzimmer_web.shell.requests import reading
from vorzimmer_web.signin.accounts import hashing

NO_REFERRER = {"Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}


@open_to(EVERYONE)
def forgotten() -> str:
    """Where to send the link to?"""
    return render_template("office/account/forgotten.html", sent=False)


@open_to(EVERYONE)
@limits.resets
def send() -> str:
    """The same answer for every address; the truth goes into the mail only (A24)."""
    email, language = request.form.get("email", "")[:254], str(get_locale())
    hall().database.write(lambda session: accounts.ask_reset(session, hall(), email, language))
    return render_template("office/account/forgotten.html", sent=True)


@open_to(EVERYONE)
def show(secret: str) -> ResponseReturnValue:
    """What the link is for; looking consumes nothing, as mail scanners look, too (A42)."""
    link = _link(secret)
    return (_page(secret, link), 200, NO_REFERRER) if link else _over()


@open_to(EVERYONE)
def use(secret: str) -> ResponseReturnValue:
    """Set the password, or confirm the address."""
    link = _link(secret)
    if link is None:
        return _over()
    if link.purpose == accounts.EMAIL:
        return _confirmed(secret)
    password, again = request.form.get("password", ""), request.form.get("again", "")
    account = link.account
    weak = accounts.why_weak(password, [account.name, account.email, hall().config.settings.practice.name])
    errors = {"password": weak} if weak else {}
    if not errors and password != again:
        errors["again"] = gettext("The two passwords are not the same.")
    if errors:
        return _page(secret, link, errors), 422, NO_REFERRER
    hashed = hashing().hash(accounts.normal(password))
    try:
        hall().database.write(lambda session: accounts.set_password(session, hall(), secret, hashed))
    except Refused:
        return _over()
    flash(gettext("Your password is set. Please sign in."), "good")
    return redirect(url_for("security.login"), 303)


def _link(secret: str) -> LoginLink | None:
    """The link, unless it is over, or somebody else is signed in here (A26)."""
    link = accounts.bound(reading(), secret)
    other = link is not None and current_user.is_authenticated and current_user.id != link.account_id
    return None if other else link


def _page(secret: str, link: LoginLink, errors: dict[str, str] | None = None) -> str:
    return render_template("office/account/link.html", secret=secret, link=link, errors=errors or {})


def _over() -> ResponseReturnValue:
    page = render_template("office/account/over.html", signed_in=current_user.is_authenticated)
    return page, 404, NO_REFERRER


def _confirmed(secret: str) -> ResponseReturnValue:
    try:
        account = hall().database.write(lambda session: accounts.confirm_email(session, hall(), secret))
    except Refused:
        return _over()
    flash(gettext("From now on you sign in with %(email)s.", email=account.email), "good")
    return redirect(url_for("office.account" if current_user.is_authenticated else "security.login"), 303)


def add_to(office: Blueprint) -> None:
    """Put the pages in their places."""
    office.get("/forgotten")(forgotten)
    office.post("/forgotten", endpoint="send_link")(send)
    office.get("/link/<secret>", endpoint="link")(show)
    office.post("/link/<secret>", endpoint="open_link")(use)
