"""XML from outside, checked while expat reads it: no DTD, no entities, bounded depth and width (A132, T11)."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from xml.parsers import expat

DEEPEST = 40
MOST_ELEMENTS = 20_000
MOST_ATTRIBUTES = 40


class XmlRefusedError(ValueError):
    """A body that is not read; it is answered with 400 at once."""


def parse(body: bytes) -> ET.Element:
    """The root element of a request body. Raises `XmlRefusedError`."""
    _check(body)
    try:
        return ET.fromstring(body, ET.XMLParser(encoding="utf-8"))  # noqa: S314  (checked above)
    except (ET.ParseError, ValueError) as error:
        raise XmlRefusedError("not XML") from error


def _check(body: bytes) -> None:
    """One pass in which nothing is built: it stops at the first thing that has no place in a request."""
    if b"\0" in body:  # UTF-16 and UTF-32, which expat would recognise and read
        raise XmlRefusedError("not UTF-8")
    parser = expat.ParserCreate("utf-8")
    depth = elements = 0

    def start(_name: str, attributes: list[str]) -> None:
        nonlocal depth, elements
        depth += 1
        elements += 1
        if depth > DEEPEST or elements > MOST_ELEMENTS or len(attributes) > 2 * MOST_ATTRIBUTES:
            raise XmlRefusedError("too deep or too wide")

    def end(_name: str) -> None:
        nonlocal depth
        depth -= 1

    def declaration(_version: str, encoding: str | None, _standalone: int) -> None:
        if (encoding or "utf-8").lower() not in ("utf-8", "us-ascii"):
            raise XmlRefusedError("not UTF-8")

    def refuse(*_what: object) -> None:
        raise XmlRefusedError("a document type")

    parser.ordered_attributes = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.XmlDeclHandler = declaration
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.ProcessingInstructionHandler = refuse
    try:
        parser.Parse(body, True)
    except expat.ExpatError as error:
        raise XmlRefusedError("not XML") from error
