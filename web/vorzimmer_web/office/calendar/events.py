"""The calendar's facts as the page draws them: plain records in the local time of the practice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext

from vorzimmer.availability import Slot
from vorzimmer.booking.parts.status import OPEN
from vorzimmer.hookspecs import Available, Busy
from vorzimmer.models import Resource, Status
from vorzimmer.periods import Period, clip, intersect, subtract
from vorzimmer_web.office.calendar.facts import Facts, Row, groups

Record = dict[str, Any]
PALETTE = ("#0b6b6b", "#3566b8", "#8a4fa3", "#b3543a", "#5b7a1f", "#a8486e", "#7a6526", "#4b5f91")
"""Colours of services that have none of their own (O9); the page mixes them with its surface, so that text is read."""
FIRST_HOUR, LAST_HOUR = 8, 18
HOUR = 60


class Drawing:
    """One window of the calendar in the zone of the practice."""

    def __init__(self, facts: Facts, window: Period, zone: ZoneInfo) -> None:
        self.facts, self.window, self.zone = facts, window, zone
        self.slugs = {column.id: column.slug for column in facts.columns}
        self.places = facts.places if len(facts.places) > 1 else {}  # one place need not be named
        self.clashing = set(_clashing(facts.rows))

    def columns(self) -> list[Record]:
        """The heads of the columns."""
        return [
            {"id": column.slug, "title": column.name, "kind": column.kind} for column in self.facts.columns
        ]

    def events(self) -> list[Record]:
        """Appointments, holds and blocks."""
        return [self._event(rows) for rows in groups(self.facts.rows)]

    def _event(self, rows: Sequence[Row]) -> Record:
        first = rows[0]
        record: Record = {
            "id": self._id(first),
            "column": self.slugs[first.resource_id],
            "start": self.wall(first.starts),
            "end": self.wall(first.ends),
            "clash": any(row.id in self.clashing for row in rows),
        }
        if first.block_id:
            title = self.facts.titles.get(first.block_id, "")
            remarked = {"entry": first.block_id} if first.block_id in self.facts.remarks else {}
            return {**record, **remarked, "kind": "block", "title": title or gettext("busy")}
        if first.status == Status.HELD:
            until = self.wall(first.expires_at)[11:16] if first.expires_at else ""
            return {**record, "kind": "held", "status": "held", "title": first.service, "until": until}
        record |= {"service": first.service, "color": first.color or PALETTE[first.service_id % len(PALETTE)]}
        place = ", ".join(filter(None, [first.place, first.where]))
        record |= {"place": place, "pin": bool(first.where or first.link)}
        if first.capacity > 1:
            taken = sum(row.seats for row in rows)
            members = [{"uid": row.uid, "name": row.name, "status": row.status} for row in rows]
            count = gettext("%(taken)d of %(seats)d places", taken=taken, seats=first.capacity)
            return {**record, "kind": "group", "title": count, "members": members, "status": _common(rows)}
        return {
            **record,
            "kind": "booking",
            "uid": first.uid,
            "title": first.name,
            "status": "offered" if first.offered_at and first.status in OPEN else first.status,
            "sequence": first.sequence,
            "movable": first.status in OPEN,
            "lead": int((first.starts - first.promised).total_seconds() // 60),
            "step": first.step,
            "twice": not first.guarded,
        }

    def _id(self, row: Row) -> str:
        """A name of its own for what is drawn: somebody may come back in one appointment."""
        if not row.uid:
            return f"block-{row.id}"
        later = row.starts - row.promised
        part = f"-{later // timedelta(minutes=1)}" if later else ""
        return f"{row.uid}-{self.slugs[row.resource_id]}{part}"

    def grounds(self) -> list[Record]:
        """What lies below: working time, and why there is none (O20, O22, C5)."""
        return [record for column in self.facts.columns for record in self._ground(column)]

    def _ground(self, column: Resource) -> Iterator[Record]:
        hours = self._hours(column)
        closings = [busy for busy in self.facts.busy if self._concerns(busy, column, hours)]
        shut = [busy.period for busy in closings if not busy.closure or not _despite(hours, busy)]
        for available in hours:
            place = self.places.get(available.location_id or 0, "") if column.location_id is None else ""
            for start, end in subtract(clip(sorted(available.periods), self.window), sorted(shut)):
                yield self._below(column, "open", start, end, place)
        for busy in closings:
            for start, end in clip([busy.period], self.window):
                yield self._below(column, "shut", start, end, gettext(busy.office_text or busy.text))

    def _hours(self, column: Resource) -> list[Available]:
        """The column's own hours; a room without any is open while its place is."""
        own = [one for one in self.facts.hours if one.resource_id == column.id]
        if own or column.kind == "staff":
            return own
        place = [
            one
            for one in self.facts.hours
            if one.resource_id is None and one.service_id is None and one.location_id == column.location_id
        ]
        return place or [Available([self.window], "", column.id, column.location_id)]

    @staticmethod
    def _concerns(busy: Busy, column: Resource, hours: Iterable[Available]) -> bool:
        if busy.resource_id is not None:
            return busy.resource_id == column.id
        if busy.location_id in (None, column.location_id):
            return True
        here = (one.periods for one in hours if one.location_id == busy.location_id)
        return any(intersect(sorted(periods), [busy.period]) for periods in here)

    def _below(self, column: Resource, kind: str, start: datetime, end: datetime, title: str) -> Record:
        return {
            "column": column.slug,
            "kind": kind,
            "start": self.wall(start),
            "end": self.wall(end),
            "title": title,
        }

    def free(self, slots: Iterable[Slot]) -> list[Record]:
        """The times on offer for one service, in the columns of all who could take them (K83)."""
        seen = set(self.slugs.values())
        return [
            {
                "column": slug,
                "start": self.wall(slot.start),
                "place": self.places.get(slot.location.id, ""),
            }
            for slot in slots
            for slug in slot.staff
            if slug in seen
        ]

    def hours(self, records: Iterable[Record]) -> tuple[int, int]:
        """The first and last full hour that has to be seen, of every day alike."""
        low, high = FIRST_HOUR, LAST_HOUR
        for record in records:
            if record["kind"] == "shut":
                continue
            start, end = record["start"], record["end"]
            if start[:10] != end[:10]:  # days on end are seen whatever the hours
                low, high = (low, high) if record["kind"] in ("open", "block") else (0, 24)
                continue
            low, high = min(low, int(start[11:13])), max(high, -(-_minutes(end) // HOUR))
        return low, high

    def wall(self, moment: datetime) -> str:
        """Local date and time: "2027-03-01T09:00:00"."""
        return moment.astimezone(self.zone).replace(tzinfo=None).isoformat()


def _clashing(rows: Sequence[Row]) -> Iterator[int]:
    """The rows that are a private event over an appointment of the same person, or under one."""
    for private in rows:
        if not private.block_id or private.guarded:
            continue
        for row in rows:
            over = row.resource_id == private.resource_id and row.status in OPEN
            if over and row.starts < private.ends and private.starts < row.ends:
                yield from (private.id, row.id)


def _common(rows: Sequence[Row]) -> str:
    """The status of a group: the one that all have, else that it stands."""
    found = {row.status for row in rows}
    return found.pop() if len(found) == 1 else Status.CONFIRMED.value


def _despite(hours: Iterable[Available], busy: Busy) -> bool:
    return any(intersect(sorted(one.despite_closure), [busy.period]) for one in hours)


def _minutes(wall: str) -> int:
    return int(wall[11:13]) * HOUR + int(wall[14:16])
