"""Own texts of messages, and the server that sends mail, in the office: D8, A61, A62, A88, A172."""

from __future__ import annotations

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from html import unescape
from typing import Any

import pytest
from sqlalchemy import select

from tests.acts import DESK, again, book
from vorzimmer import booking, hookspecs
from vorzimmer.access import ROLES, Actor
from vorzimmer.messages.worker import Worker
from vorzimmer.models import Service
from vorzimmer.questions import registry
from vorzimmer.questions.registry import EVERY, Entry
from vorzimmer.reasons import Reason, Refused
from vorzimmer.testing import Browser, Practice
from vorzimmer_email import texts
from vorzimmer_email.letter import TITLES
from vorzimmer_email.texts import fault, filled

OWNER = Actor("owner@praxis.example", "office", rights=ROLES["owner"])
MASSAGE = "massage"


@pytest.fixture
def database_url() -> str:
    return ""


def write(practice: Practice, text: str, service: str | None = None, actor: Actor = OWNER) -> None:
    def work(session: Any) -> None:
        found = session.scalar(select(Service).where(Service.slug == service)) if service else None
        texts.write(session, actor, found, "confirmed", "de", text)

    practice.hall.database.write(work)


def mails(practice: Practice) -> list[EmailMessage]:
    """What has left, as it was written."""
    Worker(practice.hall).run_due()
    files = sorted((practice.hall.config.data / "mail").glob("*.eml"))
    return [message_from_bytes(path.read_bytes(), policy=default) for path in files]


