"""What all tests share: every test that asks for a `hall` runs on SQLite and on PostgreSQL."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import settings
from sqlalchemy import Engine
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.util import LRUCache
from werkzeug.routing import Rule

from tests.chromium import chromium, context, page
from vorzimmer import database

__all__ = ["chromium", "context", "page"]

settings.register_profile("no deadline", deadline=None)  # nothing is judged by how busy the machine is
settings.load_profile("no deadline")

EVERYTHING = os.environ.get("VORZIMMER_TESTS") == "all"
"""Set by CI: a test that is left out is a failure."""


MEMORY = Path("/dev/shm")  # a file system in memory, where there is one
ENOUGH = 4 << 30  # bytes, for three hands at once


def pytest_configure() -> None:
    """A thousand databases come and go: in memory, where the machine has some, and nobody has named a place."""
    usable = os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ENOUGH
    if usable and "TMPDIR" not in os.environ:
        os.environ["TMPDIR"] = str(MEMORY)
        tempfile.tempdir = None


def pytest_report_header() -> list[str]:
    """Say loudly, and first, what this machine cannot test."""
    lacks = []
    if not shutil.which("chromium"):
        lacks.append("no chromium: the tests in a browser")
    if not list(Path("/usr/lib/postgresql").glob("*/bin/initdb")):
        lacks.append("no postgresql: every test on PostgreSQL")
    return [f"!!! LEFT OUT, {what} (apt-get install chromium postgresql)" for what in lacks]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say it again where it is seen: just above the closing line."""
    skipped = terminalreporter.stats.get("skipped", [])
    for reason in sorted(
        {str(report.longrepr[2]) for report in skipped if isinstance(report.longrepr, tuple)}
    ):
        count = sum(isinstance(report.longrepr, tuple) and report.longrepr[2] == reason for report in skipped)
        terminalreporter.write_line(f"!!! LEFT OUT {count} tests: {reason}", red=True, bold=True)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Nothing is left out in CI."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if EVERYTHING and reporter is not None and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session", autouse=True)
def _addresses_compiled_once() -> Iterator[None]:
    """A server has two hundred addresses, and most tests make one: werkzeug compiles each but once a process."""
    compile_builder, built = Rule._compile_builder, {}

    def remembered(rule: Rule, append_unknown: bool = True) -> Any:
        look = (rule.rule, rule.subdomain, rule.host, append_unknown)
        if rule.defaults:
            return compile_builder(rule, append_unknown)
        if look not in built:
            built[look] = compile_builder(rule, append_unknown)
        return built[look]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Rule, "_compile_builder", remembered)
        yield


@pytest.fixture(scope="session", autouse=True)
def _plain_tracebacks() -> None:
    """Painting a traceback takes a second; some tests let a message fail twenty times."""
    plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[structlog.processors.add_log_level, plain])


@pytest.fixture(scope="session", autouse=True)
def _statements_compiled_once() -> Iterator[None]:
    """Each test has a database of its own; the words of a statement are the same on all databases of one kind."""
    begin, compiled = database._engine, LRUCache[Any, Any](10_000)

    def with_compiled(*given: Any) -> Engine:
        engine = begin(*given)
        engine.update_execution_options(compiled_cache=compiled)
        return engine

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "_engine", with_compiled)
        patch.setattr(DefaultDialect, "__eq__", lambda one, other: type(one) is type(other))
        patch.setattr(DefaultDialect, "__hash__", lambda one: hash(type(one)))
        yield


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    if request.param == "sqlite":
        return ""
    return str(request.getfixturevalue("postgresql_copy"))
