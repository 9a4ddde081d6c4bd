"""The session of a page in a frame: sealed, in its forms and addresses, for browsers withhold cookies there.

Each form has a token of its own. It is in the memory of the frame and nowhere else: an address of the frame carries no
more than what the site around preset, so that a copied address begins anew (X1).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from flask import Request, session
from werkzeug.exceptions import HTTPException

from vorzimmer.server.here import hall
from vorzimmer.settings.config import Config

SEALED = "s"
IN_FORMS, IN_ADDRESSES = "form", "address"
"""What is sealed for the one opens nothing in the other."""
LIFE = timedelta(hours=2)


def opened(config: Config, asked: Request) -> dict[str, Any]:
    """What the form carries, or of the address what was preset; nothing where it is forged, old, or not in a frame."""
    where, given = IN_ADDRESSES, asked.args
    if asked.method == "POST":
        where, given = IN_FORMS, _form(asked)
    if asked.headers.get("Sec-Fetch-Dest") == "document":
        return {}
    token = given.get(SEALED, "")
    padded = (token + "=" * (-len(token) % 4)).encode("ascii", "replace")
    try:
        found: dict[str, Any] = json.loads(
            _cipher(config, where).decrypt(padded, ttl=int(LIFE.total_seconds()))
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


def sealed(config: Config, where: str, data: dict[str, Any]) -> str:
    """The data as a token that opens nothing but `where`."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return _cipher(config, where).encrypt(text.encode()).decode().rstrip("=")


def _cipher(config: Config, where: str) -> Fernet:
    key = hmac.new(config.secret_key, f"embed {where}".encode(), hashlib.sha256)
    return Fernet(base64.urlsafe_b64encode(key.digest()))


def carried() -> str:
    """The session, for a hidden input of a form of this page."""
    return sealed(hall().config, IN_FORMS, dict(session))
