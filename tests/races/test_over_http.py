"""The same races against the real server, through every door at once, on both databases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from icalendar import Calendar

from tests.races.test_one_winner import RACERS, race
from tests.servers import Server, demo

OWNER = {"Authorization": "Bearer vz_demo_0000000000000000000000000001"}
ANNA = ("anna@praxis.example", "anna-caldav-demo-0001")


@pytest.fixture(params=["sqlite", "postgresql"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    url = "" if request.param == "sqlite" else request.getfixturevalue("postgresql_database")
    with demo(tmp_path, "--no-limits", "--no-worker", database_url=url) as server:
        yield server


def free(server: Server, staff: str, wanted: int, skip: int = 0) -> list[str]:
    """Free starts of a massage, an hour apart, from the day after tomorrow on."""
    first = datetime.now(UTC).date() + timedelta(days=2)
    query: Any = {"service": "massage", "from": first, "to": first + timedelta(days=40), "staff": staff}
    slots = requests.get(f"{server.url}/api/v1/slots", params=query, timeout=30).json()["slots"]
    hours = [slot["start"] for slot in slots if slot["start"][14:16] == "00"]
    return hours[skip : skip + wanted]


def hold(server: Server, start: str) -> requests.Response:
    body = {"service": "massage", "start": start, "staff": "anna"}
    return requests.post(f"{server.url}/api/v1/holds", json=body, timeout=30)


def enter(server: Server, start: str) -> dict[str, Any]:
    body: Any = {"service": "massage", "start": start, "staff": "anna", "customer": {"name": "Max Muster"}}
    answer = requests.post(f"{server.url}/api/v1/bookings", json=body, headers=OWNER, timeout=30)
    assert answer.status_code == 201, answer.text
    return dict(answer.json()["booking"])


def move_by_api(server: Server, booking: dict[str, Any], start: str) -> requests.Response:
    body = {"start": start, "sequence": booking["sequence"]}
    return requests.patch(
        f"{server.url}/api/v1/bookings/{booking['id']}", json=body, headers=OWNER, timeout=30
    )


def moved_object(server: Server, booking: dict[str, Any], start: str) -> tuple[str, bytes, str]:
    """Address, text and ETag of a PUT that moves the booking's object."""
    address = f"{server.url}/dav/anna%40praxis.example/bookings/{booking['uid']}.ics"
    answer = requests.get(address, auth=ANNA, timeout=30)
    assert answer.status_code == 200, answer.text
    calendar: Any = Calendar.from_ical(answer.content)
    (event,) = calendar.walk("VEVENT")
    moment = datetime.fromisoformat(start)
    event.start, event.end = moment, moment + timedelta(minutes=30)
    return address, calendar.to_ical(), answer.headers["ETag"]


def statuses(answers: list[Any]) -> Counter[int]:
    assert all(isinstance(answer, requests.Response) for answer in answers), answers
    return Counter(answer.status_code for answer in answers)


def test_fifty_at_one_slot_over_http(server: Server) -> None:
    """F32: one 201, the rest clean 409s with alternatives."""
    (start,) = free(server, "anna", 1)
    answers = race([lambda: hold(server, start)] * RACERS)
    assert statuses(answers) == {201: 1, 409: RACERS - 1}
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"slot_taken"}


def test_holds_moves_and_calendar_apps_at_one_time(server: Server) -> None:
    """F30, A106, A140: customers hold, the desk moves, a phone moves, all to one time: one of them has it."""
    goal, *others = free(server, "anna", 21, skip=5)
    bookings = [enter(server, start) for start in others]
    puts = [moved_object(server, booking, goal) for booking in bookings[:10]]
    racers: list[Callable[[], Any]] = [lambda: hold(server, goal)] * 15
    racers += [lambda booking=booking: move_by_api(server, booking, goal) for booking in bookings[10:]]  # type: ignore[misc]
    racers += [
        lambda address=address, text=text, etag=etag: requests.put(  # type: ignore[misc]
            address,
            text,
            auth=ANNA,
            headers={"If-Match": etag, "Content-Type": "text/calendar; charset=utf-8"},
            timeout=30,
        )
        for address, text, etag in puts
    ]
    counted = statuses(race(racers))
    won = sum(count for status, count in counted.items() if status < 300)
    assert won == 1, counted
    assert set(counted) <= {200, 201, 204, 403, 409}, counted
