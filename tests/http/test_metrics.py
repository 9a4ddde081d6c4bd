"""`/metrics`: for whoever has the token, and cheap; the board of Grafana asks for nothing that is not there."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any, cast

import pytest
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import update
from werkzeug.test import TestResponse

from tests import acts
from tests.conftest import database_url
from vorzimmer.messages.worker import Worker
from vorzimmer.models import Message
from vorzimmer.practice import Hall
from vorzimmer.server.app import create_app
from vorzimmer.server.metrics import Metrics
from vorzimmer.testing import Browser, Practice

__all__ = ["database_url"]
TOKEN = "ein-langes-geheimnis"
BOARD = Path(__file__).parents[2] / "packaging/grafana/vorzimmer.json"


@pytest.fixture
def settings(settings: dict[str, Any]) -> dict[str, Any]:
    return {**settings, "server": {**settings["server"], "metrics_token": TOKEN}}


def ask(client: Browser, token: str = TOKEN, **more: Any) -> TestResponse:
    answer: TestResponse = client.open("/metrics", headers={"Authorization": f"Bearer {token}"}, **more)
    return answer


def samples(client: Browser) -> dict[tuple[str, tuple[str, ...]], float]:
    """Every value by its name and its labels' values, in the order of the labels' names."""
    answer = ask(client)
    assert answer.status_code == 200
    assert answer.mimetype == "text/plain"
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_without_the_token_nothing_is_told(client: Browser, practice: Practice) -> None:
    answers = [client.get("/metrics"), ask(client, "wrong"), ask(client, "")]
    assert [answer.status_code for answer in answers] == [401, 401, 401]
    assert {answer.headers["WWW-Authenticate"] for answer in answers} == {"Bearer"}
    assert "vorzimmer" not in answers[0].text
    assert ask(client).status_code == 200
    assert ask(client, method="POST").status_code == 405


def test_where_no_token_is_set_there_is_no_such_page(practice: Practice) -> None:
    practice.hall.config.settings.server.__dict__["metrics_token"] = ""
    client = cast("Browser", create_app(practice.hall).test_client())
    assert [client.get("/metrics").status_code, ask(client, "").status_code] == [404, 404]
    assert "vorzimmer_build_info" not in client.get("/metrics").text


def test_requests_are_counted_by_route_method_and_status(client: Browser, practice: Practice) -> None:
    """By the template of the route: tokens in paths are in no metric (A174)."""
    for path in ("/api/v1/services", "/api/v1/services", "/b/geheim.token", "/nothing/like/it", "/healthz"):
        client.get(path)
    client.open("/dav/", method="PROPFIND")
    client.open("/", method="BREW")
    found = samples(client)
    counted = {labels: n for (name, labels), n in found.items() if name == "vorzimmer_request_seconds_count"}
    assert counted["GET", "/api/v1/services", "200"] == 2
    assert counted["GET", "/healthz", "200"] == 1
    assert counted["PROPFIND", "/dav", "401"] == 1
    assert counted["GET", "other", "404"] == 1
    assert {labels[0] for labels in counted} <= {"GET", "PROPFIND", "other"}
    assert "/b/<token>" in {labels[1] for labels in counted}
    assert "geheim" not in ask(client).text
    assert sum(counted.values()) == 7


def test_what_the_practice_holds_is_looked_up(client: Browser, practice: Practice) -> None:
    acts.book(practice.hall)
    practice.book("massage", "2027-03-03 10:00")
    Worker(practice.hall).run_due()
    practice.book("massage", "2027-03-04 10:00")
    practice.clock.move(minutes=7)

    def give_up(session: Any) -> None:
        session.execute(update(Message).where(Message.topic == "code").values(state="parked"))

    practice.hall.database.write(give_up)
    found = samples(client)
    assert found["vorzimmer_bookings", ("page", "confirmed")] == 1
    assert found["vorzimmer_bookings", ("office", "confirmed")] == 2
    assert found["vorzimmer_outbox_messages", ("parked",)] == 1
    assert found["vorzimmer_outbox_messages", ("planned",)] == 3  # the reminders
    assert found["vorzimmer_outbox_messages", ("due",)] >= 1
    assert found["vorzimmer_outbox_oldest_due_seconds", ()] == 7 * 60
    assert (
        found["vorzimmer_job_last_run_timestamp_seconds", ("prune",)] == practice.clock.now.timestamp() - 420
    )
    assert found["vorzimmer_jobs_due", ()] >= 1  # those of every five minutes
    assert found["vorzimmer_database_up", ()] == 1
    assert found["vorzimmer_database_bytes", ()] > 10_000


def test_worker_of_this_process_is_told(app: Flask, client: Browser, practice: Practice) -> None:
    assert ("vorzimmer_worker_alive", ()) not in samples(client)
    worker = Worker(practice.hall)
    app.extensions["vorzimmer.worker"] = worker
    assert samples(client)["vorzimmer_worker_alive", ()] == 0
    worker.start()
    try:
        found = samples(client)
    finally:
        worker.stop()
    assert found["vorzimmer_worker_alive", ()] == 1
    assert time.time() - found["vorzimmer_worker_last_sign_timestamp_seconds", ()] < 60


def test_server_without_its_database_still_answers(
    app: Flask, client: Browser, practice: Practice, tmp_path: Path
) -> None:
    broken = Hall(
        practice.hall.config, type(practice.hall.database)("sqlite:////nowhere/x"), practice.hall.plugins
    )
    page = Metrics(broken, lambda: None).page
    told = list(page({"REQUEST_METHOD": "GET", "HTTP_AUTHORIZATION": f"Bearer {TOKEN}"}, lambda *_: None))
    assert b"vorzimmer_database_up 0.0" in told[0]
    assert b"vorzimmer_build_info" in told[0]


def test_board_asks_for_nothing_that_is_not_there(app: Flask, client: Browser, practice: Practice) -> None:
    worker = Worker(practice.hall)
    app.extensions["vorzimmer.worker"] = worker
    worker.run_due()
    practice.book("massage", "2027-03-03 10:00")
    client.get("/")
    known = {name for name, _labels in samples(client)}
    panels = json.loads(BOARD.read_text())["panels"]
    asked = [target["expr"] for panel in panels for target in panel["targets"]]
    named = {name for expr in asked for name in re.findall(r"\b(?:vorzimmer|process)_\w+", expr)}
    assert named - known == set()
    ours = {name for name in known if name.startswith("vorzimmer_")}
    assert {re.sub("_(count|sum|bucket|created)$", "", name) for name in ours - named} <= {
        *(re.sub("_(count|sum|bucket)$", "", name) for name in named)
    }
