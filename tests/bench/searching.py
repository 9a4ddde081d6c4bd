"""Searching and booking: the first table of the goals."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from itertools import count
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from sqlalchemy import insert, literal, select

from tests.bench.measuring import CONNECTIONS, Client, Table, per_second, timed, wait_for
from tests.servers import Server, demo
from vorzimmer import availability, booking, database, urls
from vorzimmer.access import ROLES, Actor
from vorzimmer.models import Allocation, Location, Model, Offer, Resource
from vorzimmer.periods import Period, day_period
from vorzimmer.practice import Hall
from vorzimmer.reasons import Refused
from vorzimmer.settings.config import Config

SERVICE = "massage"
DESK = Actor("bench", "office", rights=ROLES["desk"])
DAY = timedelta(days=1)


class Month(NamedTuple):
    """Thirty-one days, and a working day in the middle."""

    first: date
    middle: date
    last: date


def month(ahead: int) -> Month:
    first = datetime.now().astimezone().date() + ahead * DAY
    middle = first + 15 * DAY
    return Month(first, middle + (7 - middle.weekday()) % 7 * DAY + DAY, first + 30 * DAY)


HALF, FULL = month(10), month(50)


def asked(first: date, last: date, staff: str = "") -> str:
    return f"/api/v1/slots?service={SERVICE}&from={first}&to={last}" + (f"&staff={staff}" if staff else "")


class Practice:
    """A filled practice on one database."""

    def __init__(self, data: Path, url: str) -> None:
        self.data, self.url = data, url

    def served(self, *options: str) -> Any:
        return demo(self.data, "--no-limits", *options, database_url=self.url, patience=900)

    def hall(self) -> Hall:
        over = {"database": {"url": self.url}} if self.url else {}
        return Hall.open(Config.load(data=self.data, over=over))


def run(table: Table, data: Path, url_of: Callable[[str], str], bookings: int) -> None:
    """All rows; with a tenth of the bookings first, then with all, then with ten times the staff."""
    few = Practice(data / "few", url_of("few"))
    with few.served("--bookings", str(bookings // 10)) as server:
        before = _day(table, server)
    many = Practice(data / "many", url_of("many"))
    seconds = timed(lambda: _fill(many, bookings))
    table.row(f"filling {bookings} bookings", f"{seconds:.0f} s", "", "≤ 120 s", seconds <= 120)
    with many.served() as server:
        _search(table, server)
        after = _day(table, server)
        _booking(table, server, many)
        _one_slot(table, server)
    table.row("growth: 10 × the bookings", "", f"{after / before:.2f} ×", "≤ 1.3 ×", after / before <= 1.3)
    _fill_month(many)
    with many.served() as server:
        client = Client(server.port)
        table.ratio("month, any person, full", 60, lambda: client.ask("GET", asked(FULL.first, FULL.last)))
    _more_staff(many, 10)
    with many.served() as server:
        crowd = _day(table, server)
    table.row("growth: 10 × the staff", "", f"{crowd / after:.2f} ×", "≤ 10 ×", crowd / after <= 10)


def _fill(practice: Practice, bookings: int) -> None:
    with practice.served("--bookings", str(bookings)):
        return


def _day(table: Table, server: Server) -> float:
    client = Client(server.port)
    return table.median(lambda: client.ask("GET", asked(HALF.middle, HALF.middle)))[0]


def _search(table: Table, server: Server) -> None:
    client = Client(server.port)

    def get(first: date, last: date, staff: str = "") -> Callable[[], object]:
        return lambda: client.ask("GET", asked(first, last, staff))

    table.ratio("one day, one person", 8, get(HALF.middle, HALF.middle, "p01"))
    rate = per_second(lambda _number: _asking(server, asked(HALF.middle, HALF.middle, "p01")), CONNECTIONS)
    table.row("  the same at 8 connections", f"{rate:.0f}/s", "", "≥ 300/s", rate >= 300)
    table.ratio("one day, any person", 20, get(HALF.middle, HALF.middle))
    table.ratio("month, one person", 10, get(HALF.first, HALF.last, "p01"))
    table.ratio("month, any person, half booked", 20, get(HALF.first, HALF.last))


def _asking(server: Server, path: str) -> Callable[[], object]:
    client = Client(server.port)
    return lambda: client.ask("GET", path)


class Customer:
    """Books through the API. The code is computed from the practice's secret, as the mail's is."""

    def __init__(self, server: Server, config: Config) -> None:
        self.client, self.config = Client(server.port), config
        self.numbers = count()

    def post(self, path: str, body: dict[str, Any], status: int = 200) -> dict[str, Any]:
        answer = self.client.ask(
            "POST", f"/api/v1/{path}", json.dumps(body), status, Content_Type="application/json"
        )
        found: dict[str, Any] = json.loads(answer.body)
        return found

    def hold(self, start: str, staff: str) -> dict[str, Any]:
        return self.post("holds", {"service": SERVICE, "start": start, "staff": staff}, 201)

    def details(self, held: dict[str, Any]) -> None:
        name = f"Kunde {id(self)} {next(self.numbers)}"
        who = {"name": name, "email": f"{name.replace(' ', '.').lower()}@kunde.example"}
        self.post(f"holds/{held['id']}/details", {"token": held["token"], "customer": who})

    def confirm(self, held: dict[str, Any]) -> None:
        code = urls.code(self.config, held["id"], 1)
        self.post(f"holds/{held['id']}/confirm", {"token": held["token"], "code": code})


def _starts(server: Server) -> Iterator[tuple[str, str]]:
    """Free starts with a person each, no two of which touch."""
    body = Client(server.port).ask("GET", asked(HALF.first, HALF.last)).body
    found: list[tuple[str, str]] = []
    last: dict[str, datetime] = {}
    for slot in json.loads(body)["slots"]:
        start = datetime.fromisoformat(slot["start"])
        for staff in slot["resources"]:
            if staff not in last or start - last[staff] >= timedelta(minutes=45):
                last[staff] = start
                found.append((slot["start"], staff))
    Random(1).shuffle(found)
    return iter(found)


def _booking(table: Table, server: Server, practice: Practice) -> None:
    config = practice.hall().config
    starts, one = _starts(server), Customer(server, config)
    held: list[dict[str, Any]] = []
    rounds = 25
    table.ratio("hold", 20, lambda: held.append(one.hold(*next(starts))), rounds)
    known, confirmed = iter(held), iter(held)
    table.ratio("details", 20, lambda: one.details(next(known)), rounds)
    table.ratio("code → confirmed", 20, lambda: one.confirm(next(confirmed)), rounds)
    lock = threading.Lock()

    def make(_number: int) -> Callable[[], object]:
        customer = Customer(server, config)

        def book() -> None:
            with lock:
                start = next(starts)
            taken = customer.hold(*start)
            customer.details(taken)
            customer.confirm(taken)

        return book

    rate = per_second(make, CONNECTIONS)
    table.row("complete bookings at 8 connections", f"{rate:.0f}/s", "", "≥ 150/s", rate >= 150)


def _one_slot(table: Table, server: Server, racers: int = 50) -> None:
    start, staff = next(_starts(server))
    body = json.dumps({"service": SERVICE, "start": start, "staff": staff})
    clients = [Client(server.port) for _ in range(racers)]
    for client in clients:
        client.ask("GET", "/healthz")
    gate, statuses = threading.Barrier(racers + 1), Counter[int]()

    def hold(client: Client) -> None:
        gate.wait()
        statuses[client.try_("POST", "/api/v1/holds", body, Content_Type="application/json").status] += 1

    threads = [threading.Thread(target=hold, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    gate.wait()
    seconds = timed(lambda: wait_for(threads))
    clean = statuses == {201: 1, 409: racers - 1}
    told = ", ".join(f"{number} × {status}" for status, number in sorted(statuses.items()))
    table.row(
        f"50 at one slot: {told}", f"{seconds:.2f} s", "", "1 wins, 49 × 409, ≤ 1 s", clean and seconds <= 1
    )


def _fill_month(practice: Practice) -> None:
    """Book every free start of a month at the desk, so that nothing is free in it."""
    hall = practice.hall()

    def fill(session: Any) -> None:
        service = booking.parts.load.service(session, SERVICE)
        zone = hall.config.zone
        window = Period(day_period(FULL.first, zone).start, day_period(FULL.last, zone).end)
        moment = database.now(session)
        while free := availability.free_slots(session, hall.plugins, service, window, moment):
            for slot in free:
                for staff in slot.staff:
                    try:
                        booking.enter(session, hall, DESK, booking.Entry(SERVICE, slot.start, "Kunde", staff))
                    except Refused:  # the one before reaches into it
                        continue

    hall.database.write(fill)
    hall.database.dispose()


def _more_staff(practice: Practice, times: int) -> None:
    """So many times the people, each as busy as the one that is copied."""
    hall = practice.hall()

    def copy(session: Any) -> None:
        service = booking.parts.load.service(session, SERVICE)
        place = session.scalars(select(Location).where(Location.slug == "markt")).one()
        weekly = hall.plugins.instance("vorzimmer_weekly_hours")
        copied = Model.metadata.tables[Allocation.__tablename__]
        columns = [column for column in copied.c if column.name not in ("id", "resource_id")]
        known = session.scalars(select(Resource).where(Resource.slug.like("p__"))).all()
        for number in range(1, times):
            for person in known:
                made = Resource(slug=f"{person.slug}-{number}", name=person.name, kind="staff")
                session.add(made)
                session.flush()
                session.add(Offer(requirement_id=service.requirements[0].id, resource_id=made.id))
                hours = dict.fromkeys(range(5), ((540, 1020),))
                weekly.set_week(session, hours, resource_id=made.id, location_id=place.id)
                rows = select(literal(made.id), *columns).where(copied.c.resource_id == person.id)
                session.execute(insert(copied).from_select(["resource_id", *columns], rows))

    hall.database.write(copy)
    hall.database.dispose()
