"""Radicale's application with our reports, our writes and our way to refuse: nothing half-done."""

from __future__ import annotations

import logging
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote, urlparse

from radicale import app, config, httputils
from radicale.app.base import Access
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from vorzimmer import audit, database
from vorzimmer.hall import Hall
from vorzimmer.icalendar.reader import read
from vorzimmer.icalendar.text import LARGEST_TEXT, CalendarDataError
from vorzimmer.reasons import PluginFailed, Refused
from vorzimmer.tries import WINDOW
from vorzimmer_caldav import (
    deleting,
    frontguard,
    listing,
    multistatus,
    objects,
    patching,
    principals,
    putting,
    refusal,
    warming,
)
from vorzimmer_caldav.auth import Auth, TooManyTries
from vorzimmer_caldav.collections import CalendarCollection, StoredItem
from vorzimmer_caldav.multistatus import C, D
from vorzimmer_caldav.properties import Place
from vorzimmer_caldav.refusal import RefusalError
from vorzimmer_caldav.reports import Report
from vorzimmer_caldav.rights import Rights
from vorzimmer_caldav.storage import Storage
from vorzimmer_caldav.visit import begin, current
from vorzimmer_caldav.xmlguard import XmlRefusedError, parse

CLASSES = "1, 3, calendar-access, extended-mkcol"
"""No class 2: there are no locks (caldav.md, defect 2)."""

