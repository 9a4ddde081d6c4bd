"""In front of every application: odd requests never reach one, every answer leaves with its security headers."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from typing import Any, TypeVar
from urllib.parse import urlsplit

from vorzimmer.settings.config import Config

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Wsgi = Callable[[Environ, StartResponse], Iterable[bytes]]
Headers = list[tuple[str, str]]

WEBDAV = ("PROPFIND", "PROPPATCH", "REPORT", "MKCALENDAR", "MKCOL", "MOVE", "COPY", "LOCK", "UNLOCK")
LONGEST_URL = 8_000
LONGEST_HEADER = 8_000
MOST_HEADERS = 100
View = TypeVar("View", bound=Callable[..., Any])

LARGEST_FORM = 128 * 1024
LARGEST_UPLOAD = 16 * 1024 * 1024
"""A form with a file: more than any takes, so that its own page can say what is too large."""
CODES = {
    400: "malformed",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
    422: "invalid",
    429: "rate_limited",
    500: "internal",
    503: "plugin_failed",
}
"""The `code` of a problem document where no rule of the practice gives one (interface.md)."""
LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Headers = [
    ("Content-Security-Policy", CONTENT_SECURITY_POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),  # no-referrer would make browsers send `Origin: null` with forms
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    (
        "Permissions-Policy",
        "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()",
    ),
    ("Cache-Control", "no-store"),
]
FRAMES = ("X-Frame-Options", "DENY")  # for browsers that do not know frame-ancestors
HSTS = ("Strict-Transport-Security", "max-age=63072000; includeSubDomains")

_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:[0-9]{1,5})?", re.IGNORECASE)
_ODD_PATH = re.compile(r"[\x00-\x1f\x7f\\]|^//|/\.\.?(?:/|$)")


class Guard:
    """WSGI middleware: refuses what no honest client sends (T3, A14, A45, A161, A162), adds the headers (A68)."""

    def __init__(self, app: Wsgi, config: Config) -> None:
        self.app = app
        self.config = config

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer, or let the application answer."""

        def start(status: str, headers: Headers, exc_info: Any = None) -> Any:
            return start_response(status, complete(headers, security_headers(self.config)), exc_info)

        status = self._refusal(environ)
        if status:
            return plain(status)(environ, start)
        return self.app(environ, start)

    def _refusal(self, environ: Environ) -> str | None:
        """The status of the answer to a request that nobody gets to see."""
        uri = environ.get("REQUEST_URI", "/")
        headers = [value for name, value in environ.items() if name.startswith("HTTP_")]
        if not uri.startswith("/") or not self._knows(environ.get("HTTP_HOST", ""), environ["PATH_INFO"]):
            return "400 Bad Request"
        if len(uri) > LONGEST_URL:
            return "414 URI Too Long"
        if len(headers) > MOST_HEADERS or any(len(value) > LONGEST_HEADER for value in headers):
            return "431 Request Header Fields Too Large"
        if environ.get("HTTP_CONTENT_ENCODING", "identity") != "identity":
            return "415 Unsupported Media Type"
        if _ODD_PATH.search(environ["PATH_INFO"]):
            return "404 Not Found"
        return "413 Content Too Large" if _is_large_form(environ) else None

    def _knows(self, host: str, path: str) -> bool:
        """Whether we are asked for by a name of ours; who asks whether we live may know but a number of us."""
        match = _HOST.fullmatch(host)
        return match is not None and (path == "/healthz" or match[1].lower() in hosts(self.config))


def takes(largest: int) -> Callable[[View], View]:
    """Declare that a view takes larger bodies than the others, in bytes: files that people upload."""

    def declare(view: View) -> View:
        view.largest_body = largest  # type: ignore[attr-defined]
        return view

    return declare


def hosts(config: Config) -> frozenset[str]:
    """Names under which this server may be asked for: of its address, those of the settings, loopback's own."""
    server = config.settings.server
    own = LOOPBACK if is_loopback(server.host) else frozenset[str]()
    name = urlsplit(config.base_url).hostname or ""
    return own | {f"[{name}]" if ":" in name else name} | {host.lower() for host in server.hosts}


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches the address."""
    return host in {"localhost", "::1"} or host.startswith("127.")


def security_headers(config: Config) -> Headers:
    """The headers of every answer."""
    return [*HEADERS, HSTS] if config.base_url.startswith("https:") else HEADERS


def complete(headers: Headers, more: Headers) -> Headers:
    """The headers of an answer with those that it has not set itself."""
    given = {name.lower() for name, _value in headers}
    frames = [] if "content-security-policy" in given else [FRAMES]
    return [*headers, *(header for header in [*more, *frames] if header[0].lower() not in given)]


def plain(status: str, *more: tuple[str, str]) -> Wsgi:
    """An application that answers one status in one line of text; a program gets a problem document (RFC 9457)."""

    def answer(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        kind, body = "text/plain; charset=utf-8", f"{status}\n"
        if environ["PATH_INFO"].startswith("/api/"):
            kind, body = "application/problem+json", _problem(int(status[:3]), status[4:])
        start_response(status, [("Content-Type", kind), ("Content-Length", str(len(body))), *more])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body.encode()]

    return answer


def _problem(status: int, title: str) -> str:
    code = CODES.get(status, "malformed")
    return json.dumps({"type": "about:blank", "title": title, "status": status, "code": code})


def _is_large_form(environ: Environ) -> bool:
    kind = environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower()
    length = environ.get("CONTENT_LENGTH") or "0"
    return kind == "application/x-www-form-urlencoded" and length.isdigit() and int(length) > LARGEST_FORM
