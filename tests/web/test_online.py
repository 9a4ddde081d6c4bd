"""Whether customers can book by themselves: no mail, no booking; published on purpose (K60, K61, office 9)."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Iterator
from html import unescape
from smtplib import SMTPAuthenticationError, SMTPNotSupportedError, SMTPServerDisconnected
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import delete

from tests.plugins.test_smtp import Sink, free_port
from tests.web.customer import TEN, english, hold, times, value
from vorzimmer.models import Setting
from vorzimmer.testing import Browser, Practice
from vorzimmer_email import trial

OWNER = "owner@praxis.example"
PUBLISH = "/office/settings/publish"
CLOSED = "cannot be booked online at the moment"
SLOT = {"service": "massage", "start": "2027-03-02T10:00:00+01:00"}
LEGAL = {"imprint_url": "https://a.example/imprint", "privacy_url": "https://a.example/privacy"}
DAY = "/api/v1/slots?service=massage&from=2027-03-02&to=2027-03-02"


@pytest.fixture
def unset(settings: dict[str, Any]) -> None:
    """Nobody has said where mail goes."""
    settings["mail"] = {}
    settings["practice"]["phone"] = "030 23125 100"


@pytest.fixture
def new(settings: dict[str, Any]) -> None:
    """A practice that is being set up: nothing is said by the file."""
    settings["mail"] = {}
    settings["practice"] |= LEGAL


@pytest.fixture
def legal(settings: dict[str, Any]) -> None:
    """Imprint and privacy notice are there."""
    settings["practice"] |= LEGAL


@pytest.fixture
def server() -> Iterator[Controller]:
    """A mail server."""
    running = Controller(Sink(), hostname="127.0.0.1", port=free_port())
    running.start()
    yield running
    running.stop()


def owner(client: Browser) -> None:
    english(client)
    client.sign_in(OWNER)


def publish(client: Browser, online: str) -> Any:
    client.get(PUBLISH)
    return client.post(f"{PUBLISH}/online", data={"csrf_token": client.csrf_token, "online": online})


def set_mail(client: Browser, port: int) -> None:
    client.get("/office/settings/mail")
    client.send(
        "/office/settings/mail", host="127.0.0.1", port=str(port), tls="none", **{"from": "p@a.example"}
    )


def try_mail(client: Browser) -> str:
    client.get("/office/settings/mail")
    return unescape(client.send("/office/settings/mail/test").text)


def step(client: Browser, title: str) -> str:
    """Whether a step of the checklist is done, as it is read out."""
    page = unescape(client.get("/office/").text)
    return re.search(rf">{title}</a><span[^>]*> – ([\w ]+)<", page)[1]


def wanted(practice: Practice) -> None:
    """The demo has no checklist; a new practice has."""
    practice.hall.database.write(lambda s: s.execute(delete(Setting).where(Setting.name == "checklist")))


# ---- without mail ----------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("unset")
def test_without_mail_the_page_says_how_else_to_reach_the_practice(
    client: Browser, practice: Practice
) -> None:
    """Office 9: nobody is told that digits were sent which never are."""
    english(client)
    for path in ("/", "/book/massage", "/book/massage?staff=anna&day=2027-03-02"):
        page = client.get(path)
        assert (page.status_code, CLOSED in page.text, "tel:03023125100" in page.text) == (200, True, True)
        assert (times(page.text), re.findall(r'href="/book/', page.text)) == ([], [])
    assert "Klassische Massage" in client.get("/").text


def test_where_a_folder_is_set_for_it_mail_counts_as_set_up(client: Browser, practice: Practice) -> None:
    """The demo is such a one."""
    english(client)
    assert 'href="/book/massage"' in client.get("/").text
    assert (CLOSED in client.get("/").text, hold(client).status_code) == (False, 303)


@pytest.mark.usefixtures("unset")
def test_without_mail_programs_are_offered_nothing(client: Browser, practice: Practice) -> None:
    """Office 9: what is listed, explained and held agrees."""
    assert client.get(DAY).json == {"slots": []}
    assert not any(client.get("/api/v1/days?service=massage&month=2027-03").json["days"].values())
    told = client.get("/api/v1/explain", query_string=SLOT).json
    assert (told["offered"], told["reasons"][0]["source"]) == (False, "settings:booking")
    refused = client.post("/api/v1/holds", json=SLOT, headers={"Accept-Language": "en"})
    assert (refused.status_code, refused.json["code"]) == (409, "not_offered")
    assert CLOSED in refused.json["title"]


def test_with_mail_they_are_offered_it(client: Browser, practice: Practice) -> None:
    assert len(client.get(DAY).json["slots"]) > 5
    assert client.get("/api/v1/explain", query_string=SLOT).json["offered"] is True
    assert client.post("/api/v1/holds", json=SLOT).status_code == 201


@pytest.mark.usefixtures("unset")
def test_the_practice_itself_enters_appointments_all_the_same(client: Browser, practice: Practice) -> None:
    assert practice.book("massage", "2027-03-02 10:00").status == "confirmed"


# ---- published on purpose --------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("legal")
def test_the_booking_is_closed_and_opened_in_the_office(
    client: Browser, app: Any, practice: Practice
) -> None:
    """K60: who is about to book is told so, too."""
    visitor = app.test_client()
    english(visitor)
    assert hold(visitor).status_code == 303
    owner(client)
    assert publish(client, "0").status_code == 303
    assert CLOSED in visitor.get("/").text
    late = visitor.post("/book/massage", data={"csrf_token": visitor.csrf_token, "time": value(TEN)})
    assert (late.status_code, CLOSED in late.text) == (409, True)
    assert "Customers cannot book online at the moment" in client.get("/office/").text
    assert publish(client, "1").status_code == 303
    assert CLOSED not in visitor.get("/").text
    assert "Customers cannot book online" not in client.get("/office/").text


@pytest.mark.usefixtures("new")
def test_nothing_is_published_before_a_test_mail_has_left(
    client: Browser, practice: Practice, server: Controller
) -> None:
    """Office 9: a server that is only typed ticks nothing, nor does one that takes no mail."""
    wanted(practice)
    owner(client)
    publish(client, "0")
    set_mail(client, free_port())
    assert step(client, "Mail") == "to do"
    assert "does not answer at this port" in try_mail(client)
    assert (step(client, "Mail"), publish(client, "1").status_code) == ("to do", 409)
    set_mail(client, server.port)
    assert step(client, "Mail") == "to do"
    assert "on its way" in try_mail(client)
    assert (step(client, "Mail"), step(client, "Publish")) == ("done", "to do")
    assert (publish(client, "1").status_code, step(client, "Publish")) == (303, "done")
    set_mail(client, free_port())  # another server is another matter
    assert step(client, "Mail") == "to do"


@pytest.mark.usefixtures("new")
def test_what_is_missing_is_named_where_it_would_be_published(client: Browser, practice: Practice) -> None:
    owner(client)
    publish(client, "0")
    page = client.get(PUBLISH).text
    assert 'href="/office/settings/mail"' in page.partition("Still to be done")[2].partition("</section>")[0]
    assert "Open the online booking" not in page


@pytest.mark.usefixtures("new")
def test_why_a_mail_did_not_leave_is_said_in_the_language_of_the_reader(
    client: Browser, practice: Practice
) -> None:
    client.sign_in(OWNER)
    set_mail(client, free_port())
    assert "Der Server antwortet an diesem Port nicht" in try_mail(client)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (socket.gaierror(-2, "Name or service not known"), "no server of this name"),
        (TimeoutError("timed out"), "does not answer"),
        (ssl.SSLCertVerificationError("self-signed"), "certificate"),
        (ssl.SSLError("WRONG_VERSION_NUMBER"), "encryption"),
        (SMTPNotSupportedError("STARTTLS extension not supported by server."), "does not offer"),
        (SMTPAuthenticationError(535, b"5.7.8 Bad credentials"), "user name and password"),
        (SMTPServerDisconnected("Connection unexpectedly closed"), "hung up"),
        (OSError(101, "Network is unreachable"), "cannot be reached"),
    ],
)
def test_each_way_to_fail_has_its_words(error: Exception, words: str) -> None:
    assert words in trial.why(error)


def test_the_server_s_own_words_stand_beside_ours() -> None:
    assert trial.said(SMTPAuthenticationError(535, b"5.7.8 Bad credentials")) == "535 5.7.8 Bad credentials"
    assert trial.said(ConnectionRefusedError(111, "Connection refused")) == ""
