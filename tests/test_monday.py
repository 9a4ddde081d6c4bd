"""The played day: three people, 800 customers, a telephone that rings; server, mail and calendar app are real.

Twenty calls, fifteen online bookings, two who did not come, one therapist ill, a walk-in, a family on one address, a
room out of order. At the end nothing overlaps, everybody concerned was told exactly once, and the day list is right.
"""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest
from caldav.davclient import DAVClient
from playwright.sync_api import Page, expect

from tests.bench.measuring import Client
from tests.servers import Mailbox, Server, demo, mail_server

pytestmark = pytest.mark.long

BERLIN = ZoneInfo("Europe/Berlin")
KEY = {"Authorization": "Bearer vz_demo_0000000000000000000000000001", "Content-Type": "application/json"}
GIVEN = [
    "Александра",
    "Константин",
    "Екатерина",
    "Вячеслав",
    "İbrahim",
    "Gülşen",
    "Çağatay",
    "Şükran",
    "Пётр",
    "Ёлка",
]
SIZE = 800
FAMILY = [
    "Константинопольская-Воскресенская",
    "Преображенский",
    "Öztürk-Yıldırım",
    "Güneşoğlu",
    "Щукина",
    "Ильин",
]


@dataclass
class Desk:
    """The practice's own calls, and what every address must have been told."""

    server: Server
    mailbox: Mailbox
    told: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.client = Client(self.server.port, KEY)
        self.visitor = Client(self.server.port, {"Content-Type": "application/json"})

    def get(self, path: str, **query: str) -> Any:
        return json.loads(self.client.ask("GET", f"/api/v1/{path}?{urlencode(query)}").body)

    def post(self, path: str, body: dict[str, Any], status: int = 200) -> Any:
        answer = self.client.ask("POST", f"/api/v1/{path}", json.dumps(body), status)
        return json.loads(answer.body) if answer.body else None

    def online(self, path: str, body: dict[str, Any], status: int = 200) -> Any:
        return json.loads(self.visitor.ask("POST", f"/api/v1/{path}", json.dumps(body), status).body)

    def slots(self, service: str, day: date, staff: str = "") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get(
            "slots",
            service=service,
            **{"from": str(day), "to": str(day)},
            **({"staff": staff} if staff else {}),
        )["slots"]
        return found

    def next_free(self, service: str, day: date, number: int) -> dict[str, Any]:
        """One of the free times of the day, or of the next that has any."""
        while not (found := self.slots(service, day)):
            day += timedelta(days=1)
        return found[number % len(found)]

    def bookings(self, day: date) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get("bookings", **{"from": str(day), "to": str(day)}, limit="200")[
            "bookings"
        ]
        return [one for one in found if one["status"] in ("requested", "confirmed", "completed", "missed")]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with mail_server() as mailbox:
        config = (
            f'[mail]\nsmtp = "smtp://127.0.0.1:{mailbox.port}?tls=none"\nfrom = "praxis@praxis.example"\n'
        )
        with demo(tmp_path / "data", "--no-limits", config=config) as server:
            desk = Desk(server, mailbox)
            yield desk
            desk.client.close()
            desk.visitor.close()


@pytest.fixture
def day() -> date:
    """The Thursday after next: all three work."""
    today = datetime.now(BERLIN).date()
    return today + timedelta(days=7 + (3 - today.weekday()) % 7)


def names(number: int) -> list[str]:
    picked = random.Random(1)
    return [f"{picked.choice(GIVEN)} {picked.choice(FAMILY)} {n:03}" for n in range(number)]


def test_the_day_is_right_at_its_end(desk: Desk, day: date, page: Page) -> None:
    """D5, D9, O11, O12, O20, O28 to O34, C15, rule 19, rule 42."""
    people = _customers(desk)
    _calls(desk, day, people)
    _online(desk, day)
    _family(desk, day)
    _walk_in(desk)
    _no_shows(desk)
    _room_out_of_order(desk, day)
    _ill(desk, day)
    _nothing_overlaps(desk, day)
    _everybody_was_told_once(desk)
    _phones_show_the_day(desk, day)
    _the_desk_sees_the_day(desk, day, page)


