"""CalDAV: the second table of the goals, on one calendar of N events over five years and 200 weekly series."""

from __future__ import annotations

import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import count, islice
from pathlib import Path
from typing import Any

from tests.bench.measuring import CONNECTIONS, Client, Table, per_second, timed
from tests.servers import Server, demo
from vorzimmer.access import ROLES, Actor
from vorzimmer.icalendar.reader import read
from vorzimmer.models import Calendar, Resource
from vorzimmer.practice import Hall
from vorzimmer.settings.config import Config
from vorzimmer_caldav.methods import put as putting
from vorzimmer_caldav.visit import Visit

SERIES = 200
WEEKS = 5 * 52
TODAY = datetime.now().astimezone().date()
FIRST = TODAY - timedelta(days=4 * 365 + TODAY.weekday())
WEEK = TODAY + timedelta(days=56 - TODAY.weekday())
"""The Monday of the week that is asked for. It and the four after it look the same whatever N is."""
BUSY_WEEKS = 5
A_WEEK = 18
BATCH = 250
HOME = "/dav/anna%40praxis.example/"
CALENDAR = f"{HOME}bench/"
LOGIN = b64encode(b"anna@praxis.example:anna-caldav-demo-0001").decode()
HEADERS = {"Authorization": f"Basic {LOGIN}", "Content-Type": "application/xml; charset=utf-8", "Depth": "1"}
NAMES = 'xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"'
IMPORTS = "flask, sqlalchemy.orm, radicale.app, icalendar, waitress, flask_security, spectree, pydantic, alembic, babel"
ZONE = """BEGIN:VTIMEZONE\r
TZID:Europe/Berlin\r
BEGIN:STANDARD\r
DTSTART:19961027T030000\r
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r
TZOFFSETFROM:+0200\r
TZOFFSETTO:+0100\r
TZNAME:CET\r
END:STANDARD\r
BEGIN:DAYLIGHT\r
DTSTART:19810329T020000\r
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r
TZOFFSETFROM:+0100\r
TZOFFSETTO:+0200\r
TZNAME:CEST\r
END:DAYLIGHT\r
END:VTIMEZONE\r
"""


def event(uid: str, day: date, minute: int, *more: str) -> str:
    """Half an hour in the evening, as a calendar app writes it; `minute` after 17:00."""
    start = datetime.combine(day, datetime.min.time()) + timedelta(hours=17, minutes=minute)
    lines = [
        "BEGIN:VEVENT",
        f"UID:{uid}",
        "DTSTAMP:20260101T000000Z",
        f"DTSTART;TZID=Europe/Berlin:{start:%Y%m%dT%H%M%S}",
        f"DTEND;TZID=Europe/Berlin:{start + timedelta(minutes=30):%Y%m%dT%H%M%S}",
        f"SUMMARY:Event {uid}",
        "DESCRIPTION:Something that somebody wrote down about it\\, in a line or two.",
        *more,
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        "DESCRIPTION:Event",
        "TRIGGER:-PT15M",
        "END:VALARM",
        "END:VEVENT",
    ]
    inside = "\r\n".join(lines)
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//bench//EN\r\n{ZONE}{inside}\r\nEND:VCALENDAR\r\n"


