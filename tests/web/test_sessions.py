"""Sessions on the server: T4, A33, A36, A38, A58."""

from __future__ import annotations

from datetime import timedelta

from flask.sessions import SecureCookieSessionInterface
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.web.desk import DESK, address, count, sign_in
from vorzimmer.accounts import digest
from vorzimmer.models import WebSession
from vorzimmer.practice import Hall
from vorzimmer.testing import Browser, Clock, Practice
from vorzimmer_web.shell.sessions import prune


def cookie(client: Browser, name: str = "vorzimmer") -> str:
    found = client.get_cookie(name)
    assert found is not None
    return found.value


def test_login_leaves_only_the_hash_of_its_cookie_in_the_database(
    client: Browser, practice: Practice
) -> None:
    sign_in(client)
    with practice.hall.database.reading() as session:
        assert session.scalars(select(WebSession.key_hash)).all() == [digest(cookie(client))]


def test_cookie_of_a_login_does_not_sign_in_after_logout(client: Browser, practice: Practice) -> None:
    """T4."""
    sign_in(client)
    client.get("/office/")
    kept = cookie(client)
    client.send("/office/logout")
    client.set_cookie("vorzimmer", kept)
    assert client.get("/office/").status_code == 303


def test_logout_deletes_the_row(client: Browser, practice: Practice) -> None:
    """T4."""
    sign_in(client)
    client.get("/office/")
    client.send("/office/logout")
    assert count(practice, WebSession) == 0


def test_reading_the_login_page_writes_no_row(client: Browser, practice: Practice) -> None:
    client.get("/office/login")
    assert count(practice, WebSession) == 0


def test_login_gets_a_new_session_id(client: Browser, practice: Practice) -> None:
    """A33: an id set before the login is not the id after it."""
    client.set_cookie("vorzimmer", "preset-by-somebody-else")
    sign_in(client)
    assert cookie(client) != "preset-by-somebody-else"


def test_second_login_in_the_same_browser_ends_the_first(client: Browser, practice: Practice) -> None:
    sign_in(client)
    client.get("/office/")
    client.send("/office/logout")
    sign_in(client, "anna@praxis.example")
    assert count(practice, WebSession) == 1


def test_junk_in_the_cookie_is_as_if_none_had_been_sent(client: Browser, practice: Practice) -> None:
    """A36."""
    junk = ["", "x", "a.b.c", "ü", "x" * 8000, '"', "=;"]
    cookies = [f"vorzimmer={value}".encode().decode("latin-1") for value in junk]
    answers = [client.get("/office/", headers={"Cookie": cookie}).status_code for cookie in cookies]
    assert answers == [303] * len(junk)


def test_signed_cookie_with_a_login_in_it_is_ignored(client: Browser, practice: Practice) -> None:
    """A36, T4: the signing key alone makes nobody a user."""
    app = client.application
    serializer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert serializer is not None
    with practice.hall.database.reading() as session:
        user = address(session, "owner@praxis.example").fs_uniquifier
    client.set_cookie("vorzimmer", serializer.dumps({"_user_id": user}))
    assert client.get("/office/").status_code == 303


def test_second_cookie_of_the_same_name_does_not_hide_the_valid_one(
    client: Browser, practice: Practice
) -> None:
    """A36."""
    sign_in(client)
    both = f"vorzimmer=junk; vorzimmer={cookie(client)}"
    with client.application.test_client(use_cookies=False) as bare:
        assert bare.get("/office/", headers={"Cookie": both}).status_code == 200


def test_nameless_cookie_is_not_a_session(client: Browser, practice: Practice) -> None:
    """A36: `=__Host-s=x`."""
    sign_in(client)
    with client.application.test_client(use_cookies=False) as bare:
        assert bare.get("/office/", headers={"Cookie": f"=vorzimmer={cookie(client)}"}).status_code == 303


def test_session_ends_after_31_idle_minutes(client: Browser, practice: Practice) -> None:
    """A38."""
    sign_in(client)
    practice.clock.move(minutes=31)
    assert client.get("/office/").status_code == 303


def test_session_ends_after_12_hours_of_work(client: Browser, practice: Practice) -> None:
    """A38."""
    sign_in(client)
    for _quarter in range(48):
        practice.clock.move(minutes=15)
        last = client.get("/office/").status_code
    assert last == 303


def test_session_is_touched_once_a_minute_at_most(client: Browser, practice: Practice) -> None:
    sign_in(client)
    client.get("/office/")
    before = seen(practice.hall)
    practice.clock.move(seconds=59)
    client.get("/office/")
    assert seen(practice.hall) == before


def test_session_in_use_stays_alive(client: Browser, practice: Practice) -> None:
    sign_in(client)
    for _time in range(4):
        practice.clock.move(minutes=20)
        last = client.get("/office/").status_code
    assert last == 200


def test_cookie_is_bound_to_the_host_where_the_base_address_is_https(
    https: str, client: Browser, practice: Practice
) -> None:
    """A36."""
    header = sign_in(client, base_url=https).headers.getlist("Set-Cookie")
    login = next(line for line in header if line.startswith("__Host-vorzimmer="))
    assert {part.strip() for part in login.split(";")[1:]} == {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"}


def test_rows_of_ended_sessions_are_pruned(client: Browser, practice: Practice, clock: Clock) -> None:
    sign_in(client)
    practice.hall.database.write(lambda session: prune(session, clock.now + timedelta(minutes=31)))
    assert count(practice, WebSession) == 0


def test_deactivated_account_is_out_at_once(client: Browser, practice: Practice) -> None:
    """C36."""
    sign_in(client)

    def block(session: Session) -> None:
        address(session, DESK).active = False

    practice.hall.database.write(block)
    assert client.get("/office/").status_code == 303


def seen(hall: Hall) -> object:
    with hall.database.reading() as session:
        return session.scalar(select(func.max(WebSession.seen_at)))
