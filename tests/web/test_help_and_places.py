"""Questions and answers, whom to ask, problems reported, and the place that is chosen first (C70, K105, S31, O49)."""

from __future__ import annotations

import email
import re
from email import policy
from importlib import import_module
from io import BytesIO
from typing import Any

import pytest

from tests.web.customer import english, times
from tests.web.desk import actor
from vorzimmer.messages.worker import Worker
from vorzimmer.settings import change as core
from vorzimmer.testing import Browser, Practice

OWNER, ANNA = "owner@praxis.example", "anna@praxis.example"
PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 500


def mails(practice: Practice) -> list[Any]:
    Worker(practice.hall).run_due()
    files = sorted((practice.hall.config.data / "mail").glob("*.eml"))
    return [email.message_from_bytes(path.read_bytes(), policy=policy.default) for path in files]


def set_(practice: Practice, table: str, **values: Any) -> None:
    owner = actor(practice, OWNER)
    practice.hall.database.write(lambda s: core.save(s, practice.hall, owner, table, values))
    practice.hall.refresh(at_once=True)


# ---- questions and answers -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["de", "en", "fr", "ru"])
def test_answers_are_linked_where_one_books(client: Browser, practice: Practice, language: str) -> None:
    """K105: in each language."""
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = language
    for path in ("/", "/book/massage", "/account/"):
        assert 'href="/faq"' in client.get(path).text
    page = client.get("/faq").text
    assert (f'<html lang="{language}"' in page, page.count("<h2>")) == (True, 9)


def test_who_gets_no_further_reads_whom_to_ask(client: Browser, practice: Practice) -> None:
    """C70: the practice's own contact, below each page."""
    assert "mailto:" not in client.get("/").text
    set_(practice, "practice", email="hallo@praxis.example", phone="030 1")
    for path in ("/", "/faq", "/nowhere"):
        page = client.get(path).text
        assert ("mailto:hallo@praxis.example" in page, 'href="tel:0301"' in page) == (True, True)


# ---- a problem is reported -------------------------------------------------------------------------------------------


def report(client: Browser, **typed: Any) -> Any:
    client.get("/office/problem?page=/office/week")
    form = {"csrf_token": client.csrf_token, "text": "Es hängt.", "page": "/office/week", **typed}
    return client.post("/office/problem", data=form, content_type="multipart/form-data", buffered=True)


def test_a_problem_goes_to_who_helps_with_picture_page_and_version(
    client: Browser, practice: Practice
) -> None:
    """C70, S31."""
    set_(practice, "practice", support="hilfe@dienst.example")
    client.sign_in(ANNA)
    answer = report(client, picture=(BytesIO(PNG), "bild.png"))
    assert (answer.status_code, answer.headers["Location"]) == (303, "/office/week")
    (mail,) = mails(practice)
    text = mail.get_body(("plain",)).get_content()
    assert str(mail["To"]) == "hilfe@dienst.example"
    assert [part for part in ("Es hängt.", "/office/week", ANNA, "0.1") if part not in text] == []
    (picture,) = mail.iter_attachments()
    assert (picture.get_content_type(), picture.get_content()) == ("image/png", PNG)


def test_without_anybody_set_the_owners_hear_of_it(client: Browser, practice: Practice) -> None:
    client.sign_in(ANNA)
    report(client)
    assert [str(mail["To"]) for mail in mails(practice)] == [OWNER]


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"text": " "}, "text"),
        ({"text": "x" * 5001}, "text"),
        ({"picture": (BytesIO(b"GIF89a"), "a.gif")}, "picture"),
        ({"picture": (BytesIO(PNG + b"x" * 1024), "a.png")}, "picture"),
    ],
)
def test_what_is_wrong_with_a_report_is_said_and_nothing_is_sent(
    client: Browser,
    practice: Practice,
    typed: dict[str, Any],
    field: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # werkzeug's client leaves files open that are larger than what it keeps in memory
    monkeypatch.setattr(import_module("vorzimmer_web.office.problem"), "LARGEST", 1024)
    client.sign_in(ANNA)
    answer = report(client, **typed)
    assert (answer.status_code, f'id="{field}-error"' in answer.text) == (422, True)
    assert mails(practice) == []


def test_a_report_is_for_those_of_the_practice(client: Browser, practice: Practice) -> None:
    assert client.get("/office/problem").headers["Location"].startswith("/office/login")
    client.sign_in("max.muster@kunde.example")
    assert client.get("/office/problem").status_code == 403


# ---- the place first -------------------------------------------------------------------------------------------------


def places_asked(page: str) -> list[str]:
    return re.findall(r'name="location" value="([\w-]+)" required', page)


def test_the_place_is_chosen_first_where_several_are_possible(client: Browser, practice: Practice) -> None:
    """O49: also with a person chosen already; where one place is possible nobody is asked."""
    english(client)
    path = "/book/erstgespraech?staff=ben"
    assert places_asked(client.get(path).text) == []
    set_(practice, "booking", choose_location=True)
    page = client.get(path).text
    assert (places_asked(page), times(page)) == (["hafen", "markt"], [])
    assert re.search(r'name="staff" value="ben" checked', page)
    there = client.get(f"{path}&location=hafen&day=2027-03-05").text
    assert {value.rpartition("|")[2] for value in times(there)} == {"hafen"}
    assert times(client.get("/book/massage?staff=anna&day=2027-03-02").text)
