"""What tests of webhooks share: a receiver, an owner who makes webhooks, and a worker's round that waits for them."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.plugins.receiver import Receiver, receiving
from tests.web.desk import actor
from vorzimmer.access import Actor
from vorzimmer.hookspecs import Finding, Webhook, WebhookDelivery
from vorzimmer.messages.worker import Worker
from vorzimmer.practice import Hall
from vorzimmer.testing import Practice
from vorzimmer_webhooks import sending
from vorzimmer_webhooks.events import EVENTS
from vorzimmer_webhooks.hooks import Store

OWNER = "owner@praxis.example"
STORE = Store()
"""What the plugin answers to `hookspecs.webhooks`."""


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    """A program that wants to know."""
    with receiving(tmp_path / "received") as found:
        yield found


@pytest.fixture
def settings(settings: dict[str, Any]) -> dict[str, Any]:
    """The settings of a server whose operator named loopback."""
    own = {"allowed_hosts": ["127.0.0.1"]}
    return {**settings, "plugins": {**settings["plugins"], "vorzimmer_webhooks": own}}


def hook(
    practice: Practice, url: str, events: Iterable[str] = EVENTS, by: Actor | None = None
) -> tuple[Webhook, str]:
    """Make a webhook as the owner, or somebody else; and its secret."""
    who, hall = by or actor(practice, OWNER), practice.hall
    return hall.database.write(lambda session: STORE.add(session, hall, who, url, events))


def rounds(hall: Hall, number: int = 1) -> None:
    """Some rounds of the worker, each until every delivery that it began is over."""
    worker = Worker(hall)
    for _ in range(number):
        worker.run_due()
        join()


def join() -> None:
    """Wait for the threads that send."""
    for thread in threading.enumerate():
        if thread.name == sending.BESIDE:
            thread.join(60)


def deliveries(practice: Practice, of: Webhook) -> list[WebhookDelivery]:
    """The log of a webhook, the oldest first."""
    who = actor(practice, OWNER)
    with practice.hall.database.reading() as session:
        return STORE.deliveries(session, who, of.id)[::-1]


def state(practice: Practice, of: Webhook) -> Webhook:
    """A webhook as it stands now."""
    who = actor(practice, OWNER)
    with practice.hall.database.reading() as session:
        return next(one for one in STORE.listed(session, who) if one.id == of.id)


def act(practice: Practice, use_case: Any, *given: Any) -> Any:
    """What the owner does to a webhook."""
    who = actor(practice, OWNER)
    return practice.hall.database.write(lambda session: use_case(session, who, *given))


def findings(hall: Hall) -> list[Finding]:
    """What Health says of webhooks."""
    with hall.database.reading() as session:
        found: list[Finding] = hall.plugins.instance("vorzimmer_webhooks").findings(session)
    return found
