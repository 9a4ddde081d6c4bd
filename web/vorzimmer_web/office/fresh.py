"""What is dangerous needs a fresh proof of who one is: the password again, if the last time is long ago (A27, A48)."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from vorzimmer import database
from vorzimmer.access import SIGNED_IN, open_to
from vorzimmer_web.shell import kept
from vorzimmer_web.shell.requests import reading
from vorzimmer_web.shell.site import local_path
from vorzimmer_web.signin.accounts import password_fits
from vorzimmer_web.signin.fresh import FRESH_AT, SEEN, SENT, is_fresh

View = Callable[..., ResponseReturnValue]


def fresh(home: str) -> Callable[[View], View]:
    """Ask for the password first where the proof is old; it leads back to the page, or from a form to `home`."""

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(**given: Any) -> ResponseReturnValue:
            if is_fresh(SENT if request.method == "POST" else SEEN):
                return view(**given)
            back = request.full_path.rstrip("?") if request.method == "GET" else _form(home)
            return redirect(url_for("office.confirm_login", next=back), 303)

        return guarded

    return guard


def _form(home: str) -> str:
    """The page of the form that was sent, which then has what was typed; `home` where nothing was."""
    found = kept.typed()
    if found is None:
        return url_for(home)
    kept.give_back(found)
    return found.page


@open_to(SIGNED_IN)
def confirm() -> ResponseReturnValue:
    """The password again."""
    back = local_path(request.args.get("next", "/office/"))
    wrong = False
    if request.method == "POST":
        if password_fits(current_user, request.form.get("password", "")):
            session[FRESH_AT] = int(database.now(reading()).timestamp())
            return redirect(back, 303)
        wrong = True
    page = render_template("office/account/confirm.html", back=back, wrong=wrong)
    return page, 422 if wrong else 200


def add_to(office: Blueprint) -> None:
    """Put the page in its place."""
    office.route("/account/confirm", methods=["GET", "POST"], endpoint="confirm_login")(confirm)
