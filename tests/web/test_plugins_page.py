"""Plugins in the office: the list, switches, and forms made from their models (architecture §4)."""

from __future__ import annotations

from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from html import unescape
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field, SecretStr

from tests.web.customer import english
from tests.web.desk import DESK
from vorzimmer.testing import Browser, Practice
from vorzimmer_web.office.settings.controls import controls, shown, typed_values
from vorzimmer_web.shell.typed import Typed

REQUEST = "vorzimmer_booking_request"


@pytest.fixture
def database_url() -> str:
    return ""


def owner(client: Browser) -> None:
    english(client)
    client.sign_in("owner@praxis.example")
    client.get("/office/settings/plugins")


def post(client: Browser, path: str, **typed: str) -> Any:
    return client.post(f"/office/settings/plugins/{path}", data={"csrf_token": client.csrf_token, **typed})


def test_every_loaded_plugin_is_listed_with_its_state(client: Browser, practice: Practice) -> None:
    owner(client)
    practice.hall.plugins.loaded[-1].error = "ValueError: why it is broken"
    page = unescape(client.get("/office/settings/plugins").text)
    assert all(one.name in page for one in practice.hall.plugins.loaded)
    assert "ValueError: why it is broken" in page


def test_a_plugin_is_switched_off_at_once_and_on_again(client: Browser, practice: Practice) -> None:
    owner(client)
    post(client, "vorzimmer_absences/off")
    assert client.get("/office/absences/").status_code == 404
    post(client, "vorzimmer_absences/on")
    assert client.get("/office/absences/").status_code == 200


def test_the_office_itself_stays_on(client: Browser, practice: Practice) -> None:
    owner(client)
    post(client, "vorzimmer_web/off")
    assert client.get("/office/settings/plugins").status_code == 200


def test_a_plugins_settings_are_a_form_and_hold_at_once(client: Browser, practice: Practice) -> None:
    owner(client)
    assert 'name="hours"' in client.get(f"/office/settings/plugins/{REQUEST}").text
    assert post(client, REQUEST, hours="12").status_code == 303
    assert practice.hall.plugins.instance(REQUEST).config.hours == 12


def test_what_the_model_refuses_stays_in_the_form(client: Browser, practice: Practice) -> None:
    owner(client)
    answer = post(client, REQUEST, hours="zwölf")
    assert answer.status_code == 422
    assert 'value="zwölf"' in unescape(answer.text)


def test_an_empty_field_takes_the_default_again(client: Browser, practice: Practice) -> None:
    owner(client)
    post(client, REQUEST, hours="12")
    post(client, REQUEST, hours="")
    assert practice.hall.plugins.instance(REQUEST).config.hours == 48


def test_there_is_no_form_for_what_is_not_loaded(client: Browser, practice: Practice) -> None:
    owner(client)
    assert client.get("/office/settings/plugins/no_such").status_code == 404
    assert post(client, "no_such/on").status_code == 404


def test_the_desk_has_no_way_to_the_plugins(client: Browser, practice: Practice) -> None:
    """A1."""
    client.sign_in(DESK)
    assert client.get("/office/settings/plugins").status_code == 403


class Color(Enum):
    RED = "red"


class Every(BaseModel):
    text: str = ""
    secret: SecretStr = SecretStr("")
    whole: int | None = None
    part: float = 1.5
    flag: bool = False
    one_of: Literal["a", "b"] = "a"
    color: Color = Color.RED
    names: tuple[str, ...] = ()
    numbers: list[int] = []
    day: date | None = None
    opens: time = time(13)
    lasts: Annotated[timedelta, Field(gt=timedelta(0))] = timedelta(minutes=90)
    days: tuple[date, ...] = ()
    limits: dict[str, int] = {}
    share: Decimal = Decimal("0.5")
    tables: dict[str, list[int]] = {}


def test_each_type_has_its_control() -> None:
    assert [(one.name, one.kind) for one in controls(Every)] == [
        ("text", "text"),
        ("secret", "secret"),
        ("whole", "number"),
        ("part", "number"),
        ("flag", "check"),
        ("one_of", "choice"),
        ("color", "choice"),
        ("names", "lines"),
        ("numbers", "lines"),
        ("day", "date"),
        ("opens", "time"),
        ("lasts", "span"),
        ("days", "lines"),
        ("limits", "pairs"),
        ("share", "number"),
        ("tables", ""),
    ]


def test_what_a_form_shows_and_takes_again_are_the_same_values() -> None:
    """Every kind, there and back."""
    held = Every(
        text="a", whole=3, flag=True, one_of="b", color=Color.RED, names=("x", "y"), numbers=[1, 2],
        day=date(2027, 3, 1), opens=time(9, 30), lasts=timedelta(hours=2), days=(date(2027, 3, 2),),
        limits={"anna": 2, "ben": 3}, share=Decimal("0.25"),
    )  # fmt: skip
    typed = Typed(shown(Every, held.model_dump()))
    assert (typed.get("opens"), typed.get("lasts"), typed.get("lasts-unit")) == ("09:30", "2", "3600")
    values = {name: value for name, value in typed_values(Every, typed, {}).items() if value is not None}
    assert (typed.errors, Every.model_validate(values)) == ({}, held)


def test_what_cannot_be_used_is_shown_as_it_is_stored() -> None:
    assert shown(Every, {"whole": "many", "opens": "soon"})["opens"] == "soon"


def test_a_line_that_is_no_pair_is_said_in_words() -> None:
    typed = Typed({"limits": "anna 2"})
    typed_values(Every, typed, {})
    assert typed.errors == {"limits": "Please write “name = value” in each line."}


def test_a_plugin_is_called_by_its_title_in_the_readers_language(client: Browser, practice: Practice) -> None:
    client.sign_in("owner@praxis.example")
    assert "Buchung auf Anfrage" in client.get("/office/settings/plugins").text
    assert "<h1>Buchung auf Anfrage</h1>" in client.get(f"/office/settings/plugins/{REQUEST}").text
