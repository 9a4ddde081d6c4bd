"""Make, list, switch on again and delete webhooks; each act is one transaction with its line in the log."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterable

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from vorzimmer import access, audit, database
from vorzimmer.access import Actor, Right
from vorzimmer.hookspecs import Webhook, WebhookDelivery
from vorzimmer.outgoing import addresses
from vorzimmer.outgoing.addresses import NO_HTTPS, AddressRefusedError
from vorzimmer.practice import Hall
from vorzimmer.reasons import N_, Reason, Refused
from vorzimmer.settings import stored
from vorzimmer_webhooks.events import EVENTS, TEST, delivery
from vorzimmer_webhooks.models import DUE, Delivery, Hook
from vorzimmer_webhooks.settings import allowed

MOST = 20
SHOWN = 200
"""How many deliveries the log of a hook shows, the newest first."""


class Store:
    """The webhooks as every door sees them."""

    def listed(self, session: Session, actor: Actor) -> list[Webhook]:
        """All of the practice's."""
        _require(actor)
        query = select(Hook).options(joinedload(Hook.account)).order_by(Hook.id)
        return [_shown(hook) for hook in session.scalars(query)]

    def add(
        self, session: Session, hall: Hall, actor: Actor, url: str, events: Iterable[str]
    ) -> tuple[Webhook, str]:
        """Make one, and give its secret this once. Refuses with `INVALID` (`errors`).

        The name is not resolved here: no request waits for anybody's server.
        """
        _require(actor)
        errors: dict[str, str] = {}
        url, wanted = url.strip(), list(dict.fromkeys(events))
        if why := _why_not(hall, url):
            errors["url"] = why
        if not wanted or not set(wanted) <= EVENTS.keys():
            errors["events"] = N_("Please choose at least one event.")
        if (session.scalar(select(func.count()).select_from(Hook)) or 0) >= MOST:
            errors["url"] = N_("There are twenty webhooks already.")
        if errors:
            raise Refused(Reason.INVALID, errors=errors)
        secret = f"whsec_{base64.b64encode(secrets.token_bytes(24)).decode()}"
        hook = Hook(
            account_id=actor.account_id,
            rights=sorted(actor.rights),
            url=url,
            events=wanted,
            secret=stored.sealed(hall.config, secret),
            created_at=database.now(session),
        )
        session.add(hook)
        session.flush()
        _log(session, actor, "webhook_made", hook)
        return _shown(hook), secret

    def delete(self, session: Session, actor: Actor, hook_id: int) -> None:
        """Forget it with its log; what was not sent yet is not sent any more."""
        hook = _found(session, actor, hook_id)
        _log(session, actor, "webhook_deleted", hook)
        session.delete(hook)

    def switch_on(self, session: Session, actor: Actor, hook_id: int) -> None:
        """Try again a hook that was switched off: what waits goes out now."""
        hook = _found(session, actor, hook_id)
        hook.off_at = hook.failing_since = None
        _log(session, actor, "webhook_switched_on", hook)

    def test(self, session: Session, actor: Actor, hook_id: int) -> None:
        """Send an event that says nothing."""
        hook = _found(session, actor, hook_id)
        session.add(delivery(hook, TEST, database.now(session)))
        _log(session, actor, "webhook_tested", hook)

    def deliveries(self, session: Session, actor: Actor, hook_id: int) -> list[WebhookDelivery]:
        """What was sent and what is to be, the newest first."""
        hook = _found(session, actor, hook_id)
        query = select(Delivery).where(Delivery.hook_id == hook.id).order_by(Delivery.id.desc()).limit(SHOWN)
        return [_shown_delivery(one) for one in session.scalars(query)]

    def again(self, session: Session, actor: Actor, hook_id: int, uid: str) -> None:
        """Send a delivery once more, under the same id."""
        hook = _found(session, actor, hook_id)
        query = select(Delivery).where(Delivery.hook_id == hook.id, Delivery.uid == uid)
        told = session.scalar(query)
        if told is None:
            raise Refused(Reason.NOT_FOUND)
        told.state, told.attempts, told.run_after = DUE, 0, database.now(session)
        _log(session, actor, "webhook_sent_again", hook)


def _require(actor: Actor) -> None:
    access.require(access.may(actor, Right.SETTINGS) and actor.account_id is not None)


def _found(session: Session, actor: Actor, hook_id: int) -> Hook:
    _require(actor)
    hook = session.get(Hook, hook_id, with_for_update=not database.alone(session))
    if hook is None:
        raise Refused(Reason.NOT_FOUND)
    return hook


def _why_not(hall: Hall, url: str) -> str:
    """Why an address is none of ours to ask (A122); http only within the own network, where the operator allows it."""
    try:
        address = addresses.read(url, allowed(hall))
    except AddressRefusedError as error:
        return str(error)
    return NO_HTTPS if address.scheme == "http" and not address.trusted else ""


def _shown(hook: Hook) -> Webhook:
    return Webhook(
        hook.id,
        hook.url,
        tuple(hook.events),
        hook.account.email,
        hook.created_at,
        hook.failing_since,
        hook.off_at,
    )


def _shown_delivery(told: Delivery) -> WebhookDelivery:
    return WebhookDelivery(
        told.uid,
        told.event,
        told.state,
        told.attempts,
        told.status,
        told.error,
        told.created_at,
        told.run_after if told.state == DUE else None,
        told.sent_at,
    )


def _log(session: Session, actor: Actor, act: str, hook: Hook) -> None:
    host = addresses.host_of(hook.url)
    after = {"host": host, "events": hook.events}
    audit.write(session, database.now(session), actor, act, f"webhook {hook.id}", after=after)
