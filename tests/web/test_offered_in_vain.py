"""Nobody is asked to choose where there is nothing to choose, nor is offered what nobody gives any more (rule 19)."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from tests import acts
from vorzimmer import booking, catalogue, hookspecs
from vorzimmer.access import ROLES, Actor
from vorzimmer.hookspecs import HoursOf
from vorzimmer.models import Booking
from vorzimmer.reasons import Reason, Refused
from vorzimmer.testing import DESK, Browser, Practice

OWNER = Actor("owner@praxis.example", "office", rights=ROLES["owner"], owner=True)
PERSON = "/office/settings/people/clara/archive"
SERVICE = "/office/settings/services/rueckenschule/archive"
OPTION = 'value="offer"'


@pytest.fixture
def database_url() -> str:
    """SQLite is enough: nothing is asked of the database that a search does not ask."""
    return ""


@pytest.fixture
def made(practice: Practice, client: Browser) -> Booking:
    """Max Muster is in the class that Clara alone gives; the owner sits at the desk."""
    client.sign_in("owner@praxis.example")
    client.get("/office/")
    return practice.book("rueckenschule", "2027-03-02 09:00", "clara")


def choices(page: str, made: Booking) -> str:
    """The choices for an appointment, and what is said beside them."""
    found = re.search(rf'<select id="decision-{made.uid}".*?</li>', page, re.DOTALL)
    assert found
    return found[0]


@pytest.mark.parametrize(
    ("path", "why"),
    [(PERSON, "Niemand bietet es mehr an."), (SERVICE, "Die Leistung wird nicht mehr angeboten.")],
)
def test_no_other_time_is_offered_where_nothing_can_be_booked_afterwards(
    practice: Practice, client: Browser, made: Booking, path: str, why: str
) -> None:
    """Neither one by one, nor by the button for all, nor by a form of one's own; it says why."""
    for typed in ({}, {"all": "offer"}):
        asked = client.send(path, **typed)
        assert (asked.status_code, 'value="cancel"' in choices(asked.text, made)) == (409, True)
        assert (OPTION in asked.text, f"Keine andere Zeit anzubieten: {why}" in asked.text) == (False, True)
    assert client.send(path, **{f"decision-{made.uid}": "offer"}).status_code == 409
    assert acts.again(practice.hall, made.uid).offered_at is None
    assert practice.resource("clara").active


def test_another_time_is_offered_to_those_whose_service_others_give(
    practice: Practice, client: Browser, made: Booking
) -> None:
    """Of two appointments with one who leaves, that which anybody else gives can be chosen anew."""
    other = practice.book("erstgespraech", "2027-03-04 09:00", "clara", email="a@kunde.example", name="A")
    asked = client.send(PERSON, all="offer").text
    assert (OPTION in choices(asked, made), 'value="offer" selected' in choices(asked, other)) == (
        False,
        True,
    )
    decided = {f"decision-{made.uid}": "cancel", f"decision-{other.uid}": "offer"}
    assert client.send(PERSON, **decided).status_code == 200
    assert not practice.resource("clara").active
    assert acts.again(practice.hall, other.uid).offered_at is not None


def hours(practice: Practice, session: Session) -> Any:
    """The only one who gives it works no longer."""
    store = practice.hall.plugins.ask_first(hookspecs.working_hours)
    assert store
    whose = HoursOf("resource", "clara", "hafen")
    store.set_week(session, practice.hall, OWNER, whose, {}, decisions={}, message="")


def absence(practice: Practice, session: Session) -> Any:
    """The only one who gives it is away for as long as one may book ahead."""
    store = practice.hall.plugins.ask_first(hookspecs.absences)
    assert store
    today = practice.clock.now.date()
    wanted = hookspecs.NewAbsence("clara", today, today + timedelta(days=800), "sick")
    store.enter(session, practice.hall, OWNER, wanted)


@pytest.mark.parametrize(
    ("act", "why"),
    [(hours, "None of these has working hours: Clara Dietz."), (absence, "No time is free.")],
)
def test_whatever_closes_the_time_says_why_nothing_can_be_offered(
    practice: Practice, made: Booking, act: Any, why: str
) -> None:
    with pytest.raises(Refused) as refusal:
        practice.hall.database.write(lambda session: act(practice, session))
    assert (refusal.value.reason, str(refusal.value.facts["in_vain"][made.uid])) == (Reason.AFFECTED, why)


def test_one_appointment_is_not_put_off_where_nothing_is_free(practice: Practice, made: Booking) -> None:
    """Kept when the person left: the link would lead to nothing."""
    decisions = booking.Decisions({made.uid: "keep"})
    acts.act(practice.hall, catalogue.archive_resource, OWNER, "clara", decisions)
    with pytest.raises(Refused) as refusal:
        acts.act(practice.hall, booking.offer, DESK, made.uid)
    assert refusal.value.reason is Reason.INVALID
    practice.hall.database.write(lambda session: catalogue.restore_resource(session, OWNER, "clara"))
    assert acts.act(practice.hall, booking.offer, DESK, made.uid).offered_at is not None


def test_what_nobody_gives_is_offered_nowhere_and_the_office_knows(
    practice: Practice, client: Browser
) -> None:
    """Nor where any other need has nobody left; with a key it is still told."""

    def seen() -> tuple[bool, bool, bool]:
        listed = [one["slug"] for one in anybody.get("/api/v1/services").json["services"]]
        office = client.get("/office/settings/services/", follow_redirects=True).text
        return (
            "Rückenschule" in anybody.get("/").text,
            "rueckenschule" in listed,
            "nicht angeboten: es fehlt, wer oder was" not in office,
        )

    anybody = client.application.test_client()
    client.sign_in("owner@praxis.example")
    assert seen() == (True, True, True)
    acts.act(practice.hall, catalogue.archive_resource, OWNER, "clara")
    assert seen() == (False, False, False)
    assert "Erstgespräch" in anybody.get("/").text
    key = {"Authorization": "Bearer vz_demo_0000000000000000000000000001"}
    known = client.get("/api/v1/services", headers=key).json["services"]
    assert "rueckenschule" in [one["slug"] for one in known]