def events(number: int) -> Iterator[tuple[str, str]]:
    """UIDs and texts: the weeks that are asked for, the series, and all others around."""
    asked = [WEEK + timedelta(days=7 * week) for week in range(BUSY_WEEKS)]
    for week in asked:
        for index in range(A_WEEK):
            uid = f"asked-{week}-{index}"
            yield uid, event(uid, week + timedelta(days=index % 5), 20 * (index // 5))
    for index in range(SERIES):
        start = FIRST + timedelta(days=7 * (index * WEEKS // SERIES) + index % 5)
        rule = "RRULE:FREQ=WEEKLY" + ("" if index % 20 == 0 else ";COUNT=13")
        yield f"series-{index}", event(f"series-{index}", start, 10 + index % 60, rule)
    others = [FIRST + timedelta(days=day) for day in range(7 * WEEKS)]
    quiet = [day for day in others if not asked[0] <= day <= asked[-1] + timedelta(days=7)]
    for index in range(number - BUSY_WEEKS * A_WEEK):
        yield f"event-{index}", event(f"event-{index}", quiet[index * len(quiet) // number], index % 300)


def fill(data: Path, number: int) -> None:
    """Put the events into the calendar, by the door's own use case but in large transactions."""
    hall = Hall.open(Config.load(data=data))
    rest = events(number)

    def put(session: Any) -> bool:
        anna = session.query(Resource).filter_by(slug="anna").one()
        visit = Visit(
            Actor("anna@praxis.example", "caldav", resource_id=anna.id, rights=ROLES["staff"]), "", ""
        )
        visit.enter(session)
        calendar = session.query(Calendar).filter_by(slug="bench").one()
        batch = list(islice(rest, BATCH))
        for uid, text in batch:
            putting.put(visit, hall, calendar, f"{uid}.ics", None, read(text.encode()), current=False)
        return bool(batch)

    while hall.database.write(put):
        continue
    hall.database.dispose()


def phone(server: Server) -> Client:
    return Client(server.port, HEADERS)


def stamp(day: date) -> str:
    return f"{day:%Y%m%d}T000000Z"


def query(first: date, days: int, *, expand: bool = False) -> str:
    times = f'start="{stamp(first)}" end="{stamp(first + timedelta(days=days))}"'
    wanted = f"<C:calendar-data><C:expand {times}/></C:calendar-data>" if expand else "<C:calendar-data/>"
    return (
        f"<C:calendar-query {NAMES}><prop><getetag/>{wanted}</prop><C:filter><C:comp-filter name='VCALENDAR'>"
        f"<C:comp-filter name='VEVENT'><C:time-range {times}/></C:comp-filter></C:comp-filter></C:filter>"
        "</C:calendar-query>"
    )


def run(table: Table, data: Path, sizes: list[int]) -> None:
    """All rows for each size; the last one against the first."""
    weeks: list[float] = []
    sizes_of_memory: list[int] = []
    for number in sizes:
        folder = data / f"calendar-{number}"
        with demo(folder, "--no-limits") as server:
            phone(server).ask("MKCALENDAR", CALENDAR, status=201)
        seconds = timed(lambda folder=folder, number=number: fill(folder, number))  # type: ignore[misc]
        table.title(f"CalDAV, {number} events and {SERIES} weekly series (written in {seconds:.0f} s)")
        _start(table, folder)
        with demo(folder, "--no-limits") as server:
            cold = timed(lambda server=server: _report(phone(server), query(WEEK, 7)))  # type: ignore[misc]
            weeks.append(_reading(table, server, cold))
            _writing(table, server)
            sizes_of_memory.append(_memory(server))
        megabytes = sizes_of_memory[-1] / 1024
        table.row(
            "memory of the server after all this", f"{megabytes:.0f} MB", "", "≤ 160 MB", megabytes <= 160
        )
    if len(sizes) > 1:
        table.title(f"CalDAV, {sizes[-1]} events against {sizes[0]}")
        growth, more = weeks[-1] / weeks[0], (sizes_of_memory[-1] - sizes_of_memory[0]) / 1024
        table.row("one week, the same items", "", f"{growth:.2f} ×", "≤ 1.5 ×", growth <= 1.5)
        table.row("memory", f"{more:+.0f} MB", "", "≤ +20 MB", more <= 20)


def _start(table: Table, folder: Path) -> None:
    """From nothing to the first answer, without what importing the libraries takes anyway."""
    bare = min(
        timed(lambda: subprocess.run([sys.executable, "-c", f"import {IMPORTS}"], check=True))
        for _ in range(2)
    )

    def start() -> float:
        began = time.perf_counter()
        with demo(folder, "--no-limits") as server:
            _report(phone(server), query(WEEK, 7))
            return time.perf_counter() - began

    seconds = min(start() for _ in range(2)) - bare
    what = f"start to first answer, beyond {bare:.1f} s of imports"
    table.row(what, f"{seconds:.1f} s", "", "≤ 1.5 s", seconds <= 1.5)


def _report(client: Client, body: str, method: str = "REPORT") -> int:
    """How many responses there are."""
    return client.ask(method, CALENDAR, body, 207).body.count(b"<href>")


def _reading(table: Table, server: Server, cold: float) -> float:
    client = phone(server)
    items = _report(client, query(WEEK, 7))
    week = table.ratio(
        f"calendar-query, one week, {items} items", 40, lambda: _report(client, query(WEEK, 7))
    )
    table.row(
        "  the first one after start",
        f"{cold * 1000:.0f} ms",
        f"{cold / week:.1f} ×",
        "≤ 2 × warm",
        cold <= 2 * week,
    )
    items = _report(client, query(WEEK, 30))
    whole = table.ratio(f"one month, {items} items", 80, lambda: _report(client, query(WEEK, 30)), 15)
    expanded, _ = table.median(lambda: _report(client, query(WEEK, 30, expand=True)), 15)
    told = f"{expanded / whole:.1f} ×"
    table.row(
        "  the same with expand", f"{expanded * 1000:.1f} ms", told, "≤ 2 × without", expanded <= 2 * whole
    )
    listing = f"<propfind {NAMES}><prop><getetag/></prop></propfind>"
    items = _report(client, listing, "PROPFIND")
    each = table.median(lambda: _report(client, listing, "PROPFIND"), 9)[0] * 1000 / items
    table.row(
        f"PROPFIND getetag, {items} items", f"{each:.3f} ms", "an item", "≤ 0.06 ms an item", each <= 0.06
    )
    _some(table, client)
    times = f'start="{stamp(WEEK)}" end="{stamp(WEEK + timedelta(days=7))}"'
    busy = f"<C:free-busy-query {NAMES}><C:time-range {times}/></C:free-busy-query>"
    table.ratio("free-busy-query, one week", 30, lambda: client.ask("REPORT", CALENDAR, busy))
    one = per_second(lambda _: _asking(server), 1)
    eight = per_second(lambda _: _asking(server), CONNECTIONS)
    told = f"{eight / one:.2f} ×"
    table.row("one week at 8 connections, against one", f"{eight:.0f}/s", told, "≥ 0.9 ×", eight >= 0.9 * one)
    return week


def _asking(server: Server) -> Callable[[], object]:
    client = phone(server)
    return lambda: _report(client, query(WEEK, 7))


def _some(table: Table, client: Client) -> None:
    hrefs = "".join(f"<href>{CALENDAR}event-{index}.ics</href>" for index in range(50))
    body = (
        f"<C:calendar-multiget {NAMES}><prop><getetag/><C:calendar-data/></prop>{hrefs}</C:calendar-multiget>"
    )
    table.ratio("multiget of 50", 25, lambda: _report(client, body))


def _writing(table: Table, server: Server) -> None:
    client = phone(server)
    numbers = count(int(datetime.now(UTC).timestamp()))

    def put() -> str:
        uid = f"put-{next(numbers)}"
        text = event(uid, WEEK + timedelta(days=100), next(numbers) % 300)
        client.ask("PUT", f"{CALENDAR}{uid}.ics", text, 201, Content_Type="text/calendar")
        return uid

    alone = table.ratio("PUT of a new event", 20, put, 25)
    token = _token(client, "")
    table.ratio("sync-collection, nothing changed", 5, lambda: _token(client, token))
    put()
    table.ratio("sync-collection after one change", 10, lambda: _token(client, token))
    beside: list[float] = []

    def make(number: int) -> Callable[[], object]:
        return _asking(server) if number else lambda: beside.append(timed(put))

    per_second(make, CONNECTIONS)
    slow = sorted(beside)[len(beside) // 2]
    told = f"{slow / alone:.1f} ×"
    table.row("PUT among 7 readers", f"{slow * 1000:.0f} ms", told, "≤ 5 × alone", slow <= 5 * alone)


def _token(client: Client, token: str) -> str:
    inside = f"<sync-token>{token}</sync-token><sync-level>1</sync-level><prop><getetag/></prop>"
    body = f"<sync-collection {NAMES}>{inside}</sync-collection>"
    answer = client.ask("REPORT", CALENDAR, body, 207).body.decode()
    return answer.partition("<sync-token>")[2].partition("</sync-token>")[0]


def _memory(server: Server) -> int:
    """Resident memory in kB."""
    lines = Path(f"/proc/{server.process.pid}/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))
