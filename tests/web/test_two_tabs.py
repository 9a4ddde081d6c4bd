"""Two tabs, or two people, on one form: the later save never undoes the earlier one without a word (A109)."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from tests.security.world import of_ben
from tests.web.forms import Fields, form
from vorzimmer.models import Service
from vorzimmer.testing import Browser, Practice


@pytest.fixture
def settings(settings: dict[str, Any]) -> dict[str, Any]:
    """Nothing that the forms set is set in config.toml."""
    del settings["plugins"]["vorzimmer_holidays"]
    return settings


OWNER = "owner@praxis.example"
SERVICE = "/office/settings/services/massage"
OWN = "/office/account/services"
CHANGES: dict[str, tuple[Fields, Fields]] = {
    SERVICE: ({"price": ["90"]}, {"description": ["Mit Öl"]}),
    "/office/settings/services/erstgespraech": ({"need-0-members": ["anna"]}, {"minutes": ["55"]}),
    "/office/settings/people/clara": ({"services": ["rueckenschule"]}, {"name": ["Clara Öz"]}),
    "/office/settings/places/markt": ({"address": ["Markt 7, Freiburg"]}, {"name": ["Am Markt"]}),
    "/office/settings/fields/<field>": (
        {"labels.de": ["Woher?"], "purpose": ["Werbung"], "retention_days": ["90"]},
        {"purpose": ["Damit wir wissen, was wirkt"]},
    ),
    "/office/settings/plugins/vorzimmer_backup": ({"number": ["9"]}, {"folder": ["abzug"]}),
    "/office/settings/practice": ({"email": ["hallo@praxis.example"]}, {"reminder_hours": ["24"]}),
    "/office/settings/publish -> /office/settings/publish/sites": (
        {"sites": ["https://eins.example"]},
        {"sites": ["https://zwei.example"]},
    ),
    "/office/settings/publish/links/<link>": ({"link_name": ["Flyer 2"]}, {"single": ["1"]}),
    "/office/settings/staff/<account>": ({"staff": [""]}, {"name": ["Benno"]}),
    "/office/settings/roles/<role>": (
        {"rights": ["own_calendar"]},
        {"rights": ["own_calendar", "customers"]},
    ),
    "/office/account": ({"language": ["de"]}, {"name": ["Olga Owner"]}),
    OWN: (
        {"services": ["massage", "notiz", "ultraschall"]},
        {"services": ["erstgespraech", "notiz", "ultraschall"]},
    ),
    "/office/connect -> /office/connect/shown": ({"shown": ["anna"]}, {"shown": ["ben"]}),
    "/office/customers/groups -> /office/customers/groups/<group>": ({"name": ["A"]}, {"name": ["B"]}),
    "/office/hours/resource/clara": (
        {"1-2-from": ["10:00"], "1-2-until": ["12:00"]},
        {"1-4-from": ["09:00"], "1-4-until": ["11:00"]},
    ),
    "/office/holidays/ -> /office/holidays/regions": ({"region": ["AT"]}, {"region": ["FR"]}),
    "/office/settings/mail": ({"host": ["mail.praxis.example"]}, {"from": ["wir@praxis.example"]}),
    "/office/settings/messages/confirmed/de": ({"text": ["Gern!"]}, {"text": ["Schön!"]}),
    "/office/external/<elsewhere>": ({"title": ["Klinik"]}, {"tentative": ["free"]}),
    "/office/paper/settings": ({"hour": ["20"]}, {"address-markt": ["markt@praxis.example"]}),
    "/office/account/notices": ({"all-new": ["daily"]}, {"all-cancelled": ["daily"]}),
    "/office/settings/staff/<account>/notices": ({"own-new": ["never"]}, {"own-cancelled": ["never"]}),
}


def _placed(text: str, practice: Practice) -> str:
    """The address, with what is Ben's in it."""
    if "<" not in text:
        return text
    foreign = of_ben(practice)
    return re.sub(r"<(\w+)>", lambda found: str(getattr(foreign, found[1])), text)


@pytest.mark.parametrize("page", CHANGES)
def test_later_of_two_tabs_is_told_and_saves_knowingly(
    client: Browser, practice: Practice, page: str
) -> None:
    path, _arrow, action = _placed(page, practice).partition(" -> ")
    action = action or path
    client.sign_in("anna@praxis.example" if page == OWN else OWNER)

    def shown() -> Fields:
        return form(client.get(path).text, path=path, action=action)

    def within(fields: Fields) -> Fields:
        return {name: [text for text in fields.get(name, []) if text] for name in second}

    def send(fields: Fields) -> TestResponse:
        return client.post(action, data={"csrf_token": client.csrf_token, **fields})

    one, two, (first, second) = shown(), shown(), CHANGES[page]
    assert send(one | first).status_code == 303
    stored = shown()
    assert stored != one

    refused = send(two | second)
    assert (refused.status_code, shown()) == (409, stored)
    typed = form(refused.text, path=path, action=action)
    assert within(typed) == within(second)
    assert 'role="alert"' in refused.text

    assert send(typed).status_code == 303
    assert within(shown()) == within(second)


