"""What we rely on in Radicale, whose signatures change between minor versions: the pin and this test go together."""

from __future__ import annotations

from importlib.metadata import requires, version
from inspect import signature

import pytest
from radicale import app, auth, rights, storage
from radicale.item import Item

from vorzimmer_caldav.http.application import Application
from vorzimmer_caldav.storage.collections import CalendarCollection

METHOD = ["self", "environ", "base_prefix", "path", "user", "user_groups", "request_info"]


def names(function: object) -> list[str]:
    return list(signature(function).parameters)  # type: ignore[arg-type]


def test_radicale_is_of_the_version_that_was_read() -> None:
    assert version("radicale").startswith("3.9.")
    assert "radicale<3.10,>=3.9" in [line.lower() for line in requires("vorzimmer") or ()]


@pytest.mark.parametrize("base", [app.Application, Application])
def test_every_method_has_the_arguments_that_the_dispatcher_gives(base: type) -> None:
    assert {names(getattr(base, name)) == METHOD for name in dir(base) if name.startswith("do_")} == {True}


def test_parts_are_asked_as_expected() -> None:
    assert names(auth.BaseAuth._login_ext) == ["self", "login", "password", "context"]
    assert names(auth.BaseAuth._sleep_for_constant_exec_time) == ["self", "time_ns_begin"]
    assert names(rights.BaseRights.authorization) == ["self", "user", "user_groups", "path"]
    assert names(storage.BaseStorage.discover) == [
        "self",
        "path",
        "depth",
        "child_context_manager",
        "user_groups",
    ]
    assert names(storage.BaseCollection.get_meta) == names(CalendarCollection.get_meta)
    assert "_handle_request" in vars(app.Application)
    assert "_read_xml_request_body" in dir(app.Application)


def test_items_take_all_that_keeps_them_from_parsing() -> None:
    wanted = {
        "collection",
        "href",
        "etag",
        "text",
        "uid",
        "name",
        "component_name",
        "time_range",
        "last_modified",
    }
    assert wanted <= set(names(Item.__init__))
