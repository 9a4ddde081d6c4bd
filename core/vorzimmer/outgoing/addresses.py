"""Which addresses are asked at all: those of the internet, each one that a name stands for (A122)."""

from __future__ import annotations

import ipaddress
import re
import socket
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit, urlunsplit

from vorzimmer.reasons import N_

LONGEST = 2000
REFUSED = N_("This address cannot be used.")
NO_HTTPS = N_("Please enter an address that begins with https://.")
_PORTS = {"https": (443, 8443), "http": (80, 8080)}
_INSIDE = [
    ipaddress.ip_network(net)
    for net in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96", "fec0::/10")
]
"""Ways to write an address of version 4 in one of version 6, and what was once private: Python calls some global."""
_OWN_MACHINE = re.compile(r"(.*\.)?localhost")
"""Names that mean the machine itself, whatever a resolver says (RFC 6761)."""
_NAME = re.compile(r"(?=.{1,253}$)([a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?\.)*[a-z][a-z0-9-]{0,62}\.?")


class AddressRefusedError(ValueError):
    """An address that is not asked; the text is a msgid and says no more than that."""


@dataclass(frozen=True)
class Allowed:
    """What holds beside the rule: `http`, and `hosts` (`name` or `name:port`) that may be anywhere."""

    http: bool = False
    hosts: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Address:
    """An address whose form is right; `trusted`: the operator named its host."""

    scheme: str
    host: str
    port: int
    path: str
    trusted: bool

    @property
    def origin(self) -> tuple[str, str, int]:
        """Who is meant."""
        return self.scheme, self.host, self.port

    @property
    def netloc(self) -> str:
        """Host, and port where it is not the usual one."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if _PORTS[self.scheme][0] == self.port else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """Written out."""
        return f"{self.scheme}://{self.netloc}{self.path}"


def read(text: str, allowed: Allowed) -> Address:
    """Take an address apart; webcal:// means https://. Raises `AddressRefusedError`; nothing is asked or resolved."""
    if len(text) > LONGEST or not re.fullmatch(r"[!-~]+", text) or "\\" in text:
        raise AddressRefusedError(REFUSED)
    try:
        parts = urlsplit(re.sub(r"^webcals?://", "https://", text, flags=re.IGNORECASE))
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        raise AddressRefusedError(REFUSED) from None
    scheme = parts.scheme.lower()
    if scheme == "http" and not allowed.http:
        raise AddressRefusedError(NO_HTTPS)
    if scheme not in _PORTS or "@" in parts.netloc or not host:
        raise AddressRefusedError(REFUSED)
    port = port or _PORTS[scheme][0]
    trusted = bool({host, f"{host}:{port}"} & allowed.hosts)
    if not trusted and (port not in _PORTS[scheme] or not _is_name(host)):
        raise AddressRefusedError(REFUSED)
    return Address(scheme, host, port, urlunsplit(("", "", parts.path or "/", parts.query, "")), trusted)


def host_of(url: str) -> str:
    """What of an address people are shown: the rest of it may be a secret."""
    return urlsplit(url).hostname or ""


def follow(address: Address, location: str, allowed: Allowed) -> Address:
    """Where a redirect leads, judged anew; never from https to http."""
    if not re.fullmatch(r"[!-~]+", location):
        raise AddressRefusedError(REFUSED)
    found = read(urljoin(address.url, location), allowed)
    if address.scheme == "https" and found.scheme != "https":
        raise AddressRefusedError(NO_HTTPS)
    return found


def resolve(address: Address) -> list[str]:
    """The numbers that a name stands for, asked once; the caller connects to these and to nothing else.

    One that is not of the internet refuses them all. Raises `AddressRefusedError`, and `OSError` for an unknown name.
    """
    found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    numbers = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not numbers or not (address.trusted or all(map(is_public, numbers))):
        raise AddressRefusedError(REFUSED)
    return numbers


def is_public(number: str) -> bool:
    """Whether an address is one of the internet."""
    try:
        found = ipaddress.ip_address(number)
    except ValueError:  # with a zone: link-local
        return False
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped:
            found = found.ipv4_mapped
        elif any(found in net for net in _INSIDE):
            return False
    return found.is_global and not (found.is_multicast or found.is_reserved)


def _is_name(host: str) -> bool:
    """A name, or the plain number of a public address; 127.1, 0x7f.1 and 2130706433 are neither."""
    return bool(_NAME.fullmatch(host) and not _OWN_MACHINE.fullmatch(host)) or is_public(host)
