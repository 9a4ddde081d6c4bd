"""Every hook has a page, a test and a plugin of ours that uses it; the manual's plugin works."""

import re
import subprocess
import sys
from importlib import import_module
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from vorzimmer import hookspecs
from vorzimmer.hookspecs import Busy
from vorzimmer.periods import Period
from vorzimmer.plugins import Plugins
from vorzimmer.settings.config import PLUGINS
from vorzimmer.testing import Practice, berlin

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "packaging"))
hooks_page = import_module("hooks_page")
reference_page = import_module("reference_page")

HOOKS = hooks_page.hooks()
TESTS = "".join(path.read_text() for path in (ROOT / "tests").rglob("*.py") if path != Path(__file__))


def test_the_page_of_hooks_is_up_to_date() -> None:
    """If not: `python packaging/hooks_page.py`."""
    assert hooks_page.main("check") == 0


def test_the_page_of_public_names_is_up_to_date() -> None:
    """If not: `python packaging/reference_page.py`."""
    assert reference_page.main("check") == 0


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_has_its_section_on_the_page(hook: str) -> None:
    assert f"\n### {hook}(" in hooks_page.PAGE.read_text()


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_is_used_by_a_plugin_of_ours(hook: str) -> None:
    assert hooks_page.users(hook, {name: import_module(name).Plugin for name in PLUGINS})


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_has_a_test(hook: str) -> None:
    assert re.search(rf"\bhookspecs\.{hook}\b|\.{hook}\(|def {hook}\(", TESTS)


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_says_what_happens_if_it_raises_and_shows_an_example(hook: str) -> None:
    first, *_, example = (getattr(hookspecs, hook).__doc__ or "").strip().split("\n\n")
    assert first.endswith(".")
    assert "raises:" in getattr(hookspecs, hook).__doc__
    assert example.startswith("        ")
    compile(f"def {hook}():\n{example}", hook, "exec")


def test_the_plugin_of_the_manual_closes_the_first_monday(
    practice: Practice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """1 March 2027 from 12:00, at both places; not the Monday after."""
    source = re.search(r"```python\n(.*?)```", (ROOT / "docs/authors/plugins.md").read_text(), re.DOTALL)
    assert source
    (tmp_path / "cleaning_of_the_manual.py").write_text(source[1])
    monkeypatch.syspath_prepend(tmp_path)
    plugin = import_module("cleaning_of_the_manual").Plugin
    cleaning = plugin(plugin.Config())
    with practice.hall.database.reading() as session:
        window = Period(berlin("2027-03-01 13:00"), berlin("2027-03-31"))
        found: list[Busy] = cleaning.busy_periods(session, window)
    noon = Period(berlin("2027-03-01 12:00"), berlin("2027-03-02 00:00"))
    assert [busy.period for busy in found] == [noon, noon]


def test_the_tests_of_the_manual_pass_beside_its_plugin(tmp_path: Path) -> None:
    """`vorzimmer_plugin_dir`: a plugin of one file is tested where it lies."""
    for page, name, language in [
        ("plugins", "cleaning.py", "python"),
        ("testing", "test_cleaning.py", "python"),
        ("testing", "pytest.ini", "ini"),
    ]:
        text = (ROOT / f"docs/authors/{page}.md").read_text()
        (source,) = re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)
        (tmp_path / name).write_text(source)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=tmp_path,
        check=False,
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "6 passed" in done.stdout


def test_a_hook_that_does_not_exist_is_said_at_start(
    practice: Practice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mistyped.py").write_text(
        "from vorzimmer import hookimpl\n"
        "class Plugin:\n    def __init__(self, config): ...\n"
        "    @hookimpl\n    def busy_period(self): ...\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    entry = EntryPoint("vorzimmer_people", "mistyped:Plugin", "vorzimmer")
    (broken,) = [p for p in Plugins(practice.hall.config, entries=[entry]).loaded if p.name == entry.name]
    assert broken.error == "ValueError: there is no hook 'busy_period'"
