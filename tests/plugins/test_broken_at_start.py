"""A plugin that cannot be loaded: what it knew of somebody's time is never offered, and it shadows nothing."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from html import unescape
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from jinja2 import BytecodeCache

from vorzimmer import availability, database, hookspecs
from vorzimmer.periods import Period
from vorzimmer.plugins import GROUP, Plugins
from vorzimmer.plugins.loading import FILES
from vorzimmer.practice import Hall
from vorzimmer.reasons import PluginFailed
from vorzimmer.server.app import create_app
from vorzimmer.settings.config import PLUGINS, Config
from vorzimmer.testing import Browser, Practice, berlin

OURS = {entry.name: entry for entry in entry_points(group=GROUP) if entry.name in PLUGINS}
SEARCH = {
    hookspecs.resource_kinds,
    hookspecs.candidates,
    hookspecs.available_periods,
    hookspecs.busy_periods,
    hookspecs.booking_refusals,
}
DECIDING = [
    name for name, entry in OURS.items() if any(hasattr(entry.load(), hook.__name__) for hook in SEARCH)
]
CLEANING = """
import nothing_like_this
from vorzimmer import hookimpl

class Plugin:
    def __init__(self, config): ...
    @hookimpl
    def {hook}(self): return []
"""


def beside(
    practice: Practice,
    *,
    broken: str = "",
    folder: Path | None = None,
    entry: EntryPoint | None = None,
    **tables: Any,
) -> Hall:
    """A server on the practice's database: one of our plugins cannot be imported, or a folder of files is loaded."""
    entries = {**OURS} | ({entry.name: entry} if entry else {})
    if broken:
        entries[broken] = EntryPoint(broken, f"{broken}.not_there:Plugin", GROUP)
    ours = practice.hall.config
    given = ours.settings.model_dump(exclude_unset=True)
    settings = ours.settings.model_validate({**given, "plugins": {**given["plugins"], **tables}})
    config = Config(settings, ours.data, plugin_dir=folder)
    return Hall(config, practice.hall.database, Plugins(config, entries=entries.values()))


def free(hall: Hall, practice: Practice, day: str = "2027-03-02") -> list[Any]:
    window = Period(berlin(f"{day} 00:00"), berlin(f"{day} 23:59"))
    with hall.database.reading() as session:
        service = session.merge(practice.service("massage"))
        found = availability.free_slots(session, hall.plugins, service, window, database.now(session))
    return [(slot.start, slot.staff) for slot in found]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder for plugins of one file, forgotten afterwards."""
    before = set(sys.modules)
    (tmp_path / "single").mkdir()
    yield tmp_path / "single"
    for name in set(sys.modules) - before:
        if name.startswith(FILES):
            del sys.modules[name]


@pytest.mark.parametrize("name", DECIDING)
def test_nothing_is_offered_where_one_of_ours_that_decides_is_broken(practice: Practice, name: str) -> None:
    hall = beside(practice, broken=name)
    assert free(practice.hall, practice)
    with pytest.raises(PluginFailed) as failure:
        free(hall, practice)
    assert failure.value.plugin == name


def test_all_that_decide_are_known() -> None:
    assert {
        "vorzimmer_holidays",
        "vorzimmer_weekly_hours",
        "vorzimmer_absences",
        "vorzimmer_external_busy",
    } <= {*DECIDING}
    assert "vorzimmer_paper" not in DECIDING


def test_the_others_are_missed_by_no_search(practice: Practice) -> None:
    hall = beside(practice, broken="vorzimmer_paper")
    assert free(hall, practice) == free(practice.hall, practice)


def test_what_is_switched_off_is_not_waited_for(practice: Practice) -> None:
    """The way on for a practice that wants to be booked without its holidays."""
    hall = beside(practice, broken="vorzimmer_holidays", off=["vorzimmer_holidays"])
    assert free(hall, practice) == free(practice.hall, practice)


def test_pages_and_programs_are_refused_by_name(practice: Practice) -> None:
    app: Flask = create_app(beside(practice, broken="vorzimmer_holidays"))
    app.test_client_class = Browser
    client = app.test_client()
    answer = client.get("/api/v1/slots?service=massage&from=2027-03-02&to=2027-03-02")
    assert (answer.status_code, answer.json["code"]) == (503, "plugin_failed")
    assert client.get("/api/v1/explain?service=massage&start=2027-03-02T09:00:00%2B01:00").status_code == 503
    assert client.get("/office/login").status_code == 200


@pytest.mark.parametrize(("hook", "offers"), [("busy_periods", False), ("booking_changed", True)])
def test_a_file_that_cannot_be_imported_is_judged_by_what_it_says_it_answers(
    practice: Practice, folder: Path, hook: str, offers: bool
) -> None:
    (folder / "cleaning.py").write_text(CLEANING.format(hook=hook))
    hall = beside(practice, folder=folder)
    if offers:
        assert free(hall, practice)
    else:
        with pytest.raises(PluginFailed, match="cleaning"):
            free(hall, practice)


def test_a_file_shadows_no_library(practice: Practice, folder: Path) -> None:
    """Good Friday stays closed, whatever a plugin's file is called."""
    (folder / "holidays.py").write_text("class Plugin:\n    def __init__(self, config): ...\n")
    path = [*sys.path]
    hall = beside(practice, folder=folder)
    assert hall.plugins.is_active("holidays")
    assert hall.plugins.is_active("vorzimmer_holidays")
    assert sys.path == path
    assert free(hall, practice, "2027-03-25")
    assert free(hall, practice, "2027-03-26") == []


