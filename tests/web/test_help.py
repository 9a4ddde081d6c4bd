"""The manual in the product (O1, O2, K105)."""

from __future__ import annotations

import re

import pytest

from vorzimmer.testing import Browser, Practice
from vorzimmer_web.help.manual import manual

PICTURE = re.compile(r'<img src="([^"]+)"')
LINK = re.compile(r'<a href="(/help/[^"]*)"')


def shown(client: Browser, path: str, language: str = "de") -> str:
    answer = client.get(path, headers={"Accept-Language": language})
    assert answer.status_code == 200, path
    return str(answer.text)


def test_the_manual_is_read_in_ones_language_without_signing_in(client: Browser, practice: Practice) -> None:
    assert "<h1>Das Handbuch</h1>" in shown(client, "/help/")
    assert "<h1>The manual</h1>" in shown(client, "/help/", "en")
    assert "<h1>Jemand ist krank</h1>" in shown(client, "/help/staff/ill")


def test_a_page_that_is_not_written_in_a_language_is_shown_in_english_and_says_so(
    client: Browser, practice: Practice
) -> None:
    page = shown(client, "/help/staff/ill", "ru")
    assert '<article lang="en">' in page
    assert "на английском" in page
    assert "на английском" not in shown(client, "/help/staff/ill", "en")


@pytest.mark.parametrize("language", ["de", "en"])
def test_every_page_is_there_with_its_pictures_and_its_links_lead_on(
    client: Browser, practice: Practice, language: str
) -> None:
    pages = [shown(client, f"/help/{name}", language) for name in manual().pages if name != "README"]
    addresses = {found for page in pages for pattern in (PICTURE, LINK) for found in pattern.findall(page)}
    assert {address for address in addresses if address.startswith("/help/pictures/")}
    for address in addresses:
        with client.get(address) as answer:
            assert answer.status_code == 200, address


@pytest.mark.parametrize(
    ("language", "words"), [("de", "Uhr der Datenbank"), ("en", "clock of the database")]
)
def test_a_rule_is_linked_to_by_its_number(
    client: Browser, practice: Practice, language: str, words: str
) -> None:
    """As the command line and the pages about calendars do; rule 45 says so of a hold, in the reader's language."""
    page = shown(client, "/help/rules", language)
    assert words in page.partition('<li id="rule-45">')[2].partition("</li>")[0]
    assert 'href="/help/rules#rule-79"' in shown(client, "/help/staff/external", language)


@pytest.mark.parametrize("path", ["/help/nothing", "/help/README", "/help/pictures/x.png", "/help/../setup"])
def test_what_the_manual_does_not_have_is_not_there(client: Browser, practice: Practice, path: str) -> None:
    assert client.get(path).status_code == 404


def test_a_page_of_the_office_opens_the_page_that_explains_it(client: Browser, practice: Practice) -> None:
    client.sign_in("owner@praxis.example")
    for path, page in [("/office/absences/", "staff/ill"), ("/office/", "staff/office")]:
        assert f'href="/help/{page}"' in shown(client, path)
    assert manual().of("/office/settings/mail") == "operator/mail"
    assert manual().of("/office/settings/practice") == "operator/settings"


def test_what_a_page_explains_is_there(client: Browser, practice: Practice) -> None:
    """An address that has been renamed would open the wrong page from then on."""
    rules = [str(rule) for rule in client.application.url_map.iter_rules()]
    assert [path for path in manual().explained if not any(rule.startswith(path) for rule in rules)] == []


def test_who_signs_in_for_the_first_time_is_offered_a_tour(client: Browser, practice: Practice) -> None:
    client.sign_in("anna@praxis.example")
    assert "/help/staff/tour" in shown(client, "/office/")
    client.send("/office/logout")
    client.sign_in("anna@praxis.example")
    assert "/help/staff/tour" not in shown(client, "/office/")
