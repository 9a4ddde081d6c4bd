"""Codes, links, holds and answers that are kept: what can be guessed, shared, smuggled or read out of them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, cast

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests import acts
from tests.caldav.desk import Phone
from tests.caldav.desk import event as calendar_event
from tests.security.test_matrix import ask, comparable, in_order, visitor
from tests.security.world import MARK, Foreign, of_ben
from tests.web import customer
from vorzimmer import booking, urls
from vorzimmer.models import Booking
from vorzimmer.testing import Browser, Practice
from vorzimmer.text.contact import canonical
from vorzimmer_web.public.manage import in_short

SLOT = "2027-03-02T10:00:00+01:00"
EVA = {"name": "Eva", "email": "eva@kunde.example"}


@pytest.fixture
def client(app: Flask) -> Browser:
    """A visitor."""
    return cast("Browser", app.test_client())


def held(client: Browser, start: str = SLOT, **more: Any) -> dict[str, Any]:
    """A hold by the API."""
    answer = client.post("/api/v1/holds", json={"service": "massage", "start": start, **more})
    assert answer.status_code == 201, answer.text
    return dict(answer.json)


# ---- codes -----------------------------------------------------------------------------------------------------------


def test_no_network_guesses_more_than_twenty_codes_an_hour(
    limits: None, client: Browser, practice: Practice
) -> None:
    """A30: one code on many holds."""
    made = [
        acts.hold(practice.hall, f"2027-03-0{day} {hour}:00")
        for day in (2, 3, 4)
        for hour in (10, 11, 14, 15)
    ]
    for one in made:
        acts.type_details(practice.hall, one.uid, booking.Details("Eva", f"{one.uid}@kunde.example"))
    statuses = []
    for _round in range(2):
        for one in made:
            body = {"token": urls.token(practice.hall.config, "hold", one.uid), "code": "000000"}
            statuses.append(client.post(f"/api/v1/holds/{one.uid}/confirm", json=body).status_code)
    assert statuses == [422] * 20 + [429] * 4


def test_code_of_one_hold_is_no_code_of_another(client: Browser, practice: Practice) -> None:
    """A30, A101."""
    mine, other = (acts.hold(practice.hall, staff=staff) for staff in ("anna", "ben"))
    for one in (mine, other):
        acts.type_details(practice.hall, one.uid)
    body = {
        "token": urls.token(practice.hall.config, "hold", other.uid),
        "code": acts.code_of(practice.hall, mine),
    }
    assert client.post(f"/api/v1/holds/{other.uid}/confirm", json=body).json["code"] == "wrong_code"


@pytest.mark.parametrize(
    "email", ["max.muster@kunde.example", "anna@praxis.example", "niemand@kunde.example"]
)
def test_code_is_asked_for_alike_whoever_the_address_belongs_to(
    client: Browser, practice: Practice, email: str
) -> None:
    """A24: a customer's, a colleague's, nobody's."""
    acts.book(practice.hall, "2027-03-03 10:00", who=booking.Details("Max", "max.muster@kunde.example"))
    made = held(client)
    body = {"token": made["token"], "customer": {**EVA, "email": email}}
    answer = client.post(f"/api/v1/holds/{made['id']}/details", json=body)
    assert (answer.status_code, answer.json) == (200, {"next": "code"})


@pytest.mark.parametrize(
    "more", [{"service": "notiz"}, {"start": SLOT}, {"staff": "ben"}, {"price": 0}, {"seats": 9}]
)
def test_confirmation_takes_nothing_but_the_code(
    client: Browser, practice: Practice, more: dict[str, Any]
) -> None:
    """A101, A5: values come from the hold alone."""
    made = held(client)
    client.post(f"/api/v1/holds/{made['id']}/details", json={"token": made["token"], "customer": EVA})
    body = {"token": made["token"], "code": urls.code(practice.hall.config, made["id"], 1)}
    path = f"/api/v1/holds/{made['id']}/confirm"
    assert client.post(path, json={**body, **more}).json["code"] == "invalid"
    assert client.post(path, json=body).json["booking"]["start"] == SLOT


