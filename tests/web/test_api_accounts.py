"""Logins and roles by API (C22, C23, C25, C36, C38, O52; A15, A26, A27, A53)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.security.world import add_key
from vorzimmer.testing import Browser, Practice

NEW = {"email": "dora@praxis.example", "name": "Dora Dietz"}


@pytest.fixture
def database_url() -> str:
    return ""


class Caller:
    """Somebody with a key."""

    def __init__(self, client: Browser, practice: Practice, email: str = "owner@praxis.example") -> None:
        self.client = client
        self.headers = {"Authorization": f"Bearer {add_key(practice, email)}"}

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> tuple[int, Any]:
        """Status and body."""
        answer = self.client.open(f"/api/v1{path}", method=method, json=body, headers=self.headers)
        return answer.status_code, answer.get_json(silent=True)

    def role(self, name: str) -> str:
        """The id of a role."""
        return next(str(one["id"]) for one in self.ask("GET", "/roles")[1]["roles"] if one["name"] == name)

    def account(self, email: str) -> dict[str, Any]:
        """A login."""
        return next(one for one in self.ask("GET", "/accounts")[1]["accounts"] if one["email"] == email)


@pytest.fixture
def owner(client: Browser, practice: Practice) -> Caller:
    return Caller(client, practice)


def test_everybody_of_the_practice_is_listed_and_no_customer(owner: Caller) -> None:
    """C29, A1."""
    found = owner.ask("GET", "/accounts")[1]["accounts"]
    assert [one["email"].partition("@")[0] for one in found] == ["anna", "ben", "clara", "empfang", "owner"]


def test_invitation_gives_its_link_once(owner: Caller) -> None:
    """C25."""
    status, made = owner.ask("POST", "/accounts", {**NEW, "role": owner.role("desk")})
    assert (status, made["account"]["state"]) == (201, "invited")
    assert made["link"].startswith("http://localhost:8080/office/link/")


def test_invitation_is_taken_back(owner: Caller) -> None:
    """A26."""
    made = owner.ask("POST", "/accounts", {**NEW, "role": owner.role("desk")})[1]["account"]
    assert owner.ask("DELETE", f"/accounts/{made['id']}")[0] == 204
    assert owner.ask("DELETE", f"/accounts/{made['id']}")[0] == 404


def test_role_is_made_given_and_changed(owner: Caller) -> None:
    """C22, O52."""
    made = owner.ask("POST", "/roles", {"name": "Buchhaltung", "rights": ["exports"]})[1]["role"]
    path = f"/accounts/{owner.account('empfang@praxis.example')['id']}"
    assert owner.ask("PATCH", path, {"role": made["id"]})[1]["account"]["role"] == made["id"]
    status, changed = owner.ask(
        "PUT", f"/roles/{made['id']}", {"name": "Büro", "rights": ["exports", "notes"]}
    )
    assert (status, changed["role"]["rights"]) == (200, ["exports", "notes"])
    assert owner.ask("DELETE", f"/roles/{made['id']}")[0] == 422


def test_block_and_unblock(owner: Caller) -> None:
    """C36, C38."""
    path = f"/accounts/{owner.account('anna@praxis.example')['id']}"
    states = [owner.ask("POST", f"{path}/{act}", {})[1]["account"]["state"] for act in ("block", "unblock")]
    assert states == ["blocked", "active"]


def test_key_of_somebody_blocked_is_void_at_once(client: Browser, practice: Practice, owner: Caller) -> None:
    """A15, A35."""
    anna = Caller(client, practice, "anna@praxis.example")
    assert anna.ask("GET", "/bookings")[0] == 200
    owner.ask("POST", f"/accounts/{owner.account('anna@praxis.example')['id']}/block", {})
    assert anna.ask("GET", "/bookings")[0] == 401


def test_link_for_a_new_password_is_in_no_answer(owner: Caller) -> None:
    """A53."""
    path = f"/accounts/{owner.account('anna@praxis.example')['id']}/link"
    assert owner.ask("POST", path, {})[1]["link"] is None


def test_session_that_proved_itself_long_ago_is_refused(client: Browser, practice: Practice) -> None:
    """A27."""
    client.sign_in("owner@praxis.example")
    assert client.get("/api/v1/accounts").status_code == 200
    for _turn in range(2):
        practice.clock.move(minutes=16)
        client.get("/office/account")
    assert client.get("/api/v1/accounts").status_code == 403
