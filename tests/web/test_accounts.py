"""Signing in: A24, A28, A29, A33, A36, A40, A46, A49, C26, C27, C36, C37, T9."""

from __future__ import annotations

import threading
from html import unescape
from re import sub
from typing import cast

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.exceptions import ServiceUnavailable

from tests.web.desk import DESK, address, count, sign_in
from vorzimmer.accounts import PASSWORDS, add_api_key
from vorzimmer.models import AuditEntry, WebSession
from vorzimmer.testing import PASSWORD, Browser, Practice
from vorzimmer_web.signin.passwords import Gate, Hashing

WRONG = "falsches-passwort"


@pytest.fixture
def database_url() -> str:
    """SQLite: its transactions are the delicate ones; sessions and pages are tested on both."""
    return ""


def seen(page: str) -> str:
    """A page without what differs from answer to answer."""
    return unescape(sub(r'value="[^"]*"', "", page))


def test_right_password_leads_into_the_office(client: Browser, practice: Practice) -> None:
    assert sign_in(client).headers["Location"] == "/office/"


def test_address_may_be_typed_in_capitals(client: Browser, practice: Practice) -> None:
    """A41."""
    assert sign_in(client, DESK.upper()).status_code == 302


def test_wrong_password_and_unknown_address_get_the_same_answer(client: Browser, practice: Practice) -> None:
    """A24, C27."""
    wrong, unknown = sign_in(client, DESK, WRONG), sign_in(client, "niemand@praxis.example", WRONG)
    assert (wrong.status_code, seen(wrong.text)) == (unknown.status_code, seen(unknown.text))


