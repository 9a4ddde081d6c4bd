"""The booking in a frame on another site (C40, O64, A65): only here, and only on the sites that the practice lists.

Browsers withhold cookies in such a frame, so none is used: what a session holds travels, sealed, in the addresses.
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
from flask import Blueprint, Flask, Response, request, session
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import generate_csrf

from vorzimmer.access import EVERYONE, open_to
from vorzimmer.config import Config
from vorzimmer.guard import CONTENT_SECURITY_POLICY
from vorzimmer.here import hall
from vorzimmer_web.site import DIST, FRAMED, is_framed
from vorzimmer_web.start import pages_of

SEALED = "s"
LIFE = timedelta(hours=2)
HOUR = 60 * 60

embed = pages_of("embed", FRAMED, f"{FRAMED}<slug>")


@embed.record_once
def _set_up(state: BlueprintSetupState) -> None:
    app: Flask = state.app  # type: ignore[assignment]  # only a Flask application registers us
    app.jinja_env.globals.update(framed=lambda: is_framed(request), in_languages=_in_languages)


def opened(config: Config, sealed: str) -> dict[str, Any]:
    """What the address carries; nothing where it is forged or old."""
    token = (sealed + "=" * (-len(sealed) % 4)).encode("ascii", "replace")
    try:
        found: dict[str, Any] = json.loads(_cipher(config).decrypt(token, ttl=int(LIFE.total_seconds())))
    except InvalidToken:
        return {}
    return found


def _sealed(config: Config, data: dict[str, Any]) -> str:
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return _cipher(config).encrypt(text.encode()).decode().rstrip("=")


def _cipher(config: Config) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hmac.new(config.secret_key, b"embed", hashlib.sha256).digest()))


@embed.url_defaults
def _carry(_endpoint: str, values: dict[str, Any]) -> None:
    """Every address of the booking carries the session on."""
    if is_framed(request) and session:
        values.setdefault(SEALED, _sealed(hall().config, dict(session)))


@embed.before_request
def _begin() -> None:
    """A token for forms before the first address is written; the language that the site asks for."""
    chosen = request.args.get("language")
    if chosen in hall().config.settings.practice.languages:
        session["language"] = chosen
    generate_csrf()


def _in_languages() -> dict[str, str]:
    """The address of this page in each language; none for a page that was sent to."""
    if request.method != "GET":
        return {}
    given = [
        (name, value) for name, value in request.args.items(multi=True) if name not in (SEALED, "language")
    ]
    given += [(SEALED, _sealed(hall().config, dict(session)))] if session else []
    offered = hall().config.settings.practice.languages
    return {code: f"{request.path}?{urlencode([*given, ('language', code)])}" for code in offered}


@embed.after_request
def _allow(answer: Response) -> Response:
    """The sites that the practice lists may show this page, and this server itself for a preview."""
    listed = hall().config.settings.practice.embed_on
    policy = CONTENT_SECURITY_POLICY.replace(
        "frame-ancestors 'none'", " ".join(["frame-ancestors 'self'", *listed])
    )
    answer.headers["Content-Security-Policy"] = policy
    if not listed:
        answer.headers["X-Frame-Options"] = "SAMEORIGIN"  # it cannot say more than that
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
