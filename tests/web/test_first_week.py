"""The first week of a practice of one and of one with a front desk: real pages, real mails ("Shown 5" of issue 9).

After each act the mails that left are compared with what should have: everybody concerned once, and nobody else.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from tests.acts import code_of
from tests.plugins.noticed import change_account
from tests.plugins.test_email import read
from tests.web import customer
from tests.web.customer import MAX, value
from vorzimmer import urls
from vorzimmer.messages.worker import Worker
from vorzimmer.models import Booking
from vorzimmer.testing import Browser, Practice, berlin

LENA = {"name": "Lena Lang", "email": "lena.lang@kunde.example", "message": "Bitte im Erdgeschoss."}


@pytest.fixture
def database_url() -> str:
    """SQLite only: who is told does not hang on the database."""
    return ""


class Week:
    """The clock, the pages and the folder of mails of one practice."""

    def __init__(self, practice: Practice, app: Flask) -> None:
        self.practice, self.app, self.read = practice, app, 0

    def browser(self, login: str = "") -> Browser:
        client: Browser = self.app.test_client()  # type: ignore[assignment]  # set by the fixture
        if login:
            client.sign_in(f"{login}@praxis.example")
        return client

    def told(self) -> list[tuple[str, str]]:
        """To whom the mails since the last question went, and the fact in each subject; in any order."""
        for _round in range(2):
            Worker(self.practice.hall).run_due()
        paths = sorted((self.practice.hall.config.data / "mail").glob("*.eml"))
        new, self.read = paths[self.read :], len(paths)
        mails = [read(path) for path in new]
        return sorted((mail["To"].partition("@")[0], mail["Subject"].partition(":")[0]) for mail in mails)

    def book(self, when: str, who: dict[str, str], service: str = "massage") -> Booking:
        """A customer books with anna on the pages; the code has left when this returns."""
        client = self.browser()
        uid = customer.uid_of(customer.hold(client, when, service))
        customer.details(client, uid, service, **who)
        assert [name for name, _fact in self.told()] == [who["email"].partition("@")[0]]
        customer.confirm(client, uid, code_of(self.practice.hall, self.found(uid)), service)
        return self.found(uid)

    def by_link(self, made: Booking) -> Browser:
        """The customer opens the mailed link."""
        client, path = self.browser(), urls.manage(self.practice.hall.config, made.uid)
        path = "/" + path.partition("://")[2].partition("/")[2]
        client.get(path)
        client.send(path)
        return client

    def found(self, uid: str) -> Booking:
        return customer.found(self.practice, uid)

    def enter(self, client: Browser, when: str, staff: str = "anna", **more: Any) -> None:
        """Somebody of the practice enters an appointment by telephone."""
        client.get("/office/new")
        slot = f"{value(when)}|{staff}"
        answer = client.send("/office/new", service="massage", staff=staff, slot=slot, **more)
        assert answer.status_code == 200


@pytest.fixture
def week(practice: Practice, app: Flask) -> Week:
    return Week(practice, app)


def test_the_first_week_of_a_practice_with_a_front_desk(week, practice):
    desk, anna = week.browser("empfang"), week.browser("anna")
    first = week.book("2027-03-03 10:00", MAX)
    assert week.told() == [("anna", "Neuer Termin"), ("max.muster", "Termin bestätigt")]

    asked = week.book("2027-03-04 10:00", LENA, "erstgespraech")
    assert week.told() == [
        *(("anna", "Neue Anfrage"), ("empfang", "Neue Anfrage"), ("lena.lang", "Anfrage eingegangen")),
    ]
    desk.get("/office/requests")
    desk.send(f"/office/booking/{asked.uid}/accept")
    assert week.told() == [("anna", "Anfrage angenommen"), ("lena.lang", "Anfrage angenommen")]

    max_ = week.by_link(first)
    max_.get("/b/move")
    max_.send("/b/move", time=value("2027-03-05 09:00"), staff="anna")
    assert week.told() == [("anna", "Termin verschoben"), ("max.muster", "Termin verschoben")]

    page = desk.get(f"/office/booking/{first.uid}/move").text
    form = {
        "sequence": week.found(first.uid).sequence,
        "slot": f"{value('2027-03-04 15:00')}|ben",
        "staff": "ben",
    }
    assert 'name="sequence"' in page
    desk.send(f"/office/booking/{first.uid}/move", **form)
    assert week.told() == [
        *(("anna", "Termin abgegeben"), ("ben", "Termin übernommen"), ("max.muster", "Termin verschoben")),
    ]

    week.enter(anna, "2027-03-03 14:00", name="Erna Alt", email="erna@kunde.example")
    assert week.told() == [("erna", "Termin bestätigt")]
    week.enter(desk, "2027-03-03 14:45", name="Ohne Adresse")
    assert week.told() == [("anna", "Neuer Termin")]

    practice.clock.now = berlin("2027-03-03 08:00")  # tomorrow is the appointment with Ben
    assert week.told() == [("erna", "Erinnerung")]
    max_ = week.by_link(first)
    max_.get("/b/cancel")
    max_.send("/b/cancel")
    assert week.told() == [
        *(("ben", "Termin abgesagt"), ("empfang", "Termin abgesagt"), ("max.muster", "Termin abgesagt")),
    ]

    desk.sign_in("empfang@praxis.example")
    desk.get(f"/office/booking/{asked.uid}/offer")
    desk.send(f"/office/booking/{asked.uid}/offer", **{"until-day": "2027-03-03", "until-time": "18:00"})
    assert week.told() == [("lena.lang", "Bitte wählen Sie eine andere Zeit")]
    practice.clock.now = berlin("2027-03-03 18:01")
    assert week.told() == [("anna", "Bitte anrufen"), ("empfang", "Bitte anrufen")]

    practice.clock.now = asked.ends + timedelta(hours=1)
    week.told()  # reminders of the day
    desk.sign_in("empfang@praxis.example")
    desk.get(f"/office/booking/{asked.uid}")
    desk.send(f"/office/booking/{asked.uid}/complete")
    assert week.told() == []  # it costs nothing: no balance, no mail


def test_the_first_week_of_a_practice_of_one(week, practice):
    """The owner is the one who works; nobody else has a login."""
    for name in ("anna", "ben", "clara", "empfang"):
        change_account(practice.hall, name, active=False, resource_id=None)
    change_account(practice.hall, "owner", resource_id=practice.resource("anna").id)
    owner = week.browser("owner")

    first = week.book("2027-03-03 10:00", MAX)
    assert week.told() == [("max.muster", "Termin bestätigt"), ("owner", "Neuer Termin")]
    asked = week.book("2027-03-04 10:00", LENA, "erstgespraech")
    assert week.told() == [("lena.lang", "Anfrage eingegangen"), ("owner", "Neue Anfrage")]

    owner.get("/office/requests")
    owner.send(f"/office/booking/{asked.uid}/accept")
    assert week.told() == [("lena.lang", "Anfrage angenommen")]
    week.enter(owner, "2027-03-03 14:00", name="Erna Alt", email="erna@kunde.example")
    assert week.told() == [("erna", "Termin bestätigt")]

    max_ = week.by_link(first)
    max_.get("/b/move")
    max_.send("/b/move", time=value("2027-03-05 09:00"), staff="anna")
    assert week.told() == [("max.muster", "Termin verschoben"), ("owner", "Termin verschoben")]
    owner.get(f"/office/booking/{first.uid}/edit")
    owner.get(f"/office/booking/{first.uid}/cancel")
    owner.send(f"/office/booking/{first.uid}/cancel", message="Ich bin krank.")
    assert week.told() == [("max.muster", "Termin abgesagt")]
    owner.get(f"/office/booking/{first.uid}/reopen")
    owner.send(f"/office/booking/{first.uid}/reopen")
    assert week.told() == [("max.muster", "Termin findet doch statt")]

    lena = week.by_link(asked)
    lena.get("/b/cancel")
    lena.send("/b/cancel")
    assert week.told() == [("lena.lang", "Termin abgesagt"), ("owner", "Termin abgesagt")]
