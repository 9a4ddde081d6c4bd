"""A calendar file taken apart: one object for each event, with the zones of the calendar that it stands in.

Nothing is interpreted, and of a file no more is kept than where everything stands. What is too large to be read as it
is loses what says nothing of its times; a line of ours tells the reader so.
"""

from __future__ import annotations

import codecs
import hashlib
import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import IO, NamedTuple

from vorzimmer.icalendar.text import FOLD, LARGEST_TEXT, LEFT_OUT, LONGEST_UID, PRODUCT
from vorzimmer.icalendar.zones import zone_name
from vorzimmer.reasons import N_

_HEAD = f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:{PRODUCT}\r\n".encode()
_KINDS = (b"VEVENT", b"VFREEBUSY", b"VTODO", b"VJOURNAL", b"VTIMEZONE")
_TIMES = frozenset(
    b"DTSTART DTEND DURATION RRULE RDATE EXDATE EXRULE RECURRENCE-ID UID STATUS TRANSP FREEBUSY SUMMARY CLASS".split()
)
_MOST_ZONES = 500
_MOST_OVERRIDES = 400
_LONGEST_LINE = 16_384
_LARGEST_PART = LARGEST_TEXT // 2
_ROOM_FOR_ZONES = LARGEST_TEXT // 5
_CHUNK = 65_536
_MOST_FOLDS, _SHORTEST = 10_000, 16
"""A line may be folded more often only where its pieces are longer on the average, as programs fold them (75)."""
FOLDED = N_("A line of this calendar is folded into too many pieces.")


class Piece(NamedTuple):
    """One event with its exceptions, or one of another kind: where it begins in the file, and a calendar of it alone.

    `uid` is the one that it came with, or made of what it says. `data` is empty where even its times are too many.
    """

    number: int
    uid: str
    kind: str
    data: bytes


class _Part(NamedTuple):
    """Where a component stands: its line, its bytes, its calendar's number; and what it says of itself."""

    number: int
    start: int
    end: int
    calendar: int
    kind: bytes
    uid: str
    is_override: bool
    comes_again: bool
    digest: bytes


_Zones = dict[int, dict[str, bytes]]


def pieces(stream: IO[bytes]) -> Iterator[Piece]:
    """The objects of a file in UTF-8 or UTF-16, in order; none where it is no calendar.

    Raises ValueError (a msgid) for a line in more pieces than any program makes.
    """
    with _in_utf8(stream) as readable:
        zones, objects = _index(readable)
        for parts in objects.values():
            for number, group in enumerate(_groups(parts)):
                yield _piece(readable, group, zones, is_first=number == 0)


@contextmanager
def _in_utf8(stream: IO[bytes]) -> Iterator[IO[bytes]]:
    """The stream, or a copy of what UTF-16 says; any other coding is seen line by line (`reader`)."""
    start = stream.read(4096)
    stream.seek(0)
    coding = ""
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        coding = "utf-16"
    elif len(start) > 1 and start.count(0) > len(start) // 4:
        coding = "utf-16-le" if start[1] == 0 else "utf-16-be"
    if not coding:
        yield stream
        return
    decoder = codecs.getincrementaldecoder(coding)("replace")
    with tempfile.TemporaryFile() as copy:
        while chunk := stream.read(_CHUNK):
            copy.write(decoder.decode(chunk).encode("utf-8", "replace"))
        copy.seek(0)
        yield copy


def _index(stream: IO[bytes]) -> tuple[_Zones, dict[tuple[int, bytes, str], list[_Part]]]:
    """The zones of each calendar by name, and where the parts of each UID in it stand."""
    zones: _Zones = {}
    objects: dict[tuple[int, bytes, str], list[_Part]] = {}
    for part in list(_parts(stream)):
        if part.kind == b"VTIMEZONE":
            known = zones.setdefault(part.calendar, {})
            if part.end - part.start < _CHUNK and len(known) < _MOST_ZONES:
                stream.seek(part.start)
                known.setdefault(zone_name(part.uid), _ended(stream.read(part.end - part.start), part.kind))
        else:
            objects.setdefault((part.calendar, part.kind, part.uid), []).append(part)
    return zones, objects


