"""What a policy has against a customer reaches page, API and explain, in the reader's language; nothing is lost."""

from datetime import datetime
from typing import Any

import pytest

from tests import acts
from tests.acts import code_of
from tests.web.customer import MAX, confirm, details, english, field, found, hold, uid_of
from vorzimmer import booking, urls
from vorzimmer.hookspecs import Refusal, hookimpl
from vorzimmer.models import Customer, Status
from vorzimmer.plugins import Loaded
from vorzimmer.testing import Browser, Practice

TOO_MANY = "You already have as many appointments as can be booked online. Please call us."
ZU_VIELE = "Sie haben bereits so viele Termine"


@pytest.fixture
def settings(settings: dict[str, Any]) -> dict[str, Any]:
    """Nobody may have more than one coming appointment."""
    settings["plugins"]["vorzimmer_direct_booking"] = {"open_bookings_per_customer": 1}
    return settings


@pytest.fixture
def max_muster(practice: Practice) -> booking.Details:
    """Who has that one already."""
    who = booking.Details(MAX["name"], MAX["email"])
    acts.book(practice.hall, "2027-03-03 10:00", who=who)
    return who


def test_a_code_that_is_refused_leads_to_the_details_with_the_reason(
    client: Browser, practice: Practice, max_muster: booking.Details
) -> None:
    """Another address may be typed; what was typed is there."""
    english(client)
    uid = uid_of(hold(client))
    details(client, uid)
    answer = confirm(client, uid, code_of(practice.hall, found(practice, uid)))
    assert (answer.status_code, TOO_MANY in answer.text) == (409, True)
    assert field(answer.text, "email") == MAX["email"]
    details(client, uid, email="frau.muster@kunde.example")
    confirm(client, uid, code_of(practice.hall, found(practice, uid)))
    assert found(practice, uid).status == Status.CONFIRMED


def test_the_reason_is_in_the_readers_language(
    client: Browser, practice: Practice, max_muster: booking.Details
) -> None:
    uid = uid_of(hold(client))
    details(client, uid)
    assert ZU_VIELE in confirm(client, uid, code_of(practice.hall, found(practice, uid))).text


def test_a_browser_that_has_booked_is_told_before_the_code(client: Browser, practice: Practice) -> None:
    """Another one learns nothing: it would show whose address this is."""
    english(client)
    first = uid_of(hold(client))
    details(client, first)
    confirm(client, first, code_of(practice.hall, found(practice, first)))
    again = uid_of(hold(client, "2027-03-04 10:00"))
    assert TOO_MANY in details(client, again).text
    stranger = client.application.test_client()
    english(stranger)  # type: ignore[arg-type]  # a Browser, as the app makes them
    other = uid_of(hold(stranger, "2027-03-05 10:00"))  # type: ignore[arg-type]  # a Browser, as the app makes them
    assert details(stranger, other).location.endswith("/code")  # type: ignore[arg-type]  # a Browser, as the app makes them


def test_the_api_says_why(client: Browser, practice: Practice, max_muster: booking.Details) -> None:
    """409 `not_offered` with the reason as explain words it, in the language asked for."""
    slot = {"service": "massage", "start": "2027-03-04T10:00:00+01:00"}
    held = client.post("/api/v1/holds", json=slot).json
    path, token = f"/api/v1/holds/{held['id']}", held["token"]
    who = {"name": max_muster.name, "email": max_muster.email}
    assert client.post(f"{path}/details", json={"token": token, "customer": who}).status_code == 200
    code = urls.code(practice.hall.config, held["id"], 1)
    for language, text in (("en", TOO_MANY), ("de", ZU_VIELE)):
        head = {"Accept-Language": language}
        answer = client.post(f"{path}/confirm", json={"token": token, "code": code}, headers=head)
        assert (answer.status_code, answer.json["code"]) == (409, "not_offered")
        assert text in answer.json["detail"]
        assert [(why["rule"], why["source"]) for why in answer.json["reasons"]] == [
            ("40", "vorzimmer_direct_booking")
        ]


class Mornings:
    """New customers before noon only; nobody on Fridays."""

    @hookimpl
    def booking_refusals(self, starts: list[datetime], customer: Customer | None) -> list[Refusal]:
        """Two rules of a practice's own."""
        fridays = [
            Refusal(start, "mornings", "No Fridays.", "mornings") for start in starts if start.weekday() == 4
        ]
        late = [start for start in starts if customer and customer.id is None and start.hour >= 11]
        return fridays + [
            Refusal(start, "mornings", "New people come before noon.", "mornings") for start in late
        ]


@pytest.fixture
def mornings(practice: Practice) -> None:
    practice.hall.plugins.loaded.append(Loaded("mornings", instance=Mornings()))
    practice.hall.plugins._manager.register(practice.hall.plugins.loaded[-1].instance, name="mornings")


def test_a_policy_can_tell_new_customers_from_known_ones(
    client: Browser, practice: Practice, mornings: None
) -> None:
    """At confirm a new one is a record that is not stored yet."""
    english(client)
    who = {"name": "Nele Neu", "email": "nele@kunde.example"}

    def comes(when: str) -> str:
        uid = uid_of(hold(client, when))
        details(client, uid, **who)
        return confirm(client, uid, code_of(practice.hall, found(practice, uid))).text

    assert "New people come before noon." in comes("2027-03-02 14:00")
    practice.book("massage", "2027-03-01 11:00", **who)  # entered at the desk; then it takes place
    practice.clock.move(hours=8)
    assert "New people come before noon." not in comes("2027-03-02 14:30")


def test_a_refused_time_says_why_at_the_hold_and_in_explain(
    client: Browser, practice: Practice, mornings: None
) -> None:
    english(client)
    friday = {"service": "massage", "start": "2027-03-05T10:00:00+01:00"}
    answer = client.post("/api/v1/holds", json=friday)
    assert (answer.status_code, answer.json["detail"]) == (409, "No Fridays.")
    explained = client.get("/api/v1/explain", query_string=friday).json
    assert [why["text"] for why in explained["reasons"]] == ["No Fridays."]
    assert "No Fridays." in hold(client, "2027-03-05 10:00").text
