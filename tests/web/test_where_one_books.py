"""What stands where one books: the name, the language, the last button, what one agrees to (S40, T57, T59)."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from sqlalchemy import select

from tests.web.customer import MAX, TEN, details, english, field, found, hold, uid_of, value
from tests.web.desk import actor
from vorzimmer import catalogue
from vorzimmer.models import Booking
from vorzimmer.questions import fields
from vorzimmer.settings import change
from vorzimmer.testing import Browser, Practice
from vorzimmer_web.shell import words

OWNER = "owner@praxis.example"
LEGAL = {
    "terms_url": "https://a.example/agb",
    "withdrawal": "Sie können widerrufen.",
    "privacy_url": "https://a.example/dsgvo",
}
PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"
    b"\x00\x00\x00\rIDATx\x9cc\xf8\xcf\xc0\xf0\x1f\x00\x05\x00\x01\xff\x89\x99=\x1d\x00\x00\x00\x00IEND\xaeB`\x82"
)


def do(practice: Practice, act: Any) -> Any:
    owner = actor(practice, OWNER)
    made = practice.hall.database.write(lambda session: act(session, owner))
    practice.hall.refresh(at_once=True)
    return made


def last_button(client: Browser, service: str, when: str = TEN) -> str:
    """The wording of the button that books, on the page that asks for the code."""
    uid = uid_of(hold(client, when, service))
    details(client, uid, service)
    page = client.get(f"/book/{service}/{uid}/code").text
    found = re.search(r'action="[^"]*/code">.*?<button type="submit"[^>]*>([^<]+)</button>', page, re.DOTALL)
    return unescape(found[1]).strip()


# ---- what it costs, what one reads before ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("service", "language", "words"),
    [
        ("massage", "de", "Zahlungspflichtig buchen"),
        ("massage", "en", "Book with obligation to pay"),
        ("massage", "fr", "Réserver avec obligation de paiement"),
        ("massage", "ru", "Записаться с обязательством оплаты"),
        ("ultraschall", "de", "Termin buchen"),
        ("erstgespraech", "de", "Anfrage senden"),
    ],
)
def test_the_last_button_says_whether_it_costs(
    client: Browser, practice: Practice, service: str, language: str, words: str
) -> None:
    """T59, § 312j BGB: only where it does."""
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = language
    assert last_button(client, service) == words


def test_a_request_for_what_costs_says_so_too(client: Browser, practice: Practice) -> None:
    do(practice, lambda s, o: catalogue.change_service(s, practice.hall, o, "erstgespraech", {"price": 9000}))
    assert last_button(client, "erstgespraech") == "Zahlungspflichtig anfragen"


def test_terms_privacy_and_withdrawal_are_linked_where_one_books(client: Browser, practice: Practice) -> None:
    """S40, T57: above the button of both pages, to be read without losing what is typed."""
    do(practice, lambda s, o: change.save(s, practice.hall, o, "practice", LEGAL))
    english(client)
    uid = uid_of(hold(client))
    details(client, uid)
    for page in (client.get(f"/book/massage/{uid}/{step}").text for step in ("details", "code")):
        above = page.partition("Please read before you book")[2].partition("<button")[0]
        linked = re.findall(r'href="([^"]+)" target="_blank" rel="noopener">([^<]+)<', above)
        assert linked == [
            ("https://a.example/agb", "Terms"),
            ("/withdrawal", "Withdrawal"),
            ("https://a.example/dsgvo", "Privacy"),
        ]
    assert "Sie können widerrufen." in client.get("/withdrawal").text


def test_nothing_is_said_where_there_is_nothing_to_read(client: Browser, practice: Practice) -> None:
    english(client)
    assert "Please read" not in client.get(f"/book/massage/{uid_of(hold(client))}/details").text


# ---- the language ----------------------------------------------------------------------------------------------------


def test_another_language_keeps_what_was_typed(client: Browser, practice: Practice) -> None:
    """Office 20: without a script, also an answer to a question, and nothing is sent by it."""
    english(client)
    uid = uid_of(hold(client))
    page = client.get(f"/book/massage/{uid}/details").text
    target = re.search(r'form="typed" formaction="([^"]+)" formnovalidate name="language" value="fr"', page)[
        1
    ]
    typed = {**MAX, "email": "not yet whole", "message": "Bis <bald>!"}
    answer = client.post(target, data={"csrf_token": client.csrf_token, "language": "fr", **typed})
    assert (answer.status_code, '<html lang="fr"' in answer.text) == (200, True)
    assert (field(answer.text, "name"), field(answer.text, "email")) == ("Max Muster", "not yet whole")
    assert "Bis &lt;bald&gt;!" in answer.text
    assert (found(practice, uid).code_issue, 'aria-invalid="true"' in answer.text) == (0, False)
    assert '<html lang="fr"' in client.get(f"/book/massage/{uid}/details").text


# ---- the name --------------------------------------------------------------------------------------------------------


def test_the_name_of_the_practice_stands_beside_its_picture(client: Browser, practice: Practice) -> None:
    """Office 32."""
    do(practice, lambda s, o: change.set_logo(s, practice.hall, o, PNG))
    head = client.get("/").text.partition("<header>")[2].partition("</header>")[0]
    assert re.search(r'<img [^>]*alt=""> <span>Praxis am Markt</span>', head)


# ---- links in questions, consents by telephone -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("See https://a.example/agb.", 'See <a href="https://a.example/agb"'),
        ("(https://a.example/?a=1&b=2)", 'href="https://a.example/?a=1&amp;b=2"'),
        ("<b>https://a.example</b>", '&lt;b&gt;<a href="https://a.example"'),
        ('https://a.example/"onclick="x', 'href="https://a.example/"'),
    ],
)
def test_an_address_in_a_question_can_be_followed(text: str, shown: str) -> None:
    """Office 26."""
    assert shown in words.linked(text)


@pytest.mark.parametrize(
    "text", ["javascript:alert(1)", "data:text/html,x", "http:/a", "www.a.example", "<a href=x>"]
)
def test_nothing_else_becomes_a_link(text: str) -> None:
    assert "<a " not in words.linked(text)


CONSENT = {
    "labels.de": "Ich habe https://a.example/agb gelesen",
    "labels.en": "I have read https://a.example/agb",
    "kind": "consent",
    "scope": "booking",
    "purpose": "Vertrag",
    "retention_days": "365",
    "on.massage": "required",
}


@pytest.fixture
def consent(client: Browser, practice: Practice) -> str:
    """A consent that is needed for a massage; its slug."""
    english(client)
    client.sign_in(OWNER)
    client.get("/office/settings/fields")
    form = {"csrf_token": client.csrf_token, **CONSENT}
    assert client.post("/office/settings/fields/new", data=form).status_code == 303
    with practice.hall.database.reading() as session:
        return fields.attributes(session)[0].slug


def entered(client: Browser, **more: str) -> str:
    """The office's page after an appointment was entered by telephone."""
    client.get("/office/new?service=massage&staff=anna")
    form = {"service": "massage", "staff": "anna", "slot": f"{value(TEN)}", "name": "Eva", **more}
    page: str = client.send("/office/new", **form).text
    return unescape(page)


def agreed(practice: Practice) -> dict[str, str]:
    with practice.hall.database.reading() as session:
        return session.scalars(select(Booking)).one().consents


def test_a_consent_is_asked_for_by_telephone_too(client: Browser, practice: Practice, consent: str) -> None:
    """Office 26: in the words that the customer would have read, which are kept (Art. 7 GDPR)."""
    page = client.get("/office/new?service=massage&staff=anna").text
    asked = page.partition("Please ask the customer")[2]
    assert 'I have read <a href="https://a.example/agb"' in asked
    assert "has not agreed yet" not in entered(client, **{f"consents.{consent}": "1"})
    assert agreed(practice).keys() == {consent}


def test_who_has_not_agreed_is_booked_all_the_same_and_the_desk_is_told(
    client: Browser, practice: Practice, consent: str
) -> None:
    assert 'has not agreed yet: I have read <a href="https://a.example/agb"' in entered(client)
    assert agreed(practice) == {}


def test_where_nothing_is_needed_nothing_is_asked(client: Browser, practice: Practice) -> None:
    english(client)
    client.sign_in(OWNER)
    assert "Please ask the customer" not in client.get("/office/new?service=massage&staff=anna").text
    assert "has not agreed" not in entered(client)
