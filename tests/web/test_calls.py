"""Whom to call, why and until when: on "To do", at the appointment, and where time is closed."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests import acts
from tests.web.desk import sign_in
from vorzimmer import booking
from vorzimmer.booking import Target
from vorzimmer.models import Booking, Message
from vorzimmer.testing import DESK, Browser, Practice, berlin

TUESDAY, THURSDAY, FRIDAY = "2027-03-02 10:30", "2027-03-04 10:30", "2027-03-05 10:30"


@pytest.fixture
def database_url() -> str:
    """SQLite only: these are pages."""
    return ""


@pytest.fixture
def desk(practice: Practice, client: Browser) -> Browser:
    sign_in(client)
    client.send("/language", language="en", next="/office/")
    return client


@pytest.fixture
def unreached(practice: Practice) -> Booking:
    """An appointment moved from Thursday to Friday, of which nobody has told Max Muster."""
    made = practice.book("massage", THURSDAY, phone="030 123456")
    acts.act(practice.hall, booking.move, DESK, made.uid, Target(berlin(FRIDAY)))

    def given_up(session: Any) -> None:
        message = session.query(Message).filter_by(topic="moved").one()
        message.state, message.error = "parked", "550 nobody here"
        session.flush()
        booking.undelivered(session, practice.hall, message)

    practice.hall.database.write(given_up)
    return made


def text(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.replace("\xa0", " ")))


def calls(client: Browser, path: str = "/office/requests") -> str:
    """What stands under "Please call", empty where that is not there."""
    found = re.search(r'<section[^>]*aria-labelledby="calls".*?</section>', client.get(path).text, re.DOTALL)
    return text(found[0]) if found else ""


WHY = "The mail “New time” could not be delivered to max.muster@kunde.example."


def test_the_list_says_which_mail_did_not_arrive_and_until_when_to_call(desk, unreached):
    for path in ("/office/", "/office/requests"):
        for said in ("Max Muster", "030 123456", WHY, "to be called by Thu, 4 March, 10:30"):
            assert said in calls(desk, path)
    page = text(desk.get(f"/office/booking/{unreached.uid}").text)
    for said in ("Please call.", WHY, "to be called by Thu, 4 March, 10:30"):
        assert said in page
    desk.send(f"/office/booking/{unreached.uid}/called")
    assert calls(desk) == ""
    assert WHY not in text(desk.get(f"/office/booking/{unreached.uid}").text)


def test_who_is_to_be_called_first_stands_first(practice, desk, unreached):
    """The one who was moved to Friday may still come on Thursday."""
    mute = practice.book("massage", "2027-03-04 13:30", name="Erna Alt", email="")
    acts.act(practice.hall, booking.cancel, DESK, mute.uid)
    found = calls(desk)
    assert "There is no e-mail address, so nothing could be sent." in found
    assert found.index("Max Muster") < found.index("Erna Alt")


def test_what_should_have_been_done_by_now_says_so(practice, desk, unreached):
    practice.clock.now = berlin("2027-03-04 11:00")
    sign_in(desk)
    desk.send("/language", language="en", next="/office/")
    assert "should have been called by Thu, 4 March, 10:30" in calls(desk)


def test_who_has_no_address_is_to_be_called_before_the_time_that_closes(practice, client):
    client.sign_in("owner@praxis.example")
    client.send("/language", language="en", next="/office/")
    practice.book("massage", TUESDAY, name="Erna Alt", email="", phone="030 654321")
    practice.book("massage", "2027-03-09 10:30")
    asked = client.send("/office/settings/people/anna/archive")
    page = text(asked.text)
    assert asked.status_code == 409
    assert "to be called by Tue, 2 March, 10:30" in page
    assert page.count("to be called by") == 1  # who has an address is written to
