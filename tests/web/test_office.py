"""The office: C3, K67, K68, K77 to K85, O10 to O16, O20, A1, A13, rule 42."""

from __future__ import annotations

import plistlib
import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.web.desk import DESK, requested
from vorzimmer import booking
from vorzimmer.access import CUSTOMER as SOMEBODY
from vorzimmer.accounts import digest
from vorzimmer.models import Account, AppPassword, Booking, Customer, Message
from vorzimmer.testing import Browser, Practice, berlin

ANNA, BEN, OWNER, CUSTOMER = (
    "anna@praxis.example",
    "ben@praxis.example",
    "owner@praxis.example",
    "max.muster@kunde.example",
)


def fresh(practice: Practice, uid: str) -> Booking:
    with practice.hall.database.reading() as session:
        return booking.parts.load.booking(session, uid)


def text(answer: Any) -> str:
    return unescape(answer.text)


# ---- today and week --------------------------------------------------------------------------------------------------


def test_today_lists_name_service_time_and_status(client: Browser, practice: Practice) -> None:
    """K85, K67."""
    practice.book("massage", "2027-03-01 13:30")
    client.sign_in(DESK)
    page = text(client.get("/office/"))
    assert all(
        word in page for word in ("Max Muster", "Klassische Massage", "13:30", 'data-status="confirmed"')
    )


def test_today_is_in_order_of_time(client: Browser, practice: Practice) -> None:
    """K85."""
    practice.book("massage", "2027-03-01 15:00", name="Spät")
    practice.book("massage", "2027-03-01 11:00", name="Früh")
    client.sign_in(DESK)
    page = text(client.get("/office/"))
    assert page.index("Früh") < page.index("Spät")


def test_requests_stand_above_the_day_they_are_not_on(client: Browser, practice: Practice) -> None:
    practice.book("massage", "2027-03-01 13:30", name="Willi Montag")
    requested(practice, "2027-03-09 10:00", name="Wartend")
    client.sign_in(DESK)
    page = text(client.get("/office/"))
    assert page.index("Wartend") < page.index("Willi Montag")


def test_day_without_appointments_says_when_the_next_one_is(client: Browser, practice: Practice) -> None:
    practice.book("massage", "2027-03-04 09:00")
    client.sign_in(DESK)
    assert "day=2027-03-04" in text(client.get("/office/?day=2027-03-02"))


def test_nonsense_in_the_address_shows_today(client: Browser, practice: Practice) -> None:
    practice.book("massage", "2027-03-01 13:30")
    client.sign_in(DESK)
    assert "Max Muster" in text(client.get("/office/?day=2027-99-99&staff=nobody"))


def test_week_holds_all_its_days(client: Browser, practice: Practice) -> None:
    practice.book("massage", "2027-03-02 09:00", name="Dienstag Eins")
    practice.book("massage", "2027-03-05 09:00", name="Freitag Eins")
    client.sign_in(DESK)
    page = text(client.get("/office/week?day=2027-03-04"))
    assert "Dienstag Eins" in page
    assert "Freitag Eins" in page


def test_hour_that_comes_twice_is_told_apart(client: Browser, practice: Practice) -> None:
    """Rule 5: 31 October 2027, 02:00 twice in Berlin."""
    made = practice.book("massage", "2027-03-02 09:00")
    practice.hall.database.write(lambda session: _night(session, made))
    client.sign_in(DESK)
    page = text(client.get("/office/?day=2027-10-31"))
    assert re.search(r"02:30\sMEZ", page)


def _night(session: Session, made: Booking) -> None:
    row = session.scalars(select(Booking).where(Booking.id == made.id)).one()
    row.starts = datetime(2027, 10, 31, 1, 30, tzinfo=UTC)
    row.ends = row.starts + timedelta(minutes=30)


@pytest.mark.parametrize(
    ("words", "lists"),
    [
        ("wilhel", 2),
        ("özt", 2),
        ("lüden wil", 2),
        ("wilhelmine@", 2),
        ("@kunde.exa", 2),
        ("kunde.exa", 2),
        ("345", 2),
        ("минхен", 1),  # as it was booked
        ("helmi", 0),
        ("türk", 0),
        ("kunde", 0),
    ],
)
def test_search_finds_customers_and_appointments_by_one_rule(
    client: Browser, practice: Practice, words: str, lists: int
) -> None:
    """O11, O40: beginnings of names; any part of a number or an address."""
    email, phone = "wilhelmine@kunde.example", "030 1234567"
    made = practice.book("massage", "2027-03-02 09:00", name="Минхен", email=email, phone=phone)

    def correct(session: Session) -> None:
        session.scalars(
            select(Customer).where(Customer.id == made.customer_id)
        ).one().name = "Wilhelmine Öztürk-Lüdenscheidt"

    practice.hall.database.write(correct)
    client.sign_in(DESK)
    page = client.get("/office/search", query_string={"q": words}).text
    found = ['href="/office/customers/' in page, f'href="/office/booking/{made.uid}' in page]
    assert found.count(True) == lists


