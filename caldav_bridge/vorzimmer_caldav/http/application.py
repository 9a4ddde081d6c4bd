"""Radicale's application with our reports, our writes and our way to refuse: nothing half-done."""

from __future__ import annotations

import logging
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from radicale import app, config, httputils
from radicale.app.base import Access

from vorzimmer import database
from vorzimmer.icalendar.reader import read
from vorzimmer.icalendar.text import LARGEST_TEXT, CalendarDataError, SafeCalendar
from vorzimmer.practice import Hall
from vorzimmer.tries import WINDOW
from vorzimmer_caldav import frontguard
from vorzimmer_caldav.http import warm_up, write
from vorzimmer_caldav.http.auth import Auth, TooManyTries
from vorzimmer_caldav.http.conditions import names_tag, unmet
from vorzimmer_caldav.methods import delete, mkcalendar, move, propfind, proppatch, put
from vorzimmer_caldav.objects import appointments
from vorzimmer_caldav.objects import stored as objects
from vorzimmer_caldav.properties import principals
from vorzimmer_caldav.properties.properties import Place
from vorzimmer_caldav.reports.report import Report
from vorzimmer_caldav.storage.collections import CalendarCollection, Home, ShownCollection, StoredItem
from vorzimmer_caldav.storage.rights import Rights
from vorzimmer_caldav.storage.storage import Storage
from vorzimmer_caldav.visit import begin, current, failure
from vorzimmer_caldav.xml import multistatus, refusal
from vorzimmer_caldav.xml.guard import XmlRefusedError, parse
from vorzimmer_caldav.xml.multistatus import C, D
from vorzimmer_caldav.xml.refusal import RefusalError

CLASSES = "1, 3, calendar-access, extended-mkcol"
"""No class 2: there are no locks (caldav.md, defect 2)."""

REALM = "Vorzimmer"


