"""No plugin takes another down: one fails at each of its points in turn, everything else goes on (B35)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from html import unescape
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import pytest
from flask import Blueprint
from jinja2 import BytecodeCache

from tests import acts
from tests.plugins import saboteur
from vorzimmer import Channel, Finding, Job, Mount, NavigationEntry, Right, doctor, hookspecs, open_to
from vorzimmer.access import EVERYONE
from vorzimmer.doctor import checkup
from vorzimmer.hookspecs import Draft, Level
from vorzimmer.messages.worker import Worker
from vorzimmer.plugins import GROUP, HOOKS, Plugins
from vorzimmer.practice import Hall
from vorzimmer.reasons import PluginFailed
from vorzimmer.server.app import create_app
from vorzimmer.settings.config import PLUGINS, Config
from vorzimmer.testing import AvailabilityContract, Browser, Outbox, PolicyContract, Practice

NAME = "saboteur"
OWNER = "owner@praxis.example"
ENTRY = EntryPoint(NAME, "tests.plugins.saboteur:Plugin", GROUP)
PAGES = (
    "/",
    *(f"/office/{page}" for page in ("", "calendar", "customers", "requests", "connect", "absences/")),
    *(f"/office/settings/{page}" for page in ("", "plugins", "health", "services/", "people/")),
)
CONTRACTS: list[tuple[type[Any], str]] = [
    (AvailabilityContract, "vorzimmer_weekly_hours"),
    (AvailabilityContract, "vorzimmer_holidays"),
    (PolicyContract, "vorzimmer_direct_booking"),
]
AT_AN_ACT = {
    "booking_changed",
    "booking_deadlines",
    "customer_changed",
    "demo_data",
    "payment_start",
    "schema_outdated",
}
"""Hooks that nobody can call only to see what they do."""


@pytest.fixture
def database_url() -> str:
    return ""


@dataclass
class House:
    """The practice's server with the saboteur in it, and the owner who looks at its pages."""

    hall: Hall
    practice: Practice
    client: Browser

    def goes_on(self) -> None:
        """All pages answer, and nobody else is broken."""
        assert {path: self.client.get(path).status_code for path in PAGES} == dict.fromkeys(PAGES, 200)
        assert [one.name for one in self.hall.plugins.loaded if one.wrong and one.name != NAME] == []

    def names_it(self) -> None:
        """In what doctor finds, and so in the office's Health."""
        found = [one for one in doctor.examine(self.hall) if one.level is not Level.GOOD]
        assert {one.facts["name"] for one in found if "name" in one.facts} == {NAME}
        assert f"lugin {NAME}:" in unescape(self.client.get("/office/settings/health?language=en").text)

    def works(self) -> None:
        """A booking is made, its mail leaves, and jobs of others are done."""
        booked = self.practice.book("massage", "2027-03-02 09:00")
        Worker(self.hall).run_due()
        assert [message.state for message in Outbox(self.hall).messages("confirmed")] == ["sent"]
        assert acts.again(self.hall, booked.uid).status == "confirmed"


@pytest.fixture
def house(
    practice: Practice, compiled_pages: BytecodeCache, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., House]:
    """Make the server with a saboteur that does something else than answer at some hooks."""

    def build(entry: EntryPoint = ENTRY, **fails: Callable[[], Any]) -> House:
        monkeypatch.setattr(saboteur.Plugin, "fails", fails)
        ours = practice.hall.config
        given = ours.settings.model_dump(exclude_unset=True)
        enabled = {"plugins": {**given["plugins"], "enabled": [*PLUGINS, NAME]}}
        config = Config(ours.settings.model_validate({**given, **enabled}), ours.data)
        plugins = Plugins(config, entries=[*entry_points(group=GROUP), entry])
        hall = Hall(config, practice.hall.database, plugins)
        app = create_app(hall)
        app.jinja_env.bytecode_cache = compiled_pages
        app.test_client_class = Browser
        client: Browser = app.test_client()  # type: ignore[assignment]  # set above
        client.sign_in(OWNER)
        client.send("/language", language="en")
        return House(hall, Practice(hall, practice.clock), client)

    return build


def raises() -> Any:
    raise saboteur.Sabotage("meant to happen: 100 %")


def ends() -> Any:
    raise SystemExit("wants to end the server")


def nonsense() -> Any:
    return [42]


# ---- hooks ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hook", sorted(HOOKS))
def test_a_hook_that_fails_takes_nothing_with_it(house: Callable[..., House], hook: str) -> None:
    """Every hook there is, so that a new one is among them by itself."""
    here = house(**{hook: raises})
    here.goes_on()
    for fault in (raises, ends, nonsense) if hook not in AT_AN_ACT else ():
        saboteur.Plugin.fails[hook] = fault
        here.hall.plugins.follow(here.hall.config)
        checkup.begin(here.hall)
        here.names_it()


