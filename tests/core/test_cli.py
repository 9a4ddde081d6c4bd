"""The `vorzimmer` command: what an operator types, and what it says."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from vorzimmer import accounts
from vorzimmer.cli import main
from vorzimmer.models import Account, AppPassword, AuditEntry, WebSession
from vorzimmer.practice import Hall
from vorzimmer.settings import setup
from vorzimmer.settings.config import PLUGINS, Config
from vorzimmer.testing import Practice

SECRET = "ein-langes-passwort"


@pytest.fixture
def database_url() -> str:
    return ""


@pytest.fixture(autouse=True)
def _mask() -> Iterator[None]:
    """Commands make files for their user only; the tests after them need not."""
    before = os.umask(0o077)
    os.umask(before)
    yield
    os.umask(before)


def run(*arguments: object, given: str = "") -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments], input=given)


def said(result: Result, *, code: int = 0) -> str:
    assert result.exit_code == code, result.output
    return result.output if code else result.stdout


@pytest.fixture
def data(practice: Practice) -> Path:
    """The folder of a filled practice."""
    return practice.hall.config.data


@pytest.mark.parametrize(
    "command",
    [
        "init",
        "serve",
        "work",
        "demo",
        "migrate",
        "plugins",
        "user",
        "app-password",
        "api-key",
        "export",
        "explain",
        "doctor",
        "selftest",
        "backup",
        "restore",
    ],
)
def test_help_lists_the_command(command: str) -> None:
    """interface.md, Commands; `demo` comes from a plugin."""
    assert f"  {command} " in said(run("--help"))


def test_help_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    said(run("--help"))
    assert list(tmp_path.iterdir()) == []


def test_init_makes_a_practice_and_its_owner(tmp_path: Path) -> None:
    data = tmp_path / "new"
    options = [
        "--name",
        'Praxis "Sonne"',
        "--base-url",
        "https://sonne.example",
        "--owner",
        "o@sonne.example",
    ]
    said(run("init", "--data", data, *options, given=f"{SECRET}\n"))
    hall = Hall.open(Config.load(data=data))
    assert hall.config.settings.practice.name == 'Praxis "Sonne"'
    assert not hall.config.is_fixed("practice", "name")  # the office may change it
    assert hall.config.is_fixed("practice", "base_url")
    hall.database.dispose()
    assert said(run("user", "list", "--data", data)) == "o@sonne.example\towner\t-\tactive\n"


def test_what_is_made_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    """A172."""
    data = tmp_path / "new"
    said(run("migrate", "--data", data))
    assert [path.name for path in data.iterdir() if path.stat().st_mode & 0o077] == []


def test_init_leaves_a_practice_that_is_there(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("")
    options = ["--name", "x", "--base-url", "https://x.example", "--owner", "o@x.example"]
    assert "is there already" in said(run("init", "--data", tmp_path, *options), code=1)


def test_a_wrong_setting_is_said_in_one_line_with_file_table_and_key(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[server]\nport = "many"\n')
    output = said(run("migrate", "--data", tmp_path), code=1)
    assert output.startswith(f"Error: {tmp_path / 'config.toml'}: [server] port: ")
    assert len(output.splitlines()) == 1


def test_a_database_that_is_away_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[database]\nurl = "postgresql://nobody@127.0.0.1:1/none"\n')
    output = said(run("migrate", "--data", tmp_path), code=1)
    assert output.startswith("Error: the database does not answer")
    assert len(output.splitlines()) == 1


def test_a_login_is_added_with_a_password_from_stdin(practice: Practice, data: Path) -> None:
    """A173: never an argument, which everybody sees in the list of processes."""
    said(
        run(
            "user",
            "add",
            "neu@praxis.example",
            "--role",
            "staff",
            "--staff",
            "anna",
            "--data",
            data,
            given=SECRET,
        )
    )
    account = _account(practice.hall, "neu@praxis.example")
    assert accounts.PASSWORDS.verify(account.password or "", SECRET)
    assert account.resource_id == practice.resource("anna").id


@pytest.mark.parametrize(
    ("arguments", "given", "why"),
    [
        (["anna@praxis.example", "--role", "staff"], SECRET, "has a login already"),
        (["ANNA@praxis.example", "--role", "staff"], SECRET, "has a login already"),
        (["neu@praxis.example", "--role", "staff"], "short", "At least 12"),
        (["neu@praxis.example", "--role", "staff", "--staff", "zoe"], SECRET, "there is no zoe"),
    ],
)
def test_a_login_that_cannot_be_is_refused_in_words(
    data: Path, arguments: list[str], given: str, why: str
) -> None:
    assert why in said(run("user", "add", *arguments, "--data", data, given=given), code=1)


def test_another_password_ends_every_session(practice: Practice, data: Path) -> None:
    """T4."""
    anna = _account(practice.hall, "anna@praxis.example")
    moment = practice.clock.now
    session = {"created_at": moment, "seen_at": moment, "expires_at": moment, "data": {}}
    practice.hall.database.write(
        lambda db: db.add(WebSession(key_hash="k" * 64, account_id=anna.id, **session))
    )
    said(run("user", "password", "anna@praxis.example", "--data", data, given=SECRET))
    with practice.hall.database.reading() as db:
        assert db.scalars(select(WebSession)).all() == []
    changed = _account(practice.hall, "anna@praxis.example")
    assert accounts.PASSWORDS.verify(changed.password or "", SECRET)
    assert changed.fs_uniquifier != anna.fs_uniquifier


def test_an_app_password_is_shown_once_and_stored_as_its_digest(practice: Practice, data: Path) -> None:
    """T9."""
    secret = said(run("app-password", "anna@praxis.example", "--label", "Telefon", "--data", data)).strip()
    with practice.hall.database.reading() as session:
        stored = session.scalars(select(AppPassword).where(AppPassword.label == "Telefon")).one()
        assert stored.secret_hash == accounts.digest(secret)
        assert session.scalars(select(AuditEntry).where(AuditEntry.act == "app password")).one().door == "cli"


def test_explain_says_why_a_time_is_not_offered(data: Path, practice: Practice) -> None:
    """Rule 81: the same words as the API's; 7 March 2027 is a Sunday."""
    offered = said(run("explain", "massage", "2027-03-02T09:00", "--data", data))
    assert offered == "offered\n"
    output = said(run("explain", "massage", "2027-03-07T09:00", "--staff", "anna", "--data", data))
    assert output.startswith("not offered\n  12\t")
    assert "(person:anna)" in output
    assert "/help/rules#rule-12" in output


