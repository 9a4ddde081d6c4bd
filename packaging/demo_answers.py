"""Run `make demo` as a newcomer would, wait until its pages answer, end it. Exit 1 where it does not come up."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PATIENCE = 600  # seconds: the first start installs everything


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(url: str) -> bool:
    """Whether the practice's page is there."""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310  (our own address)
            return b"Praxis am Markt" in answer.read()
    except OSError:
        return False


def main() -> int:
    """Start, look, end."""
    port = free_port()
    with tempfile.TemporaryDirectory() as data:
        command = [
            "make",
            "demo",
            f"PORT={port}",
            f"DATA={data}",
        ]  # a group of its own, which ends as a whole
        demo = subprocess.Popen(command, cwd=ROOT, start_new_session=True)
        end, up = time.monotonic() + PATIENCE, False
        while not up and demo.poll() is None and time.monotonic() < end:
            time.sleep(0.5)
            up = answers(f"http://localhost:{port}/")
        if demo.poll() is None:
            os.killpg(demo.pid, signal.SIGTERM)
        demo.wait()
    print("make demo: answers" if up else "make demo: does not answer")
    return 0 if up else 1


if __name__ == "__main__":
    sys.exit(main())
