"""The story, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser import story
from tests.servers import Mailbox, Server, demo, mail_server


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with mail_server() as mailbox:
        yield mailbox


@pytest.fixture
def server(mailbox: Mailbox, tmp_path: Path, request: pytest.FixtureRequest, which: str) -> Iterator[Server]:
    database = request.getfixturevalue("postgresql_database") if which == "postgresql" else ""
    config = f'[mail]\nsmtp = "smtp://127.0.0.1:{mailbox.port}?tls=none"\nfrom = "praxis@praxis.example"\n'
    with demo(tmp_path / "data", "--no-limits", config=config, database_url=database) as server:
        yield server


@pytest.mark.parametrize("which", ["sqlite", "postgresql"])
def test_booked_online_moved_on_the_phone_and_told(
    server: Server, mailbox: Mailbox, page: Page, which: str
) -> None:
    """O23 to O27, K14, B2, B22: the whole story."""
    story.play(server.url, mailbox, page)
    assert server.stop() == 0