def _customers(desk: Desk) -> list[dict[str, Any]]:
    """800 people, every third without an address."""
    made = []
    for number, name in enumerate(names(SIZE)):
        body: dict[str, Any] = {"name": name, "phone": f"+49 30 {number:07}"}
        if number % 3:
            body |= {
                "email": f"kunde{number}@kunde.example",
                "language": ["de", "ru", "en", "fr"][number % 4],
            }
        made.append(desk.post("customers", body, 201)["customer"])
    assert desk.get("customers", q="преображ", limit="5")["customers"], "found in small letters"
    return made


def _calls(desk: Desk, day: date, people: list[dict[str, Any]]) -> None:
    """Twenty people ring; each is found by name and gets the next free time."""
    for number in range(20):
        caller = people[number * 7]
        found = desk.get("customers", q=caller["name"].lower(), limit="10")["customers"]
        assert caller["id"] in [one["id"] for one in found]
        service = ["massage", "massage", "ultraschall", "erstgespraech"][number % 4]
        slot = desk.next_free(service, day, number % 3)
        body = {
            "service": service,
            "start": slot["start"],
            "staff": slot["resources"][0],
            "customer": {"id": caller["id"]},
        }
        desk.post("bookings", body, 201)
        if caller["email"]:
            desk.told[caller["email"]] += 1


def _online(desk: Desk, day: date) -> None:
    """Fifteen book on the page; the code comes by mail."""
    for number in range(15):
        address = f"online{number}@kunde.example"
        slot = desk.next_free("massage", day, number * 5)
        held = desk.online("holds", {"service": "massage", "start": slot["start"]}, 201)
        who = {"name": f"Онлайн Преображенская {number}", "email": address}
        desk.online(
            f"holds/{held['id']}/details", {"token": held["token"], "customer": who, "language": "ru"}
        )
        mail = desk.mailbox.wait_for(address, 1)
        (code,) = re.findall(r"(?<!\d)\d{6}(?!\d)", mail.get_body(("plain",)).get_content())
        desk.online(f"holds/{held['id']}/confirm", {"token": held["token"], "code": code})
        desk.told[address] += 2


def _family(desk: Desk, day: date) -> None:
    """Four of one address stay four people."""
    for name in ("Ayşe", "Mehmet", "Zeynep", "Kerem"):
        slot = desk.next_free("massage", day + timedelta(days=1), 0)
        body = {
            "service": "massage",
            "start": slot["start"],
            "customer": {"name": f"{name} Öztürk-Güneşoğlu", "email": "familie@kunde.example"},
        }
        desk.post("bookings", body, 201)
        desk.told["familie@kunde.example"] += 1
    assert len(desk.get("customers", q="ozturk-gunesoglu")["customers"]) == 4


def _walk_in(desk: Desk) -> None:
    """Somebody stands at the desk, whatever the hour."""
    now = datetime.now(BERLIN).replace(second=0, microsecond=0) + timedelta(minutes=10)
    body = {
        "service": "massage",
        "start": now.isoformat(),
        "staff": "anna",
        "customer": {"name": "Ohne Termin"},
        "override": {"level": "double", "reason": "stands at the desk"},
    }
    desk.post("bookings", body, 201)


def _no_shows(desk: Desk) -> None:
    past = datetime.now(BERLIN).date() - timedelta(days=30)
    found = desk.get("bookings", **{"from": str(past), "to": str(datetime.now(BERLIN).date())}, limit="200")[
        "bookings"
    ]
    gone = [
        one
        for one in found
        if one["status"] in ("confirmed", "completed") and one["start"] < datetime.now(BERLIN).isoformat()
    ]
    for one in gone[:2]:
        assert desk.post(f"bookings/{one['id']}/missed", {})["booking"]["status"] == "missed"


