"""Every form of every page with odd values, one field at a time: no error of ours (O1), nothing of it in SQL (A72).

The pages themselves say which forms there are; what they read beyond those is recorded. Each form is sent as the page
shows it, then with one field as nobody should fill it in. A run tries some of the fields, others each day; all of
them are tried by the long one. To try those of another day again: `ODD_DAY=2027-03-01 pytest …`.
"""

from __future__ import annotations

import os
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import parse_qsl

import pytest
from flask import Flask
from werkzeug.exceptions import HTTPException

from tests import acts
from tests.security import kept
from tests.security.forms import FRAME, Form, Forms, Recorder, sent
from tests.security.odd import watched
from tests.security.test_matrix import FORMS, QUERIES, address, in_order, visitor
from tests.security.world import of_ben
from vorzimmer.testing import Practice

DAY = os.environ.get("ODD_DAY") or datetime.now(UTC).date().isoformat()
MORE = {"/book/massage": {"name", "email"}}
"""What a page looks at as a set and not by its name."""


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    return "" if request.param == "sqlite" else str(request.getfixturevalue("postgresql_copy"))


@pytest.fixture
def everybody(app: Flask, practice: Practice) -> Iterator[Everybody]:
    with kept.put_back(practice) as put_back:
        yield Everybody(app, practice, put_back)


class Everybody:
    """The owner, who also has a hold and a mailed link open, so that every page answers; each time anew."""

    def __init__(self, app: Flask, practice: Practice, put_back: Callable[[], None]) -> None:
        app.request_class = type("Recording", (app.request_class,), {"parameter_storage_class": Recorder})
        self.app, self.hall, self._put_back = app, practice.hall, put_back
        self.on_postgresql = practice.hall.database.engine.dialect.name == "postgresql"
        self.client = visitor(app, "owner")
        self.foreign = of_ben(practice)
        held = acts.hold(practice.hall, "2027-03-16 10:00", staff="anna")
        acts.type_details(practice.hall, held.uid)
        self.holding = replace(self.foreign, booking=held)
        until = int(practice.clock.now.timestamp()) + 1800
        with self.client.session_transaction() as session:
            session["holds"] = [held.uid]
            session["managing"] = [self.foreign.booking.uid, until]
        self._cookie = self.client.get_cookie(app.config["SESSION_COOKIE_NAME"])
        put_back()

    def ask(self, form: Form, odd: tuple[str, str | None] | None = None) -> Any:
        """The answer to a form; then all is as if it had not been sent."""
        Recorder.asked.clear()
        answer = self.client.open(method=form.method, **sent(form, odd))
        if form.method != "GET":
            self._put_back()
        self.client.set_cookie(self._cookie.key, self._cookie.value)
        return answer

    def addresses(self) -> list[Form]:
        """Every page and what is sent to it, as the table of rights knows them."""
        found = []
        for name, rule, act in in_order(self.app):
            if rule.rule.startswith("/api/"):
                continue
            whose = self.holding if rule.rule.startswith("/book/") else self.foreign
            method = name.partition(" ")[0]
            query = parse_qsl(QUERIES.get(name, "?")[1:])
            fields = [*FORMS.get(name, {}).items(), ("csrf_token", self.client.csrf_token)]
            given = tuple((key, value) for key, value in (query if method == "GET" else fields))
            found.append(Form(address(rule, act, whose), method, given))
        return found

    def goes_to(self, form: Form) -> tuple[str, str, frozenset[str]]:
        """Which view a form is sent to, by what name, with what in it: one of each kind is tried."""
        path, adapter = form.path.partition("?")[0], self.app.url_map.bind("localhost")
        try:
            rule, given = adapter.match(path, method=form.method, return_rule=True)
        except HTTPException as error:
            pytest.fail(f"a page shows a form that goes to {form.method} {path}: {error}")
        acts = " ".join(str(given[name]) for name in ("act", "which", "kind") if name in given)
        names = frozenset(re.sub(r"\d+", "0", name) for name in form.names())  # one more row is no other form
        return f"{form.method} {rule.rule}", acts, names


def fields_of(form: Form) -> list[str]:
    """What the form has, and what the view looked at."""
    frame = FRAME - {"q"} if form.path.startswith("/office/search") else FRAME
    return sorted((form.names() | Recorder.asked | MORE.get(form.path, set())) - frame)


def asked(everybody: Everybody, turn: Callable[[int], bool]) -> Iterator[tuple[Form, int, list[str], bool]]:
    """The addresses that have their turn and each form of their pages, what it answers as it stands, and its fields.

    Last, whether a page shows it. What is sent may be answered by a form as well, of things that are gone by now.
    """
    seen = set()
    for number, address_itself in enumerate(everybody.addresses()):
        waiting = [(address_itself, False)] if turn(number) else []
        for form, shown in waiting:
            answer = everybody.ask(form)
            yield form, answer.status_code, fields_of(form), shown
            if answer.mimetype == "text/html" and answer.status_code in (200, 409, 422):
                for one in Forms(answer.text, form.path).found:
                    if (kind := everybody.goes_to(one)) not in seen:
                        seen.add(kind)
                        waiting.append((one, form.method == "GET"))


def tried(everybody: Everybody, odd: dict[str, str], day: str = "") -> None:
    """On a day: half of the addresses on each database, tomorrow the other half, and of each form one field."""
    values = odd if everybody.on_postgresql else {**odd, "empty": "", "left out": None}
    chance = random.Random(day)
    turn = date.fromisoformat(day).toordinal() + everybody.on_postgresql if day else 0
    errors: list[tuple[str, str, str]] = []
    lost, done = [], 0
    with watched(everybody.hall) as statements:
        for form, status, fields, shown in asked(
            everybody, lambda number: not day or (number + turn) % 2 == 0
        ):
            errors += [(f"{form.method} {form.path}", "as it stands", "")] if status >= 500 else []
            with_button = form.path != "/language"  # which language is said by the button alone
            lost += [(form, status)] if shown and with_button and status in (400, 404) else []
            done += shown and status < 400
            tries = [(name, what) for name in fields for what in values]
            for name, what in chance.sample(tries, min(len(tries), 1)) if day else tries:
                failed = everybody.ask(form, (name, values[what])).status_code >= 500
                errors += [(f"{form.method} {form.path}", name, what)] if failed else []
    assert errors == [], f"ODD_DAY={day}"
    assert lost == []
    assert done > 40
    assert [statement for statement in statements if "kanarie" in statement] == []


def test_odd_value_in_a_form_is_no_error_and_no_sql(everybody: Everybody, odd: dict[str, str]) -> None:
    """A72, A77, O1: every address, one field of each form; a form as a page shows it leads to something."""
    tried(everybody, odd, DAY)


@pytest.mark.long
def test_no_odd_value_in_any_field_of_any_form_is_an_error_or_sql(
    everybody: Everybody, odd: dict[str, str]
) -> None:
    """A72, A77, O1: every field of each form with every value."""
    tried(everybody, odd)
