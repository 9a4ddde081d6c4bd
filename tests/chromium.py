"""A real browser: the machine's own Chromium. One a process, as Playwright runs only one loop in each."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect, sync_playwright

# No page reaches beyond this machine; watching each request instead would cost Chromium its cache.
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
]
PATIENCE = 30_000
"""Milliseconds before a condition counts as missed: a busy machine is no failure."""
expect.set_options(timeout=PATIENCE)
PHONE: ViewportSize = {"width": 360, "height": 740}


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for the whole session; skips where the machine has none."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    """A visitor: own cookies, German, in Berlin, on a phone."""
    context = chromium.new_context(locale="de-DE", timezone_id="Europe/Berlin", viewport=PHONE)
    context.set_default_timeout(PATIENCE)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """The visitor's one tab."""
    return context.new_page()