@pytest.mark.parametrize("code", ["", "000000", "None", "0"])
def test_no_code_fits_before_one_was_sent(client: Browser, practice: Practice, code: str) -> None:
    """A101."""
    made = held(client)
    answer = client.post(f"/api/v1/holds/{made['id']}/confirm", json={"token": made["token"], "code": code})
    assert (answer.status_code, acts.again(practice.hall, made["id"]).status) == (409, "held")


SMUGGLED = {
    "status": "confirmed",
    "price": "0",
    "paid": "true",
    "staff_id": "2",
    "customer_id": "1",
    "policy": "direct",
    "expires_at": "2030-01-01",
    "code_tries": "-100",
    "id": "1",
    "source": "office",
    "slug": "notiz",
}


def test_forms_ignore_what_is_not_theirs(client: Browser, practice: Practice) -> None:
    """A5: every form of the way to an appointment."""
    answer = customer.hold(client, service="erstgespraech", **SMUGGLED)
    uid = customer.uid_of(answer)
    customer.details(client, uid, "erstgespraech", **SMUGGLED)
    code = acts.code_of(practice.hall, customer.found(practice, uid))
    form = {"csrf_token": client.csrf_token, "code": code, **SMUGGLED}
    client.post(f"/book/erstgespraech/{uid}/code", data=form)
    made = customer.found(practice, uid)
    assert (made.status, made.policy, made.source, made.code_tries) == ("requested", "request", "page", 0)
    assert (made.service.slug, made.staff.slug if made.staff else "") == ("erstgespraech", "anna")


# ---- holds -----------------------------------------------------------------------------------------------------------


def test_one_network_holds_twelve_times_at_once(limits: None, client: Browser, practice: Practice) -> None:
    """A102: and gets them back as they end."""
    hours = [f"2027-03-{day:02d}T{hour}:00:00+01:00" for day in (2, 3, 4, 8) for hour in (10, 11, 14, 15)]
    statuses = [
        client.post("/api/v1/holds", json={"service": "massage", "start": hour}).status_code for hour in hours
    ]
    assert statuses == [201] * 12 + [429] * 4


def test_one_browser_holds_one_time(client: Browser, practice: Practice) -> None:
    """A102, rule 46."""
    for when in ("2027-03-02 10:00", "2027-03-02 11:00", "2027-03-02 14:00"):
        customer.hold(client, when)
    with practice.hall.database.reading() as session:
        assert session.scalar(select(func.count()).where(Booking.status == "held")) == 1


def private_event(practice: Practice, app: Flask) -> None:
    """Anna's own business, from her phone."""
    phone = Phone(app, "anna@praxis.example", "anna-caldav-demo-0001")
    text = calendar_event("a", f"SUMMARY:{MARK}", start="20270302T090000Z", end="20270302T091000Z")
    assert phone.ask("PUT", "bookings/a.ics", text).status_code == 201


TAKEN: dict[str, Callable[[Practice, Flask], object]] = {
    "booked": lambda practice, _app: practice.book("notiz", "2027-03-02 10:00"),
    "held": lambda practice, _app: acts.hold(practice.hall, service="notiz"),
    "private": private_event,
}


@pytest.mark.parametrize("taken", TAKEN)
def test_time_that_is_taken_looks_the_same_for_whatever_reason(
    app: Flask, practice: Practice, taken: str
) -> None:
    """A110: in the search, in the explanation, in the refusal, on the page."""
    TAKEN[taken](practice, app)
    client = cast("Browser", app.test_client())
    query = {"service": "notiz", "start": SLOT, "staff": "anna"}
    explained = client.get("/api/v1/explain", query_string=query).json
    assert explained == {
        "offered": False,
        "reasons": [{"rule": "44", "text": "Diese Zeit ist schon vergeben.", "source": "booking"}],
        "would_be_free_if": [],
    }
    slots = client.get("/api/v1/slots?service=notiz&from=2027-03-02&to=2027-03-02").json["slots"]
    assert SLOT not in [slot["start"] for slot in slots]
    refusal = client.post("/api/v1/holds", json={"service": "notiz", "start": SLOT})
    assert refusal.json["code"] == "slot_taken"
    assert [slot["start"][11:16] for slot in refusal.json["alternatives"]] == NEAREST
    assert MARK not in refusal.text + client.get("/book/notiz?day=2027-03-02&staff=anna").text


