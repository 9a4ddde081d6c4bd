"""What somebody offers, chosen by themselves from the catalogue (K27)."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from vorzimmer import catalogue
from vorzimmer.access import Right, open_to
from vorzimmer.catalogue.resources import offerable, serves
from vorzimmer.here import hall
from vorzimmer.models import Resource
from vorzimmer.reasons import Reason, Refused
from vorzimmer_web.requests import reading, signed_in


@open_to(Right.AVAILABILITY)
def own_services() -> ResponseReturnValue:
    """The list, and what was ticked; a login without a calendar offers nothing."""
    person, error = signed_in(), ""
    resource = reading().get(Resource, person.resource_id) if person.resource_id else None
    if resource is None:
        return render_template("office/account/services.html", offers=[], ticked=set(), error="")
    if request.method == "POST":
        slug, ticked = resource.slug, request.form.getlist("services")
        try:
            hall().database.write(lambda session: catalogue.set_offers(session, person, slug, ticked))
        except Refused as refusal:
            if refusal.reason is not Reason.INVALID:
                raise
            error = gettext(refusal.facts["errors"]["services"])
        else:
            flash(gettext("Your services are changed."), "good")
            return redirect(url_for("office.account"), 303)
    offers = offerable(reading(), resource)
    given = {service.slug for service, needs in offers.items() if serves(resource, needs)}
    page = render_template(
        "office/account/services.html",
        offers=list(offers),
        ticked=set(request.form.getlist("services")) if request.method == "POST" else given,
        error=error,
    )
    return page, 422 if error else 200


def add_to(office: Blueprint) -> None:
    """Put the page in its place."""
    office.route("/account/services", methods=["GET", "POST"], endpoint="own_services")(own_services)
