"""The demo's folder tells every other command what practice it holds."""

from __future__ import annotations

from pathlib import Path

from vorzimmer.settings.config import Config
from vorzimmer_demo.file import MARK, forget, remember

UNDER = {
    "practice": {"name": 'Praxis "Süd"\n', "base_url": "http://localhost:8090"},
    "server": {"port": 8090, "hosts": ["a.example"], "limits": False},
    "mail": {"from": "praxis@praxis.example"},
    "plugins": {"vorzimmer_holidays": {"country": "DE", "subdivision": "BE"}},
}


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    config = Config.load(data=tmp_path, under=UNDER)
    remember(config)
    assert Config.load(data=tmp_path).settings == config.settings


def test_an_earlier_start_is_forgotten(tmp_path: Path) -> None:
    remember(Config.load(data=tmp_path, under=UNDER))
    forget(tmp_path)
    assert not (tmp_path / "config.toml").exists()


def test_a_file_of_the_operators_own_is_kept(tmp_path: Path) -> None:
    own = tmp_path / "config.toml"
    own.write_text("[server]\nport = 9000\n")
    forget(tmp_path)
    remember(Config.load(data=tmp_path, under=UNDER))
    assert MARK not in own.read_text()
