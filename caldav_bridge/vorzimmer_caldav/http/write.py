"""A write and its answer: one transaction, which only a good answer releases, and what a refused one leaves behind."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from vorzimmer import audit, database
from vorzimmer.booking.parts import published
from vorzimmer.icalendar.text import CalendarDataError
from vorzimmer.practice import Hall
from vorzimmer.reasons import PluginFailed, Refused
from vorzimmer_caldav.objects import stored
from vorzimmer_caldav.storage.storage import Storage
from vorzimmer_caldav.visit import current
from vorzimmer_caldav.xml import multistatus, refusal
from vorzimmer_caldav.xml.multistatus import Answer
from vorzimmer_caldav.xml.refusal import RefusalError

_LONGEST_SUBJECT = 100
log = structlog.get_logger(__name__)


def run(hall: Hall, act: Callable[[], Answer]) -> Answer:
    """Run a write in one transaction, again where it lost a race; an answer that refuses rolls all of it back."""
    visit = current()

    def work(session: Session) -> Answer:
        visit.enter(session)
        try:
            answer = act()
        finally:
            visit.leave()
        if answer[0] >= 400:
            raise RefusalError.of(answer)
        return answer

    try:
        return hall.database.write(work)
    except RefusalError as refused:
        return refused.answer
    except CalendarDataError as error:
        return refusal.of_data(error)
    except Refused as refused:
        return refusal.of_refused(refused)
    except PluginFailed:
        return multistatus.error(503)
    except database.NO_ANSWER as error:
        return no_answer(error)


def run_on_objects(
    hall: Hall,
    storage: Storage,
    paths: Iterable[str],
    act: Callable[[], Answer],
    refused: Callable[[Answer], None] = lambda _answer: None,
) -> Answer:
    """Run a write of objects; where it is refused, whoever syncs reads what stands at the paths anew (rule 80).

    `refused` does what else a refusal has to leave, in the same transaction.
    """
    answer = run(hall, act)
    if answer[0] in refusal.OF_CONTENT:
        visit = current()

        def leave_behind(session: Session) -> None:
            visit.enter(session)
            try:
                for path in paths:
                    _leave_behind(session, storage, path, answer)
                refused(answer)
            finally:
                visit.leave()

        try:
            hall.database.write(leave_behind)
        except database.NO_ANSWER as error:
            return no_answer(error)
    return answer


def no_answer(error: Exception) -> Answer:
    """The database is away, full or held by somebody else: the client keeps what it has, and comes again."""
    log.error("database does not answer", error=str(error))
    if _disk_full(error):
        return multistatus.error(507)  # F9
    status, headers, body, request = multistatus.error(503)
    return status, {**headers, "Retry-After": str(database.COME_AGAIN)}, body, request


def _leave_behind(session: Session, storage: Storage, path: str, answer: Answer) -> None:
    """An entry in the log (O6), and a new entity tag and a row in the change log of the calendar.

    Apps forget what was refused and wait for the server's version; without a row they never fetch it. For what is not
    there the row says so: an app that believes to have stored it lets it go.
    """
    actor, moment = current().actor, database.now(session)
    _, slug, href = path.split("/")[1:]
    with storage.acquire_lock("w", actor.name):
        collection = storage.own(slug)
        item = collection.item(href) if collection else None
        subject = f"booking {item.uid}" if item and item.row.booking_id else f"caldav {href}"
        after = {"reason": refusal.reason(answer)}
        audit.write(session, moment, actor, "refused", subject[:_LONGEST_SUBJECT], after=after)
        if collection is None or len(href) > stored.LONGEST_HREF:
            return
        if item is None:
            published.log_change(session, collection.calendar.id, href, gone=True)
        else:
            stored.deliver_again(session, item.row, moment)
        session.flush()


def _disk_full(error: Exception) -> bool:
    return isinstance(error, DBAPIError) and (
        database.sqlstate(error) == "53100" or "disk is full" in str(error.orig)
    )
