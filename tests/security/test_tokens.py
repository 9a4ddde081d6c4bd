"""Forms: without the token of their page nothing is done, and with it nothing for another site (A46, A58, X17)."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.security.test_matrix import ask, in_order, rows_of, visitor
from tests.security.world import of_ben
from tests.web.customer import TEN, value
from vorzimmer.testing import Practice

NO_FORM = {"POST /language"}
"""The worst that a stranger can do there is change the language."""
WISH = {"time": value(TEN), "staff": "anna"}


@pytest.mark.parametrize("who", ["none", "owner"])
def test_every_form_needs_its_token(app: Flask, practice: Practice, who: str) -> None:
    """A58, tests 3: the customers' own pages and the whole office, whoever has the cookie; nothing is changed."""
    foreign, client = of_ben(practice), visitor(app, who)
    client.csrf_token = ""
    before, asked = rows_of(practice), 0
    for name, rule, act in in_order(app):
        if name.startswith("POST ") and not rule.rule.startswith("/api/") and name not in NO_FORM:
            client.csrf_token, asked = "", asked + 1
            assert ask(client, name, rule, act, foreign).status_code == 403, name
    assert (rows_of(practice) == before, asked > 80) == (True, True)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 303),
        ({"Origin": "http://localhost"}, 303),
        ({"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}, 303),
        ({"Origin": "null", "Sec-Fetch-Site": "same-origin"}, 303),
        ({"Origin": "null"}, 403),
        ({"Origin": "null", "Sec-Fetch-Site": "none"}, 403),
        ({"Origin": "null", "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "http://localhost", "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
    ],
)
def test_a_token_that_is_right_counts_on_our_own_pages_alone(
    app: Flask, practice: Practice, headers: dict[str, str], status: int
) -> None:
    """X17: a page without a referrer says `null`, and a frame of a stranger's does, too."""
    client = visitor(app, "none")
    sent = client.post("/book/massage", data={"csrf_token": client.csrf_token, **WISH}, headers=headers)
    assert sent.status_code == status
