"""What waits, and what others did meanwhile: offers, calls, news, messages, absences (office 1, 5, 18, 22, 23, 36)."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest

from tests import acts
from tests.web.desk import actor, requested, sign_in
from vorzimmer import booking, hookspecs, urls
from vorzimmer.hookspecs import NewAbsence
from vorzimmer.models import Booking
from vorzimmer.testing import DESK, Browser, Practice, berlin

TODAY, THURSDAY = "2027-03-01 14:00", "2027-03-04 10:30"  # the clock stands at Monday 08:00


@pytest.fixture
def database_url() -> str:
    """SQLite only: these are pages."""
    return ""


@pytest.fixture
def desk(practice: Practice, client: Browser) -> Browser:
    sign_in(client)
    client.send("/language", language="en", next="/office/")
    return client


def text(answer: Any) -> str:
    """What a page says, in one line."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text.replace("\xa0", " ")))


def section(client: Browser, path: str, heading: str) -> str:
    """The section of a page below a heading, empty where there is none."""
    found = re.search(
        rf'<section[^>]*aria-labelledby="{heading}".*?</section>', client.get(path).text, re.DOTALL
    )
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found[0].replace("\xa0", " "))) if found else ""


def again(practice: Practice, made: Booking) -> Booking:
    return acts.again(practice.hall, made.uid)


# ---- offers and calls ------------------------------------------------------------------------------------------------


def test_an_offer_is_asked_for_seen_and_taken_back(practice, desk):
    made = practice.book("massage", THURSDAY, phone="030 123456")
    assert 'value="2027-03-02"' in desk.get(f"/office/booking/{made.uid}/offer").text
    page = desk.send(
        f"/office/booking/{made.uid}/offer",
        **{"until-day": "2027-03-03", "until-time": "12:00", "message": "Ben ist krank."},
    )
    assert "another time wanted" in text(page)
    assert again(practice, made).choose_until == berlin("2027-03-03 12:00")
    for part in ("Max Muster", "030 123456", "Wed, 3 March, 12:00"):
        assert part in section(desk, "/office/requests", "offers")
    assert "another time wanted" in text(desk.get("/office/?day=2027-03-04"))
    desk.send(f"/office/booking/{made.uid}/stand")
    assert section(desk, "/office/requests", "offers") == ""
    assert again(practice, made).offered_at is None


@pytest.mark.parametrize(
    ("day", "time"), [("2027-03-05", "12:00"), ("2027-02-01", "12:00"), ("x", ""), ("2027-03-03", "--5")]
)
def test_a_time_that_cannot_be_is_said_and_nothing_done(practice, desk, day, time):
    made = practice.book("massage", THURSDAY)
    desk.get(f"/office/booking/{made.uid}/offer")
    answer = desk.send(
        f"/office/booking/{made.uid}/offer", **{"until-day": day, "until-time": time, "message": "Hallo"}
    )
    assert answer.status_code == 409
    assert 'role="alert"' in answer.text
    assert "Hallo" in answer.text
    assert again(practice, made).offered_at is None


def test_the_customer_reads_until_when(practice, client):
    made = practice.book("massage", THURSDAY)
    acts.act(practice.hall, booking.offer, DESK, made.uid, until=berlin("2027-03-03 12:00"))
    link = urls.manage(practice.hall.config, made.uid).partition("://")[2].partition("/")[2]
    client.get(f"/{link}")
    client.send("/language", language="en", next=f"/{link}")
    page = text(client.send(f"/{link}"))
    assert "choose another time until Wed, 3 March, 12:00" in page
    assert "another time wanted" in page


def test_who_has_no_address_stays_to_be_called_until_somebody_has(practice, desk):
    made = practice.book("massage", THURSDAY, name="Erna Alt", email="", phone="030 654321")
    desk.get(f"/office/booking/{made.uid}/cancel")
    assert "please call" in text(desk.send(f"/office/booking/{made.uid}/cancel"))
    for path in ("/office/", "/office/requests"):
        assert "Erna Alt" in section(desk, path, "calls")
        assert "030 654321" in section(desk, path, "calls")
    page = text(desk.send(f"/office/booking/{made.uid}/called", next="/office/requests"))
    assert "Erna Alt has been called." in page
    assert section(desk, "/office/requests", "calls") == ""


