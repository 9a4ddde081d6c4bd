"""Engine, transactions, the claim, the clock, migrations. The same code on SQLite and PostgreSQL."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar, cast

import structlog
from alembic.config import Config as AlembicConfig
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import (
    Connection,
    Engine,
    ExceptionContext,
    bindparam,
    create_engine,
    event,
    func,
    inspect,
    select,
    text,
    update,
)
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from vorzimmer import failpoint
from vorzimmer.models import Model, Resource
from vorzimmer.reasons import Reason, Refused
from vorzimmer.settings.config import PLUGINS
from vorzimmer.writers import ALL, PATIENCE, PAUSE, Line, Unavailable, Writers

T = TypeVar("T")
log = structlog.get_logger(__name__)

OVERLAP = "allocations overlap"  # what the SQLite triggers say; PostgreSQL says SQLSTATE 23P01
RETRIED = {"40001", "40P01"}  # serialization failure, deadlock
TRIES = 3
RACES = 50
READERS = 2
NO_ANSWER = (OperationalError, PoolTimeout, Unavailable)
"""The database is away, held by somebody else, or not to be written to: nothing was done, and it may work soon."""
COME_AGAIN = 5  # seconds
GLANCE, BRIEF = 0.2, 0.5
LONG = 60.0
"""Seconds that a change of the tables waits for others: it may be one of two servers that start together."""
UNSYNCED = {sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_DIR_FSYNC}
CORE_MIGRATIONS = Path(__file__).parent / "migrations"


class LostRace(Exception):  # noqa: N818  (an event inside `write`, never an error)
    """What was chosen before the claim was gone under it: roll back and choose again."""


class Newer(Exception):  # noqa: N818  (what it says is what they are)
    """The tables are of a newer version than this program; the text names the way out (F50)."""


class Database:
    """One database. `transaction()` writes, `reading()` reads; `committed` callbacks run after each commit."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.sqlite = url.startswith("sqlite")
        self.writers = Writers(1 if self.sqlite else ALL)
        self.engine = _engine(url, self.writers)
        if self.sqlite:
            self._line = Line(Path(self.path))
            event.listen(self.engine, "begin", self._begin)
        self._writing = self.engine.execution_options(writes=True)
        self.one_writer = self.sqlite  # nobody else can write while a transaction of ours is open
        self._places = threading.BoundedSemaphore(READERS)
        self._reader = threading.local()
        self.committed: list[Callable[[], None]] = []
        self._has_traces = True  # what a killed process may have left

    @property
    def path(self) -> str:
        """The file of an SQLite database."""
        return self.engine.url.database or ""

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that only reads; it sees one snapshot on SQLite, read-committed rows on PostgreSQL.

        SQLite's answers take this process's own time: two readers at once are as many as it can serve, and eight
        that take turns at the interpreter need half as much again (76 searches a second instead of 107).
        """
        with self._readers(), Session(self.engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def _readers(self) -> Iterator[None]:
        """A place among those who read; one who has it already needs no second."""
        if not self.sqlite or getattr(self._reader, "inside", False):
            yield
            return
        if not self._places.acquire(timeout=PATIENCE):
            raise Unavailable("too many wait for the database to be read")
        self._reader.inside = True
        try:
            yield
        finally:
            self._reader.inside = False
            self._places.release()

    @contextmanager
    def transaction(self, patience: float = PATIENCE) -> Iterator[Session]:
        """One write transaction: committed at the end, rolled back on any error.

        On SQLite it begins IMMEDIATE and waits its turn in the process first, `patience` seconds for both. A
        `Refused(keep=True)` is raised after a commit. Raises `Refused(SLOT_TAKEN)` where the belt held.
        """
        with self.turn(patience), Session(self._writing, expire_on_commit=False) as session:
            try:
                yield session
                failpoint.reach("commit")
                session.commit()
                failpoint.reach("committed")
            except Refused as refusal:
                if not refusal.keep:
                    raise
                session.commit()
                raise
            except IntegrityError as error:
                if overlaps(error):
                    raise Refused(Reason.SLOT_TAKEN) from error
                raise
        self.after_commit()

    def turn(self, patience: float = PATIENCE) -> AbstractContextManager[None]:
        """The place in the queue of writers. Raises `Unavailable`."""
        return self.writers.turn(patience)

    def after_commit(self) -> None:
        """Run the callbacks that wait for commits, such as waking the worker."""
        for callback in self.committed:
            callback()
        if self._has_traces and self.sqlite:
            self._empty_log()

    def leave_no_trace(self) -> None:
        """What this transaction deletes is to be gone from SQLite's log as well, as soon as it is committed."""
        self._has_traces = True

    def _empty_log(self) -> None:
        """Write the log into the file, which overwrites what is deleted; at a later commit where somebody reads it."""
        with suppress(Unavailable), self.turn(BRIEF), closing(sqlite3.connect(self.path)) as connection:
            connection.execute(f"PRAGMA busy_timeout={BRIEF * 1000:.0f}")
            busy, _pages, _written = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            self._has_traces = bool(busy)

    def write(self, work: Callable[[Session], T]) -> T:
        """Run `work` in a transaction of its own.

        Again from the start on deadlock or serialization failure (three times), and where it lost a race for what
        it had chosen: then it chooses anew among what the winners left.
        """
        races = failures = 0
        while True:
            try:
                with self.transaction() as session:
                    return work(session)
            except LostRace:
                races += 1
                if races == RACES:
                    raise Refused(Reason.SLOT_TAKEN) from None
            except OperationalError as error:
                failures += 1
                if failures == TRIES or sqlstate(error) not in RETRIED:
                    raise

    def note(self, work: Callable[[Session], object], patience: float = GLANCE) -> bool:
        """Write down what somebody who only reads leaves behind, and whether that was done.

        They neither wait for those who write nor fail where nothing can be written (F9): it is noted another time.
        """
        try:
            with self.transaction(patience) as session:
                work(session)
        except SQLAlchemyError as error:
            log.warning("what a reader leaves behind was not noted", error=str(error))
            return False
        return True

    def request_session(self) -> Session:
        """A session for one web request, which reads; the caller closes it."""
        return Session(self.engine, expire_on_commit=False, autoflush=False)

    def commit_request(self, session: Session) -> None:
        """Commit what was changed in a request's session.

        SQLite refuses to turn a read transaction into a writing one once somebody else has written (88 of 96
        parallel logins failed so), hence the read transaction ends and BEGIN IMMEDIATE follows on the connection.
        """
        with self.turn():
            if self.sqlite and (session.new or session.dirty or session.deleted):
                connection = session.connection()
                connection.exec_driver_sql("ROLLBACK")
                self._begin_writing(connection)
            session.commit()

    def migrate(
        self, owners: Iterable[tuple[str, Path]] = (), before: Callable[[], object] | None = None
    ) -> dict[str, Exception]:
        """Bring the schema of the core and of each `(name, folder)` to its newest version.

        Each owner has its own version table, so that a removed plugin never blocks an upgrade. Two processes that
        start together are let in one after the other. `before` is called where tables that are there will change.
        Returned: what went wrong, by the plugin's name; the tables of that one are as they were.
        Raises `Newer`, and changes nothing, where a version of ours is not known.
        """
        every = {"vorzimmer": CORE_MIGRATIONS, **dict(owners)}
        failed: dict[str, Exception] = {}
        with self.turn(LONG), self._writing.begin() as connection:
            if not self.sqlite:
                connection.execute(text(f"SET LOCAL lock_timeout = {LONG * 1000:.0f}"))
                connection.execute(text("SELECT pg_advisory_xact_lock(7243001)"))
            late: list[str] = []
            for owner in every.items():
                with _apart(connection, owner[0], failed):
                    late += behind(connection, [owner])
            if before is not None and late and _version(connection, "vorzimmer"):
                before()
            for name in late:
                with _apart(connection, name, failed):
                    upgrade(connection, name, every[name])
        return failed

    def has_tables(self) -> bool:
        """Whether anything has been stored yet; no file is made by asking."""
        if self.sqlite and not Path(self.path).exists():
            return False
        return inspect(self.engine).has_table("vorzimmer_version")

    def dispose(self) -> None:
        """Close every connection."""
        self.engine.dispose()
        if self.sqlite:
            self._line.close()

    def _begin(self, connection: Connection) -> None:
        if connection.get_execution_options().get("writes"):
            self._begin_writing(connection)
        else:
            connection.exec_driver_sql("BEGIN")

    def _begin_writing(self, connection: Connection) -> None:
        """BEGIN IMMEDIATE, which waits as long for other processes as this thread's turn allows.

        SQLite's own busy handler is told not to wait: it sleeps up to 100 ms between two looks.
        """
        with self._line.first(self.writers.left()):
            connection.exec_driver_sql("PRAGMA busy_timeout=0")
            try:
                while not _is_begun(connection):
                    if not self.writers.left():
                        raise Unavailable("another process holds the database")
                    time.sleep(PAUSE)
            finally:
                connection.exec_driver_sql(f"PRAGMA busy_timeout={PATIENCE * 1000:.0f}")


