"""Where customers look for their appointments: until they can have accounts, the way to them without one."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from vorzimmer.access import EVERYONE, open_to

account = Blueprint("account", __name__, url_prefix="/account")


@account.get("/")
@open_to(EVERYONE)
def show() -> str:
    """How one sees, moves and cancels what one has booked."""
    return render_template("account.html")


@account.get("/login")
@open_to(EVERYONE)
def login() -> ResponseReturnValue:
    """There is nothing to sign in to yet."""
    return redirect(url_for("account.show"), 303)