def test_search_takes_every_letter_as_it_is(client: Browser, practice: Practice) -> None:
    """A10."""
    practice.book("massage", "2027-03-02 09:00")
    client.sign_in(DESK)
    words = ["%", "_", "!", "\0", "'", "x" * 500]
    pages = [text(client.get("/office/search", query_string={"q": word})) for word in words]
    assert not any("Max Muster" in page for page in pages)


# ---- who sees what ---------------------------------------------------------------------------------------------------


PAGES = ["", "/move", "/cancel", "/decline"]
ACTS = ["accept", "decline", "cancel", "complete", "missed", "move"]


@pytest.mark.parametrize(
    ("login", "status"), [(OWNER, 200), (DESK, 200), (ANNA, 200), (BEN, 404), (CUSTOMER, 403)]
)
def test_pages_of_an_appointment_open_to_its_person_and_the_desk(
    client: Browser, practice: Practice, login: str, status: int
) -> None:
    """A1: role by route; somebody else's appointment is as if it did not exist."""
    made = practice.book("massage", "2027-03-02 09:00")
    client.sign_in(login)
    answers = [client.get(f"/office/booking/{made.uid}{page}").status_code for page in PAGES]
    assert answers == [status] * len(PAGES)


@pytest.mark.parametrize(("login", "status"), [(BEN, 404), (CUSTOMER, 403)])
def test_acts_on_a_colleagues_appointment_are_refused(
    client: Browser, practice: Practice, login: str, status: int
) -> None:
    """A1: role by route; nothing changes."""
    made = practice.book("massage", "2027-03-02 09:00")
    client.sign_in(login)
    client.get("/office/connect" if login == BEN else "/")
    slot = "2027-03-03T10:00:00+01:00|markt"
    answers = [client.send(f"/office/booking/{made.uid}/{act}", slot=slot).status_code for act in ACTS]
    assert (answers, fresh(practice, made.uid).sequence) == ([status] * len(ACTS), 0)


def test_somebody_elses_appointment_answers_as_one_that_does_not_exist(
    client: Browser, practice: Practice
) -> None:
    """A1."""
    made = practice.book("massage", "2027-03-02 09:00")
    client.sign_in(BEN)
    own, none = client.get(f"/office/booking/{made.uid}"), client.get("/office/booking/nothing")
    assert own.text.replace(made.uid, "nothing") == none.text


def test_staff_see_their_own_appointments_only(client: Browser, practice: Practice) -> None:
    """A1, A10."""
    practice.book("massage", "2027-03-01 13:30", name="Max bei Anna")
    client.sign_in(BEN)
    pages = [text(client.get(f"/office/{page}")) for page in ("", "week", "search?q=max")]
    assert not any("Max bei Anna" in page for page in pages)


def test_nobody_reaches_the_office_without_signing_in(client: Browser, practice: Practice) -> None:
    """A2."""
    answers = [
        client.get(f"/office/{page}") for page in ("", "week", "search", "new", "connect", "booking/x")
    ]
    assert all(answer.headers["Location"].startswith("/office/login") for answer in answers)


def test_reading_an_address_changes_nothing(client: Browser, practice: Practice) -> None:
    """A13, A57."""
    made = requested(practice, "2027-03-02 09:00")
    client.sign_in(DESK)
    for act in ACTS:
        client.get(f"/office/booking/{made.uid}/{act}")
    assert fresh(practice, made.uid).sequence == made.sequence


def test_hold_of_a_customer_is_no_appointment_yet(client: Browser, practice: Practice) -> None:
    wish = booking.HoldRequest("massage", berlin("2027-03-02 09:00"))
    held = practice.hall.database.write(lambda s: booking.hold(s, practice.hall, SOMEBODY, wish))
    client.sign_in(DESK)
    assert client.get(f"/office/booking/{held.uid}").status_code == 404


# ---- decide, cancel, close -------------------------------------------------------------------------------------------


def test_accepting_a_request_confirms_it(client: Browser, practice: Practice) -> None:
    """K68, K84."""
    made = requested(practice, "2027-03-02 09:00")
    client.sign_in(DESK)
    client.get("/office/")
    client.send(f"/office/booking/{made.uid}/accept")
    assert fresh(practice, made.uid).status == "confirmed"


