"""Pages answer while any one plugin is off: what the plugin held is not there, or is shown without it."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.security.test_matrix import ask, rows, visitor
from tests.security.world import Foreign, of_ben
from vorzimmer.testing import Browser, Practice

SHARED = {"vorzimmer_web", "vorzimmer_caldav"}
"""What has the pages themselves cannot be switched off."""


@pytest.fixture
def world(practice: Practice) -> Foreign:
    return of_ben(practice)


def broken(app: Flask, client: Browser, world: Foreign) -> list[str]:
    """The pages that answer with an error of the server's own."""
    found = [row for row in rows(app) if row[0].startswith("GET ") and "/log" not in row[0]]
    return [name for name, rule, act in found if ask(client, name, rule, act, world).status_code >= 500]


@pytest.mark.parametrize(("plugin", "path"), [("people", "people/anna"), ("rooms", "people/raum-1")])
def test_a_person_and_a_room_are_shown_while_their_plugin_is_off(
    app: Flask, practice: Practice, plugin: str, path: str
) -> None:
    client = visitor(app, "owner")
    whole = client.get(f"/office/settings/{path}")
    practice.hall.plugins.switch(f"vorzimmer_{plugin}", on=False)
    assert client.get(f"/office/settings/{path}").status_code == whole.status_code == 200


@pytest.mark.long
def test_no_page_breaks_while_a_plugin_is_off(app: Flask, practice: Practice, world: Foreign) -> None:
    client = visitor(app, "owner")
    plugins = practice.hall.plugins
    names = [one.name for one in plugins.loaded if one.name not in SHARED]
    wrong = {}
    for name in names:
        plugins.switch(name, on=False)
        wrong[name] = broken(app, client, world)
        plugins.switch(name, on=True)
    assert len(names) > 10
    assert {name: pages for name, pages in wrong.items() if pages} == {}