def test_one_that_fails_at_every_hook_keeps_the_others_whole(house: Callable[..., House]) -> None:
    here = house(**dict.fromkeys(HOOKS, raises))
    here.goes_on()
    checkup.begin(here.hall)
    here.names_it()
    assert [one.name for one in here.hall.plugins.loaded if one.wrong] == [NAME]


def test_beside_one_that_fails_at_every_hook_the_others_pass_the_check_and_their_contracts(
    house: Callable[..., House],
) -> None:
    here = house(**dict.fromkeys(HOOKS, raises))
    assert checkup.wrong(here.hall, NAME) != []
    assert checkup.wrong(here.hall, "vorzimmer_absences") == []
    for contract, name in CONTRACTS:
        kept = type(name, (contract,), {"name": name})()
        for test in [one for one in dir(contract) if one.startswith("test_")]:
            getattr(kept, test)(here.practice)
            for plugin in here.hall.plugins.loaded:
                plugin.active = True


def test_jobs_that_cannot_be_had_are_named_where_the_worker_is_another_process(
    house: Callable[..., House],
) -> None:
    assert "meant to happen" in unescape(house(jobs=raises).client.get("/office/settings/plugins").text)


def test_a_fault_is_over_with_the_next_good_answer(house: Callable[..., House]) -> None:
    here = house(busy_periods=raises)
    assert here.client.get("/book/massage").status_code == 503
    here.names_it()
    saboteur.Plugin.fails.clear()
    assert here.client.get("/book/massage").status_code == 200
    assert here.hall.plugins.find(NAME).wrong == []


@pytest.mark.parametrize("hook", ["available_periods", "busy_periods"])
def test_one_that_does_not_say_what_it_closes_is_switched_off_all_the_same(
    house: Callable[..., House], hook: str
) -> None:
    here = house(**{hook: raises})
    saboteur.Plugin.fails.clear()
    here.practice.book("massage", "2027-03-02 10:00")  # something that it might have closed
    saboteur.Plugin.fails[hook] = raises
    here.client.get("/office/settings/plugins")
    assert here.client.send(f"/office/settings/plugins/{NAME}/off").status_code == 200
    assert here.client.get("/book/massage").status_code == 200
    here.practice.book("massage", "2027-03-02 09:00")


def test_those_of_the_practice_are_told_which_plugin_keeps_an_act_from_them(
    house: Callable[..., House],
) -> None:
    here = house(candidates=raises)
    page = here.client.get("/office/new?service=massage")
    assert (page.status_code, NAME in page.text) == (503, True)
    stranger = here.client.application.test_client().get("/book/massage")
    assert (stranger.status_code, NAME in stranger.text) == (503, False)


def test_an_act_that_needs_its_answer_is_refused_and_leaves_nothing(house: Callable[..., House]) -> None:
    here = house(payment_methods=raises)
    held = acts.hold(here.hall)
    acts.type_details(here.hall, held.uid)
    with pytest.raises(PluginFailed):
        acts.confirm(here.hall, held)
    assert acts.again(here.hall, held.uid).status == "held"
    here.names_it()


@pytest.mark.parametrize("hook", ["booking_deadlines", "booking_policy", "payment_start"])
def test_an_answer_that_another_gives_first_is_not_missed(house: Callable[..., House], hook: str) -> None:
    here = house(**{hook: raises})
    held = acts.hold(here.hall)
    acts.type_details(here.hall, held.uid)
    acts.confirm(here.hall, held)
    assert acts.again(here.hall, held.uid).status == "confirmed"


def test_a_demo_is_not_filled_by_half(house: Callable[..., House]) -> None:
    here = house(demo_data=raises)
    with pytest.raises(PluginFailed), here.hall.database.transaction() as session:
        here.hall.plugins.ask_one(NAME, hookspecs.demo_data, session=session, hall=here.hall, draft=Draft([]))
    here.names_it()


# ---- what is offered -----------------------------------------------------------------------------------------


def blueprint(declaration: Callable[..., Any] | None, **more: Any) -> list[Blueprint]:
    pages = Blueprint(NAME, __name__, url_prefix=f"/x/{NAME}", **more)
    pages.get("/")(declaration(raises) if declaration else raises)
    return [pages]


def changing_every_page() -> list[Blueprint]:
    (pages,) = blueprint(open_to(EVERYONE))
    pages.before_app_request(raises)
    return [pages]


def failing_where_it_is_registered() -> list[Blueprint]:
    (pages,) = blueprint(open_to(EVERYONE))
    pages.record(lambda _state: raises())
    return [pages]


def called_like_ours() -> list[Blueprint]:
    pages = Blueprint("office", __name__, url_prefix=f"/x/{NAME}")
    pages.get("/")(open_to(EVERYONE)(raises))
    return [pages]


