"""Settings that the office has made, in the table `setting`: what file and environment say stands above them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import structlog
from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy.exc import SQLAlchemyError

from vorzimmer.database import Database
from vorzimmer.settings.config import Config, ConfigError

PREFIX = "settings."
"""Rows are named so, with the name of the table of the file: `settings.practice`."""
TABLES = ("practice", "booking", "mail", "plugins")
SEALED = "sealed"
SECONDS = 0.8
"""How long a process may go on without having looked."""
_READ = f"SELECT name, value FROM setting WHERE name LIKE '{PREFIX}%' ORDER BY name"  # noqa: S608  (ours alone)
log = structlog.get_logger(__name__)


class Stored:
    """What this process knows of the office's settings; `refresh` looks whether anybody has changed them."""

    def __init__(self, config: Config, database: Database) -> None:
        self._config = config
        self._database = database
        self._seen: list[tuple[str, str]] = []
        self._next = 0.0

    def refresh(self, *, at_once: bool = False) -> bool:
        """Lay what is new over the configuration; whether there was anything new. Looks once a second at most."""
        moment = time.monotonic()
        if moment < self._next and not at_once:
            return False
        self._next = moment + SECONDS
        rows = self._rows()
        if rows is None or rows == self._seen:
            return False
        self._seen = rows
        try:
            self._config.lay(unsealed(self._config, of_rows(rows)))
        except ConfigError as error:  # an older version of the server than the one that stored them
            log.error("settings of the office cannot be used", error=str(error))
        return True

    def _rows(self) -> list[tuple[str, str]] | None:
        """The rows, by a bare connection, so that it costs next to nothing; None where there are none to read."""
        engine = self._database.engine
        if self._database.sqlite and not Path(engine.url.database or "").exists():
            return None
        try:
            with closing(engine.raw_connection()) as connection:
                cursor = connection.cursor()
                cursor.execute(_READ)
                return [(name, value) for name, value in cursor.fetchall()]
        except (SQLAlchemyError, engine.dialect.loaded_dbapi.Error):
            return None


def of_rows(rows: list[tuple[str, str]]) -> dict[str, Any]:
    """Tables by their names; secrets are sealed."""
    return {name.removeprefix(PREFIX): json.loads(value) for name, value in rows}


def sealed(config: Config, secret: str) -> dict[str, str]:
    """A secret as it is stored: nobody who reads the database or a backup of it reads the secret."""
    return {SEALED: _cipher(config).encrypt(secret.encode()).decode()}


def unsealed(config: Config, value: Any) -> Any:
    """The value with its secrets open; one that was sealed with another key is left out."""
    if not isinstance(value, Mapping):
        return value
    opened = {}
    for key, part in value.items():
        if isinstance(part, Mapping) and part.keys() == {SEALED}:
            try:
                opened[key] = _cipher(config).decrypt(part[SEALED].encode()).decode()
            except InvalidToken:
                log.error("a secret was sealed with another key; please enter it anew", setting=key)
        else:
            opened[key] = unsealed(config, part)
    return opened


def _cipher(config: Config) -> Fernet:
    key = hmac.new(config.secret_key, b"settings of the office", hashlib.sha256).digest()
    return Fernet(base64.urlsafe_b64encode(key))