def test_files_of_a_folder_may_share_a_module(practice: Practice, folder: Path) -> None:
    (folder / "shared.py").write_text("NAME = 'of the folder'\n")
    (folder / "one.py").write_text(
        "from .shared import NAME\nclass Plugin:\n    title = NAME\n    def __init__(self, config): ...\n"
    )
    assert beside(practice, folder=folder).plugins.instance("one").title == "of the folder"


def test_a_file_takes_no_place_of_ours(practice: Practice, folder: Path) -> None:
    (folder / "vorzimmer_holidays.py").write_text("class Plugin:\n    def __init__(self, config): ...\n")
    hall = beside(practice, folder=folder)
    assert hasattr(hall.plugins.instance("vorzimmer_holidays"), "busy_periods")
    (file,) = [one for one in hall.plugins.loaded if one.name == "vorzimmer_holidays.py"]
    assert file.error == "there is a plugin vorzimmer_holidays already"


# ---- settings ------------------------------------------------------------------------------------------------

PICKY = """
from pydantic import Field
from vorzimmer import Busy, Table, hookimpl

class Settings(Table):
    hours: int = Field(title="Hours, 100 %", ge=1)

class Plugin:
    title = "Picky"
    Config = Settings
    def __init__(self, config): self.config = config
    @hookimpl
    def busy_periods(self, window): return [Busy(window, "picky", "picky", "Always.")] if self.config.hours > 5 else []
"""
PAGES = (
    PICKY
    + """
    @hookimpl
    def blueprints(self): return []
"""
)


def owner_of(hall: Hall, pages: BytecodeCache) -> Browser:
    app = create_app(hall)
    app.jinja_env.bytecode_cache = pages
    app.test_client_class = Browser
    client: Browser = app.test_client()  # type: ignore[assignment]  # set above
    client.sign_in("owner@praxis.example")
    client.send("/language", language="en")
    client.get("/office/settings/plugins")
    return client


def test_a_plugin_begins_as_soon_as_its_settings_are_right(
    practice: Practice, folder: Path, compiled_pages: BytecodeCache
) -> None:
    """The office says what is wrong, leads to the form, and no start of the server is needed."""
    (folder / "picky.py").write_text(PICKY)
    hall = beside(practice, folder=folder)
    client = owner_of(hall, compiled_pages)
    page = unescape(client.get("/office/settings/plugins").text)
    assert "[plugins.picky] hours: Field required" in page
    assert "Nothing is offered to customers until it works or is off" in page
    assert 'href="/office/settings/plugins/picky"' in page
    assert "Hours, 100 %" in client.get("/office/settings/plugins/picky").text
    assert client.send("/office/settings/plugins/picky", hours="3").status_code == 200
    assert hall.plugins.find("picky").wrong == []
    assert free(hall, practice)
    client.send("/office/settings/plugins/picky", hours="9")
    assert free(hall, practice) == []