def words(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    said: str = part.get_content()
    return said


def confirmation(practice: Practice, when: str = "2027-03-02 10:00", **who: str) -> str:
    """The text of the mail that confirms an appointment."""
    details = booking.Details(who.get("name", "Max Muster"), "max@kunde.example")
    made = book(practice.hall, when, who=details)
    return next(
        words(mail)
        for mail in mails(practice)
        if "Termin bestätigt" in str(mail["Subject"]) and made.wall[11:16] in str(mail["Subject"])
    )


def test_an_own_text_takes_the_place_of_the_first_sentence(practice: Practice) -> None:
    """D8."""
    write(practice, "Schön, dass Sie kommen, {name}!\nBitte Handtuch mitbringen für {service} bei {staff}.")
    said = confirmation(practice)
    assert "Schön, dass Sie kommen, Max Muster!\n" in said.replace("\r\n", "\n")
    assert "Handtuch mitbringen für Klassische Massage bei Anna Berger." in said
    assert "Ihr Termin ist bestätigt." not in said


def test_a_services_own_text_goes_before_that_of_all(practice: Practice) -> None:
    """D8."""
    write(practice, "Für alle.")
    write(practice, "Für die Massage.", MASSAGE)
    assert "Für die Massage." in confirmation(practice)
    write(practice, "", MASSAGE)
    assert "Für alle." in confirmation(practice, "2027-03-02 11:00")


@pytest.mark.parametrize(
    "name", ["{{7*7}}", "{service}", "{x.__class__}", "%(a)s", "${x}", "#{x}", "{x:>1000000000}"]
)
def test_what_stands_in_a_name_is_never_read_again(name: str) -> None:
    """A61, A62."""
    assert filled("Hallo {name}, bis {time}", {"name": name, "time": "bald"}) == f"Hallo {name}, bis bald"


@pytest.mark.parametrize(
    "text",
    [
        "{{7*7}}",
        "{x.__class__.__mro__}",
        "{0[a]}",
        "${x}",
        "#{x}",
        "{name!r}",
        "{name:>1000000000}",
        "{",
        "{}",
    ],
)
def test_a_placeholder_that_there_is_not_is_refused(text: str) -> None:
    """A61, A62."""
    assert fault(f"Hallo {text}") is not None


@pytest.mark.parametrize("text", ["%(a)s", "{% raw %}", "<b>", "{name} und {staff}", "100 %"])
def test_anything_else_is_literal(text: str) -> None:
    """A61."""
    if "{%" in text:
        assert fault(text) is not None
    else:
        assert filled(text, {"name": "a", "staff": "b"}) == text.replace("{name} und {staff}", "a und b")


def test_a_text_of_a_megabyte_is_refused(practice: Practice) -> None:
    """A62."""
    with pytest.raises(Refused) as refused:
        write(practice, "{name}" * 200_000)
    assert refused.value.reason is Reason.INVALID


def test_a_name_like_a_link_is_left_out(practice: Practice) -> None:
    """A88."""
    write(practice, "Guten Tag {name}.")
    assert "Guten Tag ." in confirmation(practice, name="www.boese.example")


def test_only_who_may_change_settings_writes_texts(practice: Practice) -> None:
    """A1."""
    with pytest.raises(Refused) as refused:
        write(practice, "Hallo", actor=DESK)
    assert refused.value.reason is Reason.FORBIDDEN


# ---- the pages -------------------------------------------------------------------------------------------------------


def owner(client: Browser) -> None:
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    client.sign_in("owner@praxis.example")
    client.get("/office/settings/messages")


def post(client: Browser, path: str, **typed: str) -> Any:
    return client.post(path, data={"csrf_token": client.csrf_token, **typed})


@pytest.mark.parametrize("language", ["de", "en", "fr", "ru"])
def test_no_two_messages_have_the_same_title(practice: Practice, language: str) -> None:
    """D8: in the settings and in a mailbox one tells them apart."""
    reader = practice.hall.texts.reader(language)
    titles = [reader.gettext(TITLES[topic]) for topic in texts.TOPICS]
    assert len(set(titles)) == len(titles)


def test_a_preview_shows_the_mail_and_stores_nothing(client: Browser, practice: Practice) -> None:
    """D8."""
    owner(client)
    page = post(
        client, "/office/settings/messages/confirmed/de", text="Bis {time}!", preview="1", service=MASSAGE
    ).text
    assert "3. März, 08:00 Uhr!" in unescape(page)
    with practice.hall.database.reading() as session:
        assert session.scalars(select(texts.OwnText)).all() == []


def test_a_text_is_written_and_taken_back(client: Browser, practice: Practice) -> None:
    """D8."""
    owner(client)
    path = "/office/settings/messages/confirmed/de"
    assert post(client, path, text="Bis {time}!").status_code == 303
    assert "Bis {time}!" in client.get(path).text
    post(client, path, text="Bis {time}!", default="1", sure="1")
    with practice.hall.database.reading() as session:
        assert session.scalars(select(texts.OwnText)).all() == []


def test_what_was_typed_stays_beside_its_error(client: Browser, practice: Practice) -> None:
    owner(client)
    answer = post(client, "/office/settings/messages/confirmed/de", text="Bis {wann}!")
    assert answer.status_code == 422
    assert "Bis {wann}!" in unescape(answer.text)


def test_the_code_is_nobodys_to_change(client: Browser, practice: Practice) -> None:
    """A88."""
    owner(client)
    assert client.get("/office/settings/messages/code/de").status_code == 404


def test_the_mail_server_is_set_without_showing_its_password(client: Browser, practice: Practice) -> None:
    """A172."""
    owner(client)
    typed = {"host": "mail.example", "tls": "starttls", "user": "praxis", "from": "praxis@praxis.example"}
    assert post(client, "/office/settings/mail", **typed, password="geheim 123").status_code == 303
    config = practice.hall.plugins.instance("vorzimmer_email").config
    assert (config.relay.password, config.relay.port) == ("geheim 123", 587)
    assert "geheim 123" not in client.get("/office/settings/mail").text
    post(client, "/office/settings/mail", **typed, password="")
    assert practice.hall.plugins.instance("vorzimmer_email").config.relay.password == "geheim 123"


def test_a_stored_password_is_never_handed_to_another_server(client: Browser, practice: Practice) -> None:
    owner(client)
    typed = {"tls": "starttls", "user": "praxis"}
    post(client, "/office/settings/mail", **typed, host="mail.example", password="geheim")
    post(client, "/office/settings/mail", **typed, host="boese.example", password="")
    assert practice.hall.plugins.instance("vorzimmer_email").config.relay.password == ""


def test_mail_without_encryption_is_refused(client: Browser, practice: Practice) -> None:
    owner(client)
    answer = post(client, "/office/settings/mail", host="mail.example", tls="none")
    assert answer.status_code == 422
    assert 'value="mail.example"' in answer.text


def test_a_test_mail_goes_to_whoever_asks(client: Browser, practice: Practice) -> None:
    owner(client)
    post(client, "/office/settings/mail/test")
    assert [str(mail["To"]) for mail in mails(practice)] == ["owner@praxis.example"]


def test_the_practice_reads_the_answers_in_its_mail_but_nothing_of_health(
    practice: Practice,
) -> None:
    """T47, S34."""

    def define(session: Any) -> None:
        for label, health in (("Rezept", False), ("Beschwerden", True)):
            registry.define(
                session,
                OWNER,
                Entry({"de": label}, "text", "booking", "Zweck", 365, health=health, forms={EVERY: False}),
            )

    practice.hall.database.write(define)
    answers = {"rezept": "ja, vom Hausarzt", "beschwerden": "Ruecken"}
    who = booking.Details("Max", "max@kunde.example", fields=answers, consents=["health"])
    made = book(practice.hall, "2027-03-02 10:00", "erstgespraech", who=who)
    assert again(practice.hall, made.uid).fields == answers
    told = [words(mail) for mail in mails(practice) if "praxis.example" in mail["To"]]
    assert any("Rezept: ja, vom Hausarzt" in text for text in told)
    assert not any("Ruecken" in text for text in told)


def test_other_doors_write_a_text_through_the_store(practice: Practice) -> None:
    """D8."""
    hall, store = practice.hall, practice.hall.plugins.ask_first(hookspecs.message_texts)
    hall.database.write(
        lambda session: store.write(session, hall, OWNER, MASSAGE, "confirmed", "de", "Bis bald!")
    )
    with hall.database.reading() as session:
        own = [(one.topic, one.language) for one in store.listed(session, hall, MASSAGE) if one.text]
    assert own == [("confirmed", "de")]
