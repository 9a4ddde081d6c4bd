"""What the pages for authors list is what there is: topics, kinds of change, the practice, the macros."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_type_hints

import pytest
from sqlalchemy import select

from vorzimmer.availability import Wish
from vorzimmer.booking.parts.record import QUIET, TOLD
from vorzimmer.messages import outbox
from vorzimmer.messages.worker import Worker
from vorzimmer.models import Account, Location, Resource, Service
from vorzimmer.testing import Outbox, Practice, berlin
from vorzimmer_email import letter, logins
from vorzimmer_web.office.wording import EVENTS

ROOT = Path(__file__).parents[2]
PAGES = ["docs/authors", "docs/de/authors"]


@pytest.fixture
def database_url() -> str:
    return ""


def words(text: str) -> set[str]:
    """What stands in backticks as one word."""
    return set(re.findall(r"`([\w.@-]+)`", text))


def first_cells(page: Path) -> set[str]:
    """What the first column of its tables names."""
    return {
        word for row in re.findall(r"^\|([^|]*)\|", page.read_text(), re.MULTILINE) for word in words(row)
    }


@pytest.mark.parametrize("folder", PAGES)
def test_every_topic_of_a_message_is_listed(folder: str) -> None:
    to_people = {*letter.OPENINGS, *logins.TEXTS, "code", outbox.NOTICE, outbox.PAPERS}
    page = ROOT / folder / "messages.md"
    assert first_cells(page) == to_people
    assert words(page.read_text()) >= outbox.FACTS


@pytest.mark.parametrize("folder", PAGES)
def test_every_kind_of_change_is_listed(folder: str) -> None:
    """Those of the log that plugins are told; what is not told is said beside them."""
    listed = "".join(
        re.findall(r"^- (.*(?:\n  .*)*)", (ROOT / folder / "messages.md").read_text(), re.MULTILINE)
    )
    unlisted = {"code_refused", "reminded", "refused", "elsewhere_refused", "answers_forgotten"}
    assert words(listed) == EVENTS.keys() - QUIET - unlisted
    assert words(listed) >= TOLD


@pytest.mark.parametrize("folder", PAGES)
def test_the_practice_is_what_its_page_says(practice: Practice, folder: str) -> None:
    named = words((ROOT / folder / "practice.md").read_text())
    with practice.hall.database.reading() as session:
        there = {
            *session.scalars(select(Service.slug)),
            *session.scalars(select(Resource.slug)),
            *session.scalars(select(Location.slug)),
            *session.scalars(select(Account.email)),
        }
    assert there <= named


def test_the_example_of_the_page_does_what_it_says(
    practice: Practice, outbox: Outbox, worker: Worker
) -> None:
    source = re.search(r"```python\n(.*?)```", (ROOT / "docs/authors/practice.md").read_text(), re.DOTALL)
    assert source
    names: dict[str, object] = {}
    exec(source[1], names)
    names["test_the_board_hears_of_a_booking"](practice, outbox, worker)  # type: ignore[operator]  # run from the page
    assert practice.clock.now == berlin("2027-03-01 08:00")


@pytest.mark.parametrize("folder", PAGES)
def test_every_macro_and_block_for_pages_is_listed(folder: str) -> None:
    templates = ROOT / "web/vorzimmer_web/templates"
    page = (ROOT / folder / "pages.md").read_text()
    macros = re.findall(r"{% macro (\w+)\(", (templates / "macros.html").read_text())
    assert [macro for macro in macros if f"part.{macro}(" not in page] == []
    assert {"title", "head", "main"} <= words(page)


def test_every_key_of_a_wish_is_in_the_reference() -> None:
    line = next(
        one for one in (ROOT / "docs/authors/reference.md").read_text().splitlines() if "`Wish:" in one
    )
    assert [key for key in get_type_hints(Wish) if f"{key}: " not in line] == []
