"""A booking by telephone, page by page without a script (K77, O10 to O12, O20, D5, D9, A1, A10, A109)."""

from __future__ import annotations

import html
import uuid
from datetime import date
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select

from tests import acts
from tests.web.desk import DESK, local
from vorzimmer.booking import Details
from vorzimmer.models import Booking, Customer
from vorzimmer.testing import Browser, Practice, berlin
from vorzimmer_web.shell.words import date_in_short

ANNA, BEN = "anna@praxis.example", "ben@praxis.example"
NINE = "2027-03-02T09:00:00+01:00|markt"
OWNER = {"Authorization": "Bearer vz_demo_0000000000000000000000000001"}


@pytest.fixture
def database_url() -> str:
    """SQLite is enough for pages."""
    return ""


def customer(practice: Practice, name: str, when: str = "2027-02-02 10:00", **more: Any) -> str:
    """The uid of a customer who had a massage with Anna a month ago."""
    then, practice.clock.now = practice.clock.now, berlin("2027-01-30 08:00")
    typed = Details(name, more.pop("email", f"{uuid.uuid4().hex}@kunde.example"), more.pop("phone", ""))
    made = acts.book(practice.hall, when, who=typed, **{"staff": "anna", **more})
    practice.clock.now = then
    found = acts.again(practice.hall, made.uid).customer
    assert found is not None
    return found.uid


def last(practice: Practice) -> Booking:
    with practice.hall.database.reading() as session:
        uid = session.scalars(select(Booking.uid).order_by(Booking.id.desc())).first()
    return acts.again(practice.hall, uid or "")


def send(client: Browser, path: str = "/office/new", **form: Any) -> Any:
    client.get(path)
    return client.post(path, data={"csrf_token": client.csrf_token, **form})


def text(answer: Any) -> str:
    return " ".join(html.unescape(answer.text).split())


# ---- who -------------------------------------------------------------------------------------------------------------


def test_suggestions_tell_namesakes_apart(client: Browser, practice: Practice) -> None:
    """O11: by the last digits of the number and by the next appointment."""
    customer(practice, "Anna Schmidt", phone="030 123 45 67")
    customer(practice, "Anna Schmidt", "2027-02-02 11:00", phone="0170 99")
    acts.book(practice.hall, "2027-03-04 10:00", who=Details("Ania Schmidt", "a@kunde.example"))
    client.sign_in(DESK)
    page = text(client.get("/office/new/customers?q=schmi"))
    assert all(words in page for words in ("…4567", "…7099", "Do, 4. März"))


def test_a_short_date_begins_with_the_day_in_english_too(client: Browser, practice: Practice) -> None:
    """O11: the day of birth that tells namesakes apart is no riddle."""
    with client.application.test_request_context(headers={"Accept-Language": "en"}):
        assert date_in_short(date(1979, 2, 11)).split() == ["11", "Feb", "1979"]


def test_suggestions_show_no_address(client: Browser, practice: Practice) -> None:
    """A10."""
    customer(practice, "Anna Schmidt", email="geheim@kunde.example")
    client.sign_in(DESK)
    assert "kunde.example" not in client.get("/office/new/customers?q=geheim").text


def test_no_hit_is_said_and_offers_a_new_customer(client: Browser, practice: Practice) -> None:
    """O12."""
    client.sign_in(DESK)
    page = text(client.get("/office/new/customers?q=Zoë <b>"))
    assert "Niemand gefunden." in page
    assert "Zoë <b>" in page


def test_a_therapist_is_offered_the_own_customers_only(client: Browser, practice: Practice) -> None:
    """A8, A10."""
    customer(practice, "Zora Anders")
    customer(practice, "Zora Beck", staff="ben")
    client.sign_in(ANNA)
    page = client.get("/office/new/customers?q=zora").text
    assert ("Anders" in page, "Beck" in page) == (True, False)


def test_a_customer_beyond_reach_is_not_found(client: Browser, practice: Practice) -> None:
    """A1."""
    bens = customer(practice, "Zora Beck", staff="ben")
    client.sign_in(ANNA)
    assert client.get(f"/office/new?customer={bens}").status_code == 404
    assert client.get(f"/office/new?customer={uuid.uuid4()}").status_code == 404


def test_search_works_by_a_button_as_well(client: Browser, practice: Practice) -> None:
    """D5: a family with one address is offered by name."""
    for name, hour in [("Mia Berg", 10), ("Tom Berg", 11)]:
        customer(practice, name, f"2027-02-02 {hour}:00", email="berg@kunde.example")
    client.sign_in(DESK)
    page = send(client, name="berg@kunde.example", find="1").text
    assert "Mia Berg" in page
    assert "Tom Berg" in page


