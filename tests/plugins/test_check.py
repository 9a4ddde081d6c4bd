"""`vorzimmer plugins check`: what is wrong with a plugin is said before anybody installs it."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from vorzimmer.cli import main
from vorzimmer.plugins.loading import FILES

INIT = "    def __init__(self, config): ...\n"
BEGINNING = f"from vorzimmer import *\nclass Plugin:\n{INIT}    @hookimpl\n"
SOUND = BEGINNING + "    def busy_periods(self, window): return []\n"


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """The command ends its process as a rule: what it has imported is forgotten here."""
    modules, path, mask = set(sys.modules), [*sys.path], os.umask(0o077)
    yield
    os.umask(mask)
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        if name.startswith((FILES, "vorzimmer_tried")):
            del sys.modules[name]


def check(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["plugins", "check", *map(str, arguments)])


@pytest.fixture
def template(tmp_path: Path) -> Path:
    """A distribution as `plugins new` writes it."""
    assert CliRunner().invoke(main, ["plugins", "new", "tried", "--into", str(tmp_path)]).exit_code == 0
    return tmp_path / "vorzimmer-tried"


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_the_plugin_of_the_template_passes(template: Path, tmp_path: Path) -> None:
    """Nothing is installed, and no data folder is made."""
    answer = check(template)
    assert (answer.exit_code, answer.output) == (0, "vorzimmer_tried: works in all its parts\n")
    assert [path.name for path in tmp_path.rglob("*.sqlite3")] == []


def _entry_point(folder: Path) -> None:
    edit(
        folder / "pyproject.toml",
        'vorzimmer_tried = "vorzimmer_tried:Plugin"',
        'tried = "vorzimmer_tried:Plugin"',
    )


def _module(folder: Path) -> None:
    edit(folder / "pyproject.toml", '= "vorzimmer_tried:Plugin"', '= "vorzimmer_missing:Plugin"')


def _import(folder: Path) -> None:
    edit(
        folder / "vorzimmer_tried/__init__.py",
        "from datetime import",
        "import nothing_like_it\nfrom datetime import",
    )


def _hook_name(folder: Path) -> None:
    edit(folder / "vorzimmer_tried/__init__.py", "def busy_periods", "def busy_period")


def _argument(folder: Path) -> None:
    edit(folder / "vorzimmer_tried/__init__.py", "window: Period)", "window: Period, person: str)")


def _unmarked(folder: Path) -> None:
    edit(folder / "vorzimmer_tried/__init__.py", "    @hookimpl\n    def navigation", "    def navigation")


def _form(folder: Path) -> None:
    edit(folder / "vorzimmer_tried/__init__.py", "Field(30,", 'Field("half an hour",')
    edit(folder / "vorzimmer_tried/__init__.py", "timedelta(minutes=config.minutes)", "timedelta(minutes=30)")


def _column(folder: Path) -> None:
    edit(
        folder / "vorzimmer_tried/models.py",
        "    location: Mapped",
        "    about: Mapped[str]\n    location: Mapped",
    )


def _table(folder: Path) -> None:
    for path in (folder / "vorzimmer_tried/models.py", next(folder.rglob("0001_first.py"))):
        edit(path, '"vorzimmer_tried_meeting"', '"meeting"')


def _migration(folder: Path) -> None:
    edit(
        next(folder.rglob("0001_first.py")),
        "    op.create_index",
        '    op.execute("INSERT INTO nowhere VALUES (1)")\n    op.create_index',
    )


def _view(folder: Path) -> None:
    edit(folder / "vorzimmer_tried/pages.py", "@open_to(Right.AVAILABILITY)\ndef overview", "def overview")


def _menu(folder: Path) -> None:
    edit(folder / "vorzimmer_tried/__init__.py", "vorzimmer_tried.overview", "vorzimmer_tried.nowhere")


def _texts(folder: Path) -> None:
    texts = folder / "vorzimmer_tried/translations/de/LC_MESSAGES"
    texts.mkdir(parents=True)
    (texts / "messages.mo").write_bytes(b"no catalogue")


BROKEN: dict[Callable[[Path], None], tuple[str, str]] = {
    _entry_point: ("pyproject.toml", "tried = .* the name does not begin with vorzimmer_"),
    _module: ("pyproject.toml", "there is no module vorzimmer_missing"),
    _import: ("vorzimmer_tried/__init__.py", "No module named 'nothing_like_it'. Install it here"),
    _hook_name: ("__init__.py", "there is no hook 'busy_period'. “vorzimmer plugins hooks” lists"),
    _argument: ("__init__.py", "{'person'} are declared in the hookimpl .* Take only arguments"),
    _unmarked: (r"__init__.py:\d+", "navigation is not marked @hookimpl: it is never called. Write"),
    _form: ("__init__.py", "its settings make no form: .* Give the setting a default of its own type"),
    _column: ("migrations", r"model and migration differ: add_column .*about. Write a migration"),
    _table: ("migrations", "table meeting does not begin with vorzimmer_tried_. Name each table"),
    _migration: ("__init__.py", "its tables stay as they are: .*nowhere.* Mend the migration"),
    _view: (
        r"__init__.py:\d+",
        r"blueprints: who may call these pages is not declared \(open_to\): vorzimmer_tried.overview",
    ),
    _menu: (r"__init__.py:\d+", "navigation vorzimmer_tried.nowhere: there is no page of this name"),
    _texts: ("translations", "translations: .* Compile it anew"),
}


TOGETHER = [
    [_entry_point, _module],
    [_import],
    [_hook_name],
    [_argument],
    [_migration],
    [_form, _column, _menu, _texts],
    [_unmarked, _table, _view],
]
"""Those that do not hide one another are tried at once: a practice is made for each try."""


@pytest.mark.parametrize("spoils", TOGETHER, ids=lambda spoils: "".join(one.__name__ for one in spoils))
def test_what_is_wrong_is_named_with_file_fault_and_what_to_do(
    template: Path, spoils: list[Callable[[Path], None]]
) -> None:
    for spoil in spoils:
        spoil(template)
    answer = check(template)
    assert answer.exit_code == 1
    for file, fault in map(BROKEN.__getitem__, spoils):
        assert re.search(rf"^\S*{file}: .*{fault}", answer.output, re.MULTILINE), answer.output
    assert "works" not in answer.output


def test_each_offer_and_answer_is_asked(tmp_path: Path) -> None:
    """A line for each, with the line where the hook begins."""
    hooks = [
        *("busy_periods", "findings", "jobs", "commands", "message_channels"),
        *("personal_data", "demo_data", "blueprints"),
    ]
    raising = [f"    @hookimpl\n    def {hook}(self): raise RuntimeError('no luck')\n" for hook in hooks]
    (tmp_path / "tried.py").write_text(
        f"from vorzimmer import hookimpl\nclass Plugin:\n{INIT}{''.join(raising)}"
    )
    said = check(tmp_path / "tried.py").output.splitlines()
    assert len(said) == len(hooks)
    for number, hook in enumerate(hooks):
        assert any(
            re.match(rf"{tmp_path}/tried.py:{4 + 2 * number}: .*{hook}: RuntimeError: no luck\. ", line)
            for line in said
        )


def test_a_file_is_checked_alone_and_a_folder_whole(tmp_path: Path) -> None:
    (tmp_path / "sound.py").write_text(SOUND)
    (tmp_path / "spoilt.py").write_text(f"class Plugin:\n{INIT}")
    assert check(tmp_path / "sound.py").exit_code == 0
    assert check(tmp_path).exit_code == 1
    assert check(tmp_path).output.startswith(f"{tmp_path}/spoilt.py: it answers no hook")


def test_settings_that_are_needed_come_from_a_configuration(tmp_path: Path) -> None:
    (tmp_path / "tried.py").write_text(
        SOUND.replace(
            "class Plugin:\n", "class Settings(Table):\n    city: str\nclass Plugin:\n    Config = Settings\n"
        )
    )
    (tmp_path / "config.toml").write_text(
        '[database]\nurl = "postgresql://nobody@nowhere/x"\n[plugins.tried]\ncity = "Bonn"\n'
    )
    assert (
        "[plugins.tried] city: Field required. Give the setting a default"
        in check(tmp_path / "tried.py").output
    )
    assert check(tmp_path / "tried.py", "--config", tmp_path / "config.toml").exit_code == 0


def test_where_no_plugin_is_it_is_said(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    assert "names no plugin" in check(tmp_path).output
    (tmp_path / "pyproject.toml").unlink()
    assert (check(tmp_path).exit_code, "no plugin is here" in check(tmp_path).output) == (1, True)
