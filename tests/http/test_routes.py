"""Every address of the server: who may call it (A2, A166), and what changes nothing (A13)."""

import re
from datetime import datetime
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import Rule

from vorzimmer.access import EVERYONE, declared
from vorzimmer.models import Message
from vorzimmer.plugins import GROUP
from vorzimmer.practice import Hall
from vorzimmer.server.app import create_app
from vorzimmer.settings.config import Config
from vorzimmer.testing import Practice

OPEN = """
GET /
GET /account/
GET /account/login
GET /api/v1/days
GET /api/v1/explain
GET /api/v1/openapi.json
GET /api/v1/services
GET /api/v1/slots
GET /b/
GET /b/<token>
GET /b/calendar.ics
GET /b/cancel
GET /b/move
GET /book/<slug>
GET /book/<slug>/<uid>/calendar.ics
GET /book/<slug>/<uid>/code
GET /book/<slug>/<uid>/details
GET /book/<slug>/<uid>/done
GET /embed.js
GET /embed/
GET /embed/<slug>
GET /embed/<slug>/<uid>/calendar.ics
GET /embed/<slug>/<uid>/code
GET /embed/<slug>/<uid>/details
GET /embed/<slug>/<uid>/done
GET /faq
GET /help/
GET /help/<path:name>
GET /office/forgotten
GET /office/link/<secret>
GET /i/<secret>
GET /imprint
GET /office/login
GET /privacy
GET /ready
GET /setup/<secret>
GET /static/<digest>/<name>
GET /terms
GET /withdrawal
GET /static/<digest>/practice.css
GET /static/logo/<name>
POST /api/v1/holds
POST /api/v1/holds/<uid>/confirm
POST /api/v1/holds/<uid>/details
POST /api/v1/holds/<uid>/release
POST /b/<token>
POST /b/cancel
POST /b/move
POST /b/paper
POST /book/<slug>
POST /book/<slug>/<uid>/code
POST /book/<slug>/<uid>/details
POST /book/<slug>/<uid>/language
POST /book/<slug>/<uid>/resend
POST /embed/<slug>
POST /embed/<slug>/<uid>/again
POST /embed/<slug>/<uid>/calendar.ics
POST /embed/<slug>/<uid>/code
POST /embed/<slug>/<uid>/details
POST /embed/<slug>/<uid>/language
POST /embed/<slug>/<uid>/resend
POST /embed/<slug>/times
POST /language
POST /office/forgotten
POST /office/link/<secret>
POST /office/login
POST /office/logout
POST /setup/<secret>
"""
"""All that nobody has to sign in for. A line more is a decision: who could misuse it, and how often?"""

LOGIN = "/office/login"
PLAIN = {
    "/",
    "/account/",
    "/api/v1/openapi.json",
    "/api/v1/services",
    "/embed.js",
    "/faq",
    "/help/",
    "/office/forgotten",
    "/office/login",
    "/ready",
}
"""What answers 2xx to anybody, without any parameter."""


@pytest.fixture
def database_url() -> str:
    return ""


@pytest.fixture
def app(hall: Hall) -> Flask:
    return create_app(hall)


def rules(app: Flask) -> list[tuple[str, Rule]]:
    """Every method of every address."""
    return [
        (method, rule)
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]


def address(rule: Rule) -> str:
    """The address with something in place of its parameters."""
    given: dict[str, Any] = dict.fromkeys(rule.arguments, "1")
    choices = {name: first for first, name in re.findall(r"<any\((\w+)[^)]*\):(\w+)>", rule.rule)}
    built = rule.build({**given, **choices})
    assert built is not None
    return built[1]


def test_the_open_addresses_are_those_of_the_list(app: Flask) -> None:
    """A2: one more fails here until somebody has thought about it."""
    found = {
        f"{method} {rule.rule}"
        for method, rule in rules(app)
        if EVERYONE in declared(app.view_functions[rule.endpoint])
    }
    assert found == set(OPEN.split("\n")) - {""}