def test_a_known_customer_gets_the_last_service_and_its_times(client: Browser, practice: Practice) -> None:
    """K77: nothing but the time is left to choose."""
    uid = customer(practice, "Mia Berg")
    client.sign_in(DESK)
    page = text(send(client, name="mia", pick=uid))
    assert 'value="massage" selected' in page
    assert 'data-digit="1"' in page


def test_a_known_customer_is_booked_as_that_record(client: Browser, practice: Practice) -> None:
    """K77, D5."""
    uid = customer(practice, "Mia Berg", email="berg@kunde.example")
    client.sign_in(DESK)
    send(client, customer=uid, service="massage", slot=NINE)
    made = last(practice)
    assert made.customer is not None
    assert (made.customer.uid, made.name, made.email) == (uid, "Mia Berg", "berg@kunde.example")


def test_a_new_customer_without_mail_is_made_in_place(client: Browser, practice: Practice) -> None:
    """O12, D5."""
    client.sign_in(DESK)
    send(client, name="Öz İnce", phone="0176 1", service="massage", slot=NINE)
    with practice.hall.database.reading() as session:
        found = session.scalars(select(Customer).where(Customer.name == "Öz İnce")).one()
    assert (found.phone, found.email) == ("0176 1", None)


# ---- when ------------------------------------------------------------------------------------------------------------


def next_times(page: str) -> list[tuple[str, bool]]:
    """The next free times, each with whether it says that customers cannot book it."""
    parts = page.partition("next-times")[2].partition("</fieldset>")[0].split('name="slot" value="')[1:]
    return [(part[11:16], "nicht online" in part) for part in parts]


def test_next_times_are_the_true_ones_and_say_who(client: Browser, practice: Practice) -> None:
    """Office 35: one after the other, also those that are too soon for customers, which is said."""
    practice.book("massage", "2027-03-02 10:00", "anna")
    practice.clock.now = berlin("2027-03-02 09:10")
    client.sign_in(DESK)
    page = text(client.get("/office/new?service=massage"))
    soon = [(clock, True) for clock in ("09:15", "10:00", "10:15", "10:30", "10:45", "11:00")]
    assert next_times(page) == [*soon, ("11:15", False), ("11:30", False)]
    assert "Anna Berger" in page.partition('value="2027-03-02T09:15')[2].partition("</label>")[0]
    ben = text(client.get("/office/new?service=massage&staff=ben"))
    assert next_times(ben)[:2] == [("10:00", True), ("10:15", True)]


def test_a_time_too_soon_for_customers_is_entered_without_a_second_question(
    client: Browser, practice: Practice
) -> None:
    """Office 35: it was said beside the time; one that is typed is asked about, and one that is over as well."""
    practice.clock.now = berlin("2027-03-02 09:10")
    client.sign_in(DESK)
    form = {"name": "Eva Klein", "service": "massage", "staff": "anna"}
    assert send(client, **form, slot="2027-03-02T09:30:00+01:00|markt").status_code == 303
    assert last(practice).wall == "2027-03-02T09:30:00"
    typed = send(client, **form, slot="other", date="2027-03-02", time="10:00", place="markt")
    assert typed.status_code == 409
    assert "Das ist zu kurzfristig" in text(typed)
    past = send(client, **form, slot=NINE)
    assert past.status_code == 409
    assert "Diese Zeit ist vergangen." in text(past)


def test_times_beyond_the_customers_horizon_are_offered_to_staff(client: Browser, practice: Practice) -> None:
    """Office 35."""
    client.sign_in(DESK)
    page = text(client.get("/office/new?service=massage&from=2027-07-06"))
    assert next_times(page)[0] == ("09:00", True)
    form = {"name": "Eva Klein", "service": "massage", "slot": "2027-07-06T09:00:00+02:00|markt"}
    assert send(client, **form).status_code == 303


def test_a_move_offers_times_too_soon_for_customers(client: Browser, practice: Practice) -> None:
    """Office 35: and takes the one that is chosen."""
    practice.clock.now = berlin("2027-03-02 09:10")
    made = practice.book("massage", "2027-03-03 10:00", "anna")
    client.sign_in(DESK)
    path, slot = f"/office/booking/{made.uid}/move", "2027-03-02T09:30:00+01:00|markt"
    assert slot in client.get(f"{path}?from=2027-03-02").text
    client.send(path, sequence=0, staff="anna", slot=slot)
    assert acts.again(practice.hall, made.uid).wall == "2027-03-02T09:30:00"


