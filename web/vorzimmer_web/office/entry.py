"""Enter a booking for a customer: by telephone, at the desk (K77 to K81, O10, O13, O14, O20)."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from vorzimmer import booking as use_cases
from vorzimmer.access import Actor, open_to
from vorzimmer.booking import Entry
from vorzimmer.models import Booking, Requirement, Service
from vorzimmer.reasons import Refused
from vorzimmer_web.office.agenda import STAFF
from vorzimmer_web.office.choose import Choice, explained
from vorzimmer_web.requests import reading, signed_in
from vorzimmer_web.site import LANGUAGES, hall


def _services(session: Session) -> list[Service]:
    query = select(Service).where(Service.active).order_by(Service.name)
    return list(
        session.scalars(query.options(selectinload(Service.requirements).joinedload(Requirement.service)))
    )


@open_to(*STAFF)
def new() -> ResponseReturnValue:
    """One page: what, with whom, when, for whom."""
    session, person = reading(), signed_in()
    services = _services(session)
    service = next((one for one in services if one.slug == request.values.get("service")), None)
    choice = Choice.of_form(hall().config.zone)
    refusal: Refused | None = None
    if request.method == "POST" and "show" not in request.form and service and (start := choice.start):
        try:
            made = hall().database.write(lambda s: _entered(s, person, service, start, choice))
        except Refused as error:
            refusal = explained(error)
        else:
            _report(made)
            return redirect(url_for("office.booking", uid=made.uid), 303)
    page = render_template(
        "office/new.html",
        services=services,
        service=service,
        choice=choice,
        refusal=refusal,
        typed=request.values,
        customer_languages={code: LANGUAGES[code] for code in hall().config.settings.practice.languages},
        **(choice.offer(session, person, service) if service else {"people": [], "days": []}),
    )
    return page, 409 if refusal else 200


def _entered(session: Session, person: Actor, service: Service, start: datetime, choice: Choice) -> Booking:
    typed = request.form
    entry = Entry(
        service=service.slug,
        start=start,
        name=typed.get("name", ""),
        staff=choice.staff,
        location=choice.location,
        email=typed.get("email", ""),
        phone=typed.get("phone", ""),
        language=typed.get("language", "de"),
    )
    return use_cases.enter(session, hall(), person, entry, choice.override)


def _report(made: Booking) -> None:
    happened = gettext("The appointment of %(name)s is entered.", name=made.name)
    told = (
        gettext("%(email)s is told.", email=made.email)
        if made.email
        else gettext("There is no e-mail address: nobody is told.")
    )
    flash(f"{happened} {told}", "good")


def add_to(office: Blueprint) -> None:
    """Put the page in its place."""
    office.route("/new", methods=["GET", "POST"])(new)
