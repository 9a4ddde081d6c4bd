"""What every command shares: where the practice is, and errors in one line."""

from __future__ import annotations

import atexit
import functools
import logging
import os
import queue
import sqlite3
import sys
import threading
from collections.abc import Callable
from logging.handlers import QueueHandler, QueueListener
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click
import structlog
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from vorzimmer.database import Newer
from vorzimmer.practice import Hall
from vorzimmer.reasons import PluginFailed, Refused
from vorzimmer.server.serve import CannotListen
from vorzimmer.settings.config import Config, ConfigError

F = TypeVar("F", bound=Callable[..., Any])
MOST_LOG_LINES = 10_000
"""Waiting to be written; beyond that lines are lost rather than requests kept waiting (F12)."""

QUIET = {"waitress.queue": logging.ERROR, "alembic": logging.WARNING, "radicale": logging.WARNING}
"""Libraries that say more than anybody wants to read."""

data_option = click.option(
    "--data", type=click.Path(file_okay=False, path_type=Path), help="The data folder, with its config.toml."
)
config_option = click.option(
    "--config",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The configuration; its folder is the data folder unless --data is given.",
)

plugin_dir_option = click.option(
    "--plugin-dir",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="For plugin authors: every file NAME.py here with a class Plugin is the plugin NAME.",
)


def practice(command: F) -> F:
    """Give a command `--data` and `--config`, and hand it the `Config`."""

    @functools.wraps(command)
    def with_config(
        *args: Any, data: Path | None, file: Path | None, plugin_dir: Path | None = None, **options: Any
    ) -> Any:
        return command(*args, config=Config.load(data=data, file=file, plugin_dir=plugin_dir), **options)

    return data_option(config_option(with_config))  # type: ignore[return-value]


def authors_practice(command: F) -> F:
    """`practice` of a command that also looks at plugins of one file: `--plugin-dir`."""
    return plugin_dir_option(practice(command))


def opened(config: Config) -> Hall:
    """The hall with its tables brought up to date."""
    hall = Hall.open(config)
    hall.migrate()
    return hall


class OneLine(click.Group):
    """A group whose errors of the operator's are one line on stderr, without a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; what it writes is its user's alone."""
        os.umask(0o077)
        log_in_lines()
        try:
            return super().invoke(ctx)
        except (ConfigError, CannotListen, Newer) as error:
            fail(str(error))
        except PluginFailed as error:
            fail(f"{error}: {error.__cause__}")
        except Refused as refusal:
            fail(refusal.text)
        except OperationalError as error:
            fail(f"the database does not answer: {_told(error)}")
        except SQLAlchemyError as error:
            fail(f"the database refuses: {str(error).splitlines()[0]}")


def _told(error: OperationalError) -> str:
    said = str(error.orig).splitlines()[0]
    full = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)
    return f"{said} (is there space left on its disk?)" if full else said


def fail(text: str) -> NoReturn:
    """End with an error in words."""
    raise click.ClickException(text)


def write_logs() -> None:
    """Log lines to stderr, by a thread of their own: a full or stuck pipe keeps no request waiting (F12)."""
    logging.raiseExceptions = False
    waiting: queue.Queue[logging.LogRecord] = queue.Queue(MOST_LOG_LINES)
    logging.basicConfig(
        level=logging.INFO, handlers=[QueueHandler(waiting)], format="%(message)s", force=True
    )
    logging.getLogger().handlers[0].addFilter(_is_worth_reading)
    listener = QueueListener(waiting, logging.StreamHandler(sys.stderr))
    listener.start()
    atexit.register(_finish, listener)


def _finish(listener: QueueListener) -> None:
    """Write what waits; a reader that is stuck is given a second."""
    last = threading.Thread(target=listener.stop, daemon=True)
    last.start()
    last.join(1)


def _is_worth_reading(record: logging.LogRecord) -> bool:
    # by name, not by their loggers: a library may have a class of its own for those it makes first
    return all(record.levelno >= least for name, least in QUIET.items() if record.name.startswith(name))


def log_in_lines() -> None:
    """Give structlog's entries to `logging`, which writes warnings to stderr until `write_logs` says better."""
    structlog.configure(
        processors=[
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"]),
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    )