def test_without_a_time_nothing_is_entered_and_nothing_lost(client: Browser, practice: Practice) -> None:
    client.sign_in(DESK)
    answer = send(client, name="Eva Klein", phone="030 1", service="massage", note="Knie")
    page = text(answer)
    assert answer.status_code == 422
    assert all(words in page for words in ("Bitte wählen Sie eine Zeit.", "Eva Klein", "030 1", "Knie"))
    assert last_count(practice) == 0


def last_count(practice: Practice) -> int:
    with practice.hall.database.reading() as session:
        return len(session.scalars(select(Booking.id)).all())


def test_a_time_taken_meanwhile_brings_the_page_back_with_the_next(
    client: Browser, practice: Practice
) -> None:
    """A109."""
    client.sign_in(DESK)
    for staff in ("anna", "ben"):
        practice.book("massage", "2027-03-02 10:00", staff)
    taken = "2027-03-02T10:00:00+01:00|markt"
    answer = send(client, name="Eva Klein", phone="030 1", note="Knie", service="massage", slot=taken)
    page = text(answer)
    assert answer.status_code == 409
    assert all(words in page for words in ("Eva Klein", "030 1", "Knie", "data-digit"))
    assert taken not in page


def test_an_empty_practice_is_searched_further_ahead(client: Browser, practice: Practice) -> None:
    """Nothing is free for a fortnight before Clara's group: the next free time is shown all the same."""
    client.sign_in(DESK)
    page = text(client.get("/office/new?service=massage&from=2027-03-20"))
    assert 'data-digit="1"' in page


def test_time_clicked_in_the_calendar_is_kept_until_the_service_is_chosen(
    client: Browser, practice: Practice
) -> None:
    """O14: day, time and person come with the address."""
    client.sign_in(DESK)
    first = text(client.get("/office/new?day=2027-03-02&time=11:00&staff=ben"))
    assert all(f'name="{name}" value="{value}"' in first for name, value in KEPT.items())
    page = text(send(client, show="1", service="massage", **KEPT))
    assert 'value="other" checked' in page
    assert 'value="ben" selected' in page
    send(client, service="massage", name="Eva Klein", **KEPT)
    made = last(practice)
    assert (made.staff.slug, made.starts) == ("ben", berlin("2027-03-02 11:00"))


KEPT = {"slot": "other", "date": "2027-03-02", "time": "11:00", "staff": "ben"}


# ---- afterwards ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("came_from", "goes_to"),
    [
        ("/office/week?day=2027-03-08", "/office/week?day=2027-03-02#booking-{uid}"),
        ("/office/calendar?view=week", "/office/calendar?view=week&day=2027-03-02#booking-{uid}"),
        ("//evil.example/", "/office/?day=2027-03-02#booking-{uid}"),
        ("/account/", "/office/?day=2027-03-02#booking-{uid}"),
        ("/office/new", "/office/?day=2027-03-02#booking-{uid}"),
    ],
)
def test_one_is_back_where_one_came_from(
    client: Browser, practice: Practice, came_from: str, goes_to: str
) -> None:
    client.sign_in(DESK)
    answer = send(client, name="Eva Klein", service="massage", slot=NINE, back=came_from)
    assert answer.headers["Location"] == goes_to.format(uid=last(practice).uid)


def test_toast_says_when_who_and_offers_another(client: Browser, practice: Practice) -> None:
    """K79, D5: a series for the same customer needs no second search."""
    client.sign_in(DESK)
    client.get("/office/new")
    page = text(client.send("/office/new", name="Eva <b>", service="massage", slot=NINE))
    found = last(practice).customer
    assert found is not None
    toast = page.partition("toasts")[2][:600]
    assert "Eva <b>: Di, 2. März, 09:00 Uhr, Anna Berger, Praxis am Markt." in toast
    assert "Niemand wird benachrichtigt." in toast
    assert f"/office/new?customer={found.uid}" in page


# ---- walk-ins --------------------------------------------------------------------------------------------------------


def test_walk_in_page_says_who_is_free_now(client: Browser, practice: Practice) -> None:
    """D9: step one."""
    practice.clock.now = berlin("2027-03-02 11:02")
    client.sign_in(DESK)
    page = text(client.get("/office/walk-in?service=massage"))
    assert "jetzt, 11:05–11:35" in page


