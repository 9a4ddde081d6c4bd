"""An empty day says why, and tells nothing that is nobody's business: rules 17, 36, 37, A110."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from tests import acts
from vorzimmer import availability, booking, database
from vorzimmer.access import ROLES, Actor
from vorzimmer.hookspecs import NewAbsence
from vorzimmer.periods import Period
from vorzimmer.testing import Practice, berlin
from vorzimmer_absences import absences

OWNER = Actor("owner@praxis.example", "office", rights=ROLES["owner"])


def why(practice: Practice, day: str, **wish: Any) -> str:
    """In English, as programs read it."""
    midnight = berlin(f"{day} 00:00")
    with practice.hall.database.reading() as session:
        service = booking.parts.load.service(session, "massage")
        found = availability.why_nothing(
            session,
            practice.hall.plugins,
            service,
            Period(midnight, midnight + timedelta(days=1)),
            database.now(session),
            **wish,
        )
        return str(found)


def test_a_holiday_is_told_by_its_name(practice: Practice) -> None:
    """Rule 17: Women's Day, a holiday in Berlin."""
    assert why(practice, "2027-03-08") == "Closed: Frauentag"


def test_a_full_day_is_full(practice: Practice) -> None:
    while free := acts.offered(practice.hall, "massage", "2027-03-02", "anna"):
        acts.book(
            practice.hall, f"{free[0].astimezone(practice.hall.config.zone):%Y-%m-%d %H:%M}", staff="anna"
        )
    assert why(practice, "2027-03-02", staff="anna") == "Everything is taken on this day."


def test_an_absence_looks_like_a_day_off(practice: Practice) -> None:
    """A110: neither that somebody is ill nor for how long."""
    ill = NewAbsence("anna", date(2027, 3, 2), date(2027, 3, 2), "sick")
    acts.act(practice.hall, absences.enter, OWNER, ill)
    sunday, sick = why(practice, "2027-03-07", staff="anna"), why(practice, "2027-03-02", staff="anna")
    assert sunday == sick == "No appointments are given on this day."


@pytest.mark.parametrize(
    ("day", "said"),
    [
        ("2027-12-01", "Appointments can be booked until 2027-05-30."),
        ("2027-02-26", "This day is too near to be booked online."),
    ],
)
def test_what_is_too_far_or_too_near_says_so(practice: Practice, day: str, said: str) -> None:
    """Rules 36, 37."""
    assert why(practice, day) == said


def test_the_rest_of_today_is_too_near(practice: Practice) -> None:
    """Rule 36."""
    practice.clock.move(hours=8)
    assert why(practice, "2027-03-01") == "Nothing more can be booked online on this day."


def test_days_in_texts_are_written_as_the_reader_writes_them(practice: Practice) -> None:
    """Rule 42: in the language of the page, not as programs write them."""
    phrase = availability.Phrase("%(day)s", {"day": date(2027, 3, 2)})
    said = [phrase.told(practice.hall.texts.reader(language)) for language in ("de", "en", "fr", "ru")]
    assert said == [
        "Dienstag, 2. März 2027",
        "Tuesday, 2 March 2027",
        "mardi 2 mars 2027",
        "вторник, 2 марта 2027 г.",
    ]


def test_moments_in_texts_are_written_as_the_reader_writes_them(practice: Practice) -> None:
    """Rule 42: an appointment in the way, as a German reads it."""
    acts.book(practice.hall, staff="anna")
    with practice.hall.database.reading() as session:
        service = booking.parts.load.service(session, "massage")
        start: datetime = berlin(acts.TEN)
        found = availability.placement(
            session, practice.hall.plugins, service, start, database.now(session), staff="anna"
        )
    said = found.conflicts[0].text.told(practice.hall.texts.reader("de"))
    assert "Di, 2. März, 10:00" in said
    assert "2027-03" not in said