def test_declining_tells_the_customer_in_the_words_of_the_staff(client: Browser, practice: Practice) -> None:
    """K68, O15."""
    made = requested(practice, "2027-03-02 09:00")
    client.sign_in(DESK)
    client.get(f"/office/booking/{made.uid}/decline")
    client.send(f"/office/booking/{made.uid}/decline", message="Leider krank.\r\nGute Besserung\x07")
    assert told(practice, "declined").details["message"] == "Leider krank.\nGute Besserung"


def test_cancelling_says_who_was_told(client: Browser, practice: Practice) -> None:
    """O15."""
    made = practice.book("massage", "2027-03-02 09:00")
    client.sign_in(DESK)
    client.get(f"/office/booking/{made.uid}/cancel")
    page = text(client.send(f"/office/booking/{made.uid}/cancel"))
    assert "max.muster@kunde.example" in page.partition('role="status"')[2]


def test_dialog_offers_no_message_where_no_address_is_stored(client: Browser, practice: Practice) -> None:
    """O16."""
    made = practice.book("massage", "2027-03-02 09:00", email="")
    client.sign_in(DESK)
    assert 'name="message"' not in text(client.get(f"/office/booking/{made.uid}/cancel"))


def test_second_cancel_is_refused_with_a_word(client: Browser, practice: Practice) -> None:
    """A17, A18."""
    made = practice.book("massage", "2027-03-02 09:00")
    client.sign_in(DESK)
    client.get("/office/")
    client.send(f"/office/booking/{made.uid}/cancel")
    page = text(client.send(f"/office/booking/{made.uid}/cancel"))
    assert 'data-tone="warning"' in page.partition('role="status"')[2]


def test_missed_appointment_is_marked(client: Browser, practice: Practice) -> None:
    made = practice.book("massage", "2027-03-01 13:30")
    practice.clock.move(hours=7)
    client.sign_in(DESK)
    client.get("/office/")
    client.send(f"/office/booking/{made.uid}/missed")
    assert fresh(practice, made.uid).status == "missed"


def test_messages_of_an_appointment_are_listed_with_their_state(client: Browser, practice: Practice) -> None:
    made = practice.book("massage", "2027-03-02 09:00")
    client.sign_in(DESK)
    page = text(client.get(f"/office/booking/{made.uid}"))
    assert page.count("max.muster@kunde.example") >= 2


def told(practice: Practice, topic: str) -> Message:
    with practice.hall.database.reading() as session:
        return session.scalars(select(Message).where(Message.topic == topic)).one()


# ---- move ------------------------------------------------------------------------------------------------------------


def moving(client: Browser, uid: str, **form: Any) -> Any:
    client.get(f"/office/booking/{uid}/move")
    return client.send(f"/office/booking/{uid}/move", **{"sequence": 0, "staff": "anna", **form})


def test_move_to_a_free_time(client: Browser, practice: Practice) -> None:
    made = practice.book("massage", "2027-03-02 09:00")
    client.sign_in(DESK)
    moving(client, made.uid, slot="2027-03-03T10:00:00+01:00|markt")
    assert fresh(practice, made.uid).wall == "2027-03-03T10:00:00"


def test_move_offers_the_own_time_with_others_only(client: Browser, practice: Practice) -> None:
    done = practice.book("massage", "2027-03-02 10:00", staff="anna")
    client.sign_in("empfang@praxis.example")
    path = f"/office/booking/{done.uid}/move?from=2027-03-02&staff="
    own = "2027-03-02T10:00:00+01:00|markt"
    assert [own in client.get(path + staff).text for staff in ("anna", "ben")] == [False, True]


def test_move_to_another_person(client: Browser, practice: Practice) -> None:
    made = practice.book("massage", "2027-03-02 09:00")
    client.sign_in(DESK)
    moving(client, made.uid, slot="2027-03-03T10:00:00+01:00|markt", staff="ben")
    moved = fresh(practice, made.uid)
    assert moved.staff is not None
    assert moved.staff.slug == "ben"


def test_moved_customer_gets_the_personal_message(client: Browser, practice: Practice) -> None:
    """O18."""
    made = practice.book("massage", "2027-03-02 09:00")
    client.sign_in(DESK)
    moving(client, made.uid, slot="2027-03-03T10:00:00+01:00|markt", message="Bis Mittwoch!")
    assert told(practice, "moved").details["message"] == "Bis Mittwoch!"


