"""The one builder of absolute addresses, always from the configured base URL (A45), and of the tokens in them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re

from vorzimmer.settings.config import Config

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


PAPER = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Signs that nobody takes for another one on paper."""


def reference(uid: str) -> str:
    """The number of an appointment on paper, "5F0C-3A91"; empty for one that was not numbered here."""
    start = uid[:8]
    return f"{start[:4]}-{start[4:]}".upper() if re.fullmatch("[0-9a-f]{8}", start) else ""


def paper_code(config: Config, uid: str) -> str:
    """What opens an appointment together with its reference: 40 bits, to be typed from paper, "K7QF-2MXB" (D4)."""
    number = int.from_bytes(_mac(config, "paper", uid)[:5], "big")
    signs = "".join(PAPER[number >> 5 * place & 31] for place in range(8))
    return f"{signs[:4]}-{signs[4:]}"


def paper_code_fits(config: Config, uid: str, given: str) -> bool:
    """Whether the code is right, in constant time, however it is written."""
    written = re.sub(r"[\W_]", "", given).upper().encode("utf-8", "replace")
    return hmac.compare_digest(paper_code(config, uid).replace("-", "").encode(), written)


def manage(config: Config, uid: str) -> str:
    """The address under which a customer sees, moves and cancels one booking."""
    return f"{config.base_url}/b/{uid}.{token(config, 'manage', uid)}"


def absolute(config: Config, path: str) -> str:
    """The absolute address of a path that begins with a slash."""
    return config.base_url + path


def rule(config: Config, number: str) -> str:
    """The address at which the manual says what a rule of free time means."""
    return absolute(config, f"/help/rules#rule-{number}")


def login_link(config: Config, nonce: str) -> str:
    """The address under which somebody sets a password or confirms an address, once (A42)."""
    return f"{config.base_url}/office/link/{token(config, 'login', nonce)}"