def test_only_pages_for_everybody_answer_without_a_login(app: Flask) -> None:
    """A2: GET and POST of every address, without cookie, key or parameters."""
    client = app.test_client()
    answered = {
        rule.rule
        for _method, rule in rules(app)
        for method in ("GET", "POST")
        if client.open(address(rule), method=method).status_code < 300
    }
    assert answered == PLAIN


def test_nothing_answers_with_an_error_of_the_server(app: Flask) -> None:
    """O1."""
    client = app.test_client()
    for _method, rule in rules(app):
        for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
            status = client.open(address(rule), method=method).status_code
            assert status < 500, f"{method} {rule.rule}"


def test_what_changes_something_is_never_done_by_reading(app: Flask) -> None:
    """A13: GET and HEAD, with an override in header, form or query, is refused or only shows a form."""
    client = app.test_client()
    methods: dict[str, set[str]] = {}
    for method, rule in rules(app):
        methods.setdefault(rule.rule, set()).add(method)
    for _method, rule in rules(app):
        if "GET" not in methods[rule.rule]:
            override = {"X-HTTP-Method-Override": "POST", "X-Method-Override": "DELETE"}
            for method in ("GET", "HEAD"):
                answer = client.open(
                    address(rule), method=method, headers=override, query_string={"_method": "POST"}
                )
                # a name may also be that of a thing, whose page asks nobody in
                asked_in = answer.status_code == 401 or LOGIN in answer.headers.get("Location", "")
                assert asked_in or answer.status_code in {404, 405}, rule.rule


def test_deletion_is_not_smuggled_into_a_form(app: Flask) -> None:
    """A13: a method named in the form is data like any other."""
    answer = app.test_client().post("/", data={"_method": "DELETE"})
    assert answer.status_code == 405


# ---- plugins -----------------------------------------------------------------------------------------------

PLUGIN = """
from flask import Blueprint
from vorzimmer.access import EVERYONE, open_to
from vorzimmer.hookspecs import Mount, hookimpl

class Plugin:
    def __init__(self, config): ...

    @hookimpl
    def {hook}(self):
        {body}
"""
PAGES = """pages = Blueprint("strange", __name__, url_prefix={prefix!r})
        @pages.get({path!r})
        {declaration}
        def page():
            return "here"
        return [pages]"""


def with_plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hook: str, body: str) -> Hall:
    """A hall with one plugin of a stranger."""
    name = f"strange_{abs(hash(body))}"
    (tmp_path / f"{name}.py").write_text(PLUGIN.format(hook=hook, body=body))
    monkeypatch.syspath_prepend(str(tmp_path))
    config = Config.load(data=tmp_path / "data", over={"plugins": {"enabled": ["strange"]}})
    return Hall.open(config, entries=[EntryPoint("strange", f"{name}:Plugin", GROUP)])


def test_a_page_of_a_plugin_answers_below_its_own_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = PAGES.format(prefix="/x/strange", path="/", declaration="@open_to(EVERYONE)")
    app = create_app(with_plugin(tmp_path, monkeypatch, "blueprints", body))
    assert app.test_client().get("/x/strange/").data == b"here"


def test_a_plugin_that_is_switched_off_is_gone_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = PAGES.format(prefix="/x/strange", path="/", declaration="@open_to(EVERYONE)")
    hall = with_plugin(tmp_path, monkeypatch, "blueprints", body)
    app = create_app(hall)
    hall.plugins.switch("strange", on=False)
    assert app.test_client().get("/x/strange/").status_code == 404


