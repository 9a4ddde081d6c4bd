"""The plugin template as a stranger would use it: built, installed beside the server, run, removed (7.8)."""

import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
from pathlib import Path

import pytest

TEMPLATE = Path(__file__).parents[2] / "packaging/plugin-template"
NAME = "vorzimmer_example"

OPEN = """
import sys
from pathlib import Path
from vorzimmer.settings.config import Config
from vorzimmer.practice import Hall
from vorzimmer.testing import *

hall = Hall.open(Config.load(data=Path(sys.argv[1])))
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the template outside the repository."""
    return Path(shutil.copytree(TEMPLATE, tmp_path_factory.mktemp("author") / "plugin"))


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment: nothing of its own; the server and its libraries are linked in."""
    folder = tmp_path_factory.mktemp("fresh")
    venv.create(folder, symlinks=True)
    paths = sysconfig.get_paths("venv", vars={"base": str(folder), "platbase": str(folder)})
    linked = sysconfig.get_paths()["purelib"]
    (Path(paths["purelib"]) / "linked.pth").write_text(f"import site; site.addsitedir({linked!r})\n")
    return folder / "bin/python"


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, check=False, capture_output=True, text=True, timeout=280
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def pip(python: Path, *arguments: str | Path, cwd: Path) -> None:
    quiet = ("--quiet", "--disable-pip-version-check", "--no-input")
    run(sys.executable, "-m", "pip", "--python", python, *quiet, *arguments, cwd=cwd)


@pytest.fixture(scope="module")
def installed(project: Path, python: Path) -> Path:
    """The environment's python, with the template's wheel installed in it and nowhere else."""
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", cwd=project)
    (wheel,) = (project / "dist").glob("*.whl")
    pip(python, "install", "--no-deps", "--no-index", wheel, cwd=project)
    return python


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The folder of a practice that enables the plugin."""
    enabled = ", ".join(f'"{name}"' for name in ("vorzimmer_people", NAME))
    (tmp_path / "config.toml").write_text(
        f"[plugins]\nenabled = [{enabled}]\n[plugins.{NAME}]\nminutes = 45\n"
    )
    return tmp_path


def test_its_own_tests_pass(installed: Path, project: Path) -> None:
    """Its hook answers, and its page."""
    assert " passed" in run(installed, "-P", "-m", "pytest", "-q", "-W", "error", cwd=project)


def test_it_uses_nothing_but_what_is_public() -> None:
    """The face and `vorzimmer.testing`; anything else may change under an author's feet."""
    lines = [line for path in TEMPLATE.rglob("*.py") for line in path.read_text().splitlines()]
    sources = {line.split()[1] for line in lines if line.startswith("from vorzimmer") and NAME not in line}
    assert sources == {"vorzimmer", "vorzimmer.testing"}


def test_an_installed_plugin_that_nobody_enabled_is_never_imported(installed: Path, tmp_path: Path) -> None:
    code = f"{OPEN}\nassert {NAME!r} not in sys.modules, 'imported'"
    run(installed, "-P", "-c", code, tmp_path, cwd=tmp_path)


def test_removed_again_the_server_still_upgrades(
    installed: Path, project: Path, data: Path, request: pytest.FixtureRequest
) -> None:
    """Its table and its data stay, and lead to the core's tables; nothing of the core leads to it."""
    enter = f"""{OPEN}
hall.migrate()
from vorzimmer import Location
from {NAME}.models import Meeting
place = Location(slug="markt", name="Markt", zone="Europe/Berlin")
hall.database.write(lambda s: (s.add(place), s.flush(), s.add(Meeting(location=place, starts=START))))
"""
    run(installed, "-P", "-c", enter, data, cwd=data)
    pip(installed, "uninstall", "--yes", "vorzimmer-example", cwd=data)
    request.addfinalizer(
        lambda: pip(
            installed,
            "install",
            "--no-deps",
            "--no-index",
            next((project / "dist").glob("*.whl")),
            cwd=project,
        )
    )
    upgrade = f"""{OPEN}
import shutil
from sqlalchemy import text
from vorzimmer import database
from vorzimmer.server.app import create_app
newer = Path(sys.argv[1]) / "newer"
shutil.copytree(database.CORE_MIGRATIONS, newer)
(newer / "versions" / "9999_next.py").write_text(sys.argv[2])
database.CORE_MIGRATIONS = newer
hall.migrate()
(plugin,) = [plugin for plugin in hall.plugins.loaded if plugin.name == {NAME!r}]
assert plugin.error == "is not installed", plugin.error
with hall.database.reading() as session:
    assert session.scalar(text("SELECT floor FROM location")) == 3
    assert session.scalar(text("SELECT count(*) FROM {NAME}_meeting")) == 1
assert create_app(hall).test_client().get("/healthz").status_code == 200
"""
    run(installed, "-P", "-c", upgrade, data, next_migration(), cwd=data)


def next_migration() -> str:
    """A further migration of the core, which touches the table that the plugin's leads to."""
    newest = max((TEMPLATE.parents[1] / "core/vorzimmer/migrations/versions").glob("*.py")).stem
    return f"""
import sqlalchemy as sa
from alembic import op
revision, down_revision = "9999", {newest.split("_")[0]!r}
def upgrade() -> None:
    with op.batch_alter_table("location") as table:
        table.add_column(sa.Column("floor", sa.Integer, server_default="3"))
"""


def test_the_template_names_the_version_of_the_server() -> None:
    ours = tomllib.loads((TEMPLATE.parents[1] / "pyproject.toml").read_text())["project"]["version"]
    wants = tomllib.loads((TEMPLATE / "pyproject.toml").read_text())["project"]["dependencies"]
    major, minor, _patch = map(int, ours.split("."))
    assert wants == [f"vorzimmer>={major}.{minor},<{major}.{minor + 1}"]
