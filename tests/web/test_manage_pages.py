"""A customer's own appointment by link: A57, A69, A93, rules 38, 60, 71, 73."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from tests.web.customer import english, found, times, value
from vorzimmer import booking, urls
from vorzimmer.models import Booking
from vorzimmer.testing import DESK, Browser, Practice
from vorzimmer_web.public.manage import in_short

TEN = "2027-03-04 10:00"


@pytest.fixture
def made(practice: Practice) -> Booking:
    """Max's appointment with Anna on Thursday."""
    return practice.book("massage", TEN)


def path(practice: Practice, made: Booking) -> str:
    """The mailed address, without the host."""
    return urls.manage(practice.hall.config, made.uid).removeprefix(practice.hall.config.base_url)


@pytest.fixture
def opened(client: Browser, practice: Practice, made: Booking) -> Browser:
    """The visitor who followed the link."""
    english(client)
    client.get(path(practice, made))
    client.send(path(practice, made))
    return client


def test_link_alone_shows_nothing_of_the_appointment(
    client: Browser, practice: Practice, made: Booking
) -> None:
    """A57: a mail scanner that follows it learns and changes nothing."""
    page = client.get(path(practice, made)).text
    assert ("Klassische Massage" in page, client.get("/b/").status_code) == (False, 403)


def test_who_has_the_link_reads_no_more_of_the_name_than_tells_whose_it_is(
    opened: Browser, practice: Practice
) -> None:
    """X17: links are passed on; in the mail and in the office the name stands whole."""
    for page in (opened.get("/b/").text, opened.get("/b/cancel").text):
        assert ("Max M." in page, "Muster" in page) == (True, False)


@pytest.mark.parametrize(
    ("name", "short"),
    [("Max Muster", "Max M."), ("Öz", "Ö."), ("", "."), ("Ana Lena von Au", "Ana L. v. A.")],
)
def test_names_in_short(name: str, short: str) -> None:
    assert in_short(name) == short


def test_token_is_swapped_for_a_session(client: Browser, practice: Practice, made: Booking) -> None:
    """A69."""
    client.get(path(practice, made))
    answer = client.post(path(practice, made), data={"csrf_token": client.csrf_token})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/b/")


@pytest.mark.parametrize("token", ["x", "x.y", "{uid}.", "{uid}.AAAA", ".{mac}", "{uid}.{mac}x"])
def test_wrong_token_is_not_found(client: Browser, practice: Practice, made: Booking, token: str) -> None:
    """A93."""
    uid, _, mac = path(practice, made).removeprefix("/b/").rpartition(".")
    assert client.get("/b/" + token.format(uid=uid, mac=mac)).status_code == 404


def test_token_of_one_appointment_opens_no_other(client: Browser, practice: Practice, made: Booking) -> None:
    """A15."""
    other = practice.book("massage", "2027-03-04 14:00")
    mac = path(practice, made).rpartition(".")[2]
    assert client.get(f"/b/{other.uid}.{mac}").status_code == 404


def test_who_is_asked_to_choose_another_time_may_do_so_until_the_start(
    opened: Browser, practice: Practice, made: Booking
) -> None:
    """Rules 19, 38."""
    practice.clock.now = made.starts - timedelta(hours=3)
    practice.hall.database.write(lambda s: booking.offer(s, practice.hall, DESK, made.uid))
    opened.send(path(practice, made))
    page = opened.get("/b/").text
    assert "We ask you to choose another time until" in page
    assert times(opened.get("/b/move?day=2027-03-05").text)


def test_appointment_is_shown(opened: Browser) -> None:
    page = opened.get("/b/").text
    assert ("Thursday, 4\N{NO-BREAK SPACE}March" in page, "Anna Berger" in page, "confirmed" in page) == (
        True,
        True,
        True,
    )


def test_session_ends_after_half_an_hour(opened: Browser, practice: Practice) -> None:
    """A69."""
    practice.clock.move(minutes=31)
    assert opened.get("/b/").status_code == 403


@pytest.mark.parametrize("page", ["", "move", "cancel", "calendar.ics"])
def test_no_page_of_the_link_sends_a_referrer(opened: Browser, page: str) -> None:
    """A69."""
    assert opened.get(f"/b/{page}").headers["Referrer-Policy"] == "no-referrer"


def test_customer_cancels(opened: Browser, practice: Practice, made: Booking) -> None:
    """Rule 73."""
    opened.get("/b/cancel")
    page = opened.send("/b/cancel").text
    assert ("has been cancelled" in page, found(practice, made.uid).status) == (True, "cancelled")


def test_cancelled_appointment_asks_for_no_money(opened: Browser) -> None:
    assert "You pay after your appointment." in opened.get("/b/").text
    opened.get("/b/cancel")
    assert "You pay after your appointment." not in opened.send("/b/cancel").text


