"""What somebody offers, chosen by themselves from the catalogue (K27)."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy.orm import Session

from vorzimmer import catalogue
from vorzimmer.access import Right, open_to
from vorzimmer.catalogue.resources import offerable, serves
from vorzimmer.models import Resource
from vorzimmer.reasons import Refused
from vorzimmer.server.here import hall
from vorzimmer_web.shell.requests import reading, signed_in
from vorzimmer_web.shell.typed import Typed


@open_to(Right.AVAILABILITY)
def own_services() -> ResponseReturnValue:
    """The list, and what was ticked; a login without a calendar offers nothing."""
    person = signed_in()
    resource = reading().get(Resource, person.resource_id) if person.resource_id else None
    if resource is None:
        return render_template("office/account/services.html", offers=[], typed=Typed({}))
    number, slug, status = resource.id, resource.slug, 200
    typed = Typed(request.form) if request.method == "POST" else _shown(reading(), number)

    def work(session: Session) -> None:
        typed.check(session, lambda: _shown(session, number))
        catalogue.set_offers(session, person, slug, typed.values.getlist("services"))

    if request.method == "POST":
        try:
            hall().database.write(work)
        except Refused as refusal:
            status = typed.refused(refusal)
        else:
            flash(gettext("Your services are changed."), "good")
            return redirect(url_for("office.account"), 303)
    offers = list(offerable(reading(), resource))
    return render_template("office/account/services.html", offers=offers, typed=typed), status


def _shown(session: Session, number: int) -> Typed:
    resource = session.get_one(Resource, number)
    offers = offerable(session, resource)
    return Typed({"services": [one.slug for one, needs in offers.items() if serves(resource, needs)]})


def add_to(office: Blueprint) -> None:
    """Put the page in its place."""
    office.route("/account/services", methods=["GET", "POST"], endpoint="own_services")(own_services)
