"""WebDAV answers as text: a calendar of 50,000 objects is listed without building a tree of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from http import HTTPStatus
from urllib.parse import quote
from xml.sax.saxutils import escape, quoteattr

NAMESPACES = {
    "DAV:": "",
    "urn:ietf:params:xml:ns:caldav": "C",
    "http://calendarserver.org/ns/": "CS",
    "http://apple.com/ns/ical/": "I",
}
D = "{DAV:}"
C = "{urn:ietf:params:xml:ns:caldav}"
CS = "{http://calendarserver.org/ns/}"
I = "{http://apple.com/ns/ical/}"  # noqa: E741

_DECLARED = " ".join(f'xmlns{":" if prefix else ""}{prefix}="{uri}"' for uri, prefix in NAMESPACES.items())
_TYPE = {"Content-Type": "text/xml; charset=utf-8"}

Found = Sequence[tuple[str, str]]
"""Properties: Clark name and inner XML, already escaped."""


def text(value: str) -> str:
    """Character data of an element. A carriage return would be lost on the way without its reference."""
    return escape(value, {"\r": "&#13;"})


def element(name: str, inner: str = "") -> str:
    """An element by its Clark name."""
    uri, _, local = name[1:].partition("}")
    prefix = NAMESPACES.get(uri)
    tag = local if not prefix else f"{prefix}:{local}"
    declared = "" if prefix is not None else f" xmlns={quoteattr(uri)}"
    return f"<{tag}{declared}>{inner}</{tag}>" if inner else f"<{tag}{declared} />"


def href(path: str) -> str:
    """A DAV:href; `@` goes out as %40."""
    return f"<href>{escape(quote(path))}</href>"


def propstat(status: int, properties: Found) -> str:
    """A propstat, empty without properties."""
    if not properties:
        return ""
    inner = "".join(element(name, value) for name, value in properties)
    return f"<propstat><prop>{inner}</prop><status>{line(status)}</status></propstat>"


def line(status: int) -> str:
    """The status line inside a body."""
    return f"HTTP/1.1 {status} {HTTPStatus(status).phrase}"


def response(path: str, found: Found, missing: Found = ()) -> str:
    """A response with what was found and what was not."""
    return f"<response>{href(path)}{propstat(200, found)}{propstat(404, missing)}</response>"


def bare(path: str, status: int, inner: str = "") -> str:
    """A response that is only a status."""
    return f"<response>{href(path)}<status>{line(status)}</status>{inner}</response>"


def document(name: str, parts: Iterable[str]) -> bytes:
    """A whole body."""
    root = element(name, "".join(parts) or " ")
    root = root.replace(">", f" {_DECLARED}>", 1)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{root}'.encode()


Answer = tuple[int, dict[str, str], bytes | None, str | None]
"""What a method of Radicale's application returns: status, headers, body, the request for its log."""


def kind() -> dict[str, str]:
    """The headers of a body."""
    return dict(_TYPE)


def answer(parts: Iterable[str]) -> Answer:
    """207 with these responses."""
    return 207, kind(), document(f"{D}multistatus", parts), None


def error(status: int, *conditions: str, why: str = "") -> Answer:
    """A refusal with its precondition elements (RFC 4918 §16)."""
    told = [element(name) for name in conditions]
    if why:
        told.append(element(f"{D}responsedescription", text(why)))
    return status, kind(), document(f"{D}error", told), None


def escaped(name: str) -> str:
    """A path segment inside an href."""
    return escape(quote(name))
