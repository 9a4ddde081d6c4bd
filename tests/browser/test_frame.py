"""The booking on a page of another origin, in a browser that keeps no cookie of it: C40, C46, O64, A65."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_booking import code_for
from vorzimmer.testing import Practice

PRESET = "staff=anna&day=2027-03-03&name=Lena+Lang&email=lena.lang%40kunde.example"


@pytest.fixture
def site() -> Iterator[tuple[str, dict[str, str]]]:
    """A site elsewhere: its origin, and its one page, to be filled."""
    page = {"html": ""}

    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(page["html"].encode())

        def log_message(self, *_args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", page
    server.shutdown()
    server.server_close()


@pytest.fixture
def listed(site: tuple[str, dict[str, str]], settings: dict[str, Any]) -> None:
    settings["practice"]["embed_on"] = [site[0]]


def shown(page: Page, site: tuple[str, dict[str, str]], address: str) -> None:
    origin, content = site
    content["html"] = (
        f'<!doctype html><title>Anna</title><iframe src="{address}/embed/massage?{PRESET}" title="Termin buchen"'
        f' style="width:100%;height:10rem"></iframe><script src="{address}/embed.js" async></script>'
    )
    page.goto(origin)


@pytest.mark.usefixtures("listed")
def test_an_appointment_is_booked_on_a_listed_site(
    page: Page, practice: Practice, address: str, site: tuple[str, dict[str, str]]
) -> None:
    """C40, C46, O64: prefilled, as high as it needs to be, without a cookie."""
    shown(page, site, address)
    frame = page.frame_locator("iframe")
    frame.get_by_role("button", name="10:30", exact=True).click()
    expect(frame.get_by_label("Name")).to_have_value("Lena Lang")
    assert page.locator("iframe").bounding_box()["height"] > 400
    frame.get_by_role("button", name="Code anfordern").click()
    expect(frame.get_by_role("heading", name="Code")).to_be_visible()
    inside = page.frames[1]
    frame.get_by_role("textbox").first.fill(code_for(practice, inside))
    frame.get_by_role("textbox").first.press("Enter")
    expect(frame.get_by_role("heading", name="Ihr Termin ist gebucht")).to_be_visible()
    assert page.context.cookies() == []


def test_a_site_that_is_not_listed_shows_nothing_of_it(
    page: Page, practice: Practice, address: str, site: tuple[str, dict[str, str]]
) -> None:
    """A65."""
    with page.expect_console_message(lambda message: "frame-ancestors" in message.text):
        shown(page, site, address)
    expect(page.frame_locator("iframe").get_by_role("button", name="10:30", exact=True)).to_have_count(0)