def test_what_stands_there_now_is_said_beside_what_was_typed(client: Browser, practice: Practice) -> None:
    client.sign_in(OWNER)
    two = form(client.get(SERVICE).text, path=SERVICE, action=SERVICE)
    client.send(SERVICE, **two | {"price": ["90"]})
    page = client.send(SERVICE, **two | {"description": ["Mit Öl"]}).text
    notice = page.partition('id="errors"')[2].partition("</ul>")[0]
    assert re.search(r"<li>Preis: <bdi>90[.,]00</bdi></li>", notice)


def test_second_click_on_the_button_is_no_change_of_somebody_else(
    client: Browser, practice: Practice
) -> None:
    client.sign_in(OWNER)
    path = "/office/settings/places/markt"
    fields = form(client.get(path).text, path=path, action=path) | {"address": ["Markt 7"]}
    fields["csrf_token"] = [client.csrf_token]
    assert [client.post(path, data=fields).status_code for _click in range(2)] == [303, 303]


def test_page_in_another_language_is_no_change_of_somebody_else(client: Browser, practice: Practice) -> None:
    client.sign_in(OWNER)
    fields = form(client.get(SERVICE).text, path=SERVICE, action=SERVICE)
    client.send("/language", language="en", next=SERVICE)
    fields |= {"csrf_token": [client.csrf_token], "description": ["With oil"]}
    prices = fields["price"], form(client.get(SERVICE).text, path=SERVICE, action=SERVICE)["price"]
    assert prices == (["45,00"], ["45.00"])
    assert client.post(SERVICE, data=fields).status_code == 303


def test_single_date_that_somebody_has_set_meanwhile_is_not_replaced_unseen(
    client: Browser, practice: Practice
) -> None:
    client.sign_in(OWNER)
    path, action = "/office/hours/resource/clara", "/office/hours/resource/clara/day"

    def dates() -> list[str]:
        return re.findall(r'<time datetime="2027-05-0\d">.*?</small>', client.get(path).text, re.DOTALL)

    def send(shown: Fields, day: str, start: str) -> TestResponse:
        given = {"day": [day], "day-from": [start], "day-until": ["12:00"]}
        given |= {"place": ["1"]} if "place" in shown else {}
        return client.post(action, data=shown | given | {"csrf_token": [client.csrf_token]})

    one = form(client.get(path).text, path=path, action=action)
    assert send(one, "2027-05-04", "10:00").status_code == 303
    assert send(one, "2027-05-05", "10:00").status_code == 303  # another date: nothing is replaced
    assert send(one, "2027-05-05", "10:00").status_code == 303  # a second click
    refused = send(one, "2027-05-04", "09:00")
    assert (refused.status_code, "10:00–12:00" in dates()[0]) == (409, True)
    again = send(form(refused.text, path=path, action=action), "2027-05-04", "09:00")
    assert (again.status_code, "09:00–12:00" in dates()[0]) == (303, True)


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> str:
    """SQLite, but where a test asks for PostgreSQL."""
    wanted = getattr(request, "param", "sqlite")
    return str(request.getfixturevalue("postgresql_copy")) if wanted == "postgresql" else ""


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
def test_of_two_who_save_at_the_same_moment_one_is_told(app: Flask, practice: Practice) -> None:
    tabs = [cast("Browser", app.test_client()) for _one in range(2)]
    for tab in tabs:
        tab.sign_in(OWNER)
    changes: list[Fields] = [{"price": ["90"]}, {"description": ["Mit Öl"]}]
    sent = [
        form(tab.get(SERVICE).text, path=SERVICE, action=SERVICE) | change | {"csrf_token": [tab.csrf_token]}
        for tab, change in zip(tabs, changes, strict=True)
    ]
    with ThreadPoolExecutor(2) as both:
        answers = list(both.map(lambda tab, fields: tab.post(SERVICE, data=fields), tabs, sent))
    assert sorted(answer.status_code for answer in answers) == [303, 409]
    with practice.hall.database.reading() as session:
        found = session.scalars(select(Service).where(Service.slug == "massage")).one()
        assert (found.price == 9000) != (found.description == "Mit Öl")
