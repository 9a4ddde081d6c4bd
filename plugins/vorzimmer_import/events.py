"""Calendar files: taken apart into one object for each UID, with the zones that it names (RFC 5545 §3.4, D2)."""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from vorzimmer.icalendar.reader import LARGEST_TEXT
from vorzimmer.icalendar.writer import PRODUCT
from vorzimmer.reasons import N_
from vorzimmer_import.tables import Row, encoding_of

NO_CALENDAR = N_("This is not a calendar file.")
TOO_LARGE = N_("The event is too large.")
CUT_OFF = N_("The file ends in the middle of this event.")
NO_EVENT = N_("This is a task or a note, not an event.")
_TAKEN = (b"VEVENT", b"VTODO", b"VJOURNAL", b"VTIMEZONE")
_MOST_ZONES = 500

_HEAD = f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:{PRODUCT}\r\n"
_NO_UID = "\0"

Part = tuple[int, int, int]
"""Where a component stands in the file: its line, its offset and its length in bytes."""


def read(path: Path) -> Iterator[Row]:
    """One row for each event with its exceptions, in the order of the file; its text is a calendar of its own.

    Raises ValueError (a msgid) where the file is no calendar. No more is kept than where everything stands.
    """
    with _in_utf8(path) as stream:
        zones, objects, rest = _index(stream)
        if not objects and not rest:
            raise ValueError(NO_CALENDAR)
        for uid, parts in objects.items():
            yield _object(stream, uid, parts, zones)
        yield from rest


def _in_utf8(path: Path) -> IO[bytes]:
    """The file, or a copy of it in UTF-8 that is gone when it is closed."""
    encoding = encoding_of(path)
    if encoding == "utf-8-sig":
        return path.open("rb")
    copy = tempfile.TemporaryFile()  # noqa: SIM115  (the caller closes it)
    with path.open(encoding=encoding, errors="replace", newline="") as old:
        while chunk := old.read(LARGEST_TEXT):
            copy.write(chunk.encode())
    copy.seek(0)
    return copy


def _index(stream: IO[bytes]) -> tuple[dict[str, bytes], dict[str, list[Part]], list[Row]]:
    """The zones by their names, where the parts of each UID stand, and what is no event."""
    zones: dict[str, bytes] = {}
    objects: dict[str, list[Part]] = {}
    rest: list[Row] = []
    for number, offset, kind, text, whole in _components(stream):
        uid = _value(text, b"UID")
        if not whole or len(text) > LARGEST_TEXT:
            shown = text[:1000].decode("utf-8", "replace").replace("\0", "")
            rest.append(Row(number, shown, flaw=TOO_LARGE if whole else CUT_OFF))
        elif kind == b"VTIMEZONE":
            if len(zones) < _MOST_ZONES:
                zones.setdefault(_value(text, b"TZID"), text)
        elif kind == b"VEVENT":
            objects.setdefault(uid or f"{_NO_UID}{number}", []).append((number, offset, len(text)))
        else:
            rest.append(Row(number, text.decode("utf-8", "replace").replace("\0", ""), flaw=NO_EVENT))
    return zones, objects, rest


def _components(stream: IO[bytes]) -> Iterator[tuple[int, int, bytes, bytes, bool]]:
    """Line, offset, kind and text of each component of a calendar, and whether it is there to its end.

    Of a component that is too large only so much text is kept as shows that.
    """
    kind, begun, first = b"", 0, 0
    text = bytearray()
    number = offset = 0
    while line := stream.readline(LARGEST_TEXT):
        number += 1
        word = line.strip().upper()
        if not kind and word.startswith(b"BEGIN:") and word[6:] in _TAKEN:
            kind, begun, first = word[6:], offset, number
        elif kind and word == b"BEGIN:" + kind:  # the one before it was cut off
            yield first, begun, kind, bytes(text), False
            text.clear()
            begun, first = offset, number
        if kind and len(text) <= LARGEST_TEXT:
            text += line
        if kind and word == b"END:" + kind:
            yield first, begun, kind, bytes(text), True
            kind = b""
            text.clear()
        offset += len(line)
    if kind:
        yield first, begun, kind, bytes(text), False


def _value(text: bytes, name: bytes) -> str:
    """The value of the first line of that name, unfolded."""
    unfolded = re.sub(rb"\r?\n[ \t]", b"", text)
    found = re.search(rb"(?im)^" + name + rb"(?:;[^:\r\n]*)?:([^\r\n]*)", unfolded)
    return found[1].decode("utf-8", "replace").strip() if found else ""


def _object(stream: IO[bytes], uid: str, parts: list[Part], zones: dict[str, bytes]) -> Row:
    """A calendar of one UID. An event without UID gets one of what it says, so that it is the same again."""
    texts = list[bytes]()
    for _number, offset, length in parts:
        if sum(map(len, texts)) + length > LARGEST_TEXT:
            return Row(parts[0][0], texts[0][:1000].decode("utf-8", "replace"), flaw=TOO_LARGE)
        stream.seek(offset)
        texts.append(stream.read(length))
    if uid.startswith(_NO_UID):
        own = hashlib.sha256(texts[0]).hexdigest()[:32].encode()
        texts[0] = texts[0].replace(b"\n", b"\nUID:" + own + b"\r\n", 1)
    inside = b"".join(texts)
    named = {
        name.strip(b'"').decode("utf-8", "replace")
        for name in re.findall(rb'(?i);TZID=("[^"\r\n]*"|[^:;\r\n]*)', inside)
    }
    needed = b"".join(zones[name] for name in sorted(named) if name in zones)
    body = (needed + inside).decode("utf-8", "replace").replace("\0", "")
    return Row(parts[0][0], f"{_HEAD}{body.rstrip()}\r\nEND:VCALENDAR\r\n")