ODD: Any = 3600
OFFERS: dict[str, tuple[str, Callable[[], Any]]] = {
    "a page whose caller is not declared": ("blueprints", lambda: blueprint(None)),
    "a function before every page": ("blueprints", changing_every_page),
    "a blueprint that raises": ("blueprints", failing_where_it_is_registered),
    "a blueprint called like ours": ("blueprints", called_like_ours),
    "an application at our address": ("wsgi_mounts", lambda: [Mount("/office", raises)]),
    "an entry that leads nowhere": (
        "navigation",
        lambda: [NavigationEntry("Gone", "no.page", Right.SETTINGS)],
    ),
    "an entry that needs more": (
        "navigation",
        lambda: [NavigationEntry("More", "office.plugin", Right.SETTINGS)],
    ),
    "an entry without a title": (
        "navigation",
        lambda: [NavigationEntry(ODD, "office.today", Right.SETTINGS)],
    ),
    "an entry for an unknown right": ("navigation", lambda: [NavigationEntry("Odd", "office.today", "odd")]),
    "a job without a period": ("jobs", lambda: [Job("odd", ODD, ODD)]),
    "a channel that cannot send": ("message_channels", lambda: [Channel("odd", lambda address: False, ODD)]),
    "a command that is none": ("commands", lambda: ["odd"]),
    "a finding whose text lacks a fact": (
        "findings",
        lambda: [Finding(Level.WRONG, "%(number)d of %(all)d", {"number": 1})],
    ),
}


@pytest.mark.parametrize(("hook", "offer"), OFFERS.values(), ids=OFFERS.keys())
def test_what_is_offered_and_cannot_be_used_takes_nothing_with_it(
    house: Callable[..., House], hook: str, offer: Any
) -> None:
    here = house(**{hook: offer})
    checkup.begin(here.hall)
    here.goes_on()
    here.names_it()


def test_a_page_that_raises_is_nobody_elses_concern(house: Callable[..., House]) -> None:
    here = house(
        blueprints=lambda: blueprint(open_to(EVERYONE)), wsgi_mounts=lambda: [Mount(f"/x/{NAME}/app", raises)]
    )
    here.client.application.config["PROPAGATE_EXCEPTIONS"] = False
    assert here.client.get(f"/x/{NAME}/").status_code == 500
    assert here.client.get(f"/x/{NAME}/app").status_code == 500
    here.goes_on()


# ---- the worker ----------------------------------------------------------------------------------------------


def test_a_job_that_fails_keeps_no_other_waiting(house: Callable[..., House]) -> None:
    """One that is called like one of ours takes its turn, too."""
    for fault in (raises, ends):
        here = house(
            jobs=lambda fault=fault: [Job("prune", timedelta(hours=1), lambda _session, _now: fault())]
        )
        here.works() if fault is raises else Worker(here.hall).run_due()
        here.names_it()
        here.practice.clock.move(hours=2)
    well = house(jobs=lambda: [Job("prune", timedelta(hours=1), lambda _session, _now: None)])
    Worker(well.hall).run_due()
    assert [str(one) for one in doctor.examine(well.hall) if NAME in str(one)] == []


def test_a_fact_that_it_does_not_take_keeps_no_other_waiting(house: Callable[..., House]) -> None:
    here = house(booking_changed=raises)
    here.works()
    here.names_it()


@pytest.mark.parametrize("part", ["carries", "send"])
def test_a_channel_that_fails_takes_no_act_with_it(house: Callable[..., House], part: str) -> None:
    """What it cannot carry goes by the next; what it does not deliver is tried again."""
    mine = "+49 30 1234567"
    known: dict[str, Any] = {
        "carries": lambda address: address == mine,
        "send": lambda _session, _message: raises(),
    }
    channel = Channel("odd", **{**known, part: lambda *_given: raises()})
    here = house(message_channels=lambda: [channel])
    here.practice.book("massage", "2027-03-03 09:00", email="", phone=mine)
    here.works()
    if part == "send":
        outside = here.hall.plugins.find(NAME)
        assert outside.wrong == []


# ---- how it begins -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entry", "fails"),
    [
        (EntryPoint(NAME, "tests.plugins.not_there:Plugin", GROUP), {}),
        (EntryPoint(NAME, "tests.plugins.saboteur:NoPlugin", GROUP), {}),
        (ENTRY, {"__init__": raises}),
        (ENTRY, {"__init__": ends}),
    ],
    ids=["cannot be imported", "has no class", "raises", "ends the program"],
)
def test_one_that_cannot_begin_takes_nothing_with_it(
    house: Callable[..., House], entry: EntryPoint, fails: dict[str, Any]
) -> None:
    here = house(entry, **fails)
    here.goes_on()
    here.names_it()
