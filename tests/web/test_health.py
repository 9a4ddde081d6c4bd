"""What `doctor` finds, in the office and by API; what is wrong with backups where owners look first (D6, B14)."""

from __future__ import annotations

from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import delete

from tests.web.customer import english
from tests.web.desk import DESK
from vorzimmer.hookspecs import Finding, Level
from vorzimmer.messages.worker import Worker
from vorzimmer.models import Setting
from vorzimmer.testing import Browser, Practice

OWNER = "owner@praxis.example"
NO_KEY = "nobody has its key yet"


@pytest.fixture
def database_url() -> str:
    return ""


def page(client: Browser, path: str = "", who: str = OWNER) -> str:
    english(client)
    client.sign_in(who)
    return unescape(client.get(f"/office/{path}").text)


def without_state(practice: Practice) -> None:
    practice.hall.database.write(
        lambda session: session.execute(delete(Setting).where(Setting.name == "backup"))
    )


def test_the_office_says_what_doctor_says(client: Browser, practice: Practice) -> None:
    found = page(client, "settings/health")
    assert "Schema: up to date" in found
    assert "Mail: [mail] smtp is not set" in found
    assert "Backup: the first one is made tonight" in found


def test_those_who_may_not_set_anything_are_not_told(client: Browser, practice: Practice) -> None:
    without_state(practice)
    assert NO_KEY not in page(client, who=DESK)
    assert client.get("/office/settings/health").status_code == 403


def test_a_key_that_nobody_has_seen_stands_on_the_first_page(client: Browser, practice: Practice) -> None:
    """B14: without it no backup can be opened."""
    assert NO_KEY not in page(client)
    without_state(practice)
    assert NO_KEY in unescape(client.get("/office/").text)


def test_a_backup_older_than_26_hours_stands_on_the_first_page(client: Browser, practice: Practice) -> None:
    """D6: the worker began to count, nothing was made since."""
    Worker(practice.hall).run_due()
    practice.clock.now += timedelta(hours=25)
    assert "there is none yet" not in page(client)
    practice.clock.now += timedelta(hours=2)
    assert "there is none yet" in page(client)


def test_programs_read_the_findings(client: Browser, practice: Practice) -> None:
    client.sign_in(OWNER)
    answer = client.get("/api/v1/settings/health", headers={"Accept-Language": "de"})
    assert {"level": "ok", "text": "Tabellen: auf neuem Stand"} in answer.json["findings"]


def test_a_finding_says_its_facts() -> None:
    assert str(Finding(Level.GOOD, "%(number)d of %(all)d", {"number": 1, "all": 2})) == "1 of 2"
