"""Requests in bulk, and everything about one appointment (K67 to K76, K84 to K92, O17, O19, A109)."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from sqlalchemy import select

from tests import acts
from tests.web.desk import DESK, requested
from vorzimmer import booking
from vorzimmer.models import Booking, Customer
from vorzimmer.testing import DESK as THE_DESK
from vorzimmer.testing import Browser, Practice


@pytest.fixture
def database_url() -> str:
    """SQLite: what the database does is tested with the use cases."""
    return ""


@pytest.fixture
def desk(practice: Practice, client: Browser) -> Browser:
    client.sign_in(DESK)
    return client


def text(answer: Any) -> str:
    return unescape(answer.text)


def status(practice: Practice, made: Booking) -> str:
    return acts.again(practice.hall, made.uid).status


def seen(page: str) -> str:
    found = re.search(r'name="seen" value="(\w+)"', page)
    assert found
    return found[1]


# ---- requests --------------------------------------------------------------------------------------------------------


def test_waiting_requests_are_counted_in_the_navigation_and_listed(practice: Practice, desk: Browser) -> None:
    """K67: with the time at which each lapses."""
    requested(practice, "2027-03-02 10:00")
    page = text(desk.get("/office/requests"))
    assert re.search(r'class="count">1<', page)
    assert "Max Muster" in page
    assert "verfällt" in page or "lapses" in page


def test_a_therapist_sees_the_own_requests_only(practice: Practice, client: Browser) -> None:
    """A1, A8."""
    requested(practice, "2027-03-02 10:00", "ben")
    client.sign_in("anna@praxis.example")
    assert "Max Muster" not in text(client.get("/office/requests"))


def test_several_are_accepted_at_once_and_each_is_told(practice: Practice, desk: Browser) -> None:
    """K68."""
    made = [requested(practice, f"2027-03-02 {hour}:00") for hour in (10, 14)]
    desk.get("/office/requests")
    answer = desk.send("/office/appointments", act="accept", pick=[one.uid for one in made])
    assert [status(practice, one) for one in made] == ["confirmed", "confirmed"]
    assert text(answer).count("max.muster@kunde.example") == 2


def test_one_that_cannot_be_done_keeps_no_other_waiting(practice: Practice, desk: Browser) -> None:
    """K69: each is a transaction of its own, and has a line of its own."""
    lapsed, good = requested(practice, "2027-03-02 10:00"), requested(practice, "2027-03-03 10:00")
    practice.clock.move(days=1, hours=3)
    desk.sign_in(DESK)
    desk.get("/office/requests")
    answer = desk.send("/office/appointments", act="accept", pick=[lapsed.uid, good.uid])
    assert status(practice, good) == "confirmed"
    assert answer.text.count("data-failed") == 1


def test_different_states_are_never_changed_together(practice: Practice, desk: Browser) -> None:
    """K69: nothing is done at all."""
    asked, fixed = requested(practice, "2027-03-02 10:00"), practice.book("massage", "2027-03-02 14:00")
    desk.get("/office/requests")
    answer = desk.send("/office/appointments", act="cancel", pick=[asked.uid, fixed.uid])
    assert (answer.status_code, "Nur Termine mit demselben Status" in answer.text) == (409, True)
    assert [status(practice, one) for one in (asked, fixed)] == ["requested", "confirmed"]


def test_somebody_elses_request_is_not_there_to_be_picked(practice: Practice, client: Browser) -> None:
    """A1."""
    bens = requested(practice, "2027-03-02 10:00", "ben")
    client.sign_in("anna@praxis.example")
    client.get("/office/requests")
    assert client.send("/office/appointments", act="accept", pick=bens.uid).status_code == 404
    assert status(practice, bens) == "requested"


def test_several_are_reminded_by_hand(practice: Practice, desk: Browser) -> None:
    """K91."""
    made = [practice.book("massage", f"2027-03-02 {hour}:00") for hour in (10, 14)]
    desk.get("/office/requests")
    desk.send("/office/appointments", act="remind", pick=[one.uid for one in made])
    for one in made:
        assert ("reminded", "office") in acts.entries(practice.hall, one.uid)


# ---- one appointment -------------------------------------------------------------------------------------------------


def test_the_acts_fit_the_state(practice: Practice, desk: Browser) -> None:
    """K84: pending is accepted or declined, accepted is cancelled, what is over is closed."""

    def offered(made: Booking) -> set[str]:
        page = desk.get(f"/office/booking/{made.uid}").text
        return set(re.findall(rf'/office/booking/{made.uid}/(\w+)"', page))

    asked, fixed = requested(practice, "2027-03-02 10:00"), practice.book("massage", "2027-03-02 14:00")
    assert offered(asked) == {
        "accept",
        "decline",
        "move",
        "edit",
        "offer",
        "customer",
    }
    assert offered(fixed) == {"remind", "move", "edit", "offer", "cancel", "customer", "payments"}
    practice.clock.move(days=2)
    desk.sign_in(DESK)
    assert offered(fixed) == {"complete", "missed", "move", "edit", "cancel", "customer", "payments"}
    acts.act(practice.hall, booking.missed, THE_DESK, fixed.uid)
    assert offered(fixed) == {"complete", "reopen", "cancel", "edit", "payments"}


def edit(desk: Browser, made: Booking, **fields: str) -> Any:
    page = desk.get(f"/office/booking/{made.uid}/edit").text
    given = {"seen": seen(page), "price": "45,00", "price-before": "45,00", "service": made.service.slug}
    return desk.send(f"/office/booking/{made.uid}/edit", **(given | fields))


def test_price_place_link_and_note_are_changed(practice: Practice, desk: Browser) -> None:
    """K73, K86, K87, O17: with a pin in the list."""
    made = practice.book("massage", "2027-03-01 14:00")
    edit(desk, made, price="30,50", place="Hafenstraße 1", link="https://video.example/1", note="Schulter")
    found = acts.again(practice.hall, made.uid)
    assert (found.price, found.place, found.link, found.note) == (
        3050,
        "Hafenstraße 1",
        "https://video.example/1",
        "Schulter",
    )
    assert "Hafenstraße 1" in text(desk.get("/office/"))


def test_another_service_has_its_own_price(practice: Practice, desk: Browser) -> None:
    """K90."""
    made = practice.book("massage", "2027-03-02 14:00")
    edit(desk, made, service="erstgespraech")
    found = acts.again(practice.hall, made.uid)
    assert (found.service.slug, found.price) == ("erstgespraech", None)


def test_a_service_that_does_not_fit_asks_before_it_breaks_a_rule(practice: Practice, desk: Browser) -> None:
    """K90, rule 42."""
    made = practice.book("massage", "2027-03-02 11:30")
    answer = edit(desk, made, service="erstgespraech", note="bleibt")
    assert answer.status_code == 409
    assert 'value="warning"' in answer.text
    assert "bleibt" in answer.text


def test_who_comes_second_is_told_who_was_quicker_and_loses_nothing(
    practice: Practice, desk: Browser
) -> None:
    """A109."""
    made = practice.book("massage", "2027-03-02 14:00")
    old = seen(desk.get(f"/office/booking/{made.uid}/edit").text)
    acts.act(practice.hall, booking.change, THE_DESK, made.uid, {"note": "von der Kollegin"})
    answer = edit(desk, made, seen=old, note="von mir")
    assert answer.status_code == 409
    assert all(words in answer.text for words in (THE_DESK.name, "von der Kollegin", "von mir"))
    assert acts.again(practice.hall, made.uid).note == "von der Kollegin"


@pytest.mark.parametrize("fields", [{"price": "viel"}, {"link": "http://x.example"}, {"place": "x" * 301}])
def test_a_wrong_field_is_named_and_keeps_its_text(
    practice: Practice, desk: Browser, fields: dict[str, str]
) -> None:
    made = practice.book("massage", "2027-03-02 14:00")
    answer = edit(desk, made, **fields)
    ((name, typed),) = fields.items()
    assert answer.status_code == 422
    assert f'href="#{name}"' in answer.text
    assert f'value="{typed}"' in answer.text


def test_payments_are_written_down_and_taken_back(practice: Practice, desk: Browser) -> None:
    """K74, K76."""
    made = practice.book("massage", "2027-03-02 14:00")
    path = f"/office/booking/{made.uid}"
    desk.send(f"{path}/payments", amount="20,00", seen=seen(desk.get(path).text))
    page = text(desk.get(path))
    assert "25,00" in page
    (number,) = re.findall(r'name="undo" value="(\d+)"', page)
    page = text(desk.send(f"{path}/payments", undo=number, seen=seen(page)))
    assert "−20,00" in page.replace("-", "−")


def test_too_much_money_is_refused_beside_the_field(practice: Practice, desk: Browser) -> None:
    """K74."""
    made = practice.book("massage", "2027-03-02 14:00")
    path = f"/office/booking/{made.uid}"
    answer = desk.send(f"{path}/payments", amount="100", seen=seen(desk.get(path).text))
    assert answer.status_code == 422
    assert re.search(r'id="amount"[^>]*aria-invalid="true"', answer.text)


def test_the_customer_is_changed_by_search(practice: Practice, desk: Browser) -> None:
    """O19."""
    practice.book("massage", "2027-03-10 10:00", name="Лена Константинопольская", email="lena@kunde.example")
    made = practice.book("massage", "2027-03-02 14:00")
    path = f"/office/booking/{made.uid}/customer"
    page = text(desk.get(f"{path}?who=Лена"))
    (uid,) = re.findall(r'name="customer" value="([^"]+)"', page)
    answer = desk.send(path, customer=uid, seen=seen(page))
    assert "Лена Константинопольская" in text(answer)
    assert status(practice, made) == "cancelled"


def test_nobody_without_the_right_to_customers_gives_an_appointment_away(
    practice: Practice, client: Browser
) -> None:
    """A1, C22."""
    made = practice.book("massage", "2027-03-02 14:00")
    client.sign_in("anna@praxis.example")
    with practice.hall.database.reading() as session:
        uid = session.scalars(select(Customer.uid)).first()
    client.get("/office/")
    assert client.send(f"/office/booking/{made.uid}/customer", customer=uid).status_code == 403


def test_a_completed_visit_is_opened_again(practice: Practice, desk: Browser) -> None:
    """K72."""
    made = practice.book("massage", "2027-03-01 10:30")
    practice.clock.move(hours=4)
    desk.get("/office/")
    desk.send(f"/office/booking/{made.uid}/complete")
    desk.send(f"/office/booking/{made.uid}/reopen")
    assert status(practice, made) == "confirmed"
