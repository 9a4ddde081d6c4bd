"""The booking in a frame on another site (C40, O64, A65): only here, and only on the sites that the practice lists."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Flask, Response, abort, redirect, request, session, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import generate_csrf

from vorzimmer.access import EVERYONE, open_to
from vorzimmer.server.guard import CONTENT_SECURITY_POLICY
from vorzimmer.server.here import hall
from vorzimmer_web.public import booking
from vorzimmer_web.public.start import pages_of
from vorzimmer_web.shell.frame_session import IN_ADDRESSES, SEALED, carried, sealed
from vorzimmer_web.shell.site import DIST, FRAMED, is_framed

HOUR = 60 * 60

embed = pages_of("embed", FRAMED, f"{FRAMED}<slug>")
embed.post(f"{FRAMED}<slug>/times", endpoint="again")(booking.choose)
embed.post(f"{FRAMED}<slug>/<uid>/again", endpoint="edit")(booking.details)
embed.post(f"{FRAMED}<slug>/<uid>/calendar.ics", endpoint="keep")(booking.calendar_file)


@embed.record_once
def _set_up(state: BlueprintSetupState) -> None:
    app: Flask = state.app  # type: ignore[assignment]  # only a Flask application registers us
    app.jinja_env.globals.update(
        framed=lambda: is_framed(request), in_languages=_in_languages, carried=carried
    )


@embed.url_defaults
def _carry(_endpoint: str, values: dict[str, Any]) -> None:
    """Addresses carry on the language, and what the site has preset; once a form was sent, no more than the hold."""
    if not is_framed(request):
        return
    if "language" in session:
        values.setdefault("language", session["language"])
    names = ("holds", "typed") if request.method == "GET" else ("holds",)
    kept = {name: session[name] for name in names if name in session}
    if kept:
        values.setdefault(SEALED, sealed(hall().config, IN_ADDRESSES, kept))


@embed.before_request
def _begin() -> ResponseReturnValue | None:
    """Nothing without a site that may show it; outside of a frame one books like everybody else."""
    if not hall().config.settings.practice.embed_on:
        abort(404)
    chosen = request.args.get("language")
    if chosen in hall().config.settings.practice.languages:
        session["language"] = chosen
    if request.method == "GET":
        if request.headers.get("Sec-Fetch-Dest") == "document":
            return _unframed()
        if "uid" in (request.view_args or {}):  # a page that only a form leads to
            return redirect(url_for(".choose", slug=(request.view_args or {})["slug"]), 303)
    generate_csrf()  # before the first form is written
    return None


def _unframed() -> ResponseReturnValue:
    """The same choice on the practice's own page."""
    slug = (request.view_args or {}).get("slug")
    query = [
        (name, text) for name, text in request.args.items(multi=True) if name not in (SEALED, "language")
    ]
    page = url_for("booking.choose", slug=slug) if slug else url_for("booking.services")
    return redirect(f"{page.partition('?')[0]}?{urlencode(query)}".rstrip("?"), 303)


def _in_languages() -> dict[str, str]:
    """The address of this page in each language; none for a page that was sent to."""
    if request.method != "GET":
        return {}
    given = [(name, value) for name, value in request.args.items(multi=True) if name != "language"]
    offered = hall().config.settings.practice.languages
    return {code: f"{request.path}?{urlencode([*given, ('language', code)])}" for code in offered}


@embed.after_request
def _allow(answer: Response) -> Response:
    """The sites that the practice lists may show this page, and this server itself for a preview."""
    listed = hall().config.settings.practice.embed_on
    if listed:
        answer.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY.replace(
            "frame-ancestors 'none'", " ".join(["frame-ancestors 'self'", *listed])
        )
    return answer


script = Blueprint("embed_script", __name__)


@script.get("/embed.js")
@open_to(EVERYONE)
def embed_js() -> ResponseReturnValue:
    """A few lines for the site around the frame, which make it as high as what it shows."""
    answer = Response((DIST / "embed.js").read_bytes(), mimetype="text/javascript")
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    answer.cache_control.public, answer.cache_control.max_age = True, HOUR
    return answer
