"""The first start: the owner's link from the console, the checklist (A50, K6)."""

from __future__ import annotations

import re
import threading
from typing import Any

import pytest
from sqlalchemy import delete, func, select

from tests.web.desk import count
from vorzimmer.models import Account, Role, Setting
from vorzimmer.practice import Hall
from vorzimmer.reasons import Refused
from vorzimmer.settings import setup
from vorzimmer.testing import Browser, Clock, Practice

FORM = {
    "name": "Olga Öz",
    "email": "olga@praxis.example",
    "password": "drei blaue Kühe am Fluss",
    "again": "drei blaue Kühe am Fluss",
    "language": "de",
    "practice": "Praxis Öz",
    "zone": "Europe/Berlin",
    "languages": "de",
}


@pytest.fixture
def database_url() -> str:
    return ""


@pytest.fixture
def settings(settings: dict[str, Any]) -> dict[str, Any]:
    """The file leaves the practice open."""
    return {**settings, "practice": {}}


def link(hall: Hall) -> str:
    """What `serve` prints, as a path."""
    printed = hall.database.write(lambda session: setup.begin(session, hall))
    assert printed is not None
    return printed.removeprefix(hall.config.base_url)


def test_owner_sets_up_by_the_link_and_is_signed_in(client: Browser, hall: Hall, clock: Clock) -> None:
    """A50, C24."""
    path = link(hall)
    client.get(path)
    page = client.send(path, **FORM)
    assert (page.status_code, page.request.path) == (200, "/office/")
    assert hall.config.settings.practice.name == "Praxis Öz"


def test_an_owner_who_takes_appointments_is_the_first_person_and_has_the_calendar(
    client: Browser, hall: Hall, clock: Clock
) -> None:
    """Office 30: nobody types herself twice."""
    path = link(hall)
    client.get(path)
    client.send(path, **FORM, appointments="on")
    with hall.database.reading() as session:
        owner = session.scalars(select(Account)).one()
        assert owner.resource is not None
        assert (owner.resource.name, owner.resource.kind) == ("Olga Öz", "staff")


def test_an_owner_who_does_not_take_appointments_has_no_calendar(
    client: Browser, hall: Hall, clock: Clock
) -> None:
    path = link(hall)
    client.get(path)
    client.send(path, **FORM)
    with hall.database.reading() as session:
        assert session.scalars(select(Account)).one().resource is None


def test_a_new_practice_is_not_public_before_its_owner_says_so(
    client: Browser, hall: Hall, clock: Clock
) -> None:
    """K60, office 9."""
    path = link(hall)
    client.get(path)
    assert hall.config.settings.booking.online is True
    client.send(path, **FORM)
    assert hall.config.settings.booking.online is False


def test_everything_that_is_wrong_is_said_at_once(client: Browser, hall: Hall, clock: Clock) -> None:
    """WCAG 3.3.1."""
    path = link(hall)
    client.get(path)
    given = {**FORM, "name": "", "email": "olga", "password": "kurz", "practice": "", "zone": "Mars/Phobos"}
    page = client.send(path, **given)
    wrong = set(re.findall(r'id="(\w+)-error"', page.text))
    assert (page.status_code, wrong) == (422, {"name", "email", "password", "practice", "zone"})
    assert "Bitte wählen Sie eine Zeitzone" in page.text


def test_link_works_once(client: Browser, hall: Hall, clock: Clock) -> None:
    """A50."""
    path = link(hall)
    client.get(path)
    client.send(path, **FORM)
    assert client.get(path).status_code == 404


def test_link_ends_after_a_day(client: Browser, hall: Hall, clock: Clock) -> None:
    path = link(hall)
    clock.move(hours=24, seconds=1)
    assert client.get(path).status_code == 404


def test_next_start_voids_the_older_link(client: Browser, hall: Hall, clock: Clock) -> None:
    old = link(hall)
    link(hall)
    assert client.get(old).status_code == 404


def test_set_up_is_gone_where_there_is_an_owner(client: Browser, practice: Practice) -> None:
    """A50: nothing is printed, no address opens it."""
    assert practice.hall.database.write(lambda session: setup.begin(session, practice.hall)) is None
    assert [client.get(path).status_code for path in ("/setup", "/setup/", "/setup/x")] == [404, 404, 404]


def test_nothing_else_is_served_before(client: Browser, hall: Hall, clock: Clock) -> None:
    """A50: no page, no login."""
    link(hall)
    paths = ["/", "/office/", "/office/login", "/setup/guess"]
    assert [client.get(path).status_code for path in paths] == [503, 503, 503, 404]


def test_of_two_at_once_exactly_one_wins(hall: Hall, clock: Clock) -> None:
    """A50: two threads."""
    secret = link(hall).rpartition("/")[2]
    together, lost = threading.Barrier(2), []

    def finish(name: str) -> None:
        owner = setup.Owner(name, f"{name}@praxis.example", "hash", "de")
        together.wait()
        try:
            hall.database.write(lambda s: setup.finish(s, hall, secret, owner, {}))
        except Refused as refusal:
            lost.append(refusal.reason)

    threads = [threading.Thread(target=finish, args=[name]) for name in ("olga", "otto")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(lost), count(Practice(hall, clock), Account)) == (1, 1)


def test_wrong_form_keeps_what_was_typed_and_the_link(client: Browser, hall: Hall, clock: Clock) -> None:
    path = link(hall)
    client.get(path)
    page = client.send(path, **{**FORM, "password": "Olga Öz 2026 !!", "zone": "Mars/Phobos"})
    assert (page.status_code, 'value="Olga Öz"' in page.text) == (422, True)
    assert re.findall(r'name="languages" value="(\w+)" checked', page.text) == ["de"]
    assert client.get(path).status_code == 200


def test_roles_in_the_box_are_there_from_the_start(client: Browser, hall: Hall, clock: Clock) -> None:
    """C22."""
    path = link(hall)
    client.get(path)
    client.send(path, **FORM)
    with hall.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Role)) == 4


# ---- checklist -------------------------------------------------------------------------------------------------


def wanted(practice: Practice) -> None:
    """The demo has none; a new practice has."""
    practice.hall.database.write(
        lambda session: session.execute(delete(Setting).where(Setting.name == "checklist"))
    )


def test_owner_sees_what_is_still_to_be_done(client: Browser, practice: Practice) -> None:
    """K6."""
    wanted(practice)
    client.sign_in("owner@praxis.example")
    assert 'id="checklist"' in client.get("/office/").text


def test_nobody_else_sees_it(client: Browser, practice: Practice) -> None:
    """K6."""
    wanted(practice)
    client.sign_in("empfang@praxis.example")
    assert 'id="checklist"' not in client.get("/office/").text


def test_list_is_not_closed_before_all_is_done(client: Browser, practice: Practice) -> None:
    """K6."""
    wanted(practice)
    client.sign_in("owner@praxis.example")
    client.get("/office/")
    assert client.send("/office/checklist/close").status_code == 409
