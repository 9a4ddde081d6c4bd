"""What every use case needs: settings, database, plugins."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import EntryPoint
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from vorzimmer import hookspecs
from vorzimmer.database import Database
from vorzimmer.plugins import Plugins, told
from vorzimmer.reasons import PluginFailed
from vorzimmer.settings.config import KEY, PLUGINS, Config, ConfigError
from vorzimmer.settings.stored import Stored
from vorzimmer.text.texts import Texts
from vorzimmer.tries import Tries


@dataclass(frozen=True)
class Hall:
    """One practice: its settings, its database, its plugins. Three doors, one hall (architecture §2)."""

    config: Config
    database: Database
    plugins: Plugins

    @classmethod
    def open(
        cls, config: Config, *, only_ours: bool = False, entries: Iterable[EntryPoint] | None = None
    ) -> Hall:
        """Load the plugins, make the data folder, open the database; `migrate` is the caller's.

        Raises `ConfigError` where the secret key of this database is missing.
        """
        config.data.mkdir(parents=True, exist_ok=True)
        database = Database(config.database_url)
        try:
            _keep_key(config, database)
        except ConfigError:
            database.dispose()
            raise
        stored = Stored(config, database)
        stored.refresh()
        plugins = Plugins(config, only_ours=only_ours, entries=entries)
        hall = cls(config, database, plugins)
        hall.__dict__["stored"] = (
            stored  # has been looked at already: plugins are loaded as the office has set
        )
        return hall

    @cached_property
    def stored(self) -> Stored:
        """What the office has set, as far as this process knows."""
        return Stored(self.config, self.database)

    def refresh(self, *, at_once: bool = False) -> None:
        """Take up what the office has set meanwhile; called at the beginning of requests and of the worker's rounds."""
        if self.stored.refresh(at_once=at_once):
            self.__dict__.pop("texts", None)
            self.plugins.follow(self.config)

    @cached_property
    def texts(self) -> Texts:
        """The catalogues of the core and of every whole plugin."""
        return Texts(self.catalogues, self.config.zone)

    @property
    def catalogues(self) -> list[Path]:
        """Folders that have `translations`. The core begins, for its rule of plurals, and ends: its words stay."""
        core = Path(__file__).parent
        return [core, *self.plugins.catalogues(), core]

    @cached_property
    def tries(self) -> Tries:
        """The count of failed sign-ins at all doors together."""
        return Tries(on=self.config.settings.server.limits)

    def _tell_outdated(self) -> None:
        """Ours may keep the tables as they are, such as where no backup can be made; a stranger may not."""
        _answers, failed = self.plugins.known(hookspecs.schema_outdated, hall=self)
        for plugin in failed:
            if plugin.name in PLUGINS:
                why = plugin.error or plugin.faults[hookspecs.schema_outdated.__name__]
                raise PluginFailed(plugin.name, hookspecs.schema_outdated.__name__) from RuntimeError(why)

    def migrate(self, *, tell: bool = True) -> list[str]:
        """Bring every owner's tables to their newest version; plugins hear of it before, where they are to be told.

        Returned: the plugins whose tables cannot be brought there: they are broken from now on, the others go on.
        """
        failed = self.database.migrate(self.plugins.migrations(), self._tell_outdated if tell else None)
        for name, error in failed.items():
            self.plugins.fail(name, f"its tables stay as they are: {told(error)}")
        return list(failed)


def _keep_key(config: Config, database: Database) -> None:
    """Make the key of a new practice. A new one beside old data would void every link and sealed password, silently."""
    if config.has_secret_key:
        return
    try:
        is_new = not database.has_tables()
    except SQLAlchemyError:  # it is away: whoever needs it will say so, and no key is made before
        return
    if not is_new:
        raise ConfigError(
            f"{config.data / KEY} is missing, but its database is not new. Put the key back, alone or with all of a"
            " backup (vorzimmer restore). Without it all links in mails, sessions, and stored passwords (mail server,"
            " calendars elsewhere) are void; who has no copy starts once with: vorzimmer serve --new-key"
        )
    _ = config.secret_key
