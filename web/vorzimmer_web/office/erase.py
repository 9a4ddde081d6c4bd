"""Erasing a customer: what goes and what stays, then the one button (S34, A176)."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy.orm import Session

from vorzimmer import erasure
from vorzimmer.access import Right, open_to
from vorzimmer.erasure import Plan
from vorzimmer.reasons import Reason, Refused
from vorzimmer.server.here import hall
from vorzimmer_web.office.fresh import fresh
from vorzimmer_web.shell.requests import read_anew, reading, signed_in


@open_to(Right.EXPORTS)
@fresh("office.customers")
def ask(customer: str) -> ResponseReturnValue:
    """The dry run."""
    return _page(reading(), customer)


@open_to(Right.EXPORTS)
@fresh("office.customers")
def erase(customer: str) -> ResponseReturnValue:
    """Erase for good; with appointments to come the dry run again, which lists them."""
    person = signed_in()
    try:
        hall().database.write(lambda s: erasure.erase(s, hall(), person, customer))
    except Refused as refusal:
        if refusal.reason is not Reason.COMING:
            raise
        return _page(read_anew(), customer), 409
    flash(gettext("The personal data is erased."), "good")
    return redirect(url_for("office.customers"), 303)


def _page(session: Session, customer: str) -> str:
    plan: Plan = erasure.plan(session, hall(), signed_in(), customer)
    if plan.customer is None:
        raise Refused(Reason.NOT_FOUND)
    return render_template("office/customers/erase.html", customer=plan.customer, plan=plan)


def add_to(office: Blueprint) -> None:
    """Put the page in its place."""
    office.get("/customers/<customer>/erase", endpoint="ask_erase")(ask)
    office.post("/customers/<customer>/erase", endpoint="erase_customer")(erase)
