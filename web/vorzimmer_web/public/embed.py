"""The booking in a frame on another site (C40, O64, A65): only here, and only on the sites that the practice lists.

Browsers withhold cookies in such a frame, so none is used: what a session holds travels, sealed, in the forms of the
page, each with a token of its own. It is in the memory of the frame and nowhere else: an address of the frame carries
no more than what the site around preset, so that a copied address begins anew (X1).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from cryptography.fernet import Fernet, InvalidToken
from flask import Blueprint, Flask, Request, Response, abort, redirect, request, session, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import generate_csrf
from werkzeug.exceptions import HTTPException

from vorzimmer.access import EVERYONE, open_to
from vorzimmer.server.guard import CONTENT_SECURITY_POLICY
from vorzimmer.server.here import hall
from vorzimmer.settings.config import Config
from vorzimmer_web.public import booking
from vorzimmer_web.public.start import pages_of
from vorzimmer_web.shell.site import DIST, FRAMED, is_framed

SEALED = "s"
IN_FORMS, IN_ADDRESSES = "form", "address"
"""What is sealed for the one opens nothing in the other."""
LIFE = timedelta(hours=2)
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


def opened(config: Config, asked: Request) -> dict[str, Any]:
    """What the form carries, or of the address what was preset; nothing where it is forged, old, or not in a frame."""
    where, given = IN_ADDRESSES, asked.args
    if asked.method == "POST":
        where, given = IN_FORMS, _form(asked)
    if asked.headers.get("Sec-Fetch-Dest") == "document":
        return {}
    sealed = given.get(SEALED, "")
    token = (sealed + "=" * (-len(sealed) % 4)).encode("ascii", "replace")
    try:
        found: dict[str, Any] = json.loads(
            _cipher(config, where).decrypt(token, ttl=int(LIFE.total_seconds()))
        )
    except InvalidToken:
        return {}
    return found


def _form(asked: Request) -> Any:
    """The form; one that cannot be read is refused later, where errors are answered."""
    try:
        return asked.form
    except HTTPException:
        return {}


def _sealed(config: Config, where: str, data: dict[str, Any]) -> str:
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return _cipher(config, where).encrypt(text.encode()).decode().rstrip("=")


def _cipher(config: Config, where: str) -> Fernet:
    key = hmac.new(config.secret_key, f"embed {where}".encode(), hashlib.sha256)
    return Fernet(base64.urlsafe_b64encode(key.digest()))


def carried() -> str:
    """The session, for a hidden input of a form of this page."""
    return _sealed(hall().config, IN_FORMS, dict(session))


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
        values.setdefault(SEALED, _sealed(hall().config, IN_ADDRESSES, kept))


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
