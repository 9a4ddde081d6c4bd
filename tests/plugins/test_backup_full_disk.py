"""A disk that is full in the middle of a backup or a restore: one clear line, and nothing half done (X14)."""

from __future__ import annotations

import resource
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from tests.plugins.test_backup import _mask, data, run, said, saved
from vorzimmer.testing import Practice

__all__ = ["_mask", "data"]
KB = 1024


@pytest.fixture
def database_url() -> str:
    """The tools of PostgreSQL write its files themselves."""
    return ""


def with_space(size: int, *arguments: object) -> subprocess.CompletedProcess[str]:
    """The command where no file can grow beyond a size: to who writes, the disk is full."""
    limit = partial(resource.setrlimit, resource.RLIMIT_FSIZE, (size, size))
    command = [sys.executable, "-B", "-m", "vorzimmer", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, preexec_fn=limit, check=False)


@pytest.mark.parametrize("size", [8 * KB, 300 * KB])
def test_a_restore_onto_a_full_disk_leaves_nothing(practice: Practice, data: Path, size: int) -> None:
    """X14: it is said in one line; with space there again, the same folder takes the backup."""
    file, into = saved(data), data.parent / "again"
    full = with_space(size, "restore", file, "--into", into, "--data", data)
    lines = full.stderr.strip().splitlines()
    assert (full.returncode, len(lines), "Traceback" in full.stderr) == (1, 1, False), full.stderr
    assert "space" in lines[0]
    assert not into.exists() or list(into.iterdir()) == []
    said(run("restore", file, "--into", into, "--data", data))


@pytest.mark.parametrize("size", [8 * KB])
def test_a_backup_onto_a_full_disk_leaves_nothing(practice: Practice, data: Path, size: int) -> None:
    """X14: no file of half a backup lies where a whole one is looked for."""
    file = data.parent / "one.vorzimmer"
    full = with_space(size, "backup", file, "--data", data)
    lines = full.stderr.strip().splitlines()
    assert (full.returncode, len(lines), "Traceback" in full.stderr) == (1, 1, False), full.stderr
    assert "space" in lines[0]
    assert list(data.parent.glob("*.vorzimmer*")) == []
    saved(data)
