"""The booking and the office's main pages in Firefox and WebKit, too (S24).

They need Debian's `firefox-esr`, and `webkit2gtk-driver` with `xvfb`; a browser of theirs that is not there is named.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from tests.node import started
from tests.servers import Mailbox, Server, demo, free_port, mail_server
from vorzimmer.testing import PASSWORD

pytestmark = [
    pytest.mark.long,
    # selenium calls its own constructor as it asks others no longer to
    pytest.mark.filterwarnings("ignore:setting remote_server_addr:DeprecationWarning"),
]
FIREFOX = Path(__file__).parent / "firefox"
OLGA = "olga@kunde.example"
PATIENCE = 60


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with mail_server() as mailbox:
        yield mailbox


@pytest.fixture
def server(mailbox: Mailbox, tmp_path: Path) -> Iterator[Server]:
    config = f'[mail]\nsmtp = "smtp://127.0.0.1:{mailbox.port}?tls=none"\nfrom = "praxis@praxis.example"\n'
    with demo(tmp_path / "data", "--no-limits", config=config) as server:
        yield server


def code(mailbox: Mailbox) -> str:
    """The code that came by mail."""
    text = mailbox.wait_for(OLGA, 1).get_body(("plain",)).get_content()
    (found,) = re.findall(r"(?<!\d)\d{6}(?!\d)", text)
    return str(found)


def pages(day: str) -> list[str]:
    """What somebody at the desk opens in a day."""
    return [
        "/office/",
        f"/office/calendar?day={day}",
        "/office/requests",
        "/office/customers",
        "/office/new",
        "/office/absences/",
        "/office/settings/",
        "/help/",
    ]


def next_working_day() -> str:
    """A day on which anna works, and much is free."""
    day = datetime.now(ZoneInfo("Europe/Berlin")).date() + timedelta(days=8)
    while day.weekday() > 4:
        day += timedelta(days=1)
    return day.isoformat()


def test_firefox_books_and_shows_the_office(server: Server, mailbox: Mailbox) -> None:
    program = shutil.which("firefox-esr")
    assert program, "apt-get install firefox-esr"
    day = next_working_day()
    with started(FIREFOX, "story.mjs", program, server.url, day, PASSWORD, *pages(day)) as process:
        assert process.stdin
        assert process.stdout
        assert process.stdout.readline().strip() == "code?", process.stderr and process.stderr.read()
        process.stdin.write(code(mailbox) + "\n")
        process.stdin.flush()
        said, wrong = process.communicate(timeout=300)
    assert process.returncode == 0, wrong
    told = json.loads(said.splitlines()[-1])
    assert told["wrong"] == []
    assert len(set(told["titles"])) == len(pages(day))


@pytest.fixture
def webkit(monkeypatch: pytest.MonkeyPatch) -> Iterator[webdriver.WebKitGTK]:
    """Debian's WebKit on a screen of its own."""
    driver = shutil.which("WebKitWebDriver")
    browser = next(Path("/usr/lib").glob("*/webkit2gtk-4*/MiniBrowser"), None)
    assert driver, "apt-get install webkit2gtk-driver"
    assert browser
    screen = f":{free_port()}"
    with subprocess.Popen(["Xvfb", screen, "-screen", "0", "1280x900x24"]) as display:
        try:
            monkeypatch.setenv("DISPLAY", screen)
            options = webdriver.WebKitGTKOptions()
            options.binary_location = str(browser)
            options.add_argument("--automation")
            service = webdriver.WebKitGTKService(executable_path=driver, log_output=os.devnull)
            with webdriver.WebKitGTK(options=options, service=service) as opened:
                yield opened
        finally:
            display.terminate()


class Visitor:
    """Finds things as people call them."""

    def __init__(self, browser: webdriver.WebKitGTK) -> None:
        self.browser = browser

    def _wait(self, path: str) -> None:
        WebDriverWait(self.browser, PATIENCE).until(lambda b: b.find_elements(By.XPATH, path))

    def press(self, text: str) -> None:
        path = f"//*[self::button or self::a or self::label][contains(normalize-space(), '{text}')]"
        self._wait(path)
        self.browser.find_element(By.XPATH, path).click()

    def fill(self, label: str, text: str) -> None:
        path = f"//input[@id=//label[starts-with(normalize-space(), '{label}')]/@for]"
        self._wait(path)
        self.browser.find_element(By.XPATH, path).send_keys(text)

    def sees(self, text: str, tag: str = "h1") -> None:
        self._wait(f"//{tag}[contains(normalize-space(), '{text}')]")


def test_webkit_books_and_shows_the_office(
    server: Server, mailbox: Mailbox, webkit: webdriver.WebKitGTK
) -> None:
    day = next_working_day()
    visitor = Visitor(webkit)
    webkit.get(f"{server.url}/book/massage?staff=anna&location=markt&day={day}")
    in_german(webkit, visitor.press)
    webkit.find_elements(By.XPATH, "//button[@name='time']")[-1].click()
    visitor.fill("Name", "Olga Öz")
    visitor.fill("E-Mail", OLGA)
    visitor.press("Code anfordern")
    visitor.sees("Code", "label")
    visitor.fill("Code", code(mailbox))
    visitor.press("Zahlungspflichtig buchen")
    visitor.sees("Ihr Termin ist gebucht")

    webkit.get(f"{server.url}/office/login")
    visitor.fill("E-Mail", "owner@praxis.example")
    visitor.fill("Passwort", PASSWORD)
    visitor.press("Anmelden")
    visitor.sees("Heute")
    titles = []
    for path in pages(day):
        webkit.get(f"{server.url}{path}")
        titles.append(webkit.title)
        if "calendar" in path:
            visitor.sees("Olga", "*[@role='button' or self::button]")
    assert len(set(titles)) == len(pages(day))


def in_german(browser: webdriver.WebKitGTK, press: Callable[[str], None]) -> None:
    """The language of a bare WebKit is English."""
    if browser.find_element(By.TAG_NAME, "html").get_attribute("lang") != "de":
        browser.find_element(By.XPATH, "//summary").click()
        press("Deutsch")
        WebDriverWait(browser, PATIENCE).until(lambda b: b.find_elements(By.XPATH, "//html[@lang='de']"))