# ---- what stands where -----------------------------------------------------------------------------------------------


def _parts(stream: IO[bytes]) -> Iterator[_Part]:
    """Every component in order. One that is not ended goes on until the next one begins, or its calendar ends."""
    found: _Open | None = None
    calendar = 0
    stream.seek(0)
    for number, offset, line in _lines(stream):
        act, of = _bracket(line)
        calendar += (act, of) == (b"BEGIN", b"VCALENDAR")
        begins = act == b"BEGIN" and of in _KINDS
        if found and (begins or of == b"VCALENDAR"):
            yield found.part(offset)
            found = None
        if begins:
            found = _Open(number, offset, calendar, of)
        elif found and (act, of) == (b"END", found.kind):
            yield found.part(offset + len(line))
            found = None
        elif found:
            found.take(line)
    if found:
        yield found.part(stream.tell())


def _bracket(line: bytes) -> tuple[bytes, bytes]:
    """BEGIN or END and the component that it is of; nothing for any other line."""
    act, colon, of = line[:40].lstrip(b"\xef\xbb\xbf").strip().upper().partition(b":")
    return (act, of.strip()) if colon and act in (b"BEGIN", b"END") else (b"", b"")


def _lines(stream: IO[bytes]) -> Iterator[tuple[int, int, bytes]]:
    """Number, offset and bytes of each line with those that continue it; of one that is too long its beginning."""
    number = offset = first = begun = folds = 0
    kept = bytearray()
    whole = True
    while chunk := stream.readline(_CHUNK):
        if whole and not (kept and chunk[:1] in (b" ", b"\t")):
            if kept:
                yield first, begun, bytes(kept)
            first, begun, folds, kept = number + 1, offset, 0, bytearray()
        elif whole:
            folds += 1
            if folds > _MOST_FOLDS and offset - begun < folds * _SHORTEST:
                raise ValueError(FOLDED)
        if len(kept) < _CHUNK:
            kept += chunk
        whole = chunk.endswith(b"\n")
        number += whole
        offset += len(chunk)
    if kept:
        yield first, begun, bytes(kept)


class _Open:
    """A component that is being looked through."""

    def __init__(self, number: int, start: int, calendar: int, kind: bytes) -> None:
        self.kind = kind
        self._at = number, start, calendar
        self._named = b"TZID" if kind == b"VTIMEZONE" else b"UID"
        self._uids = list[tuple[int, str]]()
        self._names = set[bytes]()
        self._depth = 0
        self._digest = hashlib.sha256(kind)

    def take(self, line: bytes) -> None:
        """Look at one more line."""
        act, _of = _bracket(line)
        self._depth += (act == b"BEGIN") - (act == b"END")
        name = _name(line)
        self._names.add(name)
        if name != b"DTSTAMP":
            self._digest.update(line.rstrip())
        if name == self._named and (uid := _text_of(line)):
            self._uids.append((self._depth, uid))

    def part(self, end: int) -> _Part:
        """The component, which ends there."""
        number, start, calendar = self._at
        uid = min(self._uids, key=lambda found: found[0], default=(0, ""))[1]
        again = bool(self._names & {b"RRULE", b"RDATE"})
        override = b"RECURRENCE-ID" in self._names
        digest = self._digest.digest()
        return _Part(number, start, end, calendar, self.kind, uid or digest.hex(), override, again, digest)


def _name(line: bytes) -> bytes:
    return re.split(rb"[;:]", line[:80], maxsplit=1)[0].strip().upper()


def _text_of(line: bytes) -> str:
    return FOLD.sub(b"", line).partition(b":")[2].decode("utf-8", "replace").strip()


# ---- objects ---------------------------------------------------------------------------------------------------------


