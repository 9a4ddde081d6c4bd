"""What calendar apps take to set themselves up: Apple's profile, DAVx5's link and its QR code (caldav.md §9)."""

from __future__ import annotations

import plistlib
import uuid
from urllib.parse import quote, urlsplit

import segno
from markupsafe import Markup

from vorzimmer import urls
from vorzimmer.settings.config import Config

APPLE = "application/x-apple-aspen-config"
PORTS = {"https": 443, "http": 80}


def address(config: Config) -> str:
    """The address that every other app asks for."""
    return urls.absolute(config, "/dav/")


def apple(config: Config, user: str, secret: str) -> bytes:
    """A profile for iPhone, iPad and Mac (payload `com.apple.caldav.account`); without a secret the device asks."""
    base = urlsplit(config.base_url)
    name = config.settings.practice.name
    account = {
        "PayloadType": "com.apple.caldav.account",
        "PayloadVersion": 1,
        "PayloadIdentifier": f"vorzimmer.{base.hostname}.caldav",
        "PayloadUUID": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{config.base_url}/dav/{user}")),
        "PayloadDisplayName": name,
        "CalDAVAccountDescription": name,
        "CalDAVHostName": base.hostname,
        "CalDAVPort": base.port or PORTS[base.scheme],
        "CalDAVUseSSL": base.scheme == "https",
        "CalDAVUsername": user,
        "CalDAVPrincipalURL": urls.absolute(config, f"/dav/{quote(user)}/"),
    }
    if secret:
        account["CalDAVPassword"] = secret
    return plistlib.dumps(
        {
            "PayloadType": "Configuration",
            "PayloadVersion": 1,
            "PayloadIdentifier": f"vorzimmer.{base.hostname}",
            "PayloadUUID": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{config.base_url}/{user}")),
            "PayloadDisplayName": name,
            "PayloadContent": [account],
        }
    )


def davx5(config: Config, user: str, secret: str) -> str:
    """A link that DAVx5 opens; it takes https for granted, so plain http is written out as `caldav`."""
    base = urlsplit(config.base_url)
    scheme = "davx5" if base.scheme == "https" else "caldav"
    login = quote(user, safe="") + (f":{quote(secret, safe='')}" if secret else "")
    return f"{scheme}://{login}@{base.netloc}/dav/"


def picture(link: str, title: str) -> Markup:
    """The link as a QR code, drawn into the page."""
    code = segno.make(link, error="m")
    return Markup(code.svg_inline(scale=4, light="#fff", title=title, omitsize=True))  # noqa: S704  (segno escapes)
