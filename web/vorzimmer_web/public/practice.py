"""What makes the pages the practice's own: its colour, its picture, imprint and privacy notice (§ 5 DDG)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from flask import Blueprint, Flask, Response, abort, redirect, render_template, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue

from vorzimmer.access import EVERYONE, open_to
from vorzimmer.reasons import N_
from vorzimmer.server.here import hall
from vorzimmer.settings import change, colors
from vorzimmer_web.shell.requests import reading

YEAR = 365 * 24 * 60 * 60
TYPES = {"png": "image/png", "jpg": "image/jpeg"}
TITLES = {
    "imprint": N_("Imprint"),
    "privacy": N_("Privacy"),
    "terms": N_("Terms"),
    "withdrawal": N_("Withdrawal"),
}
ABOVE_THE_BUTTON = ("terms", "withdrawal", "privacy")
"""What one can read where one books (S40)."""

practice = Blueprint("practice", __name__)


@practice.record_once
def _set_up(state: BlueprintSetupState) -> None:
    app: Flask = state.app  # type: ignore[assignment]  # only a Flask application registers us
    app.jinja_env.globals.update(
        own_styles=stylesheet, legal_links=legal_links, legal_of_booking=lambda: legal_links(ABOVE_THE_BUTTON)
    )


def shades(accent: str) -> str:
    """The tokens that the practice's colour replaces, in light and dark mode."""
    dark = colors.on_dark(accent)
    light = {
        "accent": accent,
        "accent-strong": colors.mixed(accent, "#000000", 0.2),
        "accent-soft": colors.mixed(accent, "#ffffff", 0.9),
        "on-accent": "#ffffff",
    }
    night = {
        "accent": dark,
        "accent-strong": colors.mixed(dark, "#ffffff", 0.3),
        "accent-soft": colors.mixed(dark, "#13191b", 0.85),
        "on-accent": "#0e1315",
    }
    rules = [";".join(f"--{name}:{value}" for name, value in each.items()) for each in (light, night)]
    return f":root{{{rules[0]}}}@media (prefers-color-scheme:dark){{:root{{{rules[1]}}}}}"


def stylesheet() -> str | None:
    """The address of the practice's own colours; None where it has none."""
    accent = hall().config.settings.practice.accent
    if not accent:
        return None
    digest = hashlib.sha256(shades(accent).encode()).hexdigest()[:12]
    return url_for("practice.colors", digest=digest)


@practice.get("/static/<digest>/practice.css", endpoint="colors")
@open_to(EVERYONE)
def own_colors(digest: str) -> ResponseReturnValue:
    """The practice's colour as a style sheet of its own, for styles in a page are not allowed."""
    accent = hall().config.settings.practice.accent
    if not accent:
        abort(404)
    return _kept(Response(shades(accent), mimetype="text/css"))


@practice.get("/static/logo/<name>")
@open_to(EVERYONE)
def logo(name: str) -> ResponseReturnValue:
    """The practice's picture; its type is what its name says, whatever else may be in it."""
    picture = change.logo(reading()) if name == hall().config.settings.practice.logo else None
    if picture is None:
        abort(404)
    return _kept(Response(picture, mimetype=TYPES[name.rpartition(".")[2]]))


def _kept(response: Response) -> Response:
    """Its address changes with what is behind it."""
    response.cache_control.public = response.cache_control.immutable = True
    response.cache_control.max_age = YEAR
    return response


@practice.get("/imprint", defaults={"which": "imprint"})
@practice.get("/privacy", defaults={"which": "privacy"})
@practice.get("/terms", defaults={"which": "terms"})
@practice.get("/withdrawal", defaults={"which": "withdrawal"})
@open_to(EVERYONE)
def legal(which: str) -> ResponseReturnValue:
    """The imprint, privacy notice, terms or withdrawal, or the way to it."""
    found = hall().config.settings.practice
    address, text = getattr(found, f"{which}_url"), getattr(found, which)
    if address:
        return redirect(address, 303)
    if not text:
        return redirect(url_for("booking.services"), 303)  # it was public once, perhaps
    parts = re.split(r"\n\s*\n", text.strip())
    return render_template("legal.html", title=TITLES[which], parts=parts)


@practice.get("/faq")
@open_to(EVERYONE)
def questions() -> str:
    """What customers ask, and the answers (K105)."""
    return render_template("faq.html", hold_minutes=hall().config.settings.booking.hold_minutes)


def legal_links(those: Sequence[str] = tuple(TITLES)) -> list[tuple[str, str]]:
    """Title (a msgid) and address of what there is."""
    found = hall().config.settings.practice
    return [
        (TITLES[which], getattr(found, f"{which}_url") or url_for("practice.legal", which=which))
        for which in those
        if getattr(found, f"{which}_url") or getattr(found, which)
    ]