def _groups(parts: list[_Part]) -> Iterator[list[_Part]]:
    """The objects of one UID: an event with its exceptions; each event more of the same UID by itself."""
    different = list({part.digest: part for part in reversed(parts)}.values())[::-1]
    masters = [part for part in different if not part.is_override]
    home = next((part for part in masters if part.comes_again), next(iter(masters), None))
    together = [home] if home else []
    for part in different:
        if part.is_override:
            if len(together) > _MOST_OVERRIDES or _size([*together, part]) > _LARGEST_PART:
                yield together
                together = []
            together.append(part)
    if together:
        yield together
    yield from ([part] for part in masters if part is not home)


def _size(parts: Iterable[_Part]) -> int:
    return sum(part.end - part.start for part in parts)


def _piece(stream: IO[bytes], group: list[_Part], zones: _Zones, *, is_first: bool) -> Piece:
    """A calendar of one group, under a UID of its own where there is none that can be kept."""
    first = group[0]
    doubled = not is_first
    uid = first.uid
    if doubled or len(uid) > LONGEST_UID:
        uid = hashlib.sha256(b"".join(part.digest for part in group)).hexdigest()
    texts = [_text(stream, part, uid, doubled=doubled) for part in group]
    inside = b"".join(texts)
    if len(inside) > LARGEST_TEXT - _ROOM_FOR_ZONES - len(_HEAD):
        return Piece(first.number, first.uid, first.kind.decode(), b"")
    used = _used(inside, zones.get(first.calendar, {}))
    return Piece(
        first.number, first.uid, first.kind.decode(), b"".join((_HEAD, used, inside, b"END:VCALENDAR\r\n"))
    )


def _used(inside: bytes, zones: dict[str, bytes]) -> bytes:
    """The definitions of those zones that are named."""
    if not zones:
        return b""
    said = zone_name(FOLD.sub(b"", inside).decode("utf-8", "replace"))
    used = bytearray()
    for name, text in zones.items():
        if name in said and len(used) + len(text) < _ROOM_FOR_ZONES:
            used += text
    return bytes(used)


def _text(stream: IO[bytes], part: _Part, uid: str, *, doubled: bool) -> bytes:
    """A component with this UID, without what is too large, and with a line for each thing that was left out."""
    stream.seek(part.start)
    lines, left_out = _reduced(_within(stream, part))
    if doubled:
        left_out.add(b"UID")
    kept = [line for line in lines if _name(line) != b"UID" or _text_of(line) != part.uid]
    marks = [LEFT_OUT.encode() + b":" + what + b"\r\n" for what in sorted(left_out)]
    return _ended(b"".join([kept[0], b"UID:" + uid.encode() + b"\r\n", *marks, *kept[1:]]), part.kind)


def _within(stream: IO[bytes], part: _Part) -> Iterator[bytes]:
    for _number, offset, line in _lines(stream):
        if part.start + offset >= part.end:
            return
        yield line.rstrip(b"\r\n") + b"\r\n"


def _reduced(lines: Iterable[bytes]) -> tuple[list[bytes], set[bytes]]:
    """The lines that can be kept, and what was left out (attachments may be of any size, RFC 5545 §3.8.1.1)."""
    kept, left_out = list[bytes](), set[bytes]()
    for line in lines:
        if len(line) <= _LONGEST_LINE or _name(line) in _TIMES:
            kept.append(line)
        elif _name(line) == b"ATTACH":
            left_out.add(b"ATTACH")
        else:
            left_out.add(b"LONG")
            kept.append(line[:_LONGEST_LINE].rstrip(b"\\") + b"\r\n")
    if sum(map(len, kept)) > _LARGEST_PART:
        left_out.add(b"LARGE")
        kept = [kept[0], *_times(kept[1:])]
    return kept, left_out


def _times(lines: Iterable[bytes]) -> Iterator[bytes]:
    """The lines of a component itself that say when it is."""
    depth = 0
    for line in lines:
        act, _of = _bracket(line)
        depth += (act == b"BEGIN") - (act == b"END")
        if depth <= 0 and _name(line) in _TIMES:
            yield line


def _ended(text: bytes, kind: bytes) -> bytes:
    whole = text.rstrip().upper().endswith(b"END:" + kind)
    return text.rstrip() + b"\r\n" if whole else text.rstrip() + b"\r\nEND:" + kind + b"\r\n"
