"""Keys for programs: made by page or command, limited by scope and end, out at once when revoked (office 2)."""

from __future__ import annotations

import re
from typing import Any, cast

import pytest
from flask import Flask
from sqlalchemy import select

from tests.conftest import database_url
from tests.web.desk import actor, address
from vorzimmer import accounts
from vorzimmer.access import Right, key_actor
from vorzimmer.accounts import NewKey
from vorzimmer.models import ApiKey, AuditEntry
from vorzimmer.reasons import Refused
from vorzimmer.testing import Browser, Practice

__all__ = ["database_url"]

OWNER, DESK, ANNA = "owner@praxis.example", "empfang@praxis.example", "anna@praxis.example"
PAGE = "/office/settings/api-keys/"


def make(practice: Practice, email: str = OWNER, **wanted: Any) -> str:
    """Make a key of a login as that login."""
    new, person = NewKey(**{"label": "Website", **wanted}), actor(practice, email)
    return practice.hall.database.write(
        lambda session: accounts.make_key(session, person, address(session, email), new)
    )


def status(app: Flask, secret: str, path: str = "/api/v1/bookings") -> int:
    """What a call with the key is answered, by somebody without cookies."""
    client = cast("Browser", app.test_client())
    return client.get(path, headers={"Authorization": f"Bearer {secret}"}).status_code


def stored(practice: Practice, label: str = "Website") -> ApiKey:
    with practice.hall.database.reading() as session:
        return session.scalars(select(ApiKey).where(ApiKey.label == label)).one()


def revoke(practice: Practice) -> None:
    owner, key = actor(practice, OWNER), stored(practice).id
    practice.hall.database.write(lambda session: accounts.revoke_key(session, owner, key))


def errors(refusal: pytest.ExceptionInfo[Refused]) -> set[str]:
    return set(refusal.value.facts["errors"])


def test_key_made_on_the_page_is_shown_once_and_opens_the_api(
    app: Flask, client: Browser, practice: Practice
) -> None:
    client.sign_in(OWNER)
    client.get(PAGE)
    page = client.send(PAGE, label="Website", scopes=["calendars", "own_calendar"], days="90")
    secret = re.search(r"vz_[0-9a-f]{40}", page.text)[0]
    assert status(app, secret) == 200
    assert secret not in client.get(PAGE).text
    assert "Website" in client.get(PAGE).text


def test_what_is_wrong_stands_beside_its_field_and_nothing_is_made(
    client: Browser, practice: Practice
) -> None:
    client.sign_in(OWNER)
    client.get(PAGE)
    page = client.send(PAGE, label=" ", days="12")
    assert [f'href="#{field}"' in page.text for field in ("label", "scopes", "days")] == [True] * 3
    with practice.hall.database.reading() as session:
        assert [key.label for key in session.scalars(select(ApiKey))] == ["Demo"]


def test_scope_limits_the_rights_of_the_login(app: Flask, practice: Practice) -> None:
    secret = make(practice, scopes=["customers"])
    assert status(app, secret, "/api/v1/customers") == 200
    assert status(app, secret, "/api/v1/accounts") == 403
    assert status(app, make(practice), "/api/v1/accounts") == 200


def test_scope_never_adds_what_the_login_may_not(app: Flask, practice: Practice) -> None:
    with pytest.raises(Refused) as refusal:
        make(practice, ANNA, scopes=["own_calendar", "customers"])
    assert errors(refusal) == {"scopes"}
    secret = make(practice, ANNA, scopes=["own_calendar"])

    def give_more(session: Any) -> None:
        session.scalars(select(ApiKey).where(ApiKey.label == "Website")).one().scopes = ["accounts"]

    assert status(app, secret) == 200
    practice.hall.database.write(give_more)
    assert status(app, secret, "/api/v1/accounts") == 403


def test_what_is_the_owners_alone_needs_a_key_with_every_right(practice: Practice) -> None:
    """O53."""
    with practice.hall.database.reading() as session:
        owner = address(session, OWNER)
        assert key_actor(owner, None).owner
        assert key_actor(owner, list(Right)).owner
        assert not key_actor(owner, ["accounts"]).owner


def test_customer_gets_no_key(practice: Practice) -> None:
    with pytest.raises(Refused) as refusal:
        make(practice, "max.muster@kunde.example")
    assert errors(refusal) == {"label"}


@pytest.mark.parametrize("days", [0, -1, 3651, 10**12])
def test_days_out_of_range_are_refused(practice: Practice, days: int) -> None:
    with pytest.raises(Refused) as refusal:
        make(practice, days=days)
    assert errors(refusal) == {"days"}


def test_key_that_is_over_is_401(app: Flask, practice: Practice) -> None:
    secret = make(practice, days=20)
    practice.clock.move(days=20, seconds=-1)
    assert status(app, secret) == 200
    practice.clock.move(seconds=1)
    assert status(app, secret) == 401


def test_revoked_key_is_401_at_once(app: Flask, client: Browser, practice: Practice) -> None:
    secret = make(practice)
    assert status(app, secret) == 200
    client.sign_in(OWNER)
    client.get(PAGE)
    client.send(f"{PAGE}{stored(practice).id}/revoke")
    assert status(app, secret) == 401


def test_key_of_a_blocked_login_is_401(app: Flask, practice: Practice) -> None:
    secret = make(practice, ANNA)
    assert status(app, secret) == 200
    with practice.hall.database.reading() as session:
        anna = address(session, ANNA).id
    owner = actor(practice, OWNER)
    practice.hall.database.write(lambda session: accounts.block(session, practice.hall, owner, anna))
    assert status(app, secret) == 401


def test_key_is_stored_as_a_hash_only(practice: Practice) -> None:
    secret = make(practice)
    assert stored(practice).secret_hash == accounts.digest(secret) != secret


def test_last_use_is_seen_to_the_five_minutes(app: Flask, practice: Practice) -> None:
    secret = make(practice)
    assert stored(practice).used_at is None
    status(app, secret)
    first = practice.clock.now
    practice.clock.move(minutes=4)
    status(app, secret)
    assert stored(practice).used_at == first
    practice.clock.move(minutes=1)
    status(app, secret)
    assert stored(practice).used_at == practice.clock.now


def test_log_says_who_made_and_revoked_a_key_and_never_the_key(practice: Practice) -> None:
    secret = make(practice, scopes=["exports"], days=1)
    revoke(practice)
    with practice.hall.database.reading() as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.act.startswith("api_key"))).all()
    assert [(entry.act, entry.actor, entry.after["scopes"]) for entry in entries] == [
        ("api_key_made", OWNER, ["exports"]),
        ("api_key_revoked", OWNER, ["exports"]),
    ]
    assert secret not in repr([entry.after for entry in entries])


def test_answers_kept_for_a_revoked_key_are_not_those_of_the_next_one(app: Flask, practice: Practice) -> None:
    """A number of a row that is gone is given again by SQLite."""
    client, bodies = cast("Browser", app.test_client()), []
    for name in ("Eva", "Udo"):
        secret = make(practice)
        headers = {"Authorization": f"Bearer {secret}", "Idempotency-Key": "one"}
        answer = client.post("/api/v1/customers", json={"name": name}, headers=headers)
        bodies.append(answer.json.get("customer", answer.json)["name"])
        revoke(practice)
    assert bodies == ["Eva", "Udo"]
