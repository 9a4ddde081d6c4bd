"""Connect my calendar: app passwords, shown once, and how each app is set up (C3)."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user
from sqlalchemy.orm import Session

from vorzimmer import accounts, hookspecs
from vorzimmer.access import APPOINTMENTS, Actor, Right, may, open_to
from vorzimmer.models import AppPassword
from vorzimmer.reasons import Reason, Refused
from vorzimmer.server.here import hall
from vorzimmer.text.contact import plain
from vorzimmer_web.office import profile
from vorzimmer_web.office.remarked import remarked
from vorzimmer_web.office.wording import last_used
from vorzimmer_web.shell.requests import read_anew, reading, signed_in
from vorzimmer_web.shell.typed import Typed

LONGEST_LABEL = 80


def _page(secret: str = "", typed: Typed | None = None, status: int = 200) -> ResponseReturnValue:
    """The page; `typed`: which calendars were ticked, where that is not stored yet."""
    user, config = current_user.email, hall().config
    link = profile.davx5(config, user, secret)
    person, session = signed_in(), read_anew()
    page = render_template(
        "office/connect.html",
        passwords=accounts.app_passwords(session, current_user.id),
        secret=secret,
        user=user,
        address=profile.address(config),
        link=link,
        picture=profile.picture(link, gettext("QR code for DAVx⁵")),
        zone=config.zone,
        has_calendar=current_user.resource_id is not None,
        kinds=hall().plugins.known(hookspecs.resource_kinds)[0],
        others=accounts.other_calendars(session, person),
        typed=typed or _shown(session, person),
        in_full=may(person, Right.CALENDARS),
        entries=remarked(session, person),
    )
    return page, status, {"Cache-Control": "no-store"}


def _shown(session: Session, person: Actor) -> Typed:
    """The form as it is stored."""
    on = accounts.shown_calendars(session, person)
    return Typed({"shown": [one.slug for one in accounts.other_calendars(session, person) if one.id in on]})


@open_to(*APPOINTMENTS)
def connect() -> ResponseReturnValue:
    """The page, without any secret."""
    return _page()


@open_to(*APPOINTMENTS)
def show() -> ResponseReturnValue:
    """Of the calendars what is ticked appears, what is not does not."""
    person, typed = signed_in(), Typed(request.form)

    def work(session: Session) -> None:
        typed.check(session, lambda: _shown(session, person))
        accounts.show_calendars(session, person, typed.values.getlist("shown"))

    try:
        hall().database.write(work)
    except Refused as refusal:
        status = typed.refused(refusal)
        return _page(typed=typed, status=status)
    flash(gettext("Saved. Your calendar app shows it after its next sync."), "good")
    return redirect(url_for("office.connect"), 303)


@open_to(*APPOINTMENTS)
def add() -> ResponseReturnValue:
    """A new app password; this answer is the only one that ever shows it."""
    label = plain(request.form.get("label", ""))[:LONGEST_LABEL] or gettext("Calendar app")
    person = signed_in()
    secret = hall().database.write(lambda session: accounts.make_app_password(session, person, label))
    return _page(secret)


@open_to(*APPOINTMENTS)
def revoke(password_id: int) -> ResponseReturnValue:
    """The question; then the app with this password is out at once."""
    person = signed_in()
    if request.method != "POST":
        found = reading().get(AppPassword, password_id)
        if found is None or found.account_id != person.account_id:
            raise Refused(Reason.NOT_FOUND)
        return render_template(
            "office/sure.html",
            title=gettext("Revoke the app password “%(name)s”?", name=found.label),
            consequences=[
                gettext(
                    "The app is out at once, and shows no new appointments until it gets another password."
                ),
                last_used(found.used_at, hall().config.zone),
            ],
            button=gettext("Revoke"),
            back=url_for("office.connect"),
        )
    hall().database.write(lambda session: accounts.revoke_app_password(session, person, password_id))
    flash(gettext("The app password no longer works."), "good")
    return redirect(url_for("office.connect"), 303)


@open_to(*APPOINTMENTS)
def apple() -> ResponseReturnValue:
    """Apple's profile; with the password that was just shown, if the form brings it."""
    body = profile.apple(hall().config, current_user.email, plain(request.form.get("secret", "")))
    headers = {
        "Content-Disposition": 'attachment; filename="calendar.mobileconfig"',
        "Cache-Control": "no-store",
    }
    return Response(body, mimetype=profile.APPLE, headers=headers)


def add_to(office: Blueprint) -> None:
    """Put the pages in their places."""
    office.get("/connect")(connect)
    office.post("/connect", endpoint="add_app_password")(add)
    office.post("/connect/shown", endpoint="show_calendars")(show)
    one = "/connect/<int(max=2147483647):password_id>"
    office.route(f"{one}/revoke", methods=["GET", "POST"], endpoint="revoke_app_password")(revoke)
    office.route("/connect/apple", methods=["GET", "POST"])(apple)
