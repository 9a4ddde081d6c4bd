"""What a plugin offers is served, told, sent, run: a stranger's plugin in a whole server (architecture §4)."""

from importlib.metadata import EntryPoint, entry_points

import pytest
from flask import Flask

from tests.plugins.stranger import Plugin
from vorzimmer import hookspecs
from vorzimmer.hookspecs import Draft
from vorzimmer.messages.worker import Worker
from vorzimmer.models import Message
from vorzimmer.plugins import Plugins
from vorzimmer.practice import Hall
from vorzimmer.server.app import create_app
from vorzimmer.settings.config import PLUGINS, Config, Settings
from vorzimmer.testing import Browser, Clock, Outbox, Practice, check_plugin

NAME = "stranger"
QUIET = {"vorzimmer_email"}  # its channel would carry the messages first


@pytest.fixture
def hall_with_stranger(practice: Practice) -> Hall:
    """The practice's server with one plugin more, and without mail."""
    ours = practice.hall.config
    enabled = [*(name for name in PLUGINS if name not in QUIET), NAME]
    settings = Settings.model_validate(
        ours.settings.model_dump() | {"plugins": {**ours.settings.plugins, "enabled": enabled}}
    )
    config = Config(settings, ours.data)
    entry = EntryPoint(NAME, "tests.plugins.stranger:Plugin", "vorzimmer")
    plugins = Plugins(config, entries=[*entry_points(group="vorzimmer"), entry])
    return Hall(config, practice.hall.database, plugins)


@pytest.fixture
def stranger(hall_with_stranger: Hall) -> Plugin:
    plugin: Plugin = hall_with_stranger.plugins.instance(NAME)
    return plugin


@pytest.fixture
def client(hall_with_stranger: Hall) -> Browser:
    app: Flask = create_app(hall_with_stranger)
    app.test_client_class = Browser
    return app.test_client()  # type: ignore[return-value]


def book(hall: Hall, practice: Practice) -> None:
    Practice(hall, practice.clock).book("massage", "2027-03-02 09:00")


def test_it_is_a_good_plugin(hall_with_stranger: Hall) -> None:
    check_plugin(hall_with_stranger, NAME)


def test_its_page_is_served_to_those_it_is_open_to(client: Browser) -> None:
    client.sign_in("anna@praxis.example")
    assert client.get("/x/stranger/").status_code == 200


def test_its_page_is_closed_to_others(client: Browser) -> None:
    """A1, A2."""
    assert client.get("/x/stranger/").status_code in (303, 401)
    client.sign_in("max.muster@kunde.example")
    assert client.get("/x/stranger/").status_code == 403


def test_a_plugin_that_is_switched_off_is_not_found(hall_with_stranger: Hall, client: Browser) -> None:
    client.sign_in("anna@praxis.example")
    hall_with_stranger.plugins.switch(NAME, on=False)
    assert client.get("/x/stranger/").status_code == 404


def test_its_entry_stands_in_the_navigation(client: Browser) -> None:
    client.sign_in("anna@praxis.example")
    assert 'href="/x/stranger/"' in client.get("/office/").text


def test_its_application_answers_below_its_prefix(client: Browser) -> None:
    assert client.get("/x/stranger/app/anything").text == "a whole application"


def test_it_is_told_of_a_booking_once(hall_with_stranger: Hall, stranger: Plugin, practice: Practice) -> None:
    book(hall_with_stranger, practice)
    Worker(hall_with_stranger).run_due()
    Worker(hall_with_stranger).run_due()
    (change,) = stranger.told
    assert (change.kind, change.door, change.sequence) == ("confirmed", "office", 0)


def test_it_is_told_again_with_the_same_key_after_it_raised(
    hall_with_stranger: Hall, stranger: Plugin, practice: Practice, clock: Clock
) -> None:
    stranger.fails = True
    book(hall_with_stranger, practice)
    Worker(hall_with_stranger).run_due()
    stranger.fails = False
    clock.move(hours=1)
    Worker(hall_with_stranger).run_due()
    first, second = stranger.told
    assert first.key == second.key


def test_its_channel_carries_messages_to_people(
    hall_with_stranger: Hall, stranger: Plugin, practice: Practice, outbox: Outbox
) -> None:
    book(hall_with_stranger, practice)
    Worker(hall_with_stranger).run_due()
    assert stranger.sent == ["confirmed", "notice"]  # to the customer, and to the person
    told: list[Message] = outbox.messages("confirmed")
    assert [(message.channel, message.state, message.text) for message in told] == [("pigeon", "sent", "coo")]


def test_its_job_runs_once_in_its_time(hall_with_stranger: Hall, stranger: Plugin, clock: Clock) -> None:
    Worker(hall_with_stranger).run_due()
    clock.move(minutes=59)
    Worker(hall_with_stranger).run_due()
    assert stranger.jobs_run == 1
    clock.move(minutes=2)
    Worker(hall_with_stranger).run_due()
    assert stranger.jobs_run == 2


def test_its_command_is_offered(hall_with_stranger: Hall) -> None:
    names = {command.name for command in hall_with_stranger.plugins.offered(hookspecs.commands)}
    assert {"greet", "demo"} <= names


def test_it_may_add_to_the_demo(hall_with_stranger: Hall, stranger: Plugin) -> None:
    draft = Draft([])
    with hall_with_stranger.database.transaction() as session:
        hall_with_stranger.plugins.ask(
            hookspecs.demo_data, session=session, hall=hall_with_stranger, draft=draft
        )
    assert stranger.drafts == [draft]