def test_who_knows_already_is_not_on_the_list(practice, desk):
    made = practice.book("massage", THURSDAY, name="Erna Alt", email="")
    desk.get(f"/office/booking/{made.uid}/cancel")
    desk.send(f"/office/booking/{made.uid}/cancel", knows="1")
    assert section(desk, "/office/requests", "calls") == ""
    assert again(practice, made).status == "cancelled"


def test_the_number_in_the_menu_is_what_today_shows(practice, desk):
    """office 36."""
    requested(practice, "2027-03-03 10:00")
    mute = practice.book("massage", THURSDAY, name="Erna Alt", email="")
    acts.act(practice.hall, booking.cancel, DESK, mute.uid)
    page = desk.get("/office/")
    assert re.search(r'class="count">(\d+)', page.text)[1] == "2"
    assert "One request is waiting" in text(page) or "1 request is waiting" in text(page)
    assert "Please call one customer" in text(page)


def test_after_accepting_on_today_one_is_on_today(practice, desk):
    """office 36."""
    made = requested(practice, "2027-03-03 10:00")
    page = desk.get("/office/")
    assert f'action="/office/booking/{made.uid}/accept"' in page.text
    answer = desk.post(
        f"/office/booking/{made.uid}/accept", data={"csrf_token": desk.csrf_token, "next": "/office/"}
    )
    assert answer.headers["Location"] == "/office/"


# ---- a cancellation taken back, and its money ------------------------------------------------------------------------


def test_a_cancelled_appointment_is_opened_again_after_what_is_in_the_way_was_said(practice, desk):
    made = practice.book("massage", THURSDAY)
    acts.act(practice.hall, booking.cancel, DESK, made.uid)
    practice.book("massage", THURSDAY, name="Lena Lang", email="lena@kunde.example")
    desk.get(f"/office/booking/{made.uid}/reopen")
    answer = desk.send(f"/office/booking/{made.uid}/reopen", message="Ein Versehen")
    assert (answer.status_code, "This time is taken." in text(answer)) == (409, True)
    assert "Ein Versehen" in answer.text
    desk.send(f"/office/booking/{made.uid}/reopen", override="double", reason="both agreed")
    assert again(practice, made).status == "confirmed"


def test_a_cancelled_appointment_has_nothing_open(practice, desk):
    made = practice.book("massage", THURSDAY)
    assert "Open €45.00" in text(desk.get(f"/office/booking/{made.uid}"))
    acts.act(practice.hall, booking.cancel, DESK, made.uid)
    page = text(desk.get(f"/office/booking/{made.uid}"))
    assert "Open €45.00" not in page
    assert "Received in all €0.00" in page


def test_price_and_payments_by_hand_are_on_the_customers_page(practice, client):
    """office 18."""
    made = practice.book("massage", THURSDAY)
    acts.act(practice.hall, booking.change, DESK, made.uid, {"price": 6000})
    acts.act(practice.hall, booking.pay, DESK, made.uid, 2000)
    link = urls.manage(practice.hall.config, made.uid).partition("://")[2].partition("/")[2]
    client.get(f"/{link}")
    client.send("/language", language="en", next=f"/{link}")
    page = text(client.send(f"/{link}"))
    for part in ("Price €60.00", "Paid €20.00", "Open €40.00"):
        assert part in page
    assert "€45.00" not in page


# ---- the day ---------------------------------------------------------------------------------------------------------


def with_words(practice: Practice) -> Booking:
    """An appointment of today with a message of the customer and a note of the practice."""
    made = practice.book("massage", TODAY)

    def work(session: Any) -> None:
        found = booking.parts.load.booking(session, made.uid)
        found.message, found.note = "Ich komme mit Krücken.", "Knie schonen"

    practice.hall.database.write(work)
    return made


