"""Column types and the declarative root that all owners share."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Integer, MetaData, types
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcInstant(types.TypeDecorator[datetime]):
    """An instant in whole seconds: aware UTC in Python, `timestamptz` in PostgreSQL, integer in SQLite."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The column's type in this database."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(Integer())
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """To the database; raises `ValueError` for a time without a zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a zone")
        whole = value.astimezone(UTC).replace(microsecond=0)
        return int(whole.timestamp()) if dialect.name == "sqlite" else whole

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """From the database: aware UTC."""
        if value is None:
            return None
        if dialect.name == "sqlite":
            return datetime.fromtimestamp(value, UTC)
        return value.astimezone(UTC)  # type: ignore[no-any-return]  # psycopg gives a datetime

    def coerce_compared_value(self, op: Any, value: Any) -> TypeEngine[Any]:
        """What it is compared with is an instant, too."""
        return self


class epoch(FunctionElement[int]):  # noqa: N801  (a SQL function)
    """An instant as epoch seconds: hot paths read thousands of them and need no datetime."""

    type = BigInteger()
    inherit_cache = True


@compiles(epoch)
def _extract(element: epoch, compiler: SQLCompiler, **options: Any) -> str:
    return f"CAST(EXTRACT(EPOCH FROM {compiler.process(element.clauses, **options)}) AS BIGINT)"


@compiles(epoch, "sqlite")
def _as_stored(element: epoch, compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(element.clauses, **options)


class Model(DeclarativeBase):
    """The root of the core's tables."""

    metadata = MetaData(naming_convention=NAMES)