def test_asking_to_cancel_cancels_nothing(opened: Browser, practice: Practice, made: Booking) -> None:
    """A57."""
    opened.get("/b/cancel")
    assert found(practice, made.uid).status == "confirmed"


def test_customer_moves(opened: Browser, practice: Practice, made: Booking) -> None:
    """Rule 71."""
    opened.get("/b/move?time=" + value("2027-03-05 11:00").replace("+", "%2B") + "&staff=anna")
    opened.send("/b/move", time="2027-03-05T11:00:00+01:00", staff="anna")
    assert found(practice, made.uid).wall == "2027-03-05T11:00:00"


def test_move_offers_the_same_person_first(opened: Browser) -> None:
    """Rule 60: on Fridays Ben is at the harbour, Anna is not."""
    assert {time.rpartition("|")[2] for time in times(opened.get("/b/move?day=2027-03-05").text)} == {"markt"}


def test_move_can_be_asked_for_with_anybody(opened: Browser) -> None:
    """Rule 60."""
    page = opened.get("/b/move?staff=any&day=2027-03-05").text
    assert {time.rpartition("|")[2] for time in times(page)} == {"hafen", "markt"}


def test_move_does_not_offer_the_time_that_one_has(opened: Browser) -> None:
    page = opened.get("/b/move?day=2027-03-04").text
    assert (value(TEN) in times(page), "your time until now" in page) == (False, True)


def test_own_time_is_on_offer_with_somebody_else(opened: Browser) -> None:
    """Rule 60."""
    assert value(TEN) in times(opened.get("/b/move?day=2027-03-04&staff=ben").text)


def test_own_time_is_no_alternative_to_one_that_was_taken(opened: Browser, practice: Practice) -> None:
    opened.get("/b/move")
    practice.book("massage", "2027-03-04 10:45")
    answer = opened.send("/b/move", time="2027-03-04T10:45:00+01:00", staff="anna")
    assert value(TEN) not in times(answer.text)
    assert value("2027-03-04 09:45") in times(answer.text)


def test_next_free_time_is_not_the_own_one(opened: Browser, practice: Practice, made: Booking) -> None:
    practice.clock.now = made.starts - timedelta(hours=25)
    assert "day=2027-03-04" not in opened.get("/b/move").text.partition("Next free")[2][:400]


def test_own_time_is_free_for_a_small_move(opened: Browser) -> None:
    """Rule 71: the own old interval does not conflict with itself."""
    assert value("2027-03-04 10:15") in times(opened.get("/b/move?day=2027-03-04").text)


def test_time_taken_in_the_meantime_shows_others(opened: Browser, practice: Practice, made: Booking) -> None:
    opened.get("/b/move")
    practice.book("massage", "2027-03-05 11:00")
    answer = opened.send("/b/move", time="2027-03-05T11:00:00+01:00", staff="anna")
    assert (answer.status_code, found(practice, made.uid).starts) == (409, made.starts)
    assert value("2027-03-05 10:15") in times(answer.text)


def test_too_late_is_said_instead_of_offered(opened: Browser, practice: Practice, made: Booking) -> None:
    """Rule 38: a day before by default."""
    practice.clock.now = made.starts - timedelta(hours=23)
    opened.get(path(practice, made))
    page = opened.send(path(practice, made)).text
    assert ("too late to change" in page, "/b/cancel" in page) == (True, False)


def test_too_late_to_cancel_is_not_asked_about(opened: Browser, practice: Practice, made: Booking) -> None:
    """Rule 38: no button that can only be refused."""
    practice.clock.now = made.starts - timedelta(hours=23)
    opened.get(path(practice, made))
    opened.send(path(practice, made))
    assert opened.get("/b/cancel").location == "/b/"


def test_place_of_a_video_call_is_not_the_practice(
    opened: Browser, practice: Practice, made: Booking
) -> None:
    """K88: nobody is sent to the practice."""

    def link(session: Session) -> None:
        session.get_one(Booking, made.id).link = "https://video.example/1"

    place = made.location.name
    assert f"<dd>{place}" in opened.get("/b/").text
    practice.hall.database.write(link)
    page = opened.get("/b/").text
    assert ("By video" in page, "https://video.example/1" in page, f"<dd>{place}" in page) == (
        True,
        True,
        False,
    )


def test_too_late_is_refused(opened: Browser, practice: Practice, made: Booking) -> None:
    """Rule 38."""
    practice.clock.now = made.starts - timedelta(hours=23)
    opened.get(path(practice, made))
    opened.send(path(practice, made))
    assert opened.send("/b/cancel").status_code == 409
    assert found(practice, made.uid).status == "confirmed"
