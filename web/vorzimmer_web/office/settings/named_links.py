"""Named links: made, changed, deleted, with their QR codes (K62 to K64)."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from vorzimmer import database
from vorzimmer.access import Right, open_to
from vorzimmer.periods import day_of
from vorzimmer.reasons import N_, Refused
from vorzimmer.server.here import hall
from vorzimmer_web.office.settings import qr
from vorzimmer_web.office.settings.publish import KINDS, choices, page, target_of
from vorzimmer_web.shell import invitations
from vorzimmer_web.shell.invitations import Invitation, NewInvitation
from vorzimmer_web.shell.requests import reading, signed_in
from vorzimmer_web.shell.typed import Typed


def _today() -> date:
    return database.now(reading()).astimezone(hall().config.zone).date()


def _wanted(typed: Typed, target: dict[str, object]) -> NewInvitation:
    first, last = _day(typed, "first"), _day(typed, "last")
    return NewInvitation(typed.get("link_name"), target, first, last, "single" in typed.values)


def _day(typed: Typed, name: str) -> date | None:
    try:
        return day_of(typed.get(name)) if typed.get(name) else None
    except ValueError:
        typed.errors[name] = N_("Please enter a day.")
        return None


@open_to(Right.SETTINGS)
def add() -> ResponseReturnValue:
    """A named link with the presets that were chosen above."""
    typed = Typed(request.form)
    wanted = _wanted(typed, target_of(request.args))
    made = 422 if typed.errors else _kept(typed, None, wanted)
    if isinstance(made, int):
        return page(typed, made)
    flash(gettext("The link “%(name)s” is made.", name=made.name), "good")
    return redirect(url_for("office.publish", _anchor="links"), 303)


@open_to(Right.SETTINGS)
def edit(link_id: int) -> ResponseReturnValue:
    """Another name, other presets, other days; the address stays, for it is printed perhaps."""
    link = invitations.get(reading(), link_id)
    if request.method != "POST":
        return _form(link, _shown(link))
    typed = Typed(request.form)
    wanted = _wanted(typed, target_of(request.form))
    made = 422 if typed.errors else _kept(typed, link_id, wanted)
    if isinstance(made, int):
        return _form(link, typed), made
    flash(gettext("The link “%(name)s” is changed.", name=made.name), "good")
    return redirect(url_for("office.publish", _anchor="links"), 303)


def _kept(typed: Typed, number: int | None, wanted: NewInvitation) -> Invitation | int:
    """The link as it is stored; the status of the form where it is not, and why stands in there."""
    person, today = signed_in(), _today()

    def work(session: Session) -> Invitation:
        if number is None:
            return invitations.create(session, person, wanted, today)
        typed.check(session, lambda: _shown(invitations.get(session, number)))
        return invitations.change(session, person, number, wanted, today)

    try:
        return hall().database.write(work)
    except Refused as refusal:
        return typed.refused(refusal)


def _shown(link: Invitation) -> Typed:
    days = {name: day.isoformat() for name in ("first", "last") if (day := getattr(link, name))}
    return Typed({"link_name": link.name, **link.target, **days, **({"single": "1"} if link.single else {})})


def _form(link: Invitation, typed: Typed) -> str:
    return render_template(
        "office/settings/named_link.html",
        link=link,
        typed=typed,
        target=target_of(MultiDict(typed.values)),
        address=invitations.address(link),
        **choices(),
    )


@open_to(Right.SETTINGS)
def delete(link_id: int) -> ResponseReturnValue:
    """The question; then the link says that it has ended."""
    if request.method != "POST":
        link = invitations.get(reading(), link_id)
        return render_template(
            "office/sure.html",
            title=gettext("Delete the link “%(name)s”?", name=link.name),
            consequences=[
                gettext("Who follows it is led to your page, wherever it is printed or sent to."),
                gettext("The same address cannot be made again."),
            ],
            button=gettext("Delete the link"),
            back=url_for("office.publish", _anchor="links"),
        )
    name = hall().database.write(lambda session: invitations.delete(session, signed_in(), link_id))
    flash(gettext("The link “%(name)s” is deleted: who follows it is led to your page.", name=name), "good")
    return redirect(url_for("office.publish", _anchor="links"), 303)


@open_to(Right.SETTINGS)
def code(link_id: int, kind: str) -> ResponseReturnValue:
    """The QR code of a named link, to download (K64)."""
    found = invitations.get(reading(), link_id)
    return qr.answer(invitations.address(found), kind, f"link-{link_id}")


def add_to(office: Blueprint) -> None:
    """Put the pages in their places."""
    links = "/settings/publish/links"
    office.post(links, endpoint="publish_link")(add)
    office.route(f"{links}/<int:link_id>", methods=["GET", "POST"], endpoint="named_link")(edit)
    office.route(f"{links}/<int:link_id>/delete", methods=["GET", "POST"], endpoint="delete_link")(delete)
    office.get(f"{links}/<int:link_id>/code.{KINDS}", endpoint="link_code")(code)