def test_one_with_pages_or_tables_begins_at_the_next_start(
    practice: Practice, folder: Path, compiled_pages: BytecodeCache
) -> None:
    (folder / "picky.py").write_text(PAGES)
    hall = beside(practice, folder=folder)
    client = owner_of(hall, compiled_pages)
    client.send("/office/settings/plugins/picky", hours="3")
    assert "it begins at the next start of the server" in client.get("/office/settings/plugins").text
    again = beside(practice, folder=folder)
    again.refresh(at_once=True)
    assert Plugins(hall.config).find("picky").wrong == []


def test_one_that_is_broken_can_be_switched_off(
    practice: Practice, folder: Path, compiled_pages: BytecodeCache
) -> None:
    (folder / "cleaning.py").write_text(CLEANING.format(hook="busy_periods"))
    hall = beside(practice, folder=folder)
    client = owner_of(hall, compiled_pages)
    assert client.get("/book/massage").status_code == 503
    client.send("/office/settings/plugins/cleaning/off")
    assert client.get("/book/massage").status_code == 200
    assert "cleaning" not in client.get("/office/settings/health").text


def test_one_that_cannot_take_changed_settings_goes_on_with_those_it_had(
    practice: Practice, folder: Path
) -> None:
    (folder / "picky.py").write_text(
        PICKY.replace("self.config = config", "self._config = config")
        + "    @property\n    def config(self): return self._config\n"
        + "    @config.setter\n    def config(self, new): raise RuntimeError('not now')\n"
    )
    hall = beside(practice, folder=folder, picky={"hours": 3})
    hall.plugins.follow(hall.config)
    assert hall.plugins.find("picky").faults == {"settings": "RuntimeError: not now"}
    assert free(hall, practice)


# ---- texts ---------------------------------------------------------------------------------------------------


def test_a_catalogue_that_cannot_be_read_is_left_out_and_said(
    practice: Practice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, compiled_pages: BytecodeCache
) -> None:
    texts = tmp_path / "strange_texts" / "translations" / "en" / "LC_MESSAGES"
    texts.mkdir(parents=True)
    (texts / "messages.mo").write_bytes(b"no catalogue")
    (tmp_path / "strange_texts" / "__init__.py").write_text(
        "class Plugin:\n    def __init__(self, config): ...\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    entry = EntryPoint("strange_texts", "strange_texts:Plugin", GROUP)
    hall = beside(practice, also=["strange_texts"], entry=entry)
    sys.modules.pop("strange_texts")
    assert "translations" in hall.plugins.find("strange_texts").faults
    assert "Plugins" in owner_of(hall, compiled_pages).get("/office/settings/plugins").text


def test_words_of_ours_stay_whatever_a_stranger_translates(
    practice: Practice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = tmp_path / "strange_words" / "translations" / "de" / "LC_MESSAGES"
    texts.mkdir(parents=True)
    (texts / "messages.po").write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\nPlural-Forms: nplurals=1; plural=0;\\n"\n\n'
        'msgid "Plugins"\nmsgstr "Unfug"\n\nmsgid "My own"\nmsgstr "Meins"\n'
    )
    (tmp_path / "strange_words" / "__init__.py").write_text(
        "class Plugin:\n    def __init__(self, config): ...\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    entry = EntryPoint("strange_words", "strange_words:Plugin", GROUP)
    said = beside(practice, also=["strange_words"], entry=entry).texts.reader("de")
    sys.modules.pop("strange_words")
    assert (said.gettext("Closed"), said.gettext("My own")) == (
        practice.hall.texts.reader("de").gettext("Closed"),
        "Meins",
    )
    assert said.gettext("This does not exist or no longer exists.") != "Unfug"