def _engine(url: str, writers: Writers) -> Engine:
    """An engine whose errors show no values: these are names, addresses and texts (A174)."""
    if not url.startswith("sqlite"):
        engine = create_engine(
            _with_driver(url),
            hide_parameters=True,
            pool_size=16,
            max_overflow=16,
            pool_timeout=PATIENCE,
            pool_pre_ping=True,
            connect_args={"connect_timeout": int(PATIENCE)},
        )
        event.listen(engine, "connect", _prepare_postgresql)
        return engine
    engine = create_engine(
        url,
        hide_parameters=True,
        pool_size=32,
        max_overflow=32,
        pool_timeout=PATIENCE,
        connect_args={"timeout": PATIENCE, "check_same_thread": False},
    )
    event.listen(engine, "connect", _prepare_sqlite)

    @event.listens_for(engine, "handle_error")
    def look(context: ExceptionContext) -> None:
        """After a failed sync nobody knows what is on the disk, and a later sync that succeeds proves nothing.

        A connection whose COMMIT failed may still have its transaction open, and goes.
        """
        if getattr(context.original_exception, "sqlite_errorcode", None) in UNSYNCED:
            writers.failed = "the disk did not take what was written"
        if context.statement is None:
            context.is_disconnect, context.invalidate_pool_on_disconnect = True, False

    return engine


