"""Mails about logins: no calendar part, their links in no record (C25, C28, C30, A42, A53)."""

from __future__ import annotations

from email.message import EmailMessage

import pytest
from sqlalchemy import select

from tests.plugins.test_email import Letters, calendars, page, text
from tests.web.desk import actor
from vorzimmer import accounts
from vorzimmer.accounts import Invitation
from vorzimmer.models import Message, Role
from vorzimmer.testing import Practice
from vorzimmer.text.texts import Texts
from vorzimmer_email.logins import SUBJECTS, TEXTS

OWNER, ANNA = "owner@praxis.example", "anna@praxis.example"


@pytest.fixture
def database_url() -> str:
    return ""


def invited(practice: Practice, language: str = "de") -> tuple[str, EmailMessage]:
    """The link of an invitation, and its mail."""
    with practice.hall.database.reading() as session:
        role = session.scalars(select(Role.id).where(Role.name == "desk")).one()
    who = actor(practice, OWNER)
    wanted = Invitation("dora@praxis.example", "Dora <Dietz>", role, language=language)
    _account, link = practice.hall.database.write(lambda s: accounts.invite(s, practice.hall, who, wanted))
    return link, Letters(practice).to("dora@praxis.example")[-1]


def test_invitation_holds_the_link_in_text_and_page(practice: Practice) -> None:
    """C25."""
    link, mail = invited(practice)
    assert (mail["To"], link in text(mail), link in page(mail)) == ("dora@praxis.example", True, True)


def test_mail_about_a_login_has_no_calendar_part(practice: Practice) -> None:
    assert calendars(invited(practice)[1]) == []


def test_name_in_a_mail_is_text(practice: Practice) -> None:
    """A59."""
    assert "Dora &lt;Dietz&gt;" in page(invited(practice)[1])


def test_record_of_the_mail_keeps_no_link_that_works(practice: Practice) -> None:
    """A42, A174."""
    link, _mail = invited(practice)
    with practice.hall.database.reading() as session:
        kept = session.scalars(select(Message.text).where(Message.topic == "invited")).one()
    assert link.rpartition("/")[2] not in kept
    assert "/office/link/" in kept


@pytest.mark.parametrize("language", ["de", "fr", "ru"])
def test_each_mail_speaks_the_language_of_its_reader(practice: Practice, language: str) -> None:
    """K9: every sentence is translated."""
    texts: Texts = practice.hall.texts
    say = texts.reader(language).gettext
    said = [*SUBJECTS.values(), *(line for lines in TEXTS.values() for line in lines)]
    assert [line for line in said if say(line) == line] == []


def test_notice_about_another_password_has_nothing_to_click(practice: Practice) -> None:
    who = actor(practice, ANNA)
    practice.hall.database.write(lambda s: accounts.change_password(s, practice.hall, who, "hash", keep=""))
    mail = Letters(practice).to(ANNA)[-1]
    assert (mail["To"], "href=" in page(mail)) == (ANNA, False)
