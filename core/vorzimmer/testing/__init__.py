"""Fixtures and contracts for plugin authors (a pytest plugin).

`hall` is a practice's server in a fresh database: SQLite, unless `database_url` is overridden. The pytest option
`vorzimmer_plugins` names plugins to enable beside ours, `vorzimmer_plugin_dir` a folder of one-file plugins.
`clock` stands still; `practice` is the demo's practice.
"""

import pytest

pytest.register_assert_rewrite("vorzimmer.testing.contracts")

from vorzimmer.testing.cast import (  # noqa: E402
    DESK,
    PASSWORD,
    Browser,
    Outbox,
    Practice,
    app,
    client,
    compiled_pages,
    outbox,
    practice,
    worker,
)
from vorzimmer.testing.contracts import (  # noqa: E402
    AvailabilityContract,
    NotifierContract,
    PaymentContract,
    PolicyContract,
    check_plugin,
)
from vorzimmer.testing.halls import (  # noqa: E402
    config,
    database_url,
    hall,
    postgresql_copy,
    postgresql_database,
    settings,
    templates,
)
from vorzimmer.testing.instants import BERLIN, START, Clock, berlin, clock  # noqa: E402  (after the line above)
from vorzimmer.testing.servers import no_network, postgresql_url  # noqa: E402

__all__ = [
    "BERLIN",
    "DESK",
    "PASSWORD",
    "START",
    "AvailabilityContract",
    "Browser",
    "Clock",
    "NotifierContract",
    "Outbox",
    "PaymentContract",
    "PolicyContract",
    "Practice",
    "app",
    "berlin",
    "check_plugin",
    "client",
    "clock",
    "compiled_pages",
    "config",
    "database_url",
    "hall",
    "no_network",
    "outbox",
    "postgresql_copy",
    "postgresql_database",
    "postgresql_url",
    "practice",
    "pytest_addoption",
    "settings",
    "templates",
    "worker",
]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Which plugins are under test."""
    parser.addini("vorzimmer_plugins", "plugins to enable beside Vorzimmer's own", type="args", default=[])
    parser.addini("vorzimmer_plugin_dir", "a folder with plugins of one file each, seen from the ini file")
