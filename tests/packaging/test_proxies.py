"""The examples for nginx and Caddy, as they are shipped: booking and calendars by https (D7).

They need `apt-get install caddy nginx-light sslscan`.
"""

from __future__ import annotations

import re
import shutil
import ssl
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser import story
from tests.chromium import PHONE
from tests.servers import Mailbox, demo, eventually, free_port, mail_server

pytestmark = pytest.mark.long
EXAMPLES = Path(__file__).parents[2] / "packaging"
KEYS = {"ca": "ca-key.pem", "cert": "key.pem"}
AROUND = """
daemon off; pid {0}/pid; error_log {0}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {0}/body; proxy_temp_path {0}/proxy; fastcgi_temp_path {0}/f; uwsgi_temp_path {0}/u;
    scgi_temp_path {0}/s;
    include {0}/site.conf;
}}
"""


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a throw-away certificate for localhost, and of the authority (`ca.pem`) that signed it."""
    folder = tmp_path_factory.mktemp("certificate")
    signed = ["-CA", "ca.pem", "-CAkey", "ca-key.pem", "-addext", "basicConstraints=critical,CA:FALSE"]
    for name, *more in (["ca", "-subj", "/CN=test"], ["cert", "-subj", "/CN=localhost", *signed]):
        made = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        names = ["-addext", "subjectAltName=DNS:localhost", "-keyout", KEYS[name], "-out", f"{name}.pem"]
        subprocess.run(["openssl", *made, *names, *more], cwd=folder, check=True, capture_output=True)
    return folder


def changed(example: str, **places: object) -> str:
    """The text of a shipped example with each place, which must be in it, filled in."""
    text = (EXAMPLES / example).read_text()
    for old, new in places.items():
        assert old in text, f"{example} no longer says {old}"
        text = text.replace(old, str(new))
    return text


def nginx(folder: Path, certificate: Path, port: int, server: int) -> list[str]:
    """The command that runs nginx with our example, and its configuration."""
    places = {
        "listen 80;": f"listen 127.0.0.1:{free_port()};",
        "listen 443": f"listen 127.0.0.1:{port}",
        "$host;": f"localhost:{port};",
        "praxis.example;": "localhost;",
        "/etc/letsencrypt/live/praxis.example/fullchain.pem": certificate / "cert.pem",
        "/etc/letsencrypt/live/praxis.example/privkey.pem": certificate / "key.pem",
        "127.0.0.1:8080": f"127.0.0.1:{server}",
    }
    (folder / "site.conf").write_text(changed("nginx.conf", **places))
    (folder / "nginx.conf").write_text(AROUND.format(folder))
    return ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")]


def caddy(folder: Path, certificate: Path, port: int, server: int) -> list[str]:
    """The command that runs Caddy with our example, and its configuration."""
    ours = f"https://localhost:{port} {{\n\ttls {certificate}/cert.pem {certificate}/key.pem"
    site = changed("Caddyfile", **{"praxis.example {": ours, "127.0.0.1:8080": f"127.0.0.1:{server}"})
    (folder / "Caddyfile").write_text("{\n\tadmin off\n\tauto_https disable_redirects\n}\n" + site)
    return ["caddy", "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]


Proxy = Callable[[Path, Path, int, int], list[str]]


@contextmanager
def behind(proxy: Proxy, folder: Path, certificate: Path, mailbox: Mailbox) -> Iterator[int]:
    """The demo behind a proxy until the block ends; the port of its https."""
    port = free_port()
    config = (
        f'[practice]\nbase_url = "https://localhost:{port}"\n'
        '[server]\ntrusted_proxy = "127.0.0.1"\n'
        f'[mail]\nsmtp = "smtp://127.0.0.1:{mailbox.port}?tls=none"\nfrom = "praxis@praxis.example"\n'
    )
    with demo(folder / "data", "--no-limits", config=config) as server:
        command = proxy(folder, certificate, port, server.port)
        assert shutil.which(command[0]), f"apt-get install {command[0]}"
        environment = {"HOME": str(folder), "PATH": "/usr/bin:/bin:/usr/sbin:/sbin"}
        with subprocess.Popen(command, env=environment) as process:
            try:
                eventually(lambda: headers(port, certificate), f"{command[0]}'s first answer")
                yield port
            finally:
                process.terminate()


def headers(port: int, certificate: Path) -> dict[str, str] | None:
    """The headers of the practice's page by https; None as long as nobody answers."""
    trusted = ssl.create_default_context(cafile=str(certificate / "ca.pem"))
    try:
        with urllib.request.urlopen(f"https://localhost:{port}/", context=trusted, timeout=20) as answer:
            return dict(answer.headers)
    except OSError:
        return None


@pytest.fixture(params=[nginx, caddy])
def port(
    request: pytest.FixtureRequest, tmp_path: Path, certificate: Path, mailbox: Mailbox
) -> Iterator[int]:
    """Where each of the two serves the demo by https."""
    with behind(request.param, tmp_path, certificate, mailbox) as port:
        yield port


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with mail_server() as mailbox:
        yield mailbox


def test_story_goes_through(port: int, mailbox: Mailbox, chromium: Browser, certificate: Path) -> None:
    """D7: booked on a phone by https, moved by CalDAV by https."""
    context = chromium.new_context(
        locale="de-DE", timezone_id="Europe/Berlin", viewport=PHONE, ignore_https_errors=True
    )
    story.play(f"https://localhost:{port}", mailbox, context.new_page(), str(certificate / "ca.pem"))
    (cookie,) = [one for one in context.cookies() if one["name"].endswith("vorzimmer")]
    assert cookie["secure"]
    context.close()


def test_browsers_are_told_to_stay_with_https(port: int, certificate: Path) -> None:
    """A66."""
    assert "max-age" in headers(port, certificate)["Strict-Transport-Security"]


def test_only_tls_of_today_is_spoken(port: int) -> None:
    """D7: TLS 1.2 and 1.3, no compression, no weak cipher."""
    told = subprocess.run(
        ["sslscan", "--no-colour", f"localhost:{port}"], check=True, capture_output=True, text=True
    ).stdout
    spoken = dict(re.findall(r"^(SSLv\d|TLSv1\.\d)\s+(enabled|disabled)", told, re.MULTILINE))
    assert spoken == {
        "SSLv2": "disabled",
        "SSLv3": "disabled",
        "TLSv1.0": "disabled",
        "TLSv1.1": "disabled",
        "TLSv1.2": "enabled",
        "TLSv1.3": "enabled",
    }
    assert "Compression enabled" not in told
    assert not re.search(r"^(Accepted|Preferred).*(RC4|3DES|NULL|EXP|MD5|ADH|AECDH)", told, re.MULTILINE)
