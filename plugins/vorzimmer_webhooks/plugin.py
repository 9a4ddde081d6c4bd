"""The hooks: listen to what happens, send it, a page of the settings, a word to the owner where nothing arrives."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from vorzimmer import database
from vorzimmer.access import Right
from vorzimmer.hookspecs import (
    Change,
    Finding,
    Job,
    Level,
    NavigationEntry,
    Pages,
    Person,
    PersonalData,
    RecordChange,
    Webhooks,
    hookimpl,
)
from vorzimmer.outgoing import addresses
from vorzimmer.practice import Hall
from vorzimmer.reasons import N_
from vorzimmer_webhooks import events, sending, settings
from vorzimmer_webhooks.hooks import Store
from vorzimmer_webhooks.models import Delivery, Hook
from vorzimmer_webhooks.pages import pages

HOURLY = timedelta(hours=1)


class Plugin:
    """Tells other programs of bookings and customers, after the commit and at least once."""

    title = N_("Webhooks")
    Config = settings.Config

    def __init__(self, config: settings.Config) -> None:
        self.config = config

    @hookimpl
    def booking_changed(self, session: Session, change: Change) -> None:
        """A delivery for each hook that wants to know; in the transaction in which the fact is marked as told."""
        events.tell_of_booking(session, change, database.now(session))

    @hookimpl
    def customer_changed(self, session: Session, change: RecordChange) -> None:
        """The same of a customer's record."""
        events.tell_of_customer(session, change, database.now(session))

    @hookimpl
    def jobs(self, hall: Hall) -> list[Job]:
        """Send what is due, looked at each round; and delete what is old."""
        forget = partial(sending.forget, keep=timedelta(days=self.config.keep_days))
        send = Job("webhooks", timedelta(0), partial(sending.begin, hall=hall), sending.due)
        return [send, Job("webhooks_forget", HOURLY, forget)]

    @hookimpl
    def webhooks(self) -> Webhooks:
        """Where page and API find them."""
        return Store()

    @hookimpl
    def blueprints(self) -> list[Pages]:
        """`/office/settings/webhooks`."""
        return [pages]

    @hookimpl
    def navigation(self) -> list[NavigationEntry]:
        """A card of the settings."""
        line, entry = N_("Tell other programs what happens here"), "vorzimmer_webhooks.overview"
        return [NavigationEntry(N_("Webhooks"), entry, Right.SETTINGS, "settings", line, "technical")]

    @hookimpl
    def personal_data(self, session: Session, person: Person, erase: bool) -> list[PersonalData]:
        """What was sent; what others have received is out of reach."""
        theirs = or_(Delivery.booking_id.in_(person.bookings), Delivery.customer.in_(person.uids))
        number = session.scalar(select(func.count()).select_from(Delivery).where(theirs)) or 0
        if not number:
            return []
        if erase:
            session.execute(delete(Delivery).where(theirs))
        kept = PersonalData(N_("What webhooks have told other programs, with those"), stays=True)
        return [PersonalData(N_("The log of webhooks: %(number)d"), {"number": number}), kept]

    @hookimpl
    def findings(self, session: Session) -> list[Finding]:
        """Hooks that are off, or to which nothing arrives."""
        return list(self._findings(session))

    def _findings(self, session: Session) -> Iterator[Finding]:
        moment, hooks = database.now(session), session.scalars(select(Hook).order_by(Hook.id)).all()
        late = moment - HOURLY
        failing = [one for one in hooks if one.off_at or (one.failing_since and one.failing_since <= late)]
        for hook in failing[:5]:
            host = {"host": addresses.host_of(hook.url)}
            if hook.off_at and hook.off_at - (hook.failing_since or hook.off_at) < sending.PATIENCE:
                text = N_("webhook to %(host)s: switched off, for its receiver says that it is gone for good")
                yield Finding(Level.WRONG, text, host)
            elif hook.off_at:
                text = N_("webhook to %(host)s: switched off, for nothing arrived for days")
                yield Finding(Level.WRONG, text, host)
            else:
                hours = int((moment - (hook.failing_since or moment)) / HOURLY)
                text = N_("webhook to %(host)s: nothing has arrived for %(hours)d hours")
                yield Finding(Level.WARNING, text, host | {"hours": hours})
        if hooks and not any(one.failing_since for one in hooks):
            yield Finding(Level.GOOD, N_("webhooks: all of them arrive"))