def test_unknown_address_costs_a_hash_too(
    client: Browser, practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A24: the time says nothing either."""
    hashed: list[str] = []
    real = Hashing.hash

    def watched(hashing: Hashing, password: str) -> str:
        hashed.append(password)
        return real(hashing, password)

    monkeypatch.setattr(Hashing, "hash", watched)
    sign_in(client, "niemand@praxis.example", WRONG)
    assert len(hashed) == 1


def test_odd_addresses_are_refused_like_any_other(client: Browser, practice: Practice) -> None:
    """A41; a NUL is no form at all (400)."""
    odd = ["", "x", "a\0@praxis.example", "a@b@c", "@", "é" * 300 + "@x.example", "ADMİN@x.example"]
    assert {sign_in(client, address, WRONG).status_code for address in odd} <= {200, 400}


def test_password_of_a_megabyte_is_refused(client: Browser, practice: Practice) -> None:
    assert sign_in(client, DESK, "x" * 1_200_000).status_code == 413


def test_app_password_does_not_sign_in_on_the_web(client: Browser, practice: Practice) -> None:
    """A49."""
    assert sign_in(client, "anna@praxis.example", "anna-caldav-demo-0001").status_code == 200


def test_form_without_a_token_is_refused(client: Browser, practice: Practice) -> None:
    """A46."""
    form = {"email": DESK, "password": PASSWORD}
    assert client.post("/office/login", data=form).status_code == 403


def test_form_from_a_foreign_origin_is_refused(client: Browser, practice: Practice) -> None:
    """A46."""
    foreign = ["https://evil.example", "http://localhost.evil.example", "http://localhost:1"]
    answers = [sign_in(client, headers={"Origin": origin}).status_code for origin in foreign]
    assert answers == [403, 403, 403]


def test_form_from_our_own_origin_is_taken(client: Browser, practice: Practice) -> None:
    assert sign_in(client, headers={"Origin": "http://localhost:8080"}).status_code == 302


def test_form_of_a_sandboxed_frame_is_refused(client: Browser, practice: Practice) -> None:
    """A46."""
    headers = {"Origin": "null", "Sec-Fetch-Site": "cross-site"}
    assert sign_in(client, headers=headers).status_code == 403


def test_token_of_before_the_login_is_void_after_it(client: Browser, practice: Practice) -> None:
    """A58."""
    client.get("/office/login")
    old = client.csrf_token
    client.sign_in(DESK)
    assert client.post("/office/logout", data={"csrf_token": old}).status_code == 403


def test_login_leads_back_to_the_page_that_was_asked_for(client: Browser, practice: Practice) -> None:
    assert client.get("/office/week?day=2027-03-01").headers["Location"] == (
        "/office/login?next=/office/week?day%3D2027-03-01"
    )


def test_login_never_leads_to_another_site(client: Browser, practice: Practice) -> None:
    """A44."""
    led = set()
    for page in ("https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\evil"):
        client.get("/office/login")
        form = {"csrf_token": client.csrf_token, "email": DESK, "password": PASSWORD, "next": page}
        led.add(client.post("/office/login", data=form).headers.get("Location", "refused"))
        client.get("/office/")
        client.send("/office/logout")
    assert led <= {"refused", "/office/", "/%5Cevil"}


def test_customer_reaches_no_page_of_the_office(client: Browser, practice: Practice) -> None:
    """A1."""
    client.sign_in("max.muster@kunde.example")
    assert client.get("/office/").status_code == 403


def test_only_10_passwords_of_an_account_are_checked_in_15_minutes(
    limits: None, client: Browser, practice: Practice
) -> None:
    """A28: 200 tries."""
    answers = [sign_in(client, DESK, WRONG).status_code for _try in range(200)]
    assert answers.count(200) == 10


def test_eleventh_try_is_refused_even_with_the_right_password(
    limits: None, client: Browser, practice: Practice
) -> None:
    """A28, C37."""
    for _try in range(10):
        sign_in(client, DESK, WRONG)
    assert sign_in(client).status_code == 429


def test_too_many_tries_look_the_same_for_an_address_that_does_not_exist(
    limits: None, client: Browser, practice: Practice
) -> None:
    """A24, A28."""
    answers = [sign_in(client, "niemand@praxis.example", WRONG).status_code for _try in range(11)]
    assert answers == [200] * 10 + [429]


def test_lockout_survives_a_restart(limits: None, client: Browser, practice: Practice) -> None:
    """C37."""
    for _try in range(10):
        sign_in(client, DESK, WRONG)
    practice.hall.__dict__.pop("tries")
    assert sign_in(client).status_code == 429


def test_lockout_ends_after_15_minutes(limits: None, client: Browser, practice: Practice) -> None:
    """C37."""
    for _try in range(10):
        sign_in(client, DESK, WRONG)
    practice.hall.__dict__.pop("tries")
    practice.clock.move(minutes=16)
    assert sign_in(client).status_code == 302


def test_known_device_signs_in_while_others_are_locked_out(
    limits: None, app: Flask, client: Browser, practice: Practice
) -> None:
    """A28: nobody locks the owner out by guessing from elsewhere."""
    client.sign_in(DESK)
    client.get("/office/")
    client.send("/office/logout")
    stranger = cast("Browser", app.test_client())
    for _try in range(11):
        sign_in(stranger, DESK, WRONG)
    assert sign_in(client).status_code == 302


def test_device_of_one_account_is_unknown_to_another(
    limits: None, client: Browser, practice: Practice
) -> None:
    """A28."""
    client.sign_in(DESK)
    client.get("/office/")
    client.send("/office/logout")
    answers = [sign_in(client, "owner@praxis.example", WRONG).status_code for _try in range(11)]
    assert answers[-1] == 429


def test_header_does_not_make_a_new_network(limits: None, client: Browser, practice: Practice) -> None:
    """A29: 60 tries of one network on as many accounts."""
    names = ["X-Forwarded-For", "Forwarded", "X-Real-IP", "True-Client-IP", "X_Forwarded_For"]
    answers = [
        sign_in(
            client, f"p{number}@praxis.example", WRONG, headers=dict.fromkeys(names, f"203.0.113.{number}")
        ).status_code
        for number in range(61)
    ]
    assert answers[-1] == 429


def test_without_limits_nobody_is_locked_out(client: Browser, practice: Practice) -> None:
    """`[server] limits = false`, the demo's `--no-limits`."""
    for _try in range(12):
        sign_in(client, DESK, WRONG)
    assert sign_in(client).status_code == 302


def test_wrong_password_is_written_down(client: Browser, practice: Practice) -> None:
    sign_in(client, DESK, WRONG)
    with practice.hall.database.reading() as session:
        acts = session.scalars(select(AuditEntry.act).order_by(AuditEntry.id.desc())).first()
    assert acts == "login_refused"


def test_blocked_account_is_refused(client: Browser, practice: Practice) -> None:
    """C36."""

    def block(session: Session) -> None:
        address(session, DESK).active = False

    practice.hall.database.write(block)
    sign_in(client)
    assert count(practice, WebSession) == 0


def test_password_hashed_with_other_parameters_is_hashed_anew(client: Browser, practice: Practice) -> None:
    """T9."""

    def weaken(session: Session) -> None:
        address(session, DESK).password = type(PASSWORDS)(time_cost=1, memory_cost=1024).hash(PASSWORD)

    practice.hall.database.write(weaken)
    sign_in(client)
    with practice.hall.database.reading() as session:
        assert not PASSWORDS.check_needs_rehash(address(session, DESK).password or "")


def test_parallel_logins_all_succeed(app: Flask, practice: Practice) -> None:
    """A40, `libraries.md` §2: with deferred transactions 88 of 96 failed on SQLite."""
    answers: list[int] = []

    def visit() -> None:
        answers.extend(sign_in(cast("Browser", app.test_client())).status_code for _time in range(3))

    threads = [threading.Thread(target=visit) for _thread in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [302] * 12


def test_more_logins_than_there_are_places_are_refused_at_once() -> None:
    """T9, A40: 503 with `Retry-After`, not a queue without an end."""
    gate = Gate(1)
    gate.enter()
    with pytest.raises(ServiceUnavailable):
        gate.enter()


def test_place_is_free_again_after_the_answer(app: Flask, client: Browser, practice: Practice) -> None:
    """A40: more logins than places, one after the other, wrong ones and broken ones too."""
    for password in (WRONG, PASSWORD) * 3:
        sign_in(cast("Browser", app.test_client()), DESK, password)
    client.post("/office/login")
    assert sign_in(client).status_code == 302


def dav(client: Browser, email: str, password: str) -> int:
    """Ask at the door of the calendars."""
    answer = client.open("/dav/", method="PROPFIND", auth=(email, password))
    return int(answer.status_code)


def test_ten_tries_are_checked_at_the_pages_and_ten_at_the_calendars(
    limits: None, client: Browser, practice: Practice
) -> None:
    """A28, X7: 200 one after the other. The two doors ask for different passwords, and count for themselves."""
    anna = "anna@praxis.example"
    pages, calendars = [], []
    for _try in range(100):
        pages.append(sign_in(client, anna, WRONG).status_code)
        calendars.append(dav(client, anna, WRONG))
    assert [len(answers) - answers.count(429) for answers in (pages, calendars)] == [10, 10]
    assert sign_in(client, anna).status_code == 429


def test_capitals_do_not_begin_a_count_of_their_own(
    limits: None, client: Browser, practice: Practice
) -> None:
    """A28, A41."""
    spelled = ["anna@praxis.example", "ANNA@praxis.example", "Anna@Praxis.Example"]
    answers = [dav(client, spelled[number % 3], WRONG) for number in range(12)]
    assert answers == [401] * 10 + [429] * 2


def test_wrong_keys_of_one_network_are_stopped_and_the_right_one_is_not(
    limits: None, client: Browser, practice: Practice
) -> None:
    """A28: 60 in 15 minutes."""
    wrong = [
        client.get("/api/v1/bookings", headers={"Authorization": f"Bearer vz_{number}"}).status_code
        for number in range(61)
    ]
    key = practice.hall.database.write(
        lambda session: add_api_key(session, practice.clock.now, address(session, DESK), "test")
    )
    assert wrong == [401] * 60 + [429]
    assert client.get("/api/v1/bookings", headers={"Authorization": f"Bearer {key}"}).status_code == 200
