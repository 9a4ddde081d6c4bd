"""What stands in front of Radicale: methods, addresses, headers and sizes, before anybody is asked who they are."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any

from vorzimmer.icalendar.text import LARGEST_TEXT

Environ = dict[str, Any]
Wsgi = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

METHODS = (
    "DELETE",
    "GET",
    "HEAD",
    "MKCALENDAR",
    "MKCOL",
    "MOVE",
    "OPTIONS",
    "PROPFIND",
    "PROPPATCH",
    "PUT",
    "REPORT",
)
LARGEST_BODY = 1_048_576
_LONGEST_PATH = 1_000
# Radicale believes these from anybody (A130); who may set them is decided by the server in front.
_NOT_FROM_CLIENTS = re.compile(
    r"HTTP_X_(SCRIPT_NAME|REMOTE_USER|REMOTE_ADDR|FORWARDED_.*)|HTTP_(X_)?REMOTE_USER"
)
_ODD = re.compile(r"[\x00-\x1f\x7f-\x9f\\]")
_SLASHES = re.compile(r"/{2,}")


class FrontGuard:
    """WSGI middleware around the application."""

    def __init__(self, app: Wsgi) -> None:
        self.app = app

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Refuse, or pass the request on with its body read and its headers cleaned."""
        refusal = self._refusal(environ)
        if refusal:
            return refusal(environ, start_response)
        for name in [name for name in environ if _NOT_FROM_CLIENTS.fullmatch(name)]:
            del environ[name]
        # Bodies are UTF-8; a charset named by the client would choose Radicale's decoder.
        environ["CONTENT_TYPE"] = environ.get("CONTENT_TYPE", "").partition(";")[0]
        environ["QUERY_STRING"] = ""  # nothing here is asked by query, and Radicale has views of its own
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(length) if length else b""
        if len(body) < length:
            return _answer("400 Bad Request")(environ, start_response)
        environ["wsgi.input"] = BytesIO(body)
        return self.app(environ, start_response)

    def _refusal(self, environ: Environ) -> Wsgi | None:
        if environ["REQUEST_METHOD"] not in METHODS:
            return _answer("405 Method Not Allowed", ("Allow", ", ".join(METHODS)))
        _take_credentials(environ)
        if not _take_path(environ):
            return _answer("404 Not Found")
        return _too_large(environ)


def _take_path(environ: Environ) -> bool:
    """Put the path into the environment as text; False for one that names nothing here (A128)."""
    try:
        path = environ.get("PATH_INFO", "").encode("latin-1").decode("utf-8")
    except UnicodeError:
        return False
    environ["PATH_INFO"] = path = single_slashes(path) or "/"
    return path.strip("/") == ".well-known/caldav" or not odd(path)


def single_slashes(path: str) -> str:
    """The path with one slash where an app that joins addresses by hand has put more."""
    return _SLASHES.sub("/", path)


def odd(path: str) -> bool:
    """Whether a path is too long or has parts that no address of ours has."""
    parts = path.strip("/").split("/")
    hidden = any(part[:1] in (".", "~") for part in parts)
    return hidden or len(path) > _LONGEST_PATH or bool(_ODD.search(path))


def _take_credentials(environ: Environ) -> None:
    """Pass only well-formed Basic credentials on: Radicale would answer anything else with 500."""
    scheme, _, given = environ.pop("HTTP_AUTHORIZATION", "").partition(" ")
    if scheme.lower() != "basic":
        return
    try:
        told = b64decode(given.strip(), validate=True).decode("utf-8")
    except ValueError:
        return
    if ":" in told and told.isprintable():
        environ["HTTP_AUTHORIZATION"] = f"Basic {given.strip()}"


def _too_large(environ: Environ) -> Wsgi | None:
    """Sizes by the declared length, before a byte is read (A133)."""
    declared = environ.get("CONTENT_LENGTH") or "0"
    if not declared.isascii() or not declared.isdigit():
        return _answer("400 Bad Request")
    if environ["REQUEST_METHOD"] == "PUT" and int(declared) > LARGEST_TEXT:
        return _answer("413 Content Too Large", body=TOO_LARGE)
    return _answer("413 Content Too Large") if int(declared) > LARGEST_BODY else None


TOO_LARGE = (
    b'<?xml version="1.0" encoding="utf-8"?>\n<error xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">'
    b"<C:max-resource-size /></error>"
)


def _answer(status: str, *headers: tuple[str, str], body: bytes = b"") -> Wsgi:
    def answer(_environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        kind = "text/xml; charset=utf-8" if body else "text/plain; charset=utf-8"
        content = body or status.encode()
        start_response(status, [("Content-Type", kind), ("Content-Length", str(len(content))), *headers])
        return [content]

    return answer
