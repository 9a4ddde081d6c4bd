"""Headers of every kind of answer: A68."""

from pathlib import Path

import pytest

from tests.http.conftest import Process
from vorzimmer.practice import Hall
from vorzimmer.server.app import create_app
from vorzimmer.settings.config import Config

EVERYWHERE = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "x-frame-options": "DENY",
}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 200),
        ("GET", "/healthz", 200),
        ("GET", "/office/", 303),
        ("GET", "/.well-known/caldav", 301),
        ("PROPFIND", "/dav/", 401),
        ("GET", "/nowhere", 404),
        ("GET", "/api/v1/nowhere", 404),
        ("BREW", "/", 405),
        ("GET", "/?" + "a" * 9_000, 414),
        ("GET", "/?" + "a" * 90_000, 431),
    ],
)
def test_every_answer_carries_the_security_headers(
    demo: Process, method: str, path: str, status: int
) -> None:
    """A68, also where waitress itself answers."""
    answered, headers, _body = demo.ask(method, path)
    assert answered == status
    assert EVERYWHERE.items() <= headers.items()
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert "server" not in headers


@pytest.mark.parametrize(
    ("address", "expected"), [("https://praxis.example", True), ("http://localhost", False)]
)
def test_hsts_is_sent_where_the_address_is_https(tmp_path: Path, address: str, expected: bool) -> None:
    """A68."""
    hall = Hall.open(Config.load(data=tmp_path, over={"practice": {"base_url": address}}))
    answer = create_app(hall).test_client().get("/healthz", base_url=address)
    assert ("Strict-Transport-Security" in answer.headers) is expected
    hall.database.dispose()


@pytest.mark.parametrize(("path", "expected"), [("/healthz", 200), ("/ready", 400), ("/", 400)])
def test_only_whether_we_live_is_told_under_any_name(tmp_path: Path, path: str, expected: int) -> None:
    """T3: a container that listens on all addresses is asked by number whether it is well."""
    over = {"practice": {"base_url": "https://praxis.example"}, "server": {"host": "0.0.0.0"}}
    hall = Hall.open(Config.load(data=tmp_path, over=over))
    answer = create_app(hall).test_client().get(path, base_url="http://127.0.0.1:8080")
    assert answer.status_code == expected
    hall.database.dispose()


def test_no_page_may_be_kept_by_a_cache(demo: Process) -> None:
    """A67: pages hold names."""
    assert demo.get("/office/login")[1]["cache-control"] == "no-store"
