"""What tests of the booking pages need: the way of a customer, page by page."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from werkzeug.test import TestResponse

from tests.acts import code_of
from vorzimmer.booking.parts import load
from vorzimmer.models import Booking
from vorzimmer.testing import BERLIN, Browser, Practice, berlin

MAX = {"name": "Max Muster", "email": "max.muster@kunde.example", "phone": "030 123", "message": "Bis bald!"}
TEN = "2027-03-02 10:00"
DAY = "/book/massage?staff=anna&day=2027-03-02"


def value(when: str, place: str = "markt") -> str:
    """What the button of a time sends."""
    return f"{berlin(when).astimezone(BERLIN).isoformat()}|{place}"


def times(page: str) -> list[str]:
    """What the buttons of the times on offer send, each once."""
    return sorted(set(re.findall(r'name="time" value="([^"]+)"', page)))


def field(page: str, name: str) -> str:
    """What stands in an input."""
    found = re.search(rf'<input[^>]* name="{name}"[^>]* value="([^"]*)"', page, re.DOTALL)
    assert found, name
    return unescape(found[1])


def english(client: Browser) -> None:
    """Read the pages in English."""
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"


def hold(client: Browser, when: str = TEN, service: str = "massage", **more: Any) -> TestResponse:
    """Choose a time; where it leads."""
    client.get(f"/book/{service}?staff=any&day={when[:10]}")
    form = {"csrf_token": client.csrf_token, "time": value(when), "staff": "anna", **more}
    answer: TestResponse = client.post(f"/book/{service}", data=form)
    return answer


def uid_of(answer: TestResponse) -> str:
    """The appointment that a redirect is about."""
    return answer.headers["Location"].split("/")[3]


def details(client: Browser, uid: str, service: str = "massage", **typed: str) -> TestResponse:
    """Say who one is; where it leads."""
    client.get(f"/book/{service}/{uid}/details")
    form = {"csrf_token": client.csrf_token, **MAX, **typed}
    answer: TestResponse = client.post(f"/book/{service}/{uid}/details", data=form)
    return answer


def confirm(client: Browser, uid: str, code: str, service: str = "massage") -> TestResponse:
    """Type the code; where it leads."""
    client.get(f"/book/{service}/{uid}/code")
    form = {"csrf_token": client.csrf_token, "code": code}
    answer: TestResponse = client.post(f"/book/{service}/{uid}/code", data=form)
    return answer


def book(client: Browser, practice: Practice, when: str = TEN, service: str = "massage") -> Booking:
    """All of it; the booking as it stands then."""
    uid = uid_of(hold(client, when, service))
    details(client, uid, service)
    confirm(client, uid, code_of(practice.hall, found(practice, uid)), service)
    return found(practice, uid)


def found(practice: Practice, uid: str) -> Booking:
    """The booking as it stands."""
    with practice.hall.database.reading() as session:
        return load.booking(session, uid)