REALM = "Vorzimmer"
_ETAG = re.compile(r'\s*(?:(W/)?("[^"]*")|(\*))\s*(?:,|$)')


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
        warming.warm(self._hall, self._storage)

    # ---- the ways out -----------------------------------------------------------------------------------------------

    def _handle_request(self, environ: Any) -> Any:
        try:
            return super()._handle_request(environ)
        except TooManyTries:
            return "429 Too Many Requests", [("Retry-After", str(WINDOW)), ("Content-Length", "0")], []
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

    def _write(self, path: str, act: Callable[[], Any]) -> Any:
        """Run a write in one transaction, again where it lost a race; a refusal rolls all of it back."""
        visit = current()

        def work(session: Session) -> Any:
            visit.enter(session)
            try:
                return act()
            finally:
                visit.leave()

        try:
            return self._hall.database.write(work)
        except RefusalError as refused:
            return refused.answer
        except CalendarDataError as error:
            return refusal.of_data(error)
        except Refused as refused:
            self._log_refused(path, refused)
            return refusal.of_refused(refused)
        except PluginFailed:
            return multistatus.error(503)
        except OperationalError as error:
            if _disk_full(error):
                return multistatus.error(507)  # F9
            raise

    def _log_refused(self, path: str, refused: Refused) -> None:
        """A refused write leaves its entry (O6); what was refused is rolled back already."""
        actor = current().actor

        def note(session: Session) -> None:
            subject = f"caldav {path.rpartition('/')[2]}"[:100]
            after = {"reason": refused.reason.value}
            audit.write(session, database.now(session), actor, "refused", subject, after=after)

        self._hall.database.write(note)

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
            parts = list(self._listed(self._place(base_prefix), path, depth, listing.Asked(request)))
        if not parts:
            return httputils.NOT_FOUND
        status, headers, body, log = multistatus.answer(parts)
        return status, {**headers, "DAV": CLASSES}, body, log

    def _listed(self, place: Place, path: str, depth: str, asked: listing.Asked) -> Iterator[str]:
        found = next(iter(self._storage.discover(path)), None)
        if found is None:
            return
        yield from listing.responses(place, [found], asked)
        if depth == "0":
            return
        if isinstance(found, CalendarCollection):
            yield from listing.members(place, found, asked)
        elif not isinstance(found, StoredItem):
            inside = self._storage.discover(path, "1")
            next(iter(inside))
            yield from listing.responses(place, inside, asked)

    def do_REPORT(  # noqa: N802
        self, environ: Any, base_prefix: str, path: str, user: str, user_groups: Any, request_info: Any
    ) -> Any:
        """One of the announced reports on a calendar."""
        if not Access(self._rights, user, user_groups, path).check("r"):
            return httputils.NOT_ALLOWED
        try:
            request = self._read_xml_request_body(environ, request_info)
        except RuntimeError:
            return httputils.BAD_REQUEST
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
        access = Access(self._rights, user, user_groups, path)
        if not access.check("w") or len(path.strip("/").split("/")) != 3 or path.endswith("/"):
            return httputils.NOT_ALLOWED
        body = environ["wsgi.input"].getvalue()
        try:
            sent = read(body)
            uid = objects.check(sent)
        except CalendarDataError as error:
            return refusal.of_data(error)

        def act() -> Any:
            with self._storage.acquire_lock("w", user, path=path, request="PUT"):
                _, slug, href = path.split("/")[1:]
                collection = self._storage.calendar(slug)
                if collection is None or len(href) > 255:
                    return httputils.CONFLICT
                row = _row(collection.item(href))
                if _unmet(environ, row.etag if row else None):
                    return httputils.PRECONDITION_FAILED
                putting.check_uid(current(), collection.calendar, row, uid)
                stored = putting.put(current(), self._hall, collection.calendar, href, row, sent)
                same = stored.text.encode() == body  # RFC 4791 §5.3.4: no ETag for what was changed
                return (204 if row else 201), ({"ETag": f'"{stored.etag}"'} if same else {}), None, None

        return self._write(path, act)

    def do_DELETE(  # noqa: N802
        self, environ: Any, base_prefix: str, path: str, user: str, user_groups: Any, request_info: Any
    ) -> Any:
        """Delete an object or a calendar that the person made."""
        if not Access(self._rights, user, user_groups, path).check("w"):
            return httputils.NOT_ALLOWED

        def act() -> Any:
            with self._storage.acquire_lock("w", user, path=path, request="DELETE"):
                found = next(iter(self._storage.discover(path)), None)
                if found is None:
                    return httputils.NOT_FOUND
                if _unmet(environ, found.etag.strip('"')):
                    return httputils.PRECONDITION_FAILED
                if isinstance(found, StoredItem):
                    deleting.delete_object(current(), self._hall, found.row)
                elif isinstance(found, CalendarCollection):
                    deleting.delete_calendar(current(), found.calendar)
                else:
                    return httputils.NOT_ALLOWED
                return 204, {}, None, None

        return self._write(path, act)

    def do_PROPPATCH(  # noqa: N802
        self, environ: Any, base_prefix: str, path: str, user: str, user_groups: Any, request_info: Any
    ) -> Any:
        """Change properties of a calendar, all or none."""
        if not Access(self._rights, user, user_groups, path).check("w"):
            return httputils.NOT_ALLOWED
        try:
            request = self._read_xml_request_body(environ, request_info)
        except RuntimeError:
            return httputils.BAD_REQUEST
        if request is None:
            return httputils.BAD_REQUEST

        def act() -> Any:
            with self._storage.acquire_lock("w", user, path=path, request="PROPPATCH"):
                found = next(iter(self._storage.discover(path)), None)
                if found is None:
                    return httputils.NOT_FOUND
                if not isinstance(found, CalendarCollection):
                    return httputils.FORBIDDEN
                return patching.patch(self._hall, self._place(base_prefix), found, request)

        return self._write(path, act)

    def do_MKCALENDAR(  # noqa: N802
        self, environ: Any, base_prefix: str, path: str, user: str, user_groups: Any, request_info: Any
    ) -> Any:
        """Make a private calendar."""
        return self._radicale(
            super().do_MKCALENDAR, environ, base_prefix, path, user, user_groups, request_info
        )

    def do_MKCOL(  # noqa: N802
        self, environ: Any, base_prefix: str, path: str, user: str, user_groups: Any, request_info: Any
    ) -> Any:
        """Make a private calendar by extended MKCOL (RFC 5689)."""
        return self._radicale(super().do_MKCOL, environ, base_prefix, path, user, user_groups, request_info)

    def do_MOVE(  # noqa: N802
        self, environ: Any, base_prefix: str, path: str, user: str, user_groups: Any, request_info: Any
    ) -> Any:
        """Move an object inside this server."""
        status = self._take_destination(environ)
        if status:
            return multistatus.error(status)
        return self._radicale(super().do_MOVE, environ, base_prefix, path, user, user_groups, request_info)

    def _radicale(
        self, method: Callable[..., Any], environ: Any, base_prefix: str, path: str, user: str, *rest: Any
    ) -> Any:
        """Radicale's own method, in our transaction."""
        if not user:
            return httputils.NOT_ALLOWED
        return self._write(path, lambda: method(environ, base_prefix, path, user, *rest))

    def _take_destination(self, environ: Any) -> int:
        """Leave only the path of a Destination that is ours; the status to refuse any other with (A146)."""
        given = environ.get("HTTP_DESTINATION", "")
        try:
            url = urlparse(given)
            ours = {environ.get("HTTP_HOST", ""), urlparse(self._hall.config.base_url).netloc}
            known = not url.netloc or (url.netloc in ours and url.scheme in ("http", "https"))
        except ValueError:
            return 400
        if not url.path.startswith("/") or frontguard.odd(unquote(url.path)):
            return 400
        environ["HTTP_DESTINATION"] = url.path
        return 0 if known else 502


def _asks(request: ET.Element) -> bool:
    kinds = {f"{D}prop", f"{D}propname", f"{D}allprop"}
    return request.tag == f"{D}propfind" and len(request) > 0 and request[0].tag in kinds


def _disk_full(error: OperationalError) -> bool:
    return database.sqlstate(error) == "53100" or "disk is full" in str(error.orig)


def _row(item: StoredItem | None) -> Any:
    return item.row if item else None


def _unmet(environ: Any, etag: str | None) -> bool:
    """Whether If-Match or If-None-Match forbids the write (RFC 9110 §13.1); weak tags never match strongly."""
    wanted, unwanted = environ.get("HTTP_IF_MATCH"), environ.get("HTTP_IF_NONE_MATCH")
    if wanted is not None and (etag is None or not _named(wanted, etag, weak=False)):
        return True
    return unwanted is not None and etag is not None and _named(unwanted, etag, weak=True)


def _named(header: str, etag: str, *, weak: bool) -> bool:
    return any(
        star or (told == f'"{etag}"' and (weak or not prefix)) for prefix, told, star in _ETAG.findall(header)
    )


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
