"""`serve` and `work`."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from vorzimmer.cli.options import config_option, data_option, fail, plugin_dir_option, practice, write_logs
from vorzimmer.messages.worker import Worker
from vorzimmer.practice import Hall
from vorzimmer.server import serve as server
from vorzimmer.server.app import create_app
from vorzimmer.settings import setup
from vorzimmer.settings.config import Config

RELOADED = "VORZIMMER_RELOADED"


@click.command()
@data_option
@config_option
@click.option("--host", help="The address to listen on, instead of [server] host.")
@click.option("--port", type=click.IntRange(0, 65535), help="The port, instead of [server] port.")
@click.option("--no-worker", is_flag=True, help="Deliver no messages here; run `vorzimmer work` beside.")
@click.option("--no-plugins", is_flag=True, help="The rescue door: only Vorzimmer's own plugins.")
@click.option(
    "--new-key", is_flag=True, help="Where secret.key is lost: begin with a new one; old links are void."
)
@click.option("--reload", is_flag=True, help="For plugin authors: start again when a source file changes.")
@plugin_dir_option
def serve(
    data: Path | None,
    file: Path | None,
    host: str | None,
    port: int | None,
    no_worker: bool,
    no_plugins: bool,
    new_key: bool,
    reload: bool,
    plugin_dir: Path | None,
) -> None:
    """Serve the pages, the API and the calendars until SIGTERM."""
    if reload and not os.environ.get(RELOADED):
        _keep_restarting(plugin_dir, file or (data or Path("vorzimmer-data")) / "config.toml")
        return
    options: dict[str, Any] = {"host": host, "port": port, "worker": False if no_worker else None}
    over = {"server": {name: value for name, value in options.items() if value is not None}}
    config = Config.load(data=data, file=file, plugin_dir=plugin_dir, over=over)
    bound = server.listen(config.settings.server.host, config.settings.server.port)
    write_logs()
    if new_key:
        _ = config.secret_key  # made where there is none
    with bound:
        _serve(Hall.open(config, only_ours=no_plugins), bound)


def _serve(hall: Hall, bound: socket.socket) -> None:
    hall.migrate()
    address = f"{hall.config.settings.server.host}:{bound.getsockname()[1]}"
    link = hall.database.write(lambda session: setup.begin(session, hall))

    def ready() -> None:
        click.echo(f"{hall.config.settings.practice.name} serves on http://{address}")
        if link:
            click.echo(f"nobody owns this practice yet: set it up at {link} (once, within 24 hours)")

    run(hall, bound, ready=ready)


def run(hall: Hall, bound: socket.socket, *, ready: Callable[[], None]) -> None:
    """Serve a hall on a bound address until SIGTERM, with a worker inside unless the settings say no."""
    app = create_app(hall)
    hall.database.writers.spare(hall.config.settings.server.threads)
    worker = Worker(hall) if hall.config.settings.server.worker else None
    if worker:
        app.extensions["vorzimmer.worker"] = worker
        worker.start()
    try:
        server.run(app, hall.config, bound, ready=ready, ill=lambda: hall.database.writers.failed)
    finally:
        if worker:
            worker.stop()
        hall.database.dispose()
    _end_ill(hall)


def _end_ill(hall: Hall) -> None:
    """Say why this process may not go on, and end so that a supervisor starts another."""
    if hall.database.writers.failed:
        fail(f"{hall.database.writers.failed}: look at the disk, then start again")


@click.command()
@practice
def work(config: Config) -> None:
    """Deliver messages and do regular work until SIGTERM, beside `serve --no-worker`."""
    write_logs()
    hall = Hall.open(config)
    hall.migrate()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    worker = Worker(hall)
    worker.start()
    click.echo("working")
    while not stop.wait(1) and not hall.database.writers.failed:
        pass
    worker.stop()
    hall.database.dispose()
    _end_ill(hall)


def _keep_restarting(plugin_dir: Path | None, settings: Path) -> None:
    """Run this command in a child, and again whenever a source, a template or the settings' file changes."""
    # Only these packages: beside them may lie all that was ever installed.
    sources = (path for entry in sys.path if entry for path in Path(entry).glob("vorzimmer*/__init__.py"))
    folders = [path.parent for path in sources]
    folders += [plugin_dir] if plugin_dir else []
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    while not stopping.is_set():
        seen = newest(folders, settings)
        command = [sys.executable, "-m", "vorzimmer", *sys.argv[1:]]
        child = subprocess.Popen(command, env={**os.environ, RELOADED: "1"})  # noqa: S603  (ourselves)
        while not stopping.is_set() and newest(folders, settings) == seen:
            time.sleep(0.5)
        child.terminate()
        child.wait()


def newest(folders: list[Path], settings: Path) -> tuple[float, float]:
    """When the newest source of the folders, and the settings' file, were changed last."""
    sources = [path for folder in folders for kind in ("*.py", "*.html") for path in folder.rglob(kind)]
    changed = [path.stat().st_mtime if path.exists() else 0.0 for path in (*sources, settings)]
    return max(changed[:-1], default=0.0), changed[-1]