class Application(app.Application):
    """The WSGI application below `/dav`."""

    _storage: Storage

    def __init__(self, hall: Hall) -> None:
        self._hall = hall
        logging.getLogger("radicale").setLevel(logging.ERROR)
        super().__init__(_configuration(hall))
        # The guard in front has judged the path, and a login is looked up, never part of a file's name.
        self._validate_path_value = self._validate_user_value = "none"

    def warm(self) -> None:
        """Make ready for the first client."""
        warm_up.warm(self._hall, self._storage)

    # ---- the ways out -----------------------------------------------------------------------------------------------

    def _handle_request(self, environ: Any) -> Any:
        try:
            answer = super()._handle_request(environ)
            if error := failure():
                raise error
            return answer
        except TooManyTries:
            return "429 Too Many Requests", [("Retry-After", str(WINDOW)), ("Content-Length", "0")], []
        except database.NO_ANSWER as error:
            _status, headers, _body, _request = write.no_answer(error)
            return "503 Service Unavailable", [*headers.items(), ("Content-Length", "0")], []
        finally:
            begin(None)

    def _read_xml_request_body(self, environ: Any, request_info: dict[str, Any]) -> ET.Element | None:
        """The request's root; Radicale answers a RuntimeError with 400."""
        body = environ["wsgi.input"].getvalue()
        try:
            request = parse(body) if body else None
        except XmlRefusedError as error:
            raise RuntimeError(str(error)) from error
        if request is not None and any("name" not in each.attrib for each in request.iter(f"{C}comp")):
            raise RuntimeError("a component without a name")  # Radicale would stumble over it
        return request

    def _place(self, prefix: str) -> Place:
        return Place(prefix, current())

    def _reading(self) -> Any:
        return self._storage.acquire_lock("r", current().address)

    # ---- reading ----------------------------------------------------------------------------------------------------

    def do_GET(  # noqa: N802
        self, environ: Any, base_prefix: str, path: str, user: str, user_groups: Any, request_info: Any
    ) -> Any:
        """An object or a whole calendar; the context root sends people to the practice's page."""
        if path == "/" or path.startswith("/."):
            return httputils.redirect(f"{self._hall.config.base_url}/")
        return super().do_GET(environ, base_prefix, path, user, user_groups, request_info)

    def do_OPTIONS(  # noqa: N802
        self, environ: Any, base_prefix: str, path: str, user: str, user_groups: Any, request_info: Any
    ) -> Any:
        """What is really there."""
        return 200, {"Allow": ", ".join(frontguard.METHODS), "DAV": CLASSES}, None, None

    def do_PROPFIND(  # noqa: N802
        self, environ: Any, base_prefix: str, path: str, user: str, user_groups: Any, request_info: Any
    ) -> Any:
        """Properties of a thing and, at depth 1, of what lies in it."""
        if not Access(self._rights, user, user_groups, path).check("r"):
            return httputils.NOT_ALLOWED
        depth = environ.get("HTTP_DEPTH", "0").strip().lower()
        if depth == "infinity":
            return multistatus.error(403, f"{D}propfind-finite-depth")
        try:
            request = self._read_xml_request_body(environ, request_info)
        except RuntimeError:
            return httputils.BAD_REQUEST
        if depth not in ("0", "1") or (request is not None and not _asks(request)):
            return httputils.BAD_REQUEST
        with self._reading():
            parts = list(self._listed(self._place(base_prefix), path, depth, propfind.Asked(request)))
        if not parts:
            return httputils.NOT_FOUND
        status, headers, body, log = multistatus.answer(parts)
        return status, {**headers, "DAV": CLASSES}, body, log

    def _listed(self, place: Place, path: str, depth: str, asked: propfind.Asked) -> Iterator[str]:
        found = next(iter(self._storage.discover(path)), None)
        if found is None:
            return
        yield from propfind.responses(place, [found], asked)
        if depth == "0":
            return
        if isinstance(found, CalendarCollection):
            yield from propfind.members(place, found, asked)
        elif not isinstance(found, StoredItem):
            inside = self._storage.discover(path, "1")
            next(iter(inside))
            yield from propfind.responses(place, inside, asked)

    def _asked(self, environ: Any, request_info: Any) -> Any:
        """The XML of a request that must have some; None where it has none, or none that can be read."""
        try:
            return self._read_xml_request_body(environ, request_info)
        except RuntimeError:
            return None

    def do_REPORT(  # noqa: N802
        self, environ: Any, base_prefix: str, path: str, user: str, user_groups: Any, request_info: Any
    ) -> Any:
        """One of the announced reports on a calendar."""
        if not Access(self._rights, user, user_groups, path).check("r"):
            return httputils.NOT_ALLOWED
        request = self._asked(environ, request_info)
        if request is None:
            return httputils.BAD_REQUEST
        with self._reading():
            found = next(iter(self._storage.discover(path)), None)
            if found is None:
                return httputils.NOT_FOUND
            if not isinstance(found, CalendarCollection):
                told = principals.answer(self._place(base_prefix), request)
                return told or multistatus.error(403, f"{D}supported-report")
            try:
                return Report(self._place(base_prefix), found, request, self._hall.config.zone).answer()
            except RefusalError as refused:
                return refused.answer
            except CalendarDataError as error:
                return refusal.of_data(error)

    # ---- writing ----------------------------------------------------------------------------------------------------

    def do_PUT(  # noqa: N802
        self, environ: Any, base_prefix: str, path: str, user: str, user_groups: Any, request_info: Any
    ) -> Any:
        """Store an object; the calendar itself is never replaced (A136)."""
        if not self._is_writable(user, user_groups, path):
            return refusal.FORBIDDEN
        body = environ["wsgi.input"].getvalue()
        sent = _read(body)

        def act() -> Any:
            with self._storage.acquire_lock("w", user, path=path, request="PUT"):
                _, slug, href = path.split("/")[1:]
                collection = self._storage.calendar(slug)
                if collection is None or len(href) > objects.LONGEST_HREF:
                    return httputils.CONFLICT
                row = _row(collection.item(href))
                if unmet(environ, row.etag if row else None):
                    return httputils.PRECONDITION_FAILED
                if isinstance(sent, CalendarDataError):
                    raise sent
                stored = put.put(
                    current(), self._hall, collection.calendar, href, row, sent, current=names_tag(environ)
                )
                same = stored.text.encode() == body  # RFC 4791 §5.3.4: no ETag for what was changed
                return (204 if row else 201), ({"ETag": f'"{stored.etag}"'} if same else {}), None, None

        def refused(answer: Any) -> None:
            if isinstance(sent, SafeCalendar) and refusal.reason(answer) == "no_uid_conflict":
                appointments.keep(current(), self._hall, objects.check(sent))

        return write.run_on_objects(self._hall, self._storage, [path], act, refused)

    def do_DELETE(  # noqa: N802
        self, environ: Any, base_prefix: str, path: str, user: str, user_groups: Any, request_info: Any
    ) -> Any:
        """Delete an object or a calendar that the person made."""
        if not Access(self._rights, user, user_groups, path).check("w"):
            return refusal.FORBIDDEN

        def act() -> Any:
            with self._storage.acquire_lock("w", user, path=path, request="DELETE"):
                found = next(iter(self._storage.discover(path)), None)
                if found is None:
                    return httputils.NOT_FOUND
                if unmet(environ, found.etag.strip('"')):
                    return httputils.PRECONDITION_FAILED
                if isinstance(found, StoredItem):
                    delete.delete_object(current(), self._hall, found.row)
                elif isinstance(found, CalendarCollection):
                    delete.delete_calendar(current(), found.calendar)
                else:
                    return refusal.FORBIDDEN
                return 204, {}, None, None

        paths = [path] if _is_object(path) else []
        return write.run_on_objects(self._hall, self._storage, paths, act)

    def do_PROPPATCH(  # noqa: N802
        self, environ: Any, base_prefix: str, path: str, user: str, user_groups: Any, request_info: Any
    ) -> Any:
        """Change properties of a calendar, all or none."""
        access = Access(self._rights, user, user_groups, path)
        if not (access.check("w") or (access.check("r") and path.strip("/") == user)):
            return refusal.FORBIDDEN
        request = self._asked(environ, request_info)
        if request is None:
            return httputils.BAD_REQUEST

        with self._reading():
            found = next(iter(self._storage.discover(path)), None)
        if isinstance(found, Home):
            there = self._place(base_prefix).path(f"{found.path}/")
            return write.run(self._hall, lambda: proppatch.refuse_each(there, request))

        # how the visitor's apps draw somebody else's calendar is no write to that one
        written = {} if isinstance(found, ShownCollection) else {"path": path}

        def act() -> Any:
            with self._storage.acquire_lock("w", user, request="PROPPATCH", **written):
                found = next(iter(self._storage.discover(path)), None)
                if found is None:
                    return httputils.NOT_FOUND
                if isinstance(found, ShownCollection):
                    return proppatch.draw(self._place(base_prefix), found, request)
                if not isinstance(found, CalendarCollection):
                    return httputils.FORBIDDEN
                return proppatch.patch(self._hall, self._place(base_prefix), found, request)

        return write.run(self._hall, act)

    def do_MKCALENDAR(  # noqa: N802
        self, environ: Any, base_prefix: str, path: str, user: str, user_groups: Any, request_info: Any
    ) -> Any:
        """Make a private calendar."""
        taken = multistatus.error(409, f"{D}resource-must-be-null")
        return self._make(f"{C}mkcalendar", taken, environ, path, user, user_groups, request_info)

    def do_MKCOL(  # noqa: N802
        self, environ: Any, base_prefix: str, path: str, user: str, user_groups: Any, request_info: Any
    ) -> Any:
        """Make a private calendar by extended MKCOL (RFC 5689)."""
        taken = httputils.METHOD_NOT_ALLOWED
        return self._make(f"{D}mkcol", taken, environ, path, user, user_groups, request_info)

    def _make(
        self, root: str, taken: Any, environ: Any, path: str, user: str, user_groups: Any, request_info: Any
    ) -> Any:
        """Make a calendar by a request with this root element; `taken` answers where there is one already."""
        if (
            not Access(self._rights, user, user_groups, path).check("w")
            or path.count("/") - path.endswith("/") != 2
        ):
            return refusal.FORBIDDEN
        try:
            request = self._read_xml_request_body(environ, request_info)
        except RuntimeError:
            return httputils.BAD_REQUEST

        def act() -> Any:
            with self._storage.acquire_lock("w", user, path=path, request="MKCALENDAR"):
                slug = path.strip("/").split("/")[1]
                if self._storage.calendar(slug) is not None:
                    return taken
                mkcalendar.make(current(), slug, request, root)
                return 201, {}, None, None

        return write.run(self._hall, act)

    def do_MOVE(  # noqa: N802
        self, environ: Any, base_prefix: str, path: str, user: str, user_groups: Any, request_info: Any
    ) -> Any:
        """Move an object inside this server."""
        hosts = {environ.get("HTTP_HOST", ""), urlsplit(self._hall.config.base_url).netloc}
        try:
            there = move.destination(environ.get("HTTP_DESTINATION", ""), hosts)
        except RefusalError as refused:
            return refused.answer
        to_path = _own_home(user, there.removeprefix(base_prefix))
        paths = [path, to_path]
        if not there.startswith(f"{base_prefix}/") or not all(
            self._is_writable(user, user_groups, each) for each in paths
        ):
            return refusal.FORBIDDEN

        def act() -> Any:
            with self._storage.acquire_lock("w", user, path=path, request="MOVE", to_path=to_path):
                _, slug, href = path.split("/")[1:]
                item, (_, to_slug, to_href) = self._storage.item(slug, href), to_path.split("/")[1:]
                collection = self._storage.calendar(to_slug)
                if item is None:
                    return httputils.NOT_FOUND
                if collection is None:
                    return httputils.CONFLICT
                other = collection.item(to_href)
                kept = other is not None and environ.get("HTTP_OVERWRITE", "T").strip().upper() == "F"
                if kept or unmet(environ, item.row.etag):
                    return httputils.PRECONDITION_FAILED
                move.move(current(), self._hall, item, collection.calendar, to_href, other)
                return (204 if other else 201), {}, None, None

        return write.run_on_objects(self._hall, self._storage, paths, act)

    def _is_writable(self, user: str, user_groups: Any, path: str) -> bool:
        """Whether an object may be written there, as far as the path alone tells."""
        return Access(self._rights, user, user_groups, path).check("w") and _is_object(path)


