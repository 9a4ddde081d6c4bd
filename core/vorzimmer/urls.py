"""The one builder of absolute addresses, always from the configured base URL (A45), and of the tokens in them."""

from __future__ import annotations

import base64
import hashlib
import hmac

from vorzimmer.config import Config

CODE_DIGITS = 6


def _mac(config: Config, purpose: str, *parts: object) -> bytes:
    message = "\x1f".join([purpose, *map(str, parts)]).encode()
    return hmac.new(config.secret_key, message, hashlib.sha256).digest()


def token(config: Config, purpose: str, uid: str) -> str:
    """A token of 192 bits for one purpose (`hold`, `manage`) and one booking (A93)."""
    return base64.urlsafe_b64encode(_mac(config, purpose, uid)[:24]).decode()


def token_fits(config: Config, purpose: str, uid: str, given: str) -> bool:
    """Whether the token is right, in constant time."""
    return hmac.compare_digest(token(config, purpose, uid).encode(), given.encode("utf-8", "replace"))


def code(config: Config, uid: str, issue: int) -> str:
    """The six digits of one mail: derived from hold and issue, stored nowhere (A30)."""
    number = int.from_bytes(_mac(config, "code", uid, issue)[:8], "big")
    return f"{number % 10**CODE_DIGITS:0{CODE_DIGITS}d}"


def code_fits(config: Config, uid: str, issue: int, given: str) -> bool:
    """Whether the digits are those of the newest mail, in constant time."""
    return issue > 0 and hmac.compare_digest(
        code(config, uid, issue).encode(), given.encode("utf-8", "replace")
    )


def manage(config: Config, uid: str) -> str:
    """The address under which a customer sees, moves and cancels one booking."""
    return f"{config.base_url}/b/{uid}.{token(config, 'manage', uid)}"


def absolute(config: Config, path: str) -> str:
    """The absolute address of a path that begins with a slash."""
    return config.base_url + path


def login_link(config: Config, nonce: str) -> str:
    """The address under which somebody sets a password or confirms an address, once (A42)."""
    return f"{config.base_url}/office/link/{token(config, 'login', nonce)}"
