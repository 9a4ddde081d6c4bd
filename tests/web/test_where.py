"""Where an appointment takes place is never chosen silently: asked, named, and corrected afterwards (O49)."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests import acts
from tests.web.customer import value
from vorzimmer import booking, urls
from vorzimmer.access import CUSTOMER
from vorzimmer.models import Booking
from vorzimmer.testing import DESK, Browser, Practice, berlin

KEY = {"Authorization": "Bearer vz_demo_0000000000000000000000000001"}
TYPED = {"service": "erstgespraech", "name": "Ute Ü", "slot": "other", "date": "2027-03-06", "time": "10:00"}


@pytest.fixture
def desk(practice: Practice, client: Browser) -> Browser:
    client.sign_in("empfang@praxis.example")
    client.get("/office/new")
    return client


def only(practice: Practice) -> Booking:
    with practice.hall.database.reading() as session:
        uid = session.query(Booking).one().uid
        return booking.parts.load.booking(session, uid)


def topics(practice: Practice, made: Booking) -> list[str]:
    return [topic for topic, _state in acts.told(practice.hall, made.uid) if topic != "reminder"]


def test_a_typed_time_needs_a_place_where_there_are_two(practice: Practice, desk: Browser) -> None:
    """A Saturday, when nobody works: nothing tells where it would be."""
    asked = desk.send("/office/new", **TYPED)
    assert (asked.status_code, 'id="place-error"' in asked.text) == (422, True)
    warned = desk.send("/office/new", **TYPED, place="hafen")
    assert (warned.status_code, "Der Termin wäre hier: Praxis am Hafen" in warned.text) == (409, True)
    done = desk.send("/office/new", **TYPED, place="hafen", override="warning", reason="Notfall")
    assert only(practice).location.slug == "hafen"
    assert re.search(r"Ute Ü: [^<]*Praxis am Hafen", done.text)


def test_a_service_that_has_one_place_asks_for_none(practice: Practice, desk: Browser) -> None:
    """The device stands at the market."""
    done = desk.send("/office/new", **TYPED | {"service": "ultraschall"}, override="warning")
    assert done.status_code == 200
    assert only(practice).location.slug == "markt"


@pytest.mark.parametrize("reason", ["", "Notfall"])
def test_a_broken_rule_stands_in_the_history_with_or_without_a_reason(
    practice: Practice, desk: Browser, reason: str
) -> None:
    desk.send("/office/new", **TYPED, place="hafen", override="warning", reason=reason)
    page = desk.get(f"/office/booking/{only(practice).uid}").text
    assert f"gegen die Regeln{' – ' if reason else ''}{reason}</span>" in page
    kept = practice.book("massage", "2027-03-02 10:00", "anna")
    assert "gegen die Regeln" not in desk.get(f"/office/booking/{kept.uid}").text


def test_a_slot_of_the_list_is_at_the_place_that_it_shows(practice: Practice, desk: Browser) -> None:
    """On Tuesday at ten Anna is at the market and Clara at the harbour; any person may have it."""
    chosen = {"service": "erstgespraech", "name": "Ute", "slot": value("2027-03-02 10:00", "hafen")}
    desk.send("/office/new", **chosen)
    assert only(practice).location.slug == "hafen"


def test_a_move_goes_to_the_place_that_was_shown(practice: Practice, desk: Browser) -> None:
    """Ben works at the harbour on Fridays; the toast says so, and the mail."""
    made = practice.book("massage", "2027-03-02 10:00", "ben")
    done = desk.send(f"/office/booking/{made.uid}/move", slot=value("2027-03-05 10:00", "hafen"), staff="ben")
    assert only(practice).location.slug == "hafen"
    assert "Ort: Praxis am Hafen" in done.text
    desk.send(
        f"/office/booking/{made.uid}/move",
        slot="other",
        date="2027-03-05",
        time="11:00",
        place="markt",
        staff="ben",
        override="warning",
    )
    assert only(practice).location.slug == "markt"


def test_a_move_keeps_the_place_where_both_are_open(practice: Practice) -> None:
    """Rule 60, for places: the first one by name is not meant."""
    hall = practice.hall
    ids = {"resource_id": practice.resource("anna").id, "location_id": practice.location("hafen").id}
    plugin = hall.plugins.instance("vorzimmer_weekly_hours")
    hall.database.write(lambda session: plugin.set_week(session, {1: [(540, 720)]}, **ids))
    made = practice.book("massage", "2027-03-02 10:00", location="markt")
    for actor, when in ((CUSTOMER, "2027-03-02 10:30"), (DESK, "2027-03-02 11:00")):
        acts.act(hall, booking.move, actor, made.uid, booking.Target(berlin(when)))
        assert only(practice).location.slug == "markt"


def test_a_customer_moves_to_the_place_that_was_shown(practice: Practice, client: Browser) -> None:
    hall = practice.hall
    made = acts.book(hall, "2027-03-10 10:00", "erstgespraech", staff="ben")
    link = urls.manage(hall.config, made.uid).removeprefix(hall.config.base_url)
    client.get(link)
    client.send(link)
    client.get("/b/move?day=2027-03-12")
    client.send("/b/move", time=value("2027-03-12 10:00", "hafen"), staff="ben")
    assert (only(practice).starts, only(practice).location.slug) == (berlin("2027-03-12 10:00"), "hafen")


def test_a_wrong_place_is_corrected_on_the_appointment(practice: Practice, desk: Browser) -> None:
    """The customer is told once, with "changed": before and after."""
    made = practice.book("erstgespraech", "2027-03-05 10:00", "ben", location="hafen")
    page = desk.get(f"/office/booking/{made.uid}/edit").text
    seen = re.search(r'name="seen" value="([^"]+)"', page)
    assert seen
    typed: dict[str, Any] = {"seen": seen[1], "service": "erstgespraech", "location": "markt"}
    warned = desk.send(f"/office/booking/{made.uid}/edit", **typed)
    assert (warned.status_code, only(practice).location.slug) == (409, "hafen")
    done = desk.send(f"/office/booking/{made.uid}/edit", **typed, override="warning")
    assert "Ort: Praxis am Markt" in done.text
    assert (only(practice).location.slug, only(practice).sequence) == ("markt", 1)
    assert topics(practice, made) == ["confirmed", "changed"]


def test_the_api_names_the_place_and_takes_another_one(practice: Practice, client: Browser) -> None:
    made = practice.book("erstgespraech", "2027-03-05 10:00", "ben", location="hafen")
    body = {"sequence": 0, "location": "markt"}
    refused = client.patch(f"/api/v1/bookings/{made.uid}", json=body, headers=KEY)
    assert (refused.status_code, refused.json["location"]) == (409, "markt")
    body |= {"override": {"level": "warning", "reason": "Umzug"}}
    done = client.patch(f"/api/v1/bookings/{made.uid}", json=body, headers=KEY)
    assert (done.json["booking"]["location"], done.json["booking"]["sequence"]) == ("markt", 1)
