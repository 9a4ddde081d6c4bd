"""Sessions told apart by what they are (office 38)."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from tests.security.test_matrix import visitor
from tests.web.customer import english
from vorzimmer.testing import Practice
from vorzimmer_web.signin.devices import describe

SAFARI = "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15"
CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:127.0) Gecko/20100101 Firefox/127.0"
IPHONE = f"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) {SAFARI}"


@pytest.mark.parametrize(
    ("agent", "told"),
    [
        (FIREFOX, ("Firefox", "Windows")),
        (IPHONE, ("Safari", "iPhone")),
        (f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {SAFARI}", ("Safari", "Mac")),
        (f"Mozilla/5.0 (Linux; Android 10; K) {CHROME}", ("Chrome", "Android")),
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME} Edg/126.0.0.0", ("Edge", "Windows")),
        ("Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) CriOS/126.0 Mobile/15E148", ("Chrome", "iPad")),
        ("curl/8.0 <b>", ("", "")),
    ],
)
def test_a_browser_is_called_as_people_call_it(agent: str, told: tuple[str, str]) -> None:
    assert describe(agent) == told


def test_the_list_of_sessions_tells_devices_apart(app: Flask, practice: Practice) -> None:
    """With the last use, and the one that looks at it marked."""
    phone, here = visitor(app, "none"), visitor(app, "none")
    for client, agent in ((phone, IPHONE), (here, FIREFOX)):
        client.environ_base["HTTP_USER_AGENT"] = agent
        english(client)
        client.sign_in("anna@praxis.example")
    items = re.findall(r"<li>(.*?)</li>", here.get("/office/account").text, re.DOTALL)
    shown = {
        name: "This device" in item
        for item in items
        for name in ("Firefox on Windows", "Safari on iPhone")
        if name in item and "last seen" in item
    }
    assert shown == {"Firefox on Windows": True, "Safari on iPhone": False}
