"""Ask one address, whatever it does: slow, endless, lying, somewhere else (A122, F53).

Only the worker's threads come here.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPResponse

from vorzimmer.outgoing import addresses
from vorzimmer.outgoing.addresses import REFUSED, Address, AddressRefusedError, Allowed
from vorzimmer.outgoing.asking import Request, response_of
from vorzimmer.reasons import N_

SECONDS = 20.0
"""For everything from the first connection to the last byte."""
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
            request = Request(question.method, headers, question.body)
            with response_of(address, request, end) as response:
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