@pytest.mark.parametrize("path", ["/office/", "/office/paper/day"])
def test_message_and_note_stand_in_the_list_of_the_day(practice, desk, path):
    with_words(practice)
    page = text(desk.get(path))
    assert "Ich komme mit Krücken." in page
    assert "Knie schonen" in page


def test_a_note_is_for_those_who_may_read_notes(practice, client):
    made = with_words(practice)
    acts_of = actor(practice, "anna@praxis.example")
    assert made.staff_id == acts_of.resource_id
    sign_in(client, "anna@praxis.example")
    assert "Knie schonen" in client.get("/office/").text


def test_message_and_note_stand_on_the_appointment(practice, desk):
    made = with_words(practice)
    page = text(desk.get(f"/office/booking/{made.uid}"))
    assert "Message of the customer Ich komme mit Krücken." in page
    assert "Knie schonen" in page


@pytest.mark.parametrize("path", ["/office/", "/office/paper/day"])
def test_the_list_of_all_places_names_each_and_who_is_away(practice, desk, path):
    practice.book("massage", "2027-03-05 09:00", "anna")
    practice.book("erstgespraech", "2027-03-05 10:00", "ben", name="Lena Lang", email="lena@kunde.example")
    store = practice.hall.plugins.ask_first(hookspecs.absences)
    day = date(2027, 3, 5)
    away = NewAbsence("clara", day, day, "vacation")
    practice.hall.database.write(lambda s: store.enter(s, practice.hall, DESK, away))
    page = text(desk.get(f"{path}?day=2027-03-05"))
    for part in ("Praxis am Markt", "Praxis am Hafen", "Away: Clara Dietz"):
        assert part in page
    assert "Away:" not in text(desk.get(f"{path}?day=2027-03-04"))


# ---- since one last looked -------------------------------------------------------------------------------------------


def news(client: Browser) -> str:
    found = re.search(r'<details class="news".*?</details>', client.get("/office/").text, re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found[0].replace("\xa0", " "))) if found else ""


def test_what_others_did_is_news_until_it_is_seen(practice, desk):
    practice.clock.move(minutes=5)
    made = acts.book(
        practice.hall, TODAY, who=booking.Details("Max Muster", "max@kunde.example"), staff="anna"
    )
    assert "Booked: Max Muster" in news(desk)
    assert 'class="new"' in desk.get("/office/").text
    until = re.search(r'name="until" value="(\d+)"', desk.get("/office/").text)[1]
    acts.act(practice.hall, booking.cancel, acts.staff(practice.resource("anna").id), made.uid)
    desk.get("/office/")
    desk.send("/office/looked", until=until)
    assert "Cancelled: Max Muster" in news(desk)
    until = re.search(r'name="until" value="(\d+)"', desk.get("/office/").text)[1]
    desk.send("/office/looked", until=until)
    assert news(desk) == ""
    assert 'class="new"' not in desk.get("/office/").text


def test_what_one_did_oneself_is_no_news(practice, desk):
    practice.clock.move(minutes=5)
    practice.book("massage", TODAY)  # by the desk
    assert news(desk) == ""


def test_what_is_out_of_reach_is_no_news(practice, client):
    sign_in(client, "ben@praxis.example")
    practice.clock.move(minutes=5)
    practice.book("massage", TODAY, "anna")
    assert news(client) == ""
    practice.book("massage", TODAY, "ben", name="Lena Lang", email="lena@kunde.example")
    assert "Lena Lang" in news(client)


@pytest.mark.parametrize("until", ["", "--5", "x", "9" * 30])
def test_an_odd_number_marks_nothing_wrongly(practice, desk, until):
    practice.clock.move(minutes=5)
    acts.book(practice.hall, TODAY, who=booking.Details("Max Muster", "max@kunde.example"), staff="anna")
    desk.get("/office/")
    assert desk.send("/office/looked", until=until).status_code == 200
