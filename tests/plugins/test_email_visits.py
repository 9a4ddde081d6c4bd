"""Mails about money, places and video links (K75, K88, K92, A17), in four languages."""

from typing import Any

import pytest
from sqlalchemy.orm import Session

from tests.plugins.test_email import Letters, act, calendars, event, page, text
from vorzimmer import booking, customers, urls
from vorzimmer.models import Booking
from vorzimmer.testing import DESK, Practice

LINK = "https://video.example/anna"
TEN = "2027-03-03 10:30"


@pytest.fixture
def database_url() -> str:
    """SQLite only, as in `test_email`."""
    return ""


@pytest.fixture
def letters(practice: Practice) -> Letters:
    return Letters(practice)


def made(practice: Practice, letters: Letters, language: str = "de") -> Booking:
    """An appointment of 45 euros whose confirmation has left."""
    found = practice.book("massage", TEN, language=language)
    letters.last()
    return found


@pytest.mark.parametrize(
    ("language", "left"),
    [("de", "25,00 €"), ("en", "€25.00"), ("fr", "25,00 €"), ("ru", "25,00 €")],
)
def test_after_the_visit_price_payments_and_balance_are_told(
    practice: Practice, letters: Letters, language: str, left: str
) -> None:
    """K75: text and HTML, and one calendar part of the same booking."""
    found = made(practice, letters, language)
    act(practice, booking.pay, found.uid, 2000)
    practice.clock.move(days=3)
    act(practice, booking.complete, found.uid)
    mail = letters.last()
    for part in (text(mail), page(mail)):
        assert left in part.replace("\xa0", " ").replace("\u202f", " ")
    assert event(mail)["UID"] == found.uid
    assert calendars(mail)[0].get_param("method") == "REQUEST"


def test_another_time_is_offered_by_the_link_that_moves_the_appointment(
    practice: Practice, letters: Letters
) -> None:
    """Rule 19: said plainly, with the practice's own words."""
    found = made(practice, letters, "en")
    act(practice, booking.offer, found.uid, "Anna is ill.")
    mail = letters.last()
    letter = " ".join(text(mail).split())
    assert mail["Subject"].startswith("Please choose another time:")
    assert "until you do, your appointment stays as it is" in letter
    assert "Anna is ill." in letter
    assert urls.manage(practice.hall.config, found.uid) in letter


def test_a_mail_calls_people_as_they_called_themselves(practice: Practice, letters: Letters) -> None:
    """O40: the record's corrected name is the practice's own."""
    found = practice.book("massage", TEN, name="Micky Maus")
    customer = found.customer
    assert customer

    def correct(session: Session) -> None:
        customers.change(session, practice.hall, DESK, customer.uid, customers.Record(name="Michael Mausner"))

    practice.hall.database.write(correct)
    act(practice, booking.cancel, found.uid)
    letter = text(letters.last())
    assert "Micky Maus" in letter
    assert "Mausner" not in letter


def test_a_free_visit_ends_without_a_mail(practice: Practice, letters: Letters) -> None:
    """K75."""
    found = practice.book("erstgespraech", TEN)
    practice.clock.move(days=3)
    act(practice, booking.complete, found.uid)
    assert not [mail for mail in letters.deliver() if "Danke" in mail["Subject"]]


def change(practice: Practice, found: Booking, **fields: Any) -> None:
    act(practice, booking.change, found.uid, fields)


def test_a_place_and_a_video_link_are_told_and_stand_in_the_calendar(
    practice: Practice, letters: Letters
) -> None:
    """K86, K88, RFC 7986 §5.11: one tap joins."""
    found = made(practice, letters)
    change(practice, found, place="Hafenstraße 1", link=LINK)
    mail = letters.last()
    assert "Wo: Hafenstraße 1" in text(mail)
    assert f'href="{LINK}"' in page(mail)
    assert str(event(mail)["LOCATION"]) == "Hafenstraße 1"
    assert str(event(mail)["CONFERENCE"]) == LINK
    assert event(mail)["SEQUENCE"] == 1


def test_what_was_cancelled_has_no_link_to_join_any_more(practice: Practice, letters: Letters) -> None:
    """A17."""
    found = made(practice, letters)
    change(practice, found, link=LINK)
    act(practice, booking.cancel, found.uid)
    mail = letters.last()
    assert LINK not in text(mail) + page(mail)
    assert "CONFERENCE" not in event(mail)


def test_a_reminder_by_hand_says_everything_one_needs(practice: Practice, letters: Letters) -> None:
    """K92: when, what, how long, with whom, where, what is open."""
    found = made(practice, letters)
    change(practice, found, place="Hafenstraße 1")
    act(practice, booking.pay, found.uid, 2000)
    act(practice, booking.remind, found.uid)
    said = text(letters.last()).replace("\xa0", " ")
    for fact in ("3. März", "10:30", "Klassische Massage", "30 Minuten", "Anna Berger", "Hafenstraße 1"):
        assert fact in said
    assert all(money in said for money in ("45,00 €", "20,00 €", "25,00 €"))


def test_the_one_who_loses_the_appointment_reads_nothing_of_the_other(
    practice: Practice, letters: Letters
) -> None:
    """O19, A1."""
    found = made(practice, letters)
    other = practice.book("massage", "2027-03-10 10:00", name="Lena Lang", email="lena@kunde.example")
    letters.last()
    assert other.customer
    change(practice, found, customer=other.customer.uid)
    to_max = letters.to("max.muster@kunde.example")[-1]
    assert "Lena" not in text(to_max) + page(to_max)
    assert str(event(to_max)["STATUS"]) == "CANCELLED"
