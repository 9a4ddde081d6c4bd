"""An absence that says nothing new, or lies years back, is a slip: it is refused, and nothing is stored (rule 18)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from tests import acts
from vorzimmer import hookspecs
from vorzimmer.hookspecs import NewAbsence
from vorzimmer.reasons import Reason, Refused
from vorzimmer.testing import DESK, Browser, Practice, berlin
from vorzimmer_paper.days import List, away

KEY = {"Authorization": "Bearer vz_demo_0000000000000000000000000001"}
PAGE = "/office/absences/"
MONDAY, FRIDAY = date(2027, 5, 10), date(2027, 5, 14)


@pytest.fixture
def database_url() -> str:
    """SQLite is enough: the claim of the person orders two at once on both."""
    return ""


def enter(
    practice: Practice, start: date | datetime, end: date | datetime, who: str = "ben", kind: str = "vacation"
) -> Any:
    store = practice.hall.plugins.ask_first(hookspecs.absences)
    assert store
    return acts.act(practice.hall, store.enter, DESK, NewAbsence(who, start, end, kind))


def test_what_is_within_an_absence_is_not_entered_again(practice: Practice, client: Browser) -> None:
    """The one that is there is named; anybody else, another reason, and what is longer goes in."""
    enter(practice, MONDAY, FRIDAY)
    client.sign_in("owner@praxis.example")
    client.get(PAGE)
    typed = {"resource": "ben", "kind": "vacation", "first": "2027-05-11", "last": "2027-05-11"}
    page = client.send(PAGE, **typed)
    told = "Diese Abwesenheit ist schon eingetragen: Montag, 10. Mai 2027 – Freitag, 14. Mai 2027."
    assert (page.status_code, told in page.text) == (422, True)
    hours = {"start": "2027-05-11T09:00:00+02:00", "end": "2027-05-11T10:00:00+02:00"}
    body = {"resource": "ben", "kind": "vacation", **hours}
    answer = client.post("/api/v1/absences", json=body, headers=KEY)
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "start")
    enter(practice, MONDAY, FRIDAY, "anna")
    enter(practice, MONDAY, MONDAY, kind="sick")
    enter(practice, MONDAY, FRIDAY + timedelta(days=1))


def test_times_within_times_are_not_entered_again(practice: Practice) -> None:
    start, end = berlin("2027-05-11 09:00"), berlin("2027-05-11 12:00")
    enter(practice, start, end)
    with pytest.raises(Refused) as refusal:
        enter(practice, start, end)
    assert (refusal.value.reason, str(refusal.value.facts["errors"]["start"])) == (
        Reason.INVALID,
        "This absence is entered already: 2027-05-11 09:00 – 2027-05-11 12:00.",
    )
    enter(practice, start, end + timedelta(hours=1))


def test_a_slip_of_the_year_is_refused_and_the_last_weeks_are_not(
    practice: Practice, client: Browser
) -> None:
    """Whoever was ill in the last weeks is entered when the office hears of it."""
    client.sign_in("owner@praxis.example")
    client.get(PAGE)
    typed = {"resource": "ben", "kind": "sick", "first": "2020-01-12", "last": "2020-01-12"}
    page = client.send(PAGE, **typed)
    assert (page.status_code, "Stimmt das Jahr?" in page.text) == (422, True)
    enter(practice, date(2027, 2, 1), date(2027, 2, 5), kind="sick")


def test_whoever_has_two_absences_on_a_day_is_printed_once(practice: Practice) -> None:
    """With both times, or with none where one of them is the whole day."""
    enter(practice, berlin("2027-05-11 09:00"), berlin("2027-05-11 10:00"))
    enter(practice, berlin("2027-05-11 14:00"), berlin("2027-05-11 15:00"))
    assert printed(practice) == [("Ben Cordes", "09:00–10:00 + 14:00–15:00")]
    enter(practice, MONDAY, FRIDAY)
    assert printed(practice) == [("Ben Cordes", "")]


def printed(practice: Practice) -> list[tuple[str, str]]:
    """Who is away on the list of the second day."""
    with practice.hall.database.reading() as session:
        found = List(date(2027, 5, 11), practice.hall.config.zone, [])
        return away(session, practice.hall, DESK, found)
