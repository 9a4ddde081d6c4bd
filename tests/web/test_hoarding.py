"""One network keeps one time for half an hour at most (X17, A102)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.web.customer import english, found, hold, uid_of
from vorzimmer.testing import Browser, Practice

SLOT = {"service": "massage", "start": "2027-03-02T10:00:00+01:00", "staff": "anna"}
OTHER_NETWORK = {"REMOTE_ADDR": "192.0.2.7"}


def again_and_again(app: Any, practice: Practice) -> Browser:
    """Three different browsers of one network, each of which lets its hold run out."""
    for _round in range(3):
        visitor = app.test_client()
        assert hold(visitor).status_code == 303
        practice.clock.move(minutes=11)
    last: Browser = app.test_client()
    english(last)
    return last


@pytest.mark.usefixtures("limits")
def test_a_time_that_was_held_for_half_an_hour_in_vain_is_left_to_others(
    app: Any, practice: Practice
) -> None:
    """Another time is another matter, and so is another network."""
    visitor = again_and_again(app, practice)
    answer = hold(visitor)
    assert (answer.status_code, "was reserved for you long enough" in answer.text) == (429, True)
    assert hold(visitor, "2027-03-02 11:00").status_code == 303
    neighbour = app.test_client()
    neighbour.environ_base.update(OTHER_NETWORK)
    assert hold(neighbour).status_code == 303


@pytest.mark.usefixtures("limits")
def test_programs_are_counted_with_the_pages(app: Any, practice: Practice) -> None:
    visitor = again_and_again(app, practice)
    assert visitor.post("/api/v1/holds", json=SLOT).json["code"] == "rate_limited"
    neighbour = app.test_client()
    assert neighbour.post("/api/v1/holds", json=SLOT, environ_base=OTHER_NETWORK).status_code == 201


@pytest.mark.usefixtures("limits")
def test_who_looks_around_and_comes_back_is_not_meant(client: Browser, practice: Practice) -> None:
    """What counts is how long a time was kept, not how often it was chosen."""
    for when in ("10:00", "11:00", "10:00", "11:00", "10:00"):
        answer = hold(client, f"2027-03-02 {when}")
        assert answer.status_code == 303
    assert found(practice, uid_of(answer)).status == "held"


def test_without_limits_there_is_no_such_limit(app: Any, practice: Practice) -> None:
    """`[server] limits = false` is for load tests."""
    assert hold(again_and_again(app, practice)).status_code == 303
