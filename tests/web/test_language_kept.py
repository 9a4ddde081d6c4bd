"""Another language without scripts keeps what is typed: the menu belongs to the form of the page (office 20)."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest

from tests.web.customer import english
from vorzimmer.testing import Browser, Practice
from vorzimmer_web.shell.refill import Page

LANGUAGE = "fr"
TYPED = {
    "/office/customers/new": ("name", "Eva “Öl” <b>"),
    "/office/new?service=massage": ("note", "mit Hund"),
    "/office/walk-in?service=massage": ("note", "mit Hund"),
    "/office/settings/places/markt": ("name", "Am Markt 2"),
    "/office/settings/people/anna": ("name", "Anna B."),
    "/office/settings/services/massage": ("minutes", "45"),
    "/office/settings/practice": ("name", "Praxis & Co"),
    "/office/settings/fields/new": ("labels.en", "Insurance"),
    "/office/booking/{}/edit": ("note", "mit Hund"),
    "/office/booking/{}/move": ("message", "später"),
}


@pytest.fixture
def database_url() -> str:
    return ""


@pytest.fixture
def owner(client: Browser, practice: Practice) -> Browser:
    english(client)
    client.sign_in("owner@praxis.example")
    return client


def as_browsers_send(page: str, address: str, **typed: str) -> Any:
    """Where the menu's button sends the form, and what with it, as a browser without scripts does."""
    button = re.search(rf'<button[^>]* form="typed" formaction="([^"]+)"[^>]*value="{LANGUAGE}"', page)
    assert button, address
    form = next(one for one in Page(page).forms if one.get("id") == "typed")
    fields = [("speak", LANGUAGE)]
    for one in form.controls:
        kind = one.get("type", "text") if one.name == "input" else one.name
        name, value = unescape(one.get("name")), unescape(one.get("value"))
        if kind in ("checkbox", "radio") and "checked" in one.attributes:
            fields.append((name, value))
        elif kind == "select" and one.options:
            chosen = next((item for item in one.options if "selected" in item.attributes), one.options[0])
            fields.append((name, unescape(chosen.get("value"))))
        elif one.name in ("input", "textarea") and kind not in ("checkbox", "radio", "submit", "file"):
            fields.append((name, typed.get(name, value)))
    return unescape(button[1]), fields


@pytest.mark.parametrize("address", TYPED)
def test_another_language_without_scripts_keeps_what_is_typed(
    practice: Practice, owner: Browser, address: str
) -> None:
    """On the same page, in the other language; nothing is sent."""
    address = address.format(practice.book("massage", "2027-03-02 09:00").uid)
    name, value = TYPED[re.sub(r"[0-9a-f-]{36}", "{}", address)]
    to, fields = as_browsers_send(owner.get(address).text, address, **{name: value})
    data: dict[str, list[str]] = {}
    for key, text in fields:
        data.setdefault(key, []).append(text)
    referrer = {"Referer": f"http://localhost{address}"}
    answer = owner.post(to, data=data, headers=referrer)
    there = answer.headers["Location"]
    page = owner.get(there) if answer.status_code == 303 else owner.post(there, data=data, headers=referrer)
    assert (page.status_code, page.request.path) == (200, address.partition("?")[0])
    assert f'<html lang="{LANGUAGE}"' in page.text
    control = next(
        one
        for form in Page(page.text).forms
        for one in form.controls
        if one.get("name") == name and form.get("id") == "typed"
    )
    shown = page.text[control.end : control.closes] if control.name == "textarea" else control.get("value")
    assert unescape(shown).strip() == value


def test_a_page_without_a_form_of_its_own_just_changes_the_language(owner: Browser) -> None:
    page = owner.get("/office/requests").text
    assert 'form="typed"' not in page
    assert 'name="language" value="fr"' in page


@pytest.mark.parametrize(
    ("answer", "page"),
    [
        ("/office/appointments", "/office/"),
        ("/office/holidays/days", "/office/holidays/"),
        ("/office/requests", "/office/requests"),
        ("/nowhere", "/nowhere"),
    ],
)
def test_from_what_only_a_form_is_answered_with_another_language_leads_to_the_page_above(
    owner: Browser, answer: str, page: str
) -> None:
    there = owner.post("/language", data={"language": LANGUAGE, "next": f"{answer}?x=/y"})
    assert there.headers["Location"].partition("?")[0] == page
