"""The practice itself: name, languages, address, legal texts, colour, picture, and how it books (K6, § 5 DDG, T52)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy.orm import Session

from vorzimmer.access import Right, open_to
from vorzimmer.reasons import N_, Reason, Refused
from vorzimmer.server.guard import LARGEST_UPLOAD, takes
from vorzimmer.server.here import hall
from vorzimmer.settings import change, colors, pictures
from vorzimmer_web.shell.base_address import locks_out
from vorzimmer_web.shell.requests import signed_in
from vorzimmer_web.shell.site import LANGUAGES
from vorzimmer_web.shell.typed import Typed

LEGAL = ("imprint", "privacy", "terms", "withdrawal")
TEXTS = ("name", "phone", "email", "support", "base_url", *LEGAL, *(f"{which}_url" for which in LEGAL))


@open_to(Right.SETTINGS)
def show() -> str:
    """The form, filled with what holds."""
    return _page(_shown())


@open_to(Right.SETTINGS)
def save() -> ResponseReturnValue:
    """Set what was changed; what config.toml sets is left alone."""
    typed = Typed(request.form)

    def work(session: Session) -> None:
        typed.check(session, lambda: _held(session))
        _save(session, changed, typed.errors)

    given = {"practice": _practice(typed), "booking": _booking(typed)}
    changed = {table: _changed(table, values) for table, values in given.items()}
    if (error := locks_out(changed["practice"].get("base_url"), request.host)) is not None:
        typed.errors["base_url"] = error
    try:
        hall().database.write(work)
    except Refused as refusal:
        status = typed.refused(refusal)
        if "accent" in typed.errors:
            typed.errors["accent"] = _too_pale(typed.get("accent"))
        return _page(typed), status
    hall().refresh(at_once=True)
    flash(gettext("The settings are saved and hold everywhere."), "good")
    return redirect(url_for("office.practice"), 303)


@open_to(Right.SETTINGS)
@takes(LARGEST_UPLOAD)
def logo() -> ResponseReturnValue:
    """Take a new picture, or take it away."""
    sent = request.files.get("logo")
    picture = sent.read(pictures.LARGEST + 1) if sent and "remove" not in request.form else None
    if not picture and "remove" not in request.form:
        return redirect(url_for("office.practice"), 303)
    if not picture and "sure" not in request.form:
        return render_template(
            "office/sure.html",
            title=gettext("Remove the picture?"),
            consequences=[gettext("Booking pages and mails show the name of the practice alone.")],
            button=gettext("Remove"),
            back=url_for("office.practice"),
        )
    try:
        hall().database.write(lambda session: change.set_logo(session, hall(), signed_in(), picture or None))
    except Refused as refusal:
        if refusal.reason is not Reason.INVALID:
            raise
        typed = _shown()
        typed.errors = refusal.facts["errors"]
        return _page(typed), 422
    hall().refresh(at_once=True)
    flash(gettext("The picture is saved.") if picture else gettext("The picture is gone."), "good")
    return redirect(url_for("office.practice"), 303)


def _too_pale(color: str) -> str:
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", color):
        return N_("Please choose a colour.")
    said: str = gettext(
        "This colour is too pale to be read. %(color)s would do.", color=colors.readable(color)
    )
    return said


def _save(session: Session, changed: Mapping[str, Mapping[str, Any]], wrong: Mapping[str, str]) -> None:
    """Save all of it, or refuse with everything that is wrong at once; `wrong` is known already."""
    errors: dict[str, str] = {}
    for table, values in changed.items():
        if not values:
            continue
        try:
            change.save(session, hall(), signed_in(), table, values)
        except Refused as refusal:
            if refusal.reason is not Reason.INVALID:
                raise
            errors |= refusal.facts["errors"]
    if errors or wrong:
        raise Refused(Reason.INVALID, errors={**errors, **wrong})


def _practice(typed: Typed) -> dict[str, Any]:
    chosen = [code for code in LANGUAGES if code in typed.values.getlist("languages")]
    first = typed.get("first")
    texts = {key: typed.get(key).replace("\r\n", "\n") for key in TEXTS}
    return {
        **texts,
        "languages": sorted(chosen, key=lambda code: code != first),
        "accent": typed.get("accent") if typed.get("own_accent") else "",
    }


def _booking(typed: Typed) -> dict[str, Any]:
    hours = sorted(set(typed.numbers("reminder_hours")), reverse=True)
    flags = {name: name in typed.values for name in ("message_field", "choose_location")}
    return {"reminder_hours": hours, **flags}


def _changed(table: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """What differs from what holds, and is the office's to set."""
    holds = getattr(hall().config.settings, table).model_dump(mode="json")
    if "base_url" in holds:
        holds["base_url"] = holds["base_url"].rstrip("/")
    return {
        key: value
        for key, value in values.items()
        if value != holds[key] and not hall().config.is_fixed(table, key)
    }


def _shown() -> Typed:
    return _of(hall().config.settings.practice, hall().config.settings.booking)


def _held(session: Session) -> Typed:
    """The form as it would be filled by what holds at this moment."""
    return _of(*(change.held(session, hall(), table) for table in change.OFFICE_TABLES))


def _of(found: Any, booking: Any) -> Typed:
    shown: dict[str, Any] = {key: getattr(found, key) for key in TEXTS}
    shown["base_url"] = str(found.base_url).rstrip("/")
    shown["languages"] = list(found.languages)
    shown["first"] = found.languages[0]
    shown["accent"] = found.accent or "#0b6b6b"
    shown["reminder_hours"] = ", ".join(map(str, booking.reminder_hours))
    on = {"own_accent": bool(found.accent), "message_field": booking.message_field}
    on["choose_location"] = booking.choose_location
    return Typed(shown | {key: "1" for key, value in on.items() if value})


def _page(typed: Typed) -> str:
    fixed = {key for table in change.OFFICE_TABLES for key in hall().config.fixed(table)}
    return render_template("office/settings/practice.html", typed=typed, fixed=fixed, all_languages=LANGUAGES)


def add_to(office: Blueprint) -> None:
    """Put the pages in their places."""
    office.get("/settings/practice", endpoint="practice")(show)
    office.post("/settings/practice", endpoint="save_practice")(save)
    office.post("/settings/practice/logo", endpoint="logo")(logo)
