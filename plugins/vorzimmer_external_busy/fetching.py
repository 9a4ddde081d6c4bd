"""Ask one address, whatever it does: slow, endless, lying, somewhere else (A122, F53).

Only the worker's threads come here. The connection goes to a number that was checked, so a name that changes its mind
between check and connection changes nothing.
"""

from __future__ import annotations

import base64
import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPResponse

from vorzimmer.reasons import N_
from vorzimmer_external_busy import addresses
from vorzimmer_external_busy.addresses import REFUSED, Address, AddressRefusedError, Allowed

CONNECT_SECONDS, SECONDS = 5.0, 20.0
"""To connect to one number; and for everything from the first connection to the last byte."""
LARGEST = 5_000_000
"""Bytes of an answer."""
MOST_REDIRECTS = 3
_CHUNK = 65_536

SILENT = N_("The server does not answer.")
NOT_LET_IN = N_("The server asks for another user name or password.")
GONE = N_("There is no calendar at this address any more.")
UNUSABLE = N_("The server’s answer is no calendar.")
TOO_LARGE = N_("The calendar is too large.")


class FetchError(Exception):
    """No answer that can be used; the text is a msgid."""


class DeclinedError(FetchError):
    """The server has answered, but not with what was asked for."""


@dataclass(frozen=True)
class Question:
    """What is asked: a GET, or a method of CalDAV with its body. `headers` go to the first host alone."""

    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    good: tuple[int, ...] = (200, 304)


@dataclass(frozen=True)
class Answer:
    """What came back, and from where; without body where nothing has changed."""

    url: str
    status: int
    body: bytes
    etag: str
    modified: str


def basic(user: str, password: str) -> dict[str, str]:
    """The header of a user name and a password (RFC 7617)."""
    return {"Authorization": f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"}


def fetch(url: str, question: Question, allowed: Allowed, *, seconds: float = SECONDS) -> Answer:
    """The answer of an address, after three redirects at most. Raises `FetchError`."""
    end = time.monotonic() + seconds
    try:
        address, headers = addresses.read(url, allowed), dict(question.headers)
        for _ in range(MOST_REDIRECTS + 1):
            with _response(address, question, headers, end) as response:
                if response.status not in (301, 302, 303, 307, 308):
                    return _answer(address, response, question, end)
                target = addresses.follow(address, response.getheader("Location", ""), allowed)
            if target.origin != address.origin:
                headers = {}  # neither passwords nor what we know of another host's answer
            address = target
    except AddressRefusedError as error:
        raise FetchError(str(error)) from error
    except (OSError, HTTPException, ValueError) as error:  # ValueError: of names that IDNA cannot write
        raise FetchError(SILENT) from error
    raise FetchError(REFUSED)


@contextmanager
def _response(
    address: Address, question: Question, headers: Mapping[str, str], end: float
) -> Iterator[HTTPResponse]:
    """The beginning of an answer; at the end of time the connection is cut, whatever either side is doing."""
    sock = _connected(address, end)
    connection = HTTPConnection(address.host, address.port)
    connection.sock = sock
    cut = threading.Timer(max(end - time.monotonic(), 0), _cut, [sock])
    cut.daemon = True
    cut.start()
    try:
        sent = {"Host": address.netloc, "User-Agent": "Vorzimmer", "Accept-Encoding": "identity"}
        connection.request(question.method, address.path, question.body, {**sent, **headers})
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
        found.settimeout(SECONDS)
        return found
    raise last


def _cut(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):
        socket.socket.shutdown(sock, socket.SHUT_RDWR)


def _answer(address: Address, response: HTTPResponse, question: Question, end: float) -> Answer:
    """The answer read to its end. Raises `FetchError` for anything but the wanted one in plain, or one too large."""
    if response.status == 401:
        raise FetchError(NOT_LET_IN)  # to ask for more with a wrong password locks people out
    if response.status == 403:
        raise DeclinedError(NOT_LET_IN)
    if response.status in (404, 410):
        raise DeclinedError(GONE)
    if response.status not in question.good:
        raise DeclinedError(SILENT)
    if response.getheader("Content-Encoding", "identity").strip().lower() != "identity":
        raise FetchError(UNUSABLE)  # nobody asked for it, and it may unfold to anything
    body = bytearray()
    while chunk := response.read(_CHUNK):
        body += chunk
        if len(body) > LARGEST:
            raise FetchError(TOO_LARGE)
        if time.monotonic() > end:
            raise FetchError(SILENT)
    whole = response.getheader("Content-Length", "")
    if time.monotonic() > end or (whole.isdecimal() and response.status != 304 and len(body) != int(whole)):
        raise FetchError(SILENT)  # cut off
    return Answer(
        address.url,
        response.status,
        bytes(body),
        response.getheader("ETag", "")[:300],
        response.getheader("Last-Modified", "")[:100],
    )