def _prepare_postgresql(dbapi: Any, _record: Any) -> None:
    dbapi.execute(f"SET lock_timeout = {PATIENCE * 1000:.0f}")
    dbapi.commit()


def _prepare_sqlite(dbapi: Any, _record: Any) -> None:
    dbapi.isolation_level = None  # we say BEGIN ourselves
    for pragma in (
        *("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"),
        "secure_delete=ON",  # what is erased is not left behind in the file, nor in its backups
    ):
        dbapi.execute(f"PRAGMA {pragma}")


def _is_begun(connection: Connection) -> bool:
    try:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    except OperationalError as error:
        if getattr(error.orig, "sqlite_errorcode", 0) & 0xFF != sqlite3.SQLITE_BUSY:  # without its extension
            raise
        return False
    return True


def _with_driver(url: str) -> str:
    for plain in ("postgresql://", "postgres://"):
        if url.startswith(plain):
            return "postgresql+psycopg://" + url.removeprefix(plain)
    return url


def _script(folder: Path) -> ScriptDirectory:
    config = AlembicConfig()
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    return ScriptDirectory.from_config(config)


def behind(connection: Connection, owners: Iterable[tuple[str, Path]]) -> list[str]:
    """Names of the owners whose tables are not in their newest version. Raises `Newer`."""
    return [name for name, folder in owners if _is_behind(_version(connection, name), name, _script(folder))]


