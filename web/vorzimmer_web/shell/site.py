"""What all pages share: languages, CSRF tokens, assets, icons, words for times and money."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from zoneinfo import ZoneInfo

from flask import Blueprint, Flask, Request, Response, abort, current_app, redirect, request, session, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from flask_babel import Babel, get_locale, gettext
from flask_login import current_user
from flask_wtf.csrf import CSRFProtect
from markupsafe import Markup
from werkzeug.exceptions import BadRequest

from vorzimmer.access import EVERYONE, open_to
from vorzimmer.models import Booking
from vorzimmer.practice import Hall
from vorzimmer.server.here import hall
from vorzimmer.settings.config import Practice
from vorzimmer_web.shell import words

LANGUAGES = {"de": "Deutsch", "en": "English", "fr": "Français", "ru": "Русский"}
FRAMED = "/embed/"
"""Below it are the pages that may stand in a frame on another site (A65)."""
DIST = Path(__file__).parents[1] / "static" / "dist"
ASSETS = {
    "booking.css": "text/css",
    "booking.js": "text/javascript",
    "office.css": "text/css",
    "office.js": "text/javascript",
    "calendar.css": "text/css",
    "calendar.js": "text/javascript",
}

site = Blueprint("site", "vorzimmer_web", template_folder="templates")
csrf = CSRFProtect()


@site.record_once
def _set_up(state: BlueprintSetupState) -> None:
    app: Flask = state.app  # type: ignore[assignment]  # only a Flask application registers us
    csrf.init_app(app)
    here: Hall = app.extensions["vorzimmer"]
    Babel(
        app,
        default_locale=here.config.settings.practice.languages[0],
        default_translation_directories=";".join(map(str, catalogues(here))),
        locale_selector=_language,
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(
        icon=Icons(DIST / "icons.svg"), asset=Assets(DIST), practice=_practice, words=words
    )
    app.jinja_env.globals.update(translated=gettext)  # of `_` a "%" in somebody's words makes an error
    app.jinja_env.globals.update(languages=_languages, locale=get_locale, here=_here, zone_of=zone_of)


def catalogues(here: Hall) -> list[Path]:
    """Folders of translations that exist: the core's and those of every whole plugin.

    One without any would take the language's rule of plurals with it.
    """
    folders = [package / "translations" for package in here.catalogues]
    return [folder for folder in folders if folder.is_dir()]


def _practice() -> Practice:
    return hall().config.settings.practice


def _languages() -> dict[str, str]:
    return {code: LANGUAGES[code] for code in _practice().languages}


def may_speak(language: str) -> bool:
    """Whether the practice offers the language."""
    return language in _practice().languages


def _language() -> str:
    """The language chosen since the login, else the account's, else the browser's, else the practice's first."""
    offered = _practice().languages
    own = current_user.language if current_user.is_authenticated else ""
    for chosen in (session.get("language"), own):
        if chosen in offered:
            return str(chosen)
    return language_of_browser()


def language_of_browser() -> str:
    """What the browser asks for, else the practice's first; nobody's account is looked at."""
    offered = _practice().languages
    return request.accept_languages.best_match(offered) or offered[0]


def _here() -> str:
    """Path and query of the page, to come back to."""
    return request.full_path.removesuffix("?")


def is_framed(asked: Request) -> bool:
    """Whether the page may stand in a frame on another site."""
    return asked.path.startswith(FRAMED)


def zone_of(booking: Booking) -> ZoneInfo:
    """The zone that the booking was promised in."""
    return ZoneInfo(booking.zone)


@site.post("/language")
@open_to(EVERYONE)
def language() -> ResponseReturnValue:
    """Switch the language and go back to the page."""
    if not may_speak(request.form.get("language", "")):
        raise BadRequest
    session["language"] = request.form["language"]
    return redirect(_page(local_path(request.form.get("next", "/"))), 303)


csrf.exempt(language)  # the worst a stranger can do is change the language; so reading needs no cookie


def _page(path: str) -> str:
    """The page, or the nearest above it: some are only what a form is answered with."""
    addresses = current_app.create_url_adapter(request)
    while addresses and "GET" not in (addresses.allowed_methods(path.partition("?")[0]) or ["GET"]):
        path = path.partition("?")[0].rstrip("/").rpartition("/")[0] + "/"
    return path


def local_path(path: str) -> str:
    """The path if it leads to this server, else the start page (no open redirect)."""
    return path if re.fullmatch(r"/(?![/\\])[\x21-\x7e]*", path) else "/"


class Icons:
    """The icons of the sprite, drawn into the page: no further request, and the text colour is theirs."""

    def __init__(self, sprite: Path) -> None:
        drawings = re.findall(r'<symbol id="([^"]+)"[^>]*>(.*?)</symbol>', sprite.read_text(), re.DOTALL)
        self._drawings = dict(drawings)

    def __call__(self, name: str) -> Markup:
        """The drawing of one icon."""
        return Markup(  # noqa: S704  (our own sprite)
            '<svg class="icon" width="20" height="20" viewBox="0 0 24 24" fill="none" stroke="currentColor"'
            f' stroke-width="1.5" aria-hidden="true">{self._drawings[name]}</svg>'
        )


class Assets:
    """Addresses of the bundle, with the hash of what is behind them: they may be kept for ever."""

    def __init__(self, folder: Path) -> None:
        self._digests = {
            name: hashlib.sha256((folder / name).read_bytes()).hexdigest()[:12] for name in ASSETS
        }

    def __call__(self, name: str) -> str:
        """The address of a file of the bundle."""
        return url_for("site.asset", digest=self._digests[name], name=name)

    def is_current(self, digest: str, name: str) -> bool:
        """Whether the file of this address is the one that is served now."""
        return self._digests.get(name) == digest


@site.get("/static/<digest>/<name>")
@open_to(EVERYONE)
def asset(digest: str, name: str) -> ResponseReturnValue:
    """A file of the bundle, compressed where the browser takes it."""
    if name not in ASSETS:
        abort(404)
    compressed = request.accept_encodings.quality("gzip") > 0
    response = Response((DIST / (f"{name}.gz" if compressed else name)).read_bytes(), mimetype=ASSETS[name])
    if compressed:
        response.content_encoding = "gzip"
    response.vary.add("Accept-Encoding")
    assets: Assets = current_app.jinja_env.globals["asset"]  # type: ignore[assignment]  # set above
    if assets.is_current(digest, name):
        response.cache_control.public = response.cache_control.immutable = True
        response.cache_control.max_age = 365 * 24 * 60 * 60
    return response  # by any other address, such as an old page's during an update, it is kept by nobody
