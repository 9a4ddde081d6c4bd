"""`/metrics`: what a Prometheus server asks for. Requests are counted in this process, the rest is looked up."""

from __future__ import annotations

import hmac
import platform
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector
from sqlalchemy import case, func, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from vorzimmer import database
from vorzimmer.messages.worker import Worker, jobs, row_of
from vorzimmer.models import Booking, Message, Setting
from vorzimmer.practice import Hall
from vorzimmer.server.guard import Environ, StartResponse, Wsgi, plain

PATH = "/metrics"
ROUTE = "vorzimmer.route"
"""Where in the environment of a request its route stands, as soon as it is known: `/b/<token>`, `/dav`."""
OTHER = "other"
"""Requests without a route, and methods that nobody knows: what strangers send must not fill the memory."""
METHODS = frozenset(
    {
        *("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"),
        *("PROPFIND", "PROPPATCH", "REPORT", "MKCALENDAR", "MKCOL", "MOVE", "COPY"),
    }
)
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
LATE = timedelta(minutes=1)
COUNTED_EVERY = 60.0
"""Seconds for which the count of bookings holds: it goes through all of them."""


class Metrics:
    """What this process knows of itself and of the practice. `worker` gives the one of this process, if it has one."""

    def __init__(self, hall: Hall, worker: Callable[[], Worker | None]) -> None:
        self._token = hall.config.settings.server.metrics_token.encode()
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._seconds = Histogram(
            "vorzimmer_request_seconds",
            "Time until the beginning of an answer",
            ["route", "method", "status"],
            registry=self._registry,
            buckets=BUCKETS,
        )
        self._registry.register(Facts(hall, worker))

    def measured(self, app: Wsgi) -> Wsgi:
        """The application, each of its answers counted; a few microseconds each."""

        def call(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
            began, status = time.perf_counter(), "500"

            def start(line: str, *more: Any) -> Any:
                nonlocal status
                status = line[:3]
                return start_response(line, *more)

            try:
                return app(environ, start)
            finally:
                method = environ["REQUEST_METHOD"]
                labels = environ.get(ROUTE, OTHER), method if method in METHODS else OTHER, status
                self._seconds.labels(*labels).observe(time.perf_counter() - began)

        return call

    def page(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """The page itself, for whoever has the token."""
        environ[ROUTE] = PATH
        if environ["REQUEST_METHOD"] not in {"GET", "HEAD"}:
            return plain("405 Method Not Allowed")(environ, start_response)
        scheme, _, token = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
        given = token.strip().encode("latin-1", "replace")
        if scheme.lower() != "bearer" or not hmac.compare_digest(given, self._token):
            challenge = ("WWW-Authenticate", "Bearer")
            return plain("401 Unauthorized", challenge)(environ, start_response)
        body = generate_latest(self._registry)
        start_response("200 OK", [("Content-Type", CONTENT_TYPE_LATEST), ("Content-Length", str(len(body)))])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]


class Facts(Collector):
    """What is looked up at each scrape: the same in every process, but for its own worker."""

    def __init__(self, hall: Hall, worker: Callable[[], Worker | None]) -> None:
        self._hall, self._worker = hall, worker
        self._bookings: tuple[float, list[tuple[str, str, int]]] = (-COUNTED_EVERY, [])

    def describe(self) -> list[Metric]:
        """Nothing: the names are known once somebody asks."""
        return []

    def collect(self) -> Iterator[Metric]:
        """All of it; without its database the server still says so."""
        kind = "sqlite" if self._hall.database.sqlite else "postgresql"
        info = {"version": version("vorzimmer"), "python": platform.python_version(), "database": kind}
        build = GaugeMetricFamily("vorzimmer_build_info", "What is running", labels=list(info))
        build.add_metric(list(info.values()), 1)
        yield build
        yield from self._of_worker()
        try:
            with self._hall.database.reading() as session:
                found = [*self._of_database(session), *self._of_outbox(session), *self._of_jobs(session)]
                found.append(self._of_bookings(session))
        except SQLAlchemyError:
            found = []
        yield GaugeMetricFamily("vorzimmer_database_up", "Whether the database answers", bool(found))
        yield from found

    def _of_worker(self) -> Iterator[Metric]:
        worker = self._worker()
        if worker is not None:
            alive = "Whether the worker of this process is at work"
            yield GaugeMetricFamily("vorzimmer_worker_alive", alive, worker.is_alive())
            last = "When the worker of this process last ended a round or a step"
            yield GaugeMetricFamily("vorzimmer_worker_last_sign_timestamp_seconds", last, worker.last_sign())

    def _of_database(self, session: Session) -> Iterator[Metric]:
        if self._hall.database.sqlite:
            file = Path(self._hall.database.engine.url.database or "")
            size = sum(part.stat().st_size for part in file.parent.glob(f"{file.name}*"))
        else:
            size = session.scalar(text("SELECT pg_database_size(current_database())")) or 0
        yield GaugeMetricFamily("vorzimmer_database_bytes", "Size of the database", size)

    def _of_outbox(self, session: Session) -> Iterator[Metric]:
        moment = database.now(session)
        late = (Message.state == "due") & (Message.run_after > moment)
        state = case((late, "planned"), else_=Message.state).label("state")
        wanted = select(state, func.count()).where(Message.state.in_(("due", "leased", "parked")))
        known: dict[str, int] = dict(session.execute(wanted.group_by(state)).all())
        states = GaugeMetricFamily("vorzimmer_outbox_messages", "Messages by state", labels=["state"])
        for name in ("planned", "due", "leased", "parked"):
            states.add_metric([name], known.get(name, 0))
        yield states
        due = Message.state.in_(("due", "leased")), Message.run_after <= moment
        oldest = session.scalar(select(func.min(Message.run_after)).where(*due))
        age = (moment - oldest).total_seconds() if oldest else 0
        yield GaugeMetricFamily("vorzimmer_outbox_oldest_due_seconds", "Age of the oldest due message", age)

    def _of_jobs(self, session: Session) -> Iterator[Metric]:
        every = {row_of(name): (name, job) for _plugin, name, job in jobs(self._hall)}
        rows = dict(session.execute(select(Setting.name, Setting.value).where(Setting.name.in_(every))).all())
        moment, waiting = database.now(session), 0
        last = GaugeMetricFamily(
            "vorzimmer_job_last_run_timestamp_seconds", "When a job was done last", labels=["name"]
        )
        for row, (name, job) in every.items():
            done = datetime.fromisoformat(rows[row]) if rows.get(row) else None
            if done is not None:
                last.add_metric([name], done.timestamp())
            waiting += bool(job.every) and (done is None or done + job.every <= moment - LATE)
        yield last
        yield GaugeMetricFamily(
            "vorzimmer_jobs_due", "Regular jobs that should have been done a minute ago or more", waiting
        )

    def _of_bookings(self, session: Session) -> Metric:
        counted, rows = self._bookings
        if time.monotonic() - counted >= COUNTED_EVERY:
            query = select(Booking.status, Booking.source, func.count())
            rows = [(*row,) for row in session.execute(query.group_by(Booking.status, Booking.source))]
            self._bookings = time.monotonic(), rows
        found = GaugeMetricFamily("vorzimmer_bookings", "Bookings that are stored", labels=["status", "door"])
        for status, door, number in rows:
            found.add_metric([status, door], number)
        return found
