"""What every use case needs: settings, database, plugins."""

from __future__ import annotations

from dataclasses import dataclass

from vorzimmer.config import Config
from vorzimmer.database import Database
from vorzimmer.plugins import Plugins


@dataclass(frozen=True)
class Hall:
    """One practice: its settings, its database, its plugins. Three doors, one hall (architecture §2)."""

    config: Config
    database: Database
    plugins: Plugins

    @classmethod
    def open(cls, config: Config, *, only_ours: bool = False) -> Hall:
        """Load the plugins and open the database; `migrate` is the caller's."""
        return cls(config, Database(config.database_url), Plugins(config, only_ours=only_ours))

    def migrate(self) -> None:
        """Bring every owner's tables to their newest version."""
        self.database.migrate(self.plugins.migrations())
