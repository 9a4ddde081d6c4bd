"""The public opening hours mind absences: a practice whose people are all away is closed."""

from datetime import date

import pytest

from vorzimmer import database, hookspecs
from vorzimmer.access import ROLES, Actor
from vorzimmer.hookspecs import NewAbsence
from vorzimmer.testing import Practice
from vorzimmer_web.public.opening import week_of

OWNER = Actor("owner@praxis.example", "office", rights=ROLES["owner"])


@pytest.fixture
def database_url() -> str:
    """SQLite."""
    return ""


def open_on(practice: Practice, day: date) -> bool:
    people = [practice.resource(slug) for slug in ("anna", "ben")]
    with practice.hall.database.reading() as session:
        place, now = practice.location("markt"), database.now(session)
        week = week_of(session, practice.hall, people, [place], now)["markt"]
    return any(one.periods for one in week if one.day == day)


def test_a_place_is_closed_where_all_of_its_people_are_absent(practice: Practice) -> None:
    tuesday = date(2027, 3, 2)
    store = practice.hall.plugins.ask_first(hookspecs.absences)
    assert store
    for slug, still_open in (("anna", True), ("ben", False)):
        wanted = NewAbsence(slug, tuesday, tuesday, "vacation")
        practice.hall.database.write(lambda s, w=wanted: store.enter(s, practice.hall, OWNER, w))  # type: ignore[misc]  # bound at once
        assert open_on(practice, tuesday) is still_open
    assert open_on(practice, date(2027, 3, 3))