def test_form_of_a_stale_appointment_moves_nothing(client: Browser, practice: Practice) -> None:
    made = practice.book("massage", "2027-03-02 09:00")
    client.sign_in(DESK)
    moving(client, made.uid, slot="2027-03-03T10:00:00+01:00|markt")
    answer = moving(client, made.uid, slot="2027-03-04T10:00:00+01:00|markt", sequence=0)
    assert (answer.status_code, fresh(practice, made.uid).wall) == (409, "2027-03-03T10:00:00")


def test_move_outside_the_hours_says_so_first(client: Browser, practice: Practice) -> None:
    """Rule 42: never silently."""
    made = practice.book("massage", "2027-03-02 09:00")
    client.sign_in(DESK)
    answer = moving(client, made.uid, slot="other", date="2027-03-02", time="20:00")
    assert (answer.status_code, 'value="warning"' in answer.text) == (409, True)


def test_move_outside_the_hours_is_done_when_staff_insist(client: Browser, practice: Practice) -> None:
    """Rule 42, O20."""
    made = practice.book("massage", "2027-03-02 09:00")
    client.sign_in(DESK)
    moving(client, made.uid, slot="other", date="2027-03-02", time="20:00", override="warning")
    assert fresh(practice, made.uid).wall == "2027-03-02T20:00:00"


def test_free_times_shown_are_those_of_the_chosen_person(client: Browser, practice: Practice) -> None:
    """K80."""
    made = practice.book("massage", "2027-03-02 09:00")
    client.sign_in(DESK)
    page = client.get(f"/office/booking/{made.uid}/move?staff=ben&from=2027-03-03").text
    assert "2027-03-03T09:00:00+01:00|markt" not in page


# ---- enter -----------------------------------------------------------------------------------------------------------


def entering(client: Browser, **form: Any) -> Any:
    client.get("/office/new?service=massage")
    given = {
        "service": "massage",
        "staff": "anna",
        "slot": "2027-03-02T09:00:00+01:00|markt",
        "name": "Eva Klein",
    }
    return client.send("/office/new", **{**given, **form})


def last(practice: Practice) -> Booking:
    with practice.hall.database.reading() as session:
        return session.scalars(select(Booking).order_by(Booking.id.desc())).first()  # type: ignore[return-value]


def test_booking_on_behalf_of_a_customer_is_confirmed(client: Browser, practice: Practice) -> None:
    """K77, K79."""
    client.sign_in(DESK)
    entering(client)
    made = last(practice)
    assert (made.name, made.status, made.source) == ("Eva Klein", "confirmed", "office")


def test_customer_with_an_address_is_told(client: Browser, practice: Practice) -> None:
    """K79."""
    client.sign_in(DESK)
    entering(client, email="eva@kunde.example", language="fr")
    assert told(practice, "confirmed").language == "fr"


def test_telephone_number_is_enough(client: Browser, practice: Practice) -> None:
    """D5, O16."""
    client.sign_in(DESK)
    entering(client, phone="030 123")
    assert last(practice).phone == "030 123"


def test_what_was_typed_survives_a_wrong_address(client: Browser, practice: Practice) -> None:
    client.sign_in(DESK)
    page = text(entering(client, email="nonsense@", phone="030 123"))
    assert all(word in page for word in ('value="Eva Klein"', 'value="030 123"', "nonsense@"))


def test_what_was_typed_survives_other_times(client: Browser, practice: Practice) -> None:
    client.sign_in(DESK)
    page = text(entering(client, show="1", **{"from": "2027-03-10"}))
    assert 'value="Eva Klein"' in page
    assert "2027-03-10T09:00:00+01:00|markt" in page


def test_time_outside_the_hours_is_entered_with_a_warning_only(client: Browser, practice: Practice) -> None:
    """O20, rule 42."""
    client.sign_in(DESK)
    answer = entering(client, slot="other", date="2027-03-06", time="11:00", place="markt")
    assert (answer.status_code, 'value="warning"' in answer.text) == (409, True)


def test_double_booking_without_a_reason_is_refused(client: Browser, practice: Practice) -> None:
    """Rule 42: a reason is required."""
    made = practice.book("massage", "2027-03-02 09:00")
    client.sign_in(DESK)
    entering(client, override="double", reason=" ")
    assert last(practice).id == made.id


def test_double_booking_with_a_reason_is_made(client: Browser, practice: Practice) -> None:
    """Rule 42, O20."""
    made = practice.book("massage", "2027-03-02 09:00")
    client.sign_in(DESK)
    entering(client, override="double", reason="Notfall")
    assert last(practice).id != made.id


