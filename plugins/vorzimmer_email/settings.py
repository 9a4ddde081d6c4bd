"""The table `[mail]`."""

from __future__ import annotations

import os
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import parse_qs, unquote, urlsplit

from pydantic import AfterValidator, ConfigDict, EmailStr, Field, SecretStr, model_validator

from vorzimmer.settings.config import Table

VARIABLE = "VORZIMMER_MAIL_SMTP"
PORTS = {"starttls": 587, "ssl": 465, "none": 25}


@dataclass(frozen=True)
class Relay:
    """The server that takes our mail. `tls` is `starttls`, `ssl`, or on this machine alone `none`."""

    host: str
    port: int
    tls: str
    user: str
    password: str


def relay(url: str) -> Relay:
    """Read `smtp://user:password@host:port?tls=starttls`. Raises `ValueError`, which never names the password."""
    try:
        parts = urlsplit(url)
        host, port, options = (
            parts.hostname or "",
            parts.port,
            parse_qs(parts.query, strict_parsing=bool(parts.query)),
        )
    except ValueError:
        raise ValueError("not an address like smtp://user:password@host:587?tls=starttls") from None
    if parts.scheme not in ("smtp", "smtps") or not host or set(options) - {"tls"} or parts.path.strip("/"):
        raise ValueError("not an address like smtp://user:password@host:587?tls=starttls")
    usual = "ssl" if parts.scheme == "smtps" else "none" if is_loopback(host) else "starttls"
    tls = options.get("tls", [usual])[-1]
    if tls not in PORTS or (tls == "none" and not is_loopback(host)):
        raise ValueError("tls must be starttls or ssl; only a server on this machine may do without")
    return Relay(host, port or PORTS[tls], tls, unquote(parts.username or ""), unquote(parts.password or ""))


def fixed_by_environment() -> bool:
    """Whether the server is set where the office cannot change it."""
    return bool(os.environ.get(VARIABLE))


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _checked(url: SecretStr) -> SecretStr:
    if url.get_secret_value():
        relay(url.get_secret_value())
    return url


class Config(Table):
    """How mail leaves: by `smtp`, or as files in `directory` below the data folder, to try things out.

    Where neither is set mails are files all the same, and customers cannot book online.
    `sender` (`from` in the file) is the address of all mail. The environment's `VORZIMMER_MAIL_SMTP` comes first.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    smtp: Annotated[SecretStr, AfterValidator(_checked)] = SecretStr("")
    sender: EmailStr | None = Field(None, alias="from")
    directory: str = ""

    @model_validator(mode="before")
    @classmethod
    def _from_environment(cls, values: Any) -> Any:
        given = os.environ.get(VARIABLE)
        return {**values, "smtp": given} if given and isinstance(values, dict) else values

    @property
    def folder(self) -> Path:
        """Where mails go that do not leave."""
        return Path(self.directory or "mail")

    @property
    def is_set_up(self) -> bool:
        """Whether somebody has said where mail goes."""
        return bool(self.directory) or self.relay is not None

    @property
    def relay(self) -> Relay | None:
        """The server that takes our mail, if one is set."""
        url = self.smtp.get_secret_value()
        return relay(url) if url else None
