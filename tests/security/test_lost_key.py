"""The secret key is gone, the database is not: nobody begins with a new one by accident (F49)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from vorzimmer.cli import main
from vorzimmer.testing import Practice


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    return "" if request.param == "sqlite" else str(request.getfixturevalue("postgresql_copy"))


@pytest.fixture
def data(practice: Practice) -> Path:
    """The practice's folder, without its key."""
    config = practice.hall.config
    (config.data / "config.toml").write_text(f'[database]\nurl = "{config.settings.database.url}"\n')
    (config.data / "secret.key").unlink()
    return config.data


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.mark.parametrize("command", ["serve", "work", "doctor", "migrate"])
def test_without_its_key_nothing_starts_and_none_is_made(data: Path, command: str) -> None:
    options = ["--port", "0"] if command == "serve" else []
    answer = run(command, *options, "--data", data)
    assert (answer.exit_code, "secret.key is missing" in answer.output) == (1, True), answer.output
    assert "vorzimmer restore" in answer.output
    assert not (data / "secret.key").exists()


def test_whoever_says_so_begins_with_a_new_one(data: Path) -> None:
    command = [sys.executable, "-m", "vorzimmer", "serve", "--new-key", "--port", "0", "--data", str(data)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as server:
        said = next(line for line in server.stdout if "serves on" in line or "Error" in line)
        server.terminate()
        server.communicate()
    assert "serves on" in said
    assert (data / "secret.key").stat().st_mode & 0o077 == 0


def test_new_practice_makes_its_key(tmp_path: Path) -> None:
    assert run("migrate", "--data", tmp_path).exit_code == 0
    assert (tmp_path / "secret.key").exists()
    assert run("migrate", "--data", tmp_path).exit_code == 0
