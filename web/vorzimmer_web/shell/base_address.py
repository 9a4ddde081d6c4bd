"""A new base address, looked at before it holds: whoever sets it must not be locked out by it."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from vorzimmer.reasons import N_
from vorzimmer.server.guard import hosts, is_loopback
from vorzimmer.server.here import hall


def locks_out(address: str | None, host: str) -> str | None:
    """What is wrong with a new base address: whoever sets it must not be locked out by it."""
    if address is None:
        return None
    parts = urlsplit(address)
    name = (parts.hostname or "").lower()
    if parts.scheme == "http" and not is_loopback(name):
        return N_("Only https keeps logins and links secret.")
    here = re.sub(r":\d+$", "", host).lower()
    known = hosts(hall().config) - {urlsplit(hall().config.base_url).hostname or ""}
    if here not in known | {name}:
        return N_("You would lock yourself out: open the office at the new address first.")
    return None