NEAREST = ["09:30", "09:40", "09:50", "10:10", "10:20", "10:30"]


# ---- links -----------------------------------------------------------------------------------------------------------


def broken(uid: str, mac: str, practice: Practice) -> list[str]:
    """Tokens that are nearly right."""
    other = acts.book(practice.hall, "2027-03-04 10:00").uid
    flipped = [mac[:at] + ("A" if mac[at] != "A" else "B") + mac[at + 1 :] for at in range(len(mac))]
    hold = urls.token(practice.hall.config, "hold", uid)
    odd = [mac.upper(), mac.lower(), mac[:-1], mac + "A", "", hold, mac + "\u00e9", " " + mac]
    return [
        *(f"{uid}.{one}" for one in [*flipped, *odd]),
        f"{other}.{mac}",
        f"{uid.upper()}.{mac}",
        mac,
        f".{mac}",
    ]


def test_link_that_is_not_right_in_each_bit_is_like_none(client: Browser, practice: Practice) -> None:
    """A93: changed, of another purpose, of another booking."""
    made = acts.book(practice.hall)
    mac = urls.token(practice.hall.config, "manage", made.uid)
    assert len(mac) * 6 >= 128
    assert client.get(f"/b/{made.uid}.{mac}").status_code == 200
    missing = client.get("/b/nothing.at-all")
    whose = Foreign(made, 0, 0)
    for token in broken(made.uid, mac, practice):
        answer = client.get(f"/b/{token}")
        assert comparable(answer, whose) == comparable(missing, whose) or answer.status_code == 404, token
        assert client.post(f"/b/{token}", data={"csrf_token": client.csrf_token}).status_code == 404


def test_opening_a_link_shows_and_changes_nothing_by_itself(client: Browser, practice: Practice) -> None:
    """A42, A57: a scanner of mails follows links."""
    made = acts.book(practice.hall)
    path = urls.manage(practice.hall.config, made.uid).removeprefix(practice.hall.config.base_url)
    for method in ("GET", "HEAD"):
        assert made.name not in client.open(path, method=method).text
    assert client.get("/b/").status_code == 403
    assert acts.again(practice.hall, made.uid).status == "confirmed"


def test_token_leaves_the_address_and_the_title(client: Browser, practice: Practice) -> None:
    """A69."""
    made = acts.book(practice.hall)
    path = urls.manage(practice.hall.config, made.uid).removeprefix(practice.hall.config.base_url)
    token = path.removeprefix("/b/")
    page = client.get(path)
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert token not in page.text.partition("<body")[0]
    opened = client.post(path, data={"csrf_token": client.csrf_token})
    shown = client.get(opened.headers["Location"])
    assert token not in opened.headers["Location"] + shown.text
    assert shown.headers["Referrer-Policy"] == "no-referrer"
    assert in_short(made.name) in shown.text


def test_log_of_an_error_shows_no_token(
    app: Flask, practice: Practice, caplog: pytest.LogCaptureFixture
) -> None:
    """A69, A174: the path of a link is a secret."""
    caplog.set_level(logging.DEBUG)
    made = acts.book(practice.hall)
    path = urls.manage(practice.hall.config, made.uid).removeprefix(practice.hall.config.base_url)
    with app.test_request_context(path):
        app.log_exception((ValueError, ValueError("x"), None))
    assert "exception on GET /b/<token>" in caplog.text
    assert urls.token(practice.hall.config, "manage", made.uid) not in caplog.text


