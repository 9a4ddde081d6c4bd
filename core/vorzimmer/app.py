"""`create_app`: the pages and applications of all plugins, behind one guard and one access check."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from flask import Blueprint, Flask, Response, abort, current_app, g, jsonify, request
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from vorzimmer import database, hookspecs
from vorzimmer.access import EVERYONE, declared, may_call, open_to
from vorzimmer.config import PLUGINS
from vorzimmer.guard import LARGEST_FORM, WEBDAV, Environ, Guard, StartResponse, Wsgi, plain
from vorzimmer.hall import Hall
from vorzimmer.hookspecs import Mount
from vorzimmer.models import Message

CALDAV = "/.well-known/caldav"
LARGEST_BODY = 1024 * 1024
LEAST = 4 << 20  # bytes left on the disk: what the database's log may grow to before it is put away
LATE = timedelta(minutes=5)
"""How old the oldest due message may be before the server calls itself not ready."""


class Unsafe(Exception):  # noqa: N818  (the reason why a start is refused, said to the operator)
    """A plugin offers a page that may not be served."""


def create_app(hall: Hall) -> Flask:
    """The whole server as one WSGI application. Raises `Unsafe` (A166)."""
    app = Application("vorzimmer", static_folder=None, template_folder=None)
    app.extensions["vorzimmer"] = hall
    app.secret_key = hall.config.secret_key
    app.config.update(MAX_CONTENT_LENGTH=LARGEST_BODY, MAX_FORM_MEMORY_SIZE=LARGEST_FORM, MAX_FORM_PARTS=200)
    app.add_url_rule("/ready", view_func=ready)
    for error in database.NO_ANSWER:
        app.register_error_handler(error, _no_database)
    owners = _register(app, hall)
    app.before_request(lambda: _check(hall, owners))  # after all of the plugins': they say who acts
    mounts = _mounts(app, hall)
    _refuse_undeclared(app)
    app.wsgi_app = Guard(Doors(app.wsgi_app, hall, mounts), hall.config)  # type: ignore[method-assign]
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

    def __init__(self, pages: Wsgi, hall: Hall, mounts: list[tuple[str, Mount]]) -> None:
        self.pages = pages
        self.hall = hall
        self.mounts = sorted(mounts, key=lambda named: -len(named[1].prefix))

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Let one of them answer."""
        path = environ["PATH_INFO"]
        if path == "/healthz":
            return _healthz(environ, start_response)
        self.hall.refresh()
        if path == "/" and environ["REQUEST_METHOD"] in WEBDAV:
            path = CALDAV  # a client that was given nothing but the host name (RFC 6764 §6)
        for name, mount in self.mounts:
            if self.hall.plugins.is_active(name) and _below(path, mount.prefix):
                environ["vorzimmer.hall"] = self.hall
                environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + mount.prefix
                environ["PATH_INFO"] = path.removeprefix(mount.prefix)
                answer: Iterable[bytes] = mount.app(environ, start_response)
                return answer
        return self.pages(environ, start_response)


def _below(path: str, prefix: str) -> bool:
    return path == prefix or path.startswith(prefix + "/")


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
        "writable": not hall.database.writers.failed,
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


# ---- what plugins offer ------------------------------------------------------------------------------------


def _register(app: Flask, hall: Hall) -> dict[str, str]:
    """Register every plugin's blueprints; returns which plugin owns which blueprint."""
    owners: dict[str, str] = {}
    for name, blueprints in hall.plugins.offers(hookspecs.blueprints):
        for blueprint in blueprints:
            if not isinstance(blueprint, Blueprint):
                raise Unsafe(f"plugin {name}: {blueprint!r} is no blueprint")
            before = set(app.view_functions)
            try:
                app.register_blueprint(blueprint)
            except (ValueError, AssertionError) as error:
                raise Unsafe(f"plugin {name}: {error}") from error
            for endpoint in set(app.view_functions) - before:
                owners[endpoint] = name
    _refuse_foreign_places(app, owners)
    return owners


def own_prefix(plugin: str) -> str:
    """Where the pages of a plugin that is not ours live."""
    return f"/x/{plugin.removeprefix('vorzimmer_')}"


def _refuse_foreign_places(app: Flask, owners: dict[str, str]) -> None:
    seen: dict[tuple[str, str], str] = {}
    for rule in app.url_map.iter_rules():
        owner = owners.get(rule.endpoint, "the core")
        if owner in owners.values() and owner not in PLUGINS and not _below(rule.rule, own_prefix(owner)):
            raise Unsafe(f"plugin {owner}: {rule.rule} is not below {own_prefix(owner)}/")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            other = seen.setdefault((rule.rule, method), rule.endpoint)
            if other != rule.endpoint:
                raise Unsafe(f"plugin {owner}: {method} {rule.rule} is {other} already")


def _refuse_undeclared(app: Flask) -> None:
    """Deny by default (A2): static files of a blueprint are everyone's, any other view says who may call it."""
    folders = {f"{name}.static" for name, found in app.blueprints.items() if found.has_static_folder}
    for endpoint in folders & set(app.view_functions):
        app.view_functions[endpoint] = open_to(EVERYONE)(app.view_functions[endpoint])
    silent = sorted(endpoint for endpoint, view in app.view_functions.items() if not declared(view))
    if silent:
        raise Unsafe(f"who may call these pages is not declared (access.open_to): {', '.join(silent)}")


def _mounts(app: Flask, hall: Hall) -> list[tuple[str, Mount]]:
    """Every plugin's whole applications; a prefix must be free."""
    found = [
        (name, mount)
        for name, mounts in hall.plugins.offers(hookspecs.wsgi_mounts, hall=hall)
        for mount in mounts
    ]
    taken = [rule.rule for rule in app.url_map.iter_rules()]
    for name, mount in found:
        if name not in PLUGINS and not _below(mount.prefix, own_prefix(name)):
            raise Unsafe(f"plugin {name}: {mount.prefix} is not below {own_prefix(name)}/")
        if any(_below(rule, mount.prefix) for rule in taken):
            raise Unsafe(f"plugin {name}: {mount.prefix} is taken already")
        taken.append(mount.prefix)
    return found


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