def test_a_wait_of_more_than_an_hour_is_told_in_hours(client: Browser, practice: Practice) -> None:
    practice.clock.now = berlin("2027-03-02 07:32")
    client.sign_in(DESK)
    page = text(client.get("/office/walk-in?service=massage"))
    assert "in 1 Std. 28 Min." in page


def test_walk_in_is_entered_with_a_service_alone(client: Browser, practice: Practice) -> None:
    """D9: step two; off the grid and without notice, without any warning."""
    practice.clock.now = berlin("2027-03-02 11:02")
    client.sign_in(DESK)
    slot = "2027-03-02T11:05:00+01:00|markt|ben"
    assert send(client, "/office/walk-in", service="massage", slot=slot).status_code == 303
    made = last(practice)
    assert (made.staff.slug, local(made.starts), made.name) == (
        "ben",
        "2027-03-02T10:05:00+00:00",
        "Ohne Termin",
    )


def test_walk_in_taken_meanwhile_offers_the_next(client: Browser, practice: Practice) -> None:
    """A109, D9."""
    practice.book("massage", "2027-03-02 11:00", "ben")
    practice.clock.now = berlin("2027-03-02 11:02")
    client.sign_in(DESK)
    slot = "2027-03-02T11:05:00+01:00|markt|ben"
    answer = send(client, "/office/walk-in", service="massage", slot=slot, name="Eva Klein")
    assert answer.status_code == 409
    assert "Eva Klein" in text(answer)


def test_nobody_is_free_in_the_evening(client: Browser, practice: Practice) -> None:
    practice.clock.now = berlin("2027-03-02 21:00")
    client.sign_in(DESK)
    assert "Heute ist niemand mehr frei." in text(client.get("/office/walk-in?service=massage"))


# ---- the API does the same -------------------------------------------------------------------------------------------


def test_api_books_for_a_known_customer_with_a_note(client: FlaskClient, practice: Practice) -> None:
    uid = customer(practice, "Mia Berg", email="berg@kunde.example")
    body = {
        "service": "massage",
        "start": "2027-03-02T09:00:00+01:00",
        "customer": {"id": uid},
        "note": "Knie",
    }
    made = client.post("/api/v1/bookings", json=body, headers=OWNER)
    assert made.status_code == 201
    booked = made.json["booking"]
    assert (booked["customer"]["id"], booked["customer"]["name"], booked["note"]) == (uid, "Mia Berg", "Knie")


def test_api_refuses_a_customer_that_does_not_exist(client: FlaskClient, practice: Practice) -> None:
    """A1."""
    body = {"service": "massage", "start": "2027-03-02T09:00:00+01:00", "customer": {"id": "nobody"}}
    assert client.post("/api/v1/bookings", json=body, headers=OWNER).status_code == 404


def test_api_enters_a_walk_in(client: FlaskClient, practice: Practice) -> None:
    """D9."""
    practice.clock.now = berlin("2027-03-02 11:02")
    made = client.post("/api/v1/bookings/walk-in", json={"service": "massage"}, headers=OWNER)
    assert made.status_code == 201
    assert made.json["booking"]["start"] == "2027-03-02T11:05:00+01:00"


def test_reading_a_page_asks_a_constant_number_of_questions(client: Browser, practice: Practice) -> None:
    """No question for each hit: ten are as quick as one."""
    client.sign_in(DESK)
    asked: list[str] = []
    event.listen(
        practice.hall.database.engine, "before_cursor_execute", lambda *given: asked.append(given[2])
    )
    numbers = []
    for hour in (10, 11, 14):
        customer(practice, f"Zora {hour}", f"2027-02-02 {hour}:00")
        asked.clear()
        client.get("/office/new/customers?q=zora")
        numbers.append(len(asked))
    assert numbers[0] == numbers[2]


def test_an_empty_day_says_why(client: Browser, practice: Practice) -> None:
    """Rule 17: the desk sees it where it looks for free times."""
    client.sign_in(DESK)
    page = text(client.get("/office/new?service=massage&from=2027-03-08"))
    assert "Montag, 8. März: Geschlossen: Frauentag" in page


def test_what_is_in_the_way_is_said_in_the_readers_words(client: Browser, practice: Practice) -> None:
    """Rule 42, O20: the day as Germans write it."""
    acts.book(practice.hall, "2027-03-02 09:00", staff="anna")
    client.sign_in(DESK)
    page = text(send(client, service="massage", staff="anna", slot=NINE, name="Eva"))
    assert "Di, 2. März, 09:00" in page
    assert "2027-03-02 09:00" not in page
