"""The practice's own settings and what the pages make of them: § 5 DDG, T52, A45, A68, WCAG 1.4.3."""

from __future__ import annotations

import base64
import re
from html import unescape
from io import BytesIO
from typing import Any

import pytest

from tests.web.customer import details, english, hold, uid_of
from tests.web.desk import DESK
from vorzimmer.testing import Browser, Practice
from vorzimmer_web.public.practice import shades

OWNER = "owner@praxis.example"
TYPED: dict[str, Any] = {
    "phone": "030 1234",
    "base_url": "http://localhost:8080",
    "languages": ["de", "ru"],
    "first": "ru",
    "imprint": "Praxis am Markt\nMarkt 1\n\n# Aufsicht\n\nLAGeSo",
    "privacy_url": "https://praxis.example/datenschutz",
    "own_accent": "1",
    "accent": "#7a003c",
    "reminder_hours": "2, 48",
    "message_field": "1",
}
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@pytest.fixture
def database_url() -> str:
    return ""


def owner(client: Browser) -> None:
    english(client)
    client.sign_in(OWNER)
    client.get("/office/settings/practice")


def save(client: Browser, **more: Any) -> Any:
    return client.post("/office/settings/practice", data={"csrf_token": client.csrf_token, **TYPED, **more})


def send_logo(client: Browser, data: bytes) -> Any:
    sent = {"csrf_token": client.csrf_token, "logo": (BytesIO(data), "logo.png")}
    return client.post("/office/settings/practice/logo", data=sent)


def test_the_practice_sets_itself_up(client: Browser, practice: Practice) -> None:
    owner(client)
    assert save(client).status_code == 303
    settings = practice.hall.config.settings
    assert settings.practice.languages == ("ru", "de")
    assert settings.booking.reminder_hours == (48, 2)


def test_what_config_toml_sets_is_shown_and_stays(client: Browser, practice: Practice) -> None:
    owner(client)
    assert "set in config.toml" in client.get("/office/settings/practice").text
    save(client, name="Anders")
    assert practice.hall.config.settings.practice.name == "Praxis am Markt"


def test_imprint_and_privacy_are_linked_from_every_page_of_customers(
    client: Browser, practice: Practice
) -> None:
    owner(client)
    save(client)
    page = client.get("/").text
    assert 'href="/imprint"' in page
    assert 'href="https://praxis.example/datenschutz"' in page
    assert "<h2>Aufsicht</h2>" in client.get("/imprint").text
    assert client.get("/privacy").headers["Location"] == "https://praxis.example/datenschutz"


def test_there_is_no_imprint_before_it_is_written(client: Browser, practice: Practice) -> None:
    """B31: it may have been there once, and be linked somewhere."""
    assert "/imprint" not in client.get("/").text
    assert client.get("/imprint").headers["Location"] == "/"


def test_markup_in_the_imprint_is_text(client: Browser, practice: Practice) -> None:
    """A53."""
    owner(client)
    save(client, imprint="<script>alert(1)</script>")
    assert "&lt;script&gt;" in client.get("/imprint").text


def test_the_colour_is_a_style_sheet_of_its_own(client: Browser, practice: Practice) -> None:
    """A68."""
    owner(client)
    save(client)
    page = client.get("/").text
    address = page.partition('/practice.css"')[0].rpartition('href="')[2] + "/practice.css"
    answer = client.get(address)
    assert (answer.mimetype, answer.text) == ("text/css", shades("#7a003c"))


def test_a_pale_colour_is_refused_and_nothing_typed_is_lost(client: Browser, practice: Practice) -> None:
    """WCAG 1.4.3."""
    owner(client)
    answer = save(client, accent="#ffd700")
    assert answer.status_code == 422
    assert "This colour is too pale to be read" in unescape(answer.text)
    assert 'value="030 1234"' in answer.text


def test_everything_that_is_wrong_is_said_at_once(client: Browser, practice: Practice) -> None:
    """WCAG 3.3.1: what one field alone tells, and what only the rules of either table know."""
    owner(client)
    page = save(client, base_url="http://praxis.example", imprint_url="x", reminder_hours="0", phone="1" * 41)
    wrong = set(re.findall(r'id="(\w+)-error"', page.text))
    assert wrong == {"base_url", "imprint_url", "reminder_hours", "phone"}
    assert practice.hall.config.settings.practice.phone != "030 1234"


@pytest.mark.parametrize("address", ["http://praxis.example", "https://anderswo.example"])
def test_nobody_locks_themselves_out(client: Browser, practice: Practice, address: str) -> None:
    """A45: a server on a public address is known by the name of its base address alone."""
    owner(client)
    practice.hall.config.settings = practice.hall.config.settings.model_copy(
        update={"server": practice.hall.config.settings.server.model_copy(update={"host": "0.0.0.0"})}
    )
    answer = save(client, base_url=address)
    assert answer.status_code == 422
    assert "base_url-error" in answer.text


def test_a_picture_stands_at_the_head_of_the_booking_page(client: Browser, practice: Practice) -> None:
    owner(client)
    assert send_logo(client, PNG).status_code == 303
    address = client.get("/").text.partition('src="/static/logo/')[2].partition('"')[0]
    shown = client.get(f"/static/logo/{address}")
    assert (shown.data, shown.mimetype) == (PNG, "image/png")
    gone = {"csrf_token": client.csrf_token, "remove": "1", "sure": "1"}
    client.post("/office/settings/practice/logo", data=gone)
    assert client.get(f"/static/logo/{address}").status_code == 404


@pytest.mark.parametrize(
    "data",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        PNG[:20],
        PNG[:16] + b"\x00\x00\xff\xff\x00\x00\xff\xff" + PNG[24:],
        b"\xff\xd8\xff\xe0\x00\x10JFIF",
        PNG + b"\0" * 300_000,
    ],
)
def test_what_is_no_small_picture_is_refused(client: Browser, practice: Practice, data: bytes) -> None:
    owner(client)
    answer = send_logo(client, data)
    assert answer.status_code == 422
    assert practice.hall.config.settings.practice.logo == ""


def test_the_message_field_can_be_left_out(client: Browser, practice: Practice) -> None:
    """T52."""
    owner(client)
    typed = {key: value for key, value in TYPED.items() if key != "message_field"}
    client.post("/office/settings/practice", data={"csrf_token": client.csrf_token, **typed})
    held = uid_of(hold(client))
    assert 'name="message"' not in client.get(f"/book/massage/{held}/details").text
    assert details(client, held).status_code == 422
    assert details(client, held, message="").status_code == 303


def test_the_desk_has_no_way_to_the_settings(client: Browser, practice: Practice) -> None:
    """A1."""
    client.sign_in(DESK)
    assert client.get("/office/settings/practice").status_code == 403


def test_the_settings_are_changed_by_api_too(client: Browser, practice: Practice) -> None:
    owner(client)
    origin = {"Origin": "http://localhost"}
    change = {"practice": {"phone": "030 99"}, "booking": {"reminder_hours": [3]}}
    answer = client.patch("/api/v1/settings", json=change, headers=origin).json
    assert (answer["practice"]["phone"], answer["booking"]["reminder_hours"]) == ("030 99", [3])
    assert "practice.name" in answer["fixed"]
    wrong = client.patch("/api/v1/settings", json={"practice": {"accent": "#ffd700"}}, headers=origin)
    assert [error["field"] for error in wrong.json["errors"]] == ["accent"]
