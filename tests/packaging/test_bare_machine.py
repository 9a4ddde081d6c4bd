"""A Debian without anything: README's two commands work there, each alone.

It needs root, the network's package mirrors, and `apt-get install debootstrap`.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import urllib.request
from pathlib import Path

import pytest

from tests.packaging import test_fresh_debian as fresh
from tests.packaging.test_fresh_debian import OF_THE_MACHINE, ROOT, inside, running
from tests.servers import eventually, free_port

pytestmark = pytest.mark.long
NEEDS = "python3 python3-venv make"
ENVIRONMENT = {**fresh.ENVIRONMENT, "NODE_EXTRA_CA_CERTS": "/etc/mirrors.crt"}
"""What this machine trusts, npm shall trust, too."""


@pytest.fixture
def debian(tmp_path: Path) -> Path:
    """A Debian with what the README names, and the sources."""
    folder = tmp_path / "root"
    subprocess.run(
        ["debootstrap", "--variant=minbase", f"--include={NEEDS.replace(' ', ',')}", "bookworm", folder],
        check=True,
        capture_output=True,
    )
    for name, copy in OF_THE_MACHINE.items():
        if Path(name).exists():
            shutil.copy(name, folder / copy)
    (folder / "etc" / "hosts").write_text("127.0.0.1 localhost\n")
    (folder / "etc" / "pip.conf").write_text("[global]\ncert = /etc/mirrors.crt\n")
    sources = folder / "root" / "vorzimmer"
    subprocess.run(["git", "clone", "--quiet", ROOT, sources], check=True)
    shutil.rmtree(sources / ".git")  # there is no git on this machine
    return folder


def test_make_demo_alone_serves_the_practice(debian: Path) -> None:
    port = free_port()

    def page() -> str:
        try:
            with urllib.request.urlopen(f"http://localhost:{port}/", timeout=10) as answer:
                return str(answer.read(), "utf-8")
        except OSError:
            return ""

    command = (
        f"env NODE_EXTRA_CA_CERTS={ENVIRONMENT['NODE_EXTRA_CA_CERTS']} make -C vorzimmer demo PORT={port}"
    )
    with running(debian, command):
        assert "Klassische Massage" in eventually(page, "the practice's page", 600)


def test_make_test_alone_runs_the_tests(debian: Path) -> None:
    """A part of them: those of the template build a plugin and install it. The page of the whole run is CI's."""
    some = "tests/core/test_periods.py tests/plugins/test_template.py tests/caldav/test_contract.py"
    done = subprocess.run(
        inside(debian, f"cd vorzimmer; make test TESTS='{some}'"),
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"\d+ passed", done.stdout.splitlines()[-1])