def test_explain_knows_no_service_that_does_not_exist(data: Path) -> None:
    assert said(run("explain", "nothing", "2027-03-02T09:00", "--data", data), code=1).startswith("Error: ")


def test_doctor_finds_a_practice_in_order_with_warnings(data: Path) -> None:
    output = said(run("doctor", "--data", data))
    assert "ok       schema: up to date" in output
    assert "warning  address: http://localhost:8080 is not https" in output
    assert "wrong" not in output


@pytest.mark.parametrize(
    ("settings", "finding"),
    [
        ('[practice]\nbase_url = "http://praxis.example"', "wrong    address"),
        ('[plugins]\nenabled = ["nothing_like_it"]', "wrong    plugin nothing_like_it: is not installed"),
        ('[mail]\nsmtp = "smtp://127.0.0.1:1"', "wrong    mail: 127.0.0.1 does not answer"),
        ("[server]\nlimits = false", "wrong    server: limits are off"),
        ('[database]\nurl = "postgresql://nobody@127.0.0.1:1/none"', "wrong    database: "),
    ],
)
def test_doctor_finds_what_is_wrong(tmp_path: Path, settings: str, finding: str) -> None:
    (tmp_path / "config.toml").write_text(settings)
    assert finding in said(run("doctor", "--data", tmp_path), code=1)


def test_doctor_finds_tables_that_are_not_up_to_date(tmp_path: Path) -> None:
    assert "wrong    schema: not up to date" in said(run("doctor", "--data", tmp_path), code=1)


def test_plugins_are_listed_with_what_is_wrong_with_them(tmp_path: Path) -> None:
    enabled = '[plugins]\nenabled = ["vorzimmer_people", "nothing_like_it"]'
    (tmp_path / "config.toml").write_text(enabled)
    lines = said(run("plugins", "--data", tmp_path)).splitlines()
    assert [line.split()[0] for line in lines if "works" in line] == ["vorzimmer_people"]
    assert [line.split()[0] for line in lines if "is not installed" in line] == ["nothing_like_it"]


def test_hooks_are_listed_with_their_arguments() -> None:
    assert "busy_periods(session, resources, window)" in said(run("plugins", "hooks"))


def test_a_trace_shows_who_answered_which_hook(data: Path) -> None:
    lines = said(run("plugins", "trace", "massage", "--data", data)).splitlines()
    assert {"available_periods", "vorzimmer_weekly_hours"} <= {
        word for line in lines for word in line.split()
    }


@pytest.fixture
def plugin_dir(tmp_path: Path) -> Path:
    """A folder with a plugin that closes everything, its test, and a file that is no plugin."""
    folder = tmp_path / "single"
    folder.mkdir()
    (folder / "always_closed_here.py").write_text(
        "from vorzimmer import Busy, hookimpl\n"
        "class Plugin:\n"
        "    def __init__(self, config): ...\n"
        "    @hookimpl\n"
        "    def busy_periods(self, window):\n"
        "        return [Busy(window, 'here', 'always_closed_here', 'Gone fishing.')]\n"
    )
    (folder / "test_always_closed_here.py").write_text("class Plugin:\n    only_looks_like_one = True\n")
    (folder / "notes.py").write_text("raise SystemExit('was imported')\n")
    return folder


