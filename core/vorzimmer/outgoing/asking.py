"""Ask one address once. The connection goes to a number that was checked: a name that changes its mind between check
and connection changes nothing.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPResponse

from vorzimmer.outgoing import addresses
from vorzimmer.outgoing.addresses import Address

CONNECT_SECONDS = 5.0
"""To connect to one number."""


@dataclass(frozen=True)
class Request:
    """What is sent."""

    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None


@contextmanager
def response_of(address: Address, request: Request, end: float) -> Iterator[HTTPResponse]:
    """The beginning of an answer; at `end` (monotonic) the connection is cut, whatever either side is doing.

    No redirect is followed. Raises `AddressRefusedError`, `OSError`, `HTTPException`, and `ValueError` for a name that
    IDNA cannot write.
    """
    sock = _connected(address, end)
    connection = HTTPConnection(address.host, address.port)
    connection.sock = sock
    cut = threading.Timer(max(end - time.monotonic(), 0), _cut, [sock])
    cut.daemon = True
    cut.start()
    try:
        sent = {"Host": address.netloc, "User-Agent": "Vorzimmer", "Accept-Encoding": "identity"}
        connection.request(request.method, address.path, request.body, {**sent, **request.headers})
        with connection.getresponse() as response:
            yield response
    finally:
        cut.cancel()
        connection.close()


def _connected(address: Address, end: float) -> socket.socket:
    """A connection to the first number that takes one; with TLS, its name on the certificate."""
    last: OSError = OSError("no time left")
    for number in addresses.resolve(address):
        left = min(CONNECT_SECONDS, end - time.monotonic())
        if left <= 0:
            break
        try:
            found = socket.create_connection((number, address.port), left)
        except OSError as error:
            last = error
            continue
        if address.scheme == "https":
            context = ssl.create_default_context()
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            found = context.wrap_socket(found, server_hostname=address.host)  # all of it within `left`
        found.settimeout(max(end - time.monotonic(), 0.1))
        return found
    raise last


def _cut(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):
        socket.socket.shutdown(sock, socket.SHUT_RDWR)