def test_link_opens_its_own_appointment_and_nothing_else(app: Flask, practice: Practice) -> None:
    """A94: whoever got it forwarded sees one appointment; all else is as for anybody."""
    foreign = of_ben(practice)
    mine = acts.book(practice.hall)
    nobody, client = visitor(app, "none"), cast("Browser", app.test_client())
    path = urls.manage(practice.hall.config, mine.uid).removeprefix(practice.hall.config.base_url)
    client.get(path)
    client.post(path, data={"csrf_token": client.csrf_token})
    answers = {
        name: ask_as_link(client, name, rule, act, foreign)
        for name, rule, act in in_order(app)
        if name.startswith("GET") and not rule.rule.startswith(("/b/", "/static"))
    }
    assert {name: status for name, (status, _text) in answers.items()} == {
        name: ask(nobody, name, rule, act, foreign).status_code
        for name, rule, act in in_order(app)
        if name in answers
    }
    assert not [name for name, (_status, text) in answers.items() if MARK in text or mine.name in text]
    assert in_short(mine.name) in client.get("/b/").text


def ask_as_link(client: Browser, name: str, rule: Any, act: str, foreign: Foreign) -> tuple[int, str]:
    """A cell of the matrix."""
    answer = ask(client, name, rule, act, foreign)
    return answer.status_code, answer.text.replace(MARK, "") if "search" in name else answer.text


def test_link_is_closed_after_half_an_hour(client: Browser, practice: Practice) -> None:
    """A69, A94."""
    made = acts.book(practice.hall)
    path = urls.manage(practice.hall.config, made.uid).removeprefix(practice.hall.config.base_url)
    client.get(path)
    client.post(path, data={"csrf_token": client.csrf_token})
    practice.clock.move(minutes=31)
    assert client.get("/b/").status_code == 403
    assert client.post("/b/cancel", data={"csrf_token": client.csrf_token}).status_code == 403


# ---- addresses -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("max@straße.de", "max@strasse.de"),
        ("max@раypal.com", "max@paypal.com"),
        ("max+1@kunde.example", "max@kunde.example"),
        ("m.ax@kunde.example", "max@kunde.example"),
        ("max@kunde.example", "max@kunde.example.de"),
    ],
)
def test_no_two_addresses_become_one(practice: Practice, one: str, other: str) -> None:
    """A41: the record of a person is never reached by an address that only looks like theirs."""
    made = [
        acts.book(practice.hall, f"2027-03-0{number} 10:00", who=booking.Details("Max", email))
        for number, email in enumerate((one, other), start=2)
    ]
    assert len({one.customer_id for one in made}) == 2


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("Max@KUNDE.example", "max@kunde.example"),
        ("max@Müller.example", "max@xn--mller-kva.example"),
        ("max@mu\u0308ller.example", "max@xn--mller-kva.example"),
        ("max@xn--mller-kva.example", "max@xn--mller-kva.example"),
    ],
)
def test_spellings_of_one_address_are_one(typed: str, key: str) -> None:
    """A41."""
    assert canonical(typed) == key


@pytest.mark.parametrize(
    "email", ["ﬀ@kunde.example", "ADMİN@kunde.example", "maß@kunde.example", "a" * 65 + "@kunde.example"]
)
def test_letters_that_fold_into_others_are_refused_before_the_at(
    client: Browser, practice: Practice, email: str
) -> None:
    """A41."""
    made = held(client)
    body = {"token": made["token"], "customer": {**EVA, "email": email}}
    assert client.post(f"/api/v1/holds/{made['id']}/details", json=body).status_code == 422


@pytest.mark.parametrize(
    ("typed", "shown"),
    [("max@раypal.com", "max@xn--ypal-43d9g.com"), ("max@müller.example", "max@müller.example")],
)
def test_domain_of_mixed_scripts_is_shown_as_it_is_written_in_dns(
    practice: Practice, typed: str, shown: str
) -> None:
    """A41."""
    made = acts.hold(practice.hall)
    assert acts.type_details(practice.hall, made.uid, booking.Details("Max", typed)).email == shown
