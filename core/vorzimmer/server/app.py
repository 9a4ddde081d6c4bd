"""`create_app`: the pages and applications of all plugins, behind one guard and one access check."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import structlog
from flask import Flask, Response, abort, current_app, g, jsonify, request
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from vorzimmer import database, hookspecs
from vorzimmer.access import EVERYONE, may_call, open_to
from vorzimmer.hookspecs import Mount
from vorzimmer.models import Message
from vorzimmer.practice import Hall
from vorzimmer.server import pages
from vorzimmer.server.guard import LARGEST_FORM, WEBDAV, Environ, Guard, StartResponse, Wsgi, plain
from vorzimmer.server.metrics import PATH, ROUTE, Metrics

log = structlog.get_logger(__name__)

CALDAV, HEALTHZ = "/.well-known/caldav", "/healthz"
LARGEST_BODY = 1024 * 1024
LEAST = 4 << 20  # bytes left on the disk: what the database's log may grow to before it is put away
LATE = timedelta(minutes=5)
"""How old the oldest due message may be before the server calls itself not ready."""


def create_app(hall: Hall) -> Flask:
    """The whole server as one WSGI application; a plugin whose pages may not be served has none (A166)."""
    app = Application("vorzimmer", static_folder=None, template_folder=None)
    app.extensions["vorzimmer"] = hall
    app.secret_key = hall.config.secret_key
    app.config.update(MAX_CONTENT_LENGTH=LARGEST_BODY, MAX_FORM_MEMORY_SIZE=LARGEST_FORM, MAX_FORM_PARTS=200)
    app.add_url_rule("/ready", view_func=ready)
    for error in database.NO_ANSWER:
        app.register_error_handler(error, _no_database)
    owners = pages.register(app, hall)
    app.before_request(lambda: _check(hall, owners))  # after all of the plugins': they say who acts
    mounts = pages.applications(app, hall)
    pages.check_menu(app, hall)
    hall.plugins.offers(
        hookspecs.jobs, hall=hall
    )  # the worker may be another process: its office names them, too
    measured = hall.config.settings.server.metrics_token
    metrics = Metrics(hall, lambda: app.extensions.get("vorzimmer.worker")) if measured else None
    whole: Wsgi = Guard(Doors(app.wsgi_app, hall, mounts, metrics), hall.config)
    app.wsgi_app = metrics.measured(whole) if metrics else whole  # type: ignore[assignment, method-assign]  # Flask's own way
    return app


class Application(Flask):
    """Whose log tells an address by its rule: tokens stand in paths (A69, A174)."""

    @property
    def uploads(self) -> dict[str, int]:
        """Paths that take larger bodies than the others, and how large."""
        rules = ((rule.rule, self.view_functions[rule.endpoint]) for rule in self.url_map.iter_rules())
        return {path: view.largest_body for path, view in rules if hasattr(view, "largest_body")}

    def preprocess_request(self) -> ResponseReturnValue | None:
        """Before anybody reads the body: how large it may be (`guard.takes`)."""
        if request.url_rule is not None:
            request.environ[ROUTE] = request.url_rule.rule
        view = self.view_functions.get(request.endpoint or "")
        request.max_content_length = getattr(view, "largest_body", LARGEST_BODY)
        return super().preprocess_request()

    def handle_exception(self, e: Exception) -> Response:
        """What fell outside a view: before the session was read, or when it was kept. The database's is 503, too."""
        if not isinstance(e, database.NO_ANSWER):
            return super().handle_exception(e)
        return self.finalize_request(self.handle_user_exception(e), from_error_handler=True)

    def log_exception(self, exc_info: Any) -> None:
        """Write down what nobody caught."""
        self.logger.error("exception on %s %s", request.method, request.url_rule, exc_info=exc_info)


class Doors:
    """WSGI middleware: a prefix leads to a plugin's own application, anything else to the pages."""

    def __init__(
        self, inner: Wsgi, hall: Hall, mounts: list[tuple[str, Mount]], metrics: Metrics | None
    ) -> None:
        self.pages = inner
        self.hall = hall
        self.metrics = metrics
        self.mounts = sorted(mounts, key=lambda named: -len(named[1].prefix))

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Let one of them answer."""
        path = environ["PATH_INFO"]
        if path == HEALTHZ:
            environ[ROUTE] = HEALTHZ
            return _healthz(environ, start_response)
        self.hall.refresh()
        if path == PATH and self.metrics:
            return self.metrics.page(environ, start_response)
        if path == "/" and environ["REQUEST_METHOD"] in WEBDAV:
            path = CALDAV  # a client that was given nothing but the host name (RFC 6764 §6)
        for name, mount in self.mounts:
            if self.hall.plugins.is_active(name) and pages.below(path, mount.prefix):
                environ["vorzimmer.hall"] = self.hall
                environ[ROUTE] = mount.prefix
                environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + mount.prefix
                environ["PATH_INFO"] = path.removeprefix(mount.prefix)
                return _application(name, mount.app, environ, start_response)
        return self.pages(environ, start_response)


def _application(name: str, app: Wsgi, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    """The answer of a plugin's own application; where it raises, the server's."""
    try:
        return app(environ, start_response)
    except Exception:
        log.exception("application of a plugin failed", plugin=name)
        return plain("500 Internal Server Error")(environ, start_response)


def _healthz(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    """Alive: neither database nor session is touched."""
    if environ["REQUEST_METHOD"] not in {"GET", "HEAD"}:
        return plain("405 Method Not Allowed")(environ, start_response)
    body = b'{"status": "ok"}'
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]


@open_to(EVERYONE)
def ready() -> tuple[Response, int]:
    """200 if all is well, else 503: database, disk, worker, and the age of the oldest message that is due."""
    hall: Hall = current_app.extensions["vorzimmer"]
    worker = current_app.extensions.get("vorzimmer.worker")
    seconds = _oldest_due(hall)
    checks = {
        "database": seconds is not None,
        "writable": not (hall.database.writers.failed or hall.database.writers.held),
        "disk": shutil.disk_usage(hall.config.data).free >= LEAST,
        "worker": worker is None or worker.is_alive(),
    }
    well = all(checks.values()) and (seconds or 0) <= LATE.total_seconds()
    told = {"status": "ok" if well else "not ready", **checks, "oldest_due_seconds": seconds}
    return jsonify(told), 200 if well else 503


def _oldest_due(hall: Hall) -> int | None:
    """Age of the oldest due message in seconds, 0 without one; None where the database does not answer."""
    try:
        with hall.database.reading() as session:
            session.execute(text("SELECT 1"))
            now = database.now(session)
            due = Message.state.in_(("due", "leased"))
            oldest = session.scalar(select(func.min(Message.run_after)).where(due, Message.run_after <= now))
            return int((now - oldest).total_seconds()) if oldest else 0
    except SQLAlchemyError:
        return None


def _no_database(error: Exception) -> Response:
    """The database is away or too busy (F21, F25): try again soon."""
    current_app.logger.error("database does not answer: %s", error)
    told = {"Retry-After": str(database.COME_AGAIN)}
    return Response("503 Service Unavailable\n", 503, told, mimetype="text/plain")


def _check(hall: Hall, owners: dict[str, str]) -> None:
    """Refuse a call of a view that is not open to whoever acts; `g.actor` is set by who signed them in."""
    if request.endpoint is None:
        return
    owner = owners.get(request.endpoint)
    if owner is not None and not hall.plugins.is_active(owner):
        abort(404)
    actor: Any = g.get("actor")
    if not may_call(actor, current_app.view_functions[request.endpoint]):
        abort(401 if actor is None else 403)
