"""`/help/`: the manual for whoever asks, in the frame that belongs to them."""

from __future__ import annotations

from flask import Blueprint, Flask, abort, render_template, request, send_from_directory, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from markupsafe import Markup

from vorzimmer.access import EVERYONE, open_to
from vorzimmer_web.help.manual import INDEX, PICTURES, html, manual

help_pages = Blueprint("help", __name__, url_prefix="/help")


@help_pages.record_once
def _set_up(state: BlueprintSetupState) -> None:
    app: Flask = state.app  # type: ignore[assignment]  # only a Flask application registers us
    app.jinja_env.globals["help_address"] = help_address


def help_address() -> str:
    """The address of the manual's page about the page that is shown."""
    name = manual().of(request.path)
    return url_for("help.index") if name == INDEX else url_for("help.page", name=name)


@help_pages.get("/")
@open_to(EVERYONE)
def index() -> ResponseReturnValue:
    """The list of all pages."""
    return _shown(INDEX)


@help_pages.get("/<path:name>")
@open_to(EVERYONE)
def page(name: str) -> ResponseReturnValue:
    """One page, in English where it is not written in the reader's language."""
    if name.startswith(PICTURES):
        return _picture(name)
    if name == INDEX or name not in manual().pages:
        abort(404)
    return _shown(name)


def _picture(name: str) -> ResponseReturnValue:
    if name not in manual().pictures:
        abort(404)
    return send_from_directory(manual().folder, name, max_age=24 * 60 * 60)


def _shown(name: str) -> ResponseReturnValue:
    language = get_locale().language
    found = manual().pages[name]
    told, _text = found.text(language)
    return render_template(
        "help/page.html",
        title=found.title(language),
        text=Markup(html(name, language, url_for("help.index"))),  # noqa: S704  (our own manual; its HTML is escaped)
        told=told,
        is_index=name == INDEX,
    )