def _is_object(path: str) -> bool:
    """Whether a path is that of an object: home, calendar, name."""
    return len(path.strip("/").split("/")) == 3 and not path.endswith("/")


def _own_home(user: str, path: str) -> str:
    """The path with the home spelled as the account's address is; people sign in with capitals, too."""
    first, slash, rest = path.lstrip("/").partition("/")
    return f"/{user}{slash}{rest}" if user and first.casefold() == user.casefold() else path


def _in_own_home(method: Any) -> Any:
    @wraps(method)
    def spelled(
        self: Any, environ: Any, base_prefix: str, path: str, user: str, user_groups: Any, request_info: Any
    ) -> Any:
        return method(self, environ, base_prefix, _own_home(user, path), user, user_groups, request_info)

    return spelled


for _name in frontguard.METHODS:
    setattr(Application, f"do_{_name}", _in_own_home(getattr(Application, f"do_{_name}")))


def _asks(request: ET.Element) -> bool:
    kinds = {f"{D}prop", f"{D}propname", f"{D}allprop"}
    return request.tag == f"{D}propfind" and len(request) > 0 and request[0].tag in kinds


def _read(body: bytes) -> SafeCalendar | CalendarDataError:
    """What was sent, or what is wrong with it; read before anything is claimed, judged after the tag."""
    try:
        return read(body, strict=True)
    except CalendarDataError as error:
        return error


def _row(item: StoredItem | None) -> Any:
    return item.row if item else None


def _configuration(hall: Hall) -> config.Configuration:
    """Radicale's settings in code: our parts, no sleeping workers, nothing that we do not serve."""
    configuration = config.load()
    configuration.update(
        {
            "auth": {"type": lambda settings: Auth(settings, hall), "delay": "0", "realm": REALM},
            "rights": {
                "type": Rights,
                "permit_delete_collection": "False",
                "permit_overwrite_collection": "False",
            },
            "storage": {"type": lambda settings: Storage(settings, hall)},
            "server": {
                "delay_on_error": "0",
                "max_content_length": str(frontguard.LARGEST_BODY),
                "max_resource_size": str(LARGEST_TEXT),
            },
            "web": {"type": "none"},
            "sharing": {"type": "none"},
            "hook": {"type": "none"},
            "logging": {"level": "error", "mask_passwords": "True"},
        },
        "vorzimmer",
        privileged=True,
    )
    return configuration