def test_a_folder_of_single_files_is_listed_but_for_its_tests_and_what_is_no_plugin(
    tmp_path: Path, plugin_dir: Path
) -> None:
    output = said(run("plugins", "--data", tmp_path, "--plugin-dir", plugin_dir))
    assert "works" in next(line for line in output.splitlines() if "always_closed_here" in line)
    assert [name for name in ("test_", "notes") if name in output] == []


def test_single_files_are_traced_and_explained(data: Path, plugin_dir: Path) -> None:
    where = ("--data", data, "--plugin-dir", plugin_dir)
    assert said(run("plugins", "trace", "massage", *where)).endswith("\n0 free times\n")
    assert "always_closed_here\tGone fishing." in said(run("explain", "massage", "2027-03-02T09:00", *where))


def test_doctor_warns_of_settings_that_no_enabled_plugin_reads(data: Path) -> None:
    finding = "warning  settings: [plugins.nothing_like_it] is of a plugin that is not enabled"
    (data / "config.toml").write_text("[plugins.nothing_like_it]\n")
    assert finding in said(run("doctor", "--data", data))


def test_doctor_knows_the_settings_of_single_files(data: Path, plugin_dir: Path) -> None:
    (data / "config.toml").write_text("[plugins.always_closed_here]\n")
    output = said(run("doctor", "--data", data, "--plugin-dir", plugin_dir))
    assert "always_closed_here" not in output


def test_a_plugin_is_enabled_beside_ours_without_naming_them(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[plugins]\nalso = ["nothing_like_it"]')
    assert Config.load(data=tmp_path).enabled == (*PLUGINS, "nothing_like_it")


@pytest.mark.parametrize("key", ["enabled", "also"])
def test_one_name_is_no_list_of_plugins(tmp_path: Path, key: str) -> None:
    (tmp_path / "config.toml").write_text(f'[plugins]\n{key} = "vorzimmer_web"')
    assert f"{key} is a list of plugins' names" in said(run("plugins", "--data", tmp_path), code=1)


def test_a_new_plugin_says_what_to_add_to_the_settings(tmp_path: Path) -> None:
    """The lines are TOML that enables it beside ours."""
    output = said(run("plugins", "new", "second_friday", "--into", tmp_path))
    (tmp_path / "config.toml").write_text(output.partition("\n\n")[2])
    config = Config.load(data=tmp_path)
    assert config.enabled == (*PLUGINS, "vorzimmer_second_friday")
    assert config.table("vorzimmer_second_friday") == {"minutes": 30}


def test_a_new_plugin_bears_its_own_name_throughout(tmp_path: Path) -> None:
    said(run("plugins", "new", "second_friday", "--into", tmp_path))
    made = tmp_path / "vorzimmer-second-friday"
    assert (made / "vorzimmer_second_friday" / "__init__.py").exists()
    texts = [path.read_text() for path in made.rglob("*") if path.is_file()]
    assert [text for text in texts if "vorzimmer_example" in text or "/x/example" in text] == []


@pytest.mark.parametrize("name", ["../evil", "Second", "second-friday", "", "1st"])
def test_a_plugin_gets_no_name_that_is_none(tmp_path: Path, name: str) -> None:
    assert "a name is made of" in said(run("plugins", "new", name, "--into", tmp_path), code=1)


def test_fifty_want_the_same_time_and_one_gets_it() -> None:
    """The promise "no slot is ever sold twice: run `selftest race` and see"."""
    output = said(run("selftest", "race"))
    assert output == "50 wanted the same time at once: 1 got it, 49 were refused\n"


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--host", "0.0.0.0"], "--i-know is needed"),
        (["--host", "0.0.0.0", "--i-know", "--no-limits"], "loopback"),
    ],
)
def test_the_demo_stays_on_this_machine(tmp_path: Path, options: list[str], why: str) -> None:
    """interface.md: its passwords are known to everybody."""
    assert why in said(run("demo", "--data", tmp_path / "demo", *options), code=1)


def _account(hall: Hall, email: str) -> Any:
    with hall.database.reading() as session:
        return session.scalars(select(Account).where(Account.email == email)).one()


def test_init_without_an_owner_leaves_the_owner_to_the_browser(tmp_path: Path) -> None:
    """A50: `serve` prints the link."""
    options = ["--name", "Praxis", "--base-url", "http://localhost:8080"]
    said(run("init", "--data", tmp_path / "data", *options))
    hall = Hall.open(Config.load(data=tmp_path / "data"))
    assert hall.database.write(lambda session: setup.begin(session, hall)) is not None
    hall.database.dispose()