def test_staff_enter_into_their_own_calendar_only(client: Browser, practice: Practice) -> None:
    """A4."""
    client.sign_in(BEN)
    assert entering(client, staff="anna").status_code == 403


def test_fields_that_are_not_in_the_form_are_ignored(client: Browser, practice: Practice) -> None:
    """A5."""
    client.sign_in(DESK)
    entering(client, status="completed", price="0", staff_id="2", source="api")
    made = last(practice)
    assert (made.status, made.price, made.source) == ("confirmed", 4500, "office")


# ---- connect my calendar ---------------------------------------------------------------------------------------------


def test_app_password_is_shown_once(client: Browser, practice: Practice) -> None:
    """T9, C3."""
    client.sign_in(ANNA)
    client.get("/office/connect")
    page = client.send("/office/connect", label="Handy").text
    secret = page.partition('<output class="code">')[2].partition("<")[0]
    with practice.hall.database.reading() as session:
        stored = session.scalars(select(AppPassword.secret_hash).where(AppPassword.label == "Handy")).one()
    assert stored == digest(secret)
    assert "Handy" in page
    assert secret not in client.get("/office/connect").text


def test_page_with_the_secret_is_stored_nowhere(client: Browser, practice: Practice) -> None:
    client.sign_in(ANNA)
    client.get("/office/connect")
    assert client.send("/office/connect").headers["Cache-Control"] == "no-store"


def test_revoked_app_password_is_gone(client: Browser, practice: Practice) -> None:
    client.sign_in(ANNA)
    client.get("/office/connect")
    client.send(f"/office/connect/{password_of(practice, ANNA)}/revoke")
    assert password_of(practice, ANNA) is None


def test_app_password_of_a_colleague_cannot_be_revoked(client: Browser, practice: Practice) -> None:
    """A1."""
    client.sign_in(BEN)
    client.get("/office/connect")
    anna = password_of(practice, ANNA)
    client.send(f"/office/connect/{anna}/revoke")
    assert password_of(practice, ANNA) == anna


def password_of(practice: Practice, email: str) -> int | None:
    with practice.hall.database.reading() as session:
        return session.scalar(select(AppPassword.id).join(Account).where(Account.email == email))


def test_profile_for_apple_names_server_and_user(https: str, client: Browser, practice: Practice) -> None:
    """C3: keys of `com.apple.caldav.account`."""
    client.get("/office/login", base_url=https)
    form = {"csrf_token": client.csrf_token, "email": ANNA, "password": "demo-passwort-2026"}
    client.post("/office/login", data=form, base_url=https, headers={"Referer": https})
    answer = client.get("/office/connect/apple", base_url=https)
    account = plistlib.loads(answer.data)["PayloadContent"][0]
    assert {key: value for key, value in account.items() if key.startswith("CalDAV")} == {
        "CalDAVAccountDescription": "Praxis am Markt",
        "CalDAVHostName": "praxis.example",
        "CalDAVPort": 443,
        "CalDAVUseSSL": True,
        "CalDAVUsername": ANNA,
        "CalDAVPrincipalURL": "https://praxis.example/dav/anna%40praxis.example/",
    }


def test_profile_is_served_as_apple_expects_it(client: Browser, practice: Practice) -> None:
    client.sign_in(ANNA)
    assert client.get("/office/connect/apple").mimetype == "application/x-apple-aspen-config"


def test_link_for_davx5_holds_the_new_password(client: Browser, practice: Practice) -> None:
    """C3."""
    client.sign_in(ANNA)
    client.get("/office/connect")
    page = client.send("/office/connect").text
    secret = page.partition('<output class="code">')[2].partition("<")[0]
    assert f'href="caldav://anna%40praxis.example:{secret}@localhost:8080/dav/"' in page


# ---- all pages -------------------------------------------------------------------------------------------------------


def test_names_of_customers_are_text_and_nothing_else(client: Browser, practice: Practice) -> None:
    practice.book("massage", "2027-03-01 13:30", name="<b>Max</b>")
    client.sign_in(DESK)
    assert "<b>Max" not in client.get("/office/").text


def test_what_is_not_there_keeps_the_office_around_it(client: Browser, practice: Practice) -> None:
    """Not the customers' page, which tells staff to book by telephone; strangers get that one."""
    client.sign_in(OWNER)
    answer = client.get("/office/booking/nothing")
    assert (answer.status_code, 'href="/office/customers"' in answer.text) == (404, True)
    client.send("/office/logout")
    assert 'href="/office/customers"' not in client.get("/office/nothing").text
