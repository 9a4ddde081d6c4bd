"""`vorzimmer api-key` (interface.md)."""

from __future__ import annotations

import pytest

from tests.core.test_cli import data, database_url, run, said
from vorzimmer.server.app import create_app
from vorzimmer.testing import Practice

__all__ = ["data", "database_url"]

OWNER = "owner@praxis.example"


def status(practice: Practice, secret: str, path: str) -> int:
    headers = {"Authorization": f"Bearer {secret}"}
    return create_app(practice.hall).test_client().get(path, headers=headers).status_code


def test_key_is_printed_and_nothing_else(practice: Practice, data: object) -> None:
    options = ["--label", "Website", "--scope", "customers", "--scope", "exports", "--days", 30]
    secret = said(run("api-key", OWNER, *options, "--data", data))
    assert secret.endswith("\n")
    assert status(practice, secret.strip(), "/api/v1/customers") == 200
    assert status(practice, secret.strip(), "/api/v1/accounts") == 403


def test_list_shows_each_key_and_revoke_ends_one(practice: Practice, data: object) -> None:
    secret = said(run("api-key", OWNER, "--label", "Website", "--scope", "customers", "--data", data)).strip()
    lines = [line.split("\t") for line in said(run("api-key", "--list", "--data", data)).splitlines()]
    assert [line[1:] for line in lines] == [
        [OWNER, "Demo", "all rights", "no end", "never used"],
        [OWNER, "Website", "customers", "no end", "never used"],
    ]
    said(run("api-key", "--revoke", lines[1][0], "--data", data))
    assert status(practice, secret, "/api/v1/customers") == 401
    assert "there is no key" in said(run("api-key", "--revoke", lines[1][0], "--data", data), code=1)


@pytest.mark.parametrize(
    ("arguments", "why", "code"),
    [
        (["niemand@praxis.example"], "nobody signs in as", 1),
        (["anna@praxis.example", "--scope", "customers"], "does not have all of these rights", 1),
        (["max.muster@kunde.example"], "could do nothing", 1),
        ([OWNER, "--days", "0"], "between 1 and 3650", 1),
        ([OWNER, "--label", " "], "what the key is for", 1),
        ([OWNER, "--scope", "everything"], "'everything' is not one of", 2),
        ([], "Give an EMAIL", 2),
        ([OWNER, "--list"], "Give an EMAIL", 2),
        (["--list", "--days", "3"], "are for a new key", 2),
    ],
)
def test_what_cannot_be_is_said(data: object, arguments: list[str], why: str, code: int) -> None:
    assert why in said(run("api-key", *arguments, "--data", data), code=code)