@pytest.mark.parametrize(
    ("hook", "body", "why"),
    [
        ("blueprints", PAGES.format(prefix="/x/strange", path="/", declaration=""), "not declared"),
        (
            "blueprints",
            PAGES.format(prefix="/x/other", path="/", declaration="@open_to(EVERYONE)"),
            "not below",
        ),
        (
            "blueprints",
            PAGES.format(prefix="/x", path="/strange2/", declaration="@open_to(EVERYONE)"),
            "not below",
        ),
        (
            "blueprints",
            PAGES.format(prefix=None, path="/ready", declaration="@open_to(EVERYONE)"),
            "not below",
        ),
        ("blueprints", "return ['no blueprint']", "no blueprint"),
        (
            "blueprints",
            PAGES.format(
                prefix="/x/strange",
                path="/",
                declaration="@open_to(EVERYONE)\n        @pages.before_app_request",
            ),
            "before_app_request",
        ),
        ("wsgi_mounts", "return [Mount('/office', print)]", "not below"),
    ],
)
def test_a_plugin_with_an_unsafe_page_has_no_pages_and_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hook: str, body: str, why: str
) -> None:
    """A166: nothing of it is served; B35: the others are."""
    hall = with_plugin(tmp_path, monkeypatch, hook, body)
    app = create_app(hall)
    assert why in hall.plugins.find("strange").faults[hook]
    assert [rule.rule for rule in app.url_map.iter_rules() if "strange" in rule.endpoint] == []
    assert app.test_client().get("/healthz").status_code == 200


def test_a_plugin_whose_pages_raise_has_none_and_the_others_are_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hall = with_plugin(tmp_path, monkeypatch, "blueprints", "raise RuntimeError('no pages today')")
    assert create_app(hall).test_client().get("/healthz").status_code == 200
    assert "no pages today" in hall.plugins.find("strange").faults["blueprints"]


def test_a_method_may_be_a_view_and_a_folder_may_be_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files are everybody's, below the plugin's own address, and fit the policy of every page."""
    folder = tmp_path / "static"
    folder.mkdir()
    (folder / "chart.js").write_text("'use strict'")
    body = f"""pages = Blueprint("strange", __name__, url_prefix="/x/strange", static_folder={str(folder)!r})
        pages.add_url_rule("/", view_func=open_to(EVERYONE)(self.page))
        return [pages]

    def page(self):
            return 'of a method'"""
    hall = with_plugin(tmp_path, monkeypatch, "blueprints", body)
    client = create_app(hall).test_client()
    assert client.get("/x/strange/").data == b"of a method"
    file = client.get("/x/strange/static/chart.js", buffered=True)
    assert (file.status_code, file.mimetype) == (200, "text/javascript")
    assert "script-src 'self'" in file.headers["Content-Security-Policy"]
    assert client.get("/x/strange/static/../../data/secret.key").status_code == 404


# ---- health ------------------------------------------------------------------------------------------------


def test_health_asks_neither_database_nor_session(tmp_path: Path) -> None:
    away = {"database": {"url": "postgresql://nobody@127.0.0.1:1/none"}, "plugins": {"enabled": []}}
    client = create_app(Hall.open(Config.load(data=tmp_path, over=away))).test_client()
    assert client.get("/healthz", headers={"Cookie": "vorzimmer=x"}).json == {"status": "ok"}


def test_a_server_without_its_database_is_not_ready(tmp_path: Path) -> None:
    away = {"database": {"url": "postgresql://nobody@127.0.0.1:1/none"}, "plugins": {"enabled": []}}
    client = create_app(Hall.open(Config.load(data=tmp_path, over=away))).test_client()
    assert client.get("/ready").status_code == 503


def test_a_message_that_is_long_due_makes_the_server_not_ready(practice: Practice) -> None:
    """F52: the age of the oldest due message says that nobody delivers."""
    client = create_app(practice.hall).test_client()
    assert client.get("/ready").status_code == 200
    practice.hall.database.write(lambda session: session.add(late_message(practice.clock.now)))
    practice.clock.move(minutes=6)
    answer = client.get("/ready")
    assert (answer.status_code, answer.get_json()["oldest_due_seconds"]) == (503, 360)


def late_message(moment: datetime) -> Message:
    return Message(key="late", topic="code", channel="email", planned_at=moment, run_after=moment)