def _decided(desk: Desk, body: dict[str, Any], decide: Any) -> list[dict[str, Any]]:
    """Enter an absence: first what it affects, then with a decision for each."""
    affected: list[dict[str, Any]] = desk.post("absences", body, 409)["bookings"]
    decisions = {one["id"]: decide(one) for one in affected}
    desk.post("absences", {**body, "decisions": decisions, "message": "Wir bitten um Verständnis."}, 201)
    return affected


def _room_out_of_order(desk: Desk, day: date) -> None:
    """The appointments of one room go to the other, or are kept where that is taken."""
    body = {"resource": "raum-1", "start": str(day), "end": str(day), "kind": "break"}

    def to_the_other(_booking: dict[str, Any]) -> str:
        return "reassign:raum-2"

    in_use = [one for one in desk.bookings(day) if "raum-1" in one["resources"]]
    assert in_use, "the calls took the room"
    _decided(desk, body, to_the_other)
    assert not [one for one in desk.bookings(day) if "raum-1" in one["resources"]]


def _ill(desk: Desk, day: date) -> None:
    """Ben is ill: whom Anna can take goes to her, the others are cancelled."""
    body = {"resource": "ben", "start": str(day), "end": str(day), "kind": "sick"}

    def decide(one: dict[str, Any]) -> str:
        free = [slot["start"] for slot in desk.slots(one["service"], day, "anna")]
        decision = "reassign:anna" if one["start"] in free and one["start"] not in given else "cancel"
        if decision != "cancel":
            given.append(one["start"])
        return decision

    given: list[str] = []
    before = {one["id"]: one for one in desk.bookings(day)}
    affected = _decided(desk, body, decide)
    assert affected
    for one in affected:
        address = before[one["id"]]["customer"]["email"]
        if address:
            desk.told[address] += 1
    assert not [one for one in desk.bookings(day) if "ben" in one["resources"]]


def _nothing_overlaps(desk: Desk, day: date) -> None:
    for resource in ("anna", "ben", "clara", "raum-1", "raum-2", "ultraschall"):
        periods = sorted(
            (one["start"], one["end"]) for one in desk.bookings(day) if resource in one["resources"]
        )
        for (_start, end), (start, _end) in pairwise(periods):
            assert end <= start, (resource, end, start)


def _everybody_was_told_once(desk: Desk) -> None:
    """One mail for each thing that happened to somebody, and one more for each code."""
    for address, count in desk.told.items():
        desk.mailbox.wait_for(address, count)
    more = {
        a: (len(desk.mailbox.mails_to(a)), n)
        for a, n in desk.told.items()
        if len(desk.mailbox.mails_to(a)) != n
    }
    assert more == {}


def _phones_show_the_day(desk: Desk, day: date) -> None:
    """The calendar apps of all three show the list of the desk."""
    listed = desk.bookings(day)
    for person in ("anna", "ben", "clara"):
        wanted = sorted(one["uid"] for one in listed if person in one["resources"])
        assert _on_the_phone(desk, person, day) == wanted


def _on_the_phone(desk: Desk, person: str, day: date) -> list[str]:
    login, password = f"{person}@praxis.example", f"{person}-caldav-demo-0001"
    client: Any
    with DAVClient(f"{desk.server.url}/", username=login, password=password) as client:
        calendar = client.principal().calendars()[0]
        start = datetime.combine(day, datetime.min.time(), BERLIN)
        events = calendar.search(start=start, end=start + timedelta(days=1), event=True)
        return sorted(str(event.icalendar_component["UID"]) for event in events)


def _the_desk_sees_the_day(desk: Desk, day: date, page: Page) -> None:
    """Every appointment of the day stands in the list, and none that was cancelled among them."""
    page.goto(f"{desk.server.url}/office/login")
    page.get_by_label("E-Mail").fill("empfang@praxis.example")
    page.get_by_label("Passwort", exact=True).fill("demo-passwort-2026")
    page.get_by_role("button", name="Anmelden").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.goto(f"{desk.server.url}/office/?day={day}")
    listed = sorted(one["customer"]["name"] for one in desk.bookings(day))
    table = page.get_by_role("table").first
    assert sorted(table.get_by_role("cell").get_by_role("link").all_inner_texts()) == listed