def _is_behind(version: str | None, owner: str, script: ScriptDirectory) -> bool:
    if version and version not in {one.revision for one in script.walk_revisions()}:
        raise Newer(
            f"the tables of {owner} are in version {version}, which this older program does not know: "
            "install the newer one again, or restore the backup that was made before the update"
        )
    return version != script.get_current_head()


@contextmanager
def _apart(connection: Connection, name: str, failed: dict[str, Exception]) -> Iterator[None]:
    """What a plugin does to its tables: all of it, or nothing of it and its error among the `failed`."""
    try:
        with connection.begin_nested():
            yield
    except (Exception, SystemExit) as error:
        if name == "vorzimmer" or (isinstance(error, Newer) and name in PLUGINS):
            raise
        failed[name] = error if isinstance(error, Exception) else RuntimeError(error)


def _version(connection: Connection, owner: str) -> str | None:
    table = f"{owner}_version"
    if not inspect(connection).has_table(table):
        return None
    return cast(
        "str | None",
        connection.scalar(text(f"SELECT version_num FROM {table}")),  # noqa: S608  (the name of a loaded plugin)
    )


def upgrade(connection: Connection, name: str, folder: Path, to: str = "head") -> None:
    """Bring one owner's tables to a version of theirs. Raises alembic's `CommandError` for one that is not known."""
    script = _script(folder)

    def steps(revision: Any, _context: Any) -> Any:
        return script._upgrade_revs(to, revision)

    with EnvironmentContext(AlembicConfig(), script, fn=steps) as environment:
        environment.configure(
            connection=connection,
            version_table=f"{name}_version",
            render_as_batch=True,
            transactional_ddl=True,
        )
        environment.run_migrations()


def now(session: Session) -> datetime:
    """The database's clock, aware UTC, whole seconds: the only clock there is.

    PostgreSQL: `clock_timestamp()`, which moves on inside a transaction. SQLite runs in this process: its clock
    is the process's.
    """
    if alone(session):
        return datetime.now(UTC).replace(microsecond=0)
    moment: datetime = session.scalar(select(func.clock_timestamp()))  # type: ignore[assignment]  # never NULL
    return moment.astimezone(UTC).replace(microsecond=0)


def alone(session: Session) -> bool:
    """Whether nobody else can write while a transaction is open: SQLite has one writer, and ours begin IMMEDIATE.

    What such a transaction has read stays true until its end.
    """
    return session.get_bind().dialect.name == "sqlite"


_RESOURCE = Model.metadata.tables[Resource.__tablename__]
_CLAIMED = _RESOURCE.c.id.in_(bindparam("ids", expanding=True))
_LOCK = select(_RESOURCE.c.id).where(_CLAIMED).order_by(_RESOURCE.c.id).with_for_update()
_RAISE = update(_RESOURCE).where(_CLAIMED).values(version=_RESOURCE.c.version + 1)


def claim(session: Session, resource_ids: Iterable[int]) -> None:
    """Lock the resources in id order by raising their versions; afterwards everything is read anew (rule 52)."""
    ids = {"ids": sorted(set(resource_ids))}
    if not ids["ids"]:
        return
    if not alone(session):
        session.execute(_LOCK, ids)
        session.expire_all()
    session.execute(_RAISE, ids)


def sqlstate(error: DBAPIError) -> str | None:
    """The SQLSTATE of a PostgreSQL error."""
    return getattr(error.orig, "sqlstate", None)


def overlaps(error: IntegrityError) -> bool:
    """Whether the belt refused: two allocations that must not overlap."""
    return sqlstate(error) == "23P01" or OVERLAP in str(error.orig)
