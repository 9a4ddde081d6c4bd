"""Every recipe of the manual is a plugin that works in all its parts, and does what its page says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from jinja2 import BytecodeCache

from tests.plugins.test_broken_at_start import beside, folder, free, owner_of
from vorzimmer.cli.serving import newest
from vorzimmer.doctor import checkup
from vorzimmer.messages.worker import Worker
from vorzimmer.testing import Outbox, Practice, berlin

__all__ = ["folder"]
PAGES = sorted(
    page
    for page in (Path(__file__).parents[2] / "docs/authors/cookbook").glob("*.md")
    if page.name != "README.md"
)


@pytest.fixture
def database_url() -> str:
    return ""


def cook(folder: Path, name: str) -> None:
    """Write the file of a recipe."""
    (page,) = [page for page in PAGES if page.stem == name.replace("_", "-")]
    (found,) = re.findall(r"^`(\w+)\.py`:\n\n```python\n(.*?)```", page.read_text(), re.DOTALL | re.MULTILINE)
    (folder / f"{found[0]}.py").write_text(found[1])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_recipe_is_short_and_works_in_all_its_parts(practice: Practice, folder: Path, page: Path) -> None:
    name = page.stem.replace("-", "_")
    cook(folder, name)
    assert len(page.read_text().splitlines()) < 80
    assert checkup.wrong(beside(practice, folder=folder), name) == []


def test_nine_tasks_are_told() -> None:
    assert len(PAGES) == 9


def test_the_day_of_training_is_closed(practice: Practice, folder: Path) -> None:
    cook(folder, "closing_days")
    practice.clock.now = berlin("2027-04-20 08:00")
    hall = beside(practice, folder=folder)
    assert free(hall, practice, "2027-04-23") != []
    assert free(hall, practice, "2027-04-30") == []


def test_a_friday_ends_early_for_those_who_begin(practice: Practice, folder: Path) -> None:
    cook(folder, "mornings")
    starts = [start for start, _staff in free(beside(practice, folder=folder), practice, "2027-03-05")]
    assert berlin("2027-03-05 14:30") in starts
    assert max(starts) < berlin("2027-03-05 15:00")


def test_the_board_is_told_of_a_booking_once(practice: Practice, folder: Path) -> None:
    cook(folder, "notifier")
    hall = beside(practice, folder=folder)
    booked = Practice(hall, practice.clock).book("massage", "2027-03-02 09:00")
    for _round in range(3):
        Worker(hall).run_due()
    (line,) = (hall.config.data / "board.txt").read_text().splitlines()
    assert booked.uid in line
    assert [message.state for message in Outbox(hall).messages("board")] == ["sent"]


def test_the_page_stands_in_the_menu(practice: Practice, folder: Path, compiled_pages: BytecodeCache) -> None:
    cook(folder, "office_page")
    client = owner_of(beside(practice, folder=folder), compiled_pages)
    assert 'href="/x/office_page/"' in client.get("/office/").text
    assert "<p>0</p>" in client.get("/x/office_page/").text


def test_the_list_is_written_at_three(practice: Practice, folder: Path) -> None:
    cook(folder, "nightly")
    hall = beside(practice, folder=folder)
    Worker(hall).run_due()
    assert not (hall.config.data / "night.txt").exists()
    practice.clock.now = berlin("2027-03-02 03:10")
    Worker(hall).run_due()
    assert (hall.config.data / "night.txt").exists()


def test_settings_refuse_in_the_authors_words(
    practice: Practice, folder: Path, compiled_pages: BytecodeCache
) -> None:
    cook(folder, "settings")
    client = owner_of(beside(practice, folder=folder), compiled_pages)
    page = client.send("/office/settings/plugins/settings", rooms="Big", opens="later", pause="1")
    assert page.status_code == 422
    assert "Please write rooms in small letters." in page.text
    assert "Please enter a time like 13:30." in page.text
    good = {"opens": "07:30", "pause": "2", "pause-unit": "3600", "limits": "anna = 3", "tone": "long"}
    client.send("/office/settings/plugins/settings", **good)
    form = client.get("/office/settings/plugins/settings").text
    assert 'value="07:30"' in form
    assert "anna = 3" in form


def test_a_change_of_the_settings_file_is_seen_by_reload(tmp_path: Path) -> None:
    before = newest([tmp_path], tmp_path / "config.toml")
    (tmp_path / "config.toml").write_text("[practice]\n")
    assert newest([tmp_path], tmp_path / "config.toml") != before
