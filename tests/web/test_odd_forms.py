"""Numbers and prices as nobody should type them, and a list with somebody else's appointment in it (X6, X17)."""

from __future__ import annotations

import pytest

from tests import acts
from tests.web.desk import requested
from vorzimmer.models import Status
from vorzimmer.testing import Browser, Practice
from vorzimmer_web.shell.typed import Typed

ODD = ["--5", "-", "9" * 5000, "9" * 11, "1e5", "²", "٣", "5.0"]


@pytest.mark.parametrize("text", ODD)
def test_what_is_no_whole_number_is_said_beside_its_field(text: str) -> None:
    typed = Typed({"a": text, "b": "-15"})
    assert (typed.number("a"), typed.number("b"), set(typed.errors)) == (None, -15, {"a"})


@pytest.mark.parametrize("text", ["1e999999", "-1e999999", "1e-999999", "NaN", "Infinity", "9" * 5000, "--5"])
def test_what_is_no_price_is_said_beside_its_field(text: str) -> None:
    typed = Typed({"a": text, "b": "45,50"})
    assert (typed.money("a", "EUR"), typed.money("b", "EUR"), set(typed.errors)) == (None, 4550, {"a"})


@pytest.mark.parametrize("odd", ["--5", "9" * 5000])
@pytest.mark.parametrize(
    ("page", "field"),
    [
        ("/office/settings/staff/3", "role"),
        ("/office/settings/services/massage", "duration_minutes"),
        ("/office/settings/questions/new", "retention_days"),
        ("/office/settings/paper", "hour"),
    ],
)
def test_form_with_an_odd_number_is_no_error_of_ours(
    client: Browser, practice: Practice, page: str, field: str, odd: str
) -> None:
    client.sign_in("owner@praxis.example")
    assert client.post(page, data={"csrf_token": client.csrf_token, field: odd}).status_code < 500


@pytest.mark.parametrize(("foreign", "status"), [(True, 404), (False, 200)])
def test_list_with_a_foreign_appointment_in_it_is_not_done_at_all(
    client: Browser, practice: Practice, foreign: bool, status: int
) -> None:
    own = requested(practice, "2027-03-02 10:00", "anna")
    theirs = requested(practice, "2027-03-02 10:00", "ben")
    client.sign_in("anna@praxis.example")
    client.get("/office/requests")
    picked = [own.uid, theirs.uid] if foreign else [own.uid]
    answer = client.post(
        "/office/appointments",
        data={"csrf_token": client.csrf_token, "act": "decline", "sure": "1", "pick": picked},
    )
    assert answer.status_code == status
    done = acts.again(practice.hall, own.uid).status
    assert done == (Status.REQUESTED if foreign else Status.DECLINED)


def test_only_the_address_of_what_is_served_may_be_kept_for_ever(client: Browser, practice: Practice) -> None:
    page = client.get("/").text
    address = page.partition('rel="stylesheet" href="')[2].partition('"')[0]
    assert "immutable" in client.get(address).headers["Cache-Control"]
    other = client.get("/static/anything/booking.css")
    assert (other.status_code, other.headers["Cache-Control"]) == (200, "no-store")
