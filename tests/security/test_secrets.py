"""Secrets stay where they belong: not in the log, the database, other mails or the list of processes (A172 to A174)."""

from __future__ import annotations

import json
import re
import subprocess
import urllib.error
import urllib.request
from base64 import b64encode
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tests.servers import Server, demo, eventually
from vorzimmer import accounts, urls
from vorzimmer.database import Database
from vorzimmer.models import Account, Resource
from vorzimmer.settings.config import Config, ConfigError

PASSWORD = "kanarie-passwort-fuer-die-anmeldung"
WRONG = "kanarie-falsches-passwort"
APP_PASSWORD = "kanarie-0001-0002-0003"
API_KEY = "vz_kanarie_schluessel"
CLARA = "clara.kanarie@praxis.example"
CUSTOMER = {"name": "Eva Kanarienvogel", "email": "eva.kanarie@kunde.example", "phone": "0170 4711 4711"}


def add_logins(data: Path) -> None:
    """A login with its own secrets; those of the demo are printed at its start."""
    database = Database(f"sqlite:///{data / 'vorzimmer.sqlite3'}")

    def work(session: Session) -> None:
        moment = datetime.now(UTC)
        clara = session.scalars(select(Resource).where(Resource.slug == "clara")).one()
        session.execute(update(Account).where(Account.resource_id == clara.id).values(resource_id=None))
        hashed = accounts.PASSWORDS.hash(PASSWORD)
        who: dict[str, Any] = {"email": CLARA, "name": "Clara", "role": "owner", "resource": clara}
        made = accounts.add_account(session, moment, password_hash=hashed, **who)
        accounts.add_app_password(session, moment, made, "phone", APP_PASSWORD)
        accounts.add_api_key(session, moment, made, "script", API_KEY)

    database.write(work)
    database.dispose()


class Person:
    """Somebody with a browser or a script."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.cookies = CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))

    def ask(self, path: str, method: str = "GET", body: Any = None, **headers: str) -> tuple[int, str]:
        """Status and body; a dict is sent as JSON, bytes as they are."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        data = json.dumps(body).encode() if isinstance(body, dict) else body
        if isinstance(body, dict):
            given["Content-Type"] = "application/json"
        request = urllib.request.Request(self.server.url + path, data, given, method=method)
        try:
            with self.opener.open(request, timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def sign_in(self, password: str) -> None:
        """The form of the office."""
        token = re.search(r'name="csrf_token" value="([^"]+)"', self.ask("/office/login")[1])
        assert token
        form = {"csrf_token": token[1], "email": CLARA, "password": password}
        self.ask("/office/login", "POST", urllib.parse.urlencode(form).encode())


def mails(server: Server) -> list[EmailMessage]:
    """All that was sent so far."""
    read = [path.read_bytes() for path in sorted((server.data / "mail").glob("*.eml"))]
    return [message_from_bytes(one, policy=policy.default) for one in read]


def mail_about(server: Server, subject: str) -> EmailMessage:
    """The mail with this in its subject, when it is there."""
    return eventually(
        lambda: next((mail for mail in mails(server) if subject in mail["Subject"]), None),
        f"mail {subject!r}",
    )


def book(server: Server, person: Person) -> dict[str, str]:
    """An appointment by the API; every secret that was used on the way."""
    query = "service=massage&month=" + datetime.now(UTC).strftime("%Y-%m")
    explained = person.ask(f"/api/v1/days?{query}")
    assert explained[0] == 200
    start = first_slot(person)
    held = json.loads(person.ask("/api/v1/holds", "POST", {"service": "massage", "start": start})[1])
    path = f"/api/v1/holds/{held['id']}"
    person.ask(
        f"{path}/details",
        "POST",
        {"token": held["token"], "customer": CUSTOMER, "message": "Kanariennachricht"},
    )
    text = mail_about(server, "Code").get_body(("plain",))
    code = re.search(r"(?<!\d)\d{6}(?!\d)", str(text.get_content() if text else ""))
    assert code
    person.ask(f"{path}/confirm", "POST", {"token": held["token"], "code": "000000"})
    done = json.loads(person.ask(f"{path}/confirm", "POST", {"token": held["token"], "code": code[0]})[1])
    return {
        "code": code[0],
        "hold token": held["token"],
        "manage token": done["booking"]["manage_url"].rpartition(".")[2],
        "manage path": "/b/" + done["booking"]["manage_url"].rpartition("/b/")[2],
    }


def first_slot(person: Person) -> str:
    """A time that is on offer."""
    today = datetime.now(UTC).date()
    query = f"service=massage&from={today}&to={today.fromordinal(today.toordinal() + 30)}"
    return str(json.loads(person.ask(f"/api/v1/slots?{query}")[1])["slots"][0]["start"])


def live(server: Server) -> dict[str, str]:
    """Everything that people do with secrets, right and wrong; the secrets."""
    person = Person(server)
    used = book(server, Person(server))
    for password in (WRONG, PASSWORD):
        person.sign_in(password)
    assert person.ask("/office/connect")[0] == 200
    (cookie,) = [one.value for one in person.cookies if one.name == "vorzimmer"]
    for secret, status in ((APP_PASSWORD, 207), (WRONG, 401)):
        login = b64encode(f"{CLARA}:{secret}".encode()).decode()
        assert Person(server).ask("/dav/", "PROPFIND", b"", Authorization=f"Basic {login}")[0] == status
    for secret, status in ((API_KEY, 200), (WRONG, 401)):
        assert Person(server).ask("/api/v1/bookings", Authorization=f"Bearer {secret}")[0] == status
    Person(server).ask(used["manage path"])
    Person(server).ask(used["manage path"] + "%00")
    mail_about(server, "bestätigt")
    return {**used, "password": PASSWORD, "app password": APP_PASSWORD, "key": API_KEY, "cookie": str(cookie)}


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A server on which all that has happened, still running; and the secrets."""
    with demo(tmp_path_factory.mktemp("secrets") / "data", "--no-limits") as server:
        add_logins(server.data)
        secrets = live(server)
        key = (server.data / "secret.key").read_text()
        yield server, {**secrets, "secret key": key, "wrong": WRONG}


def test_no_secret_and_nobodys_data_stand_in_the_log(lived: tuple[Server, dict[str, str]]) -> None:
    """A174, A69."""
    server, secrets = lived
    log = (server.data / "server.log").read_text()
    assert [name for name, value in {**secrets, **CUSTOMER}.items() if value in log] == []


def test_no_secret_stands_in_the_database(lived: tuple[Server, dict[str, str]]) -> None:
    """A174: nor in a dump or backup of it; hashes do."""
    server, secrets = lived
    stored = b"".join(path.read_bytes() for path in server.data.glob("vorzimmer.sqlite3*"))
    found = {name for name, value in secrets.items() if name != "code" and value.encode() in stored}
    assert found == set()
    assert accounts.digest(API_KEY).encode() in stored


def test_the_list_of_processes_shows_no_secret(lived: tuple[Server, dict[str, str]]) -> None:
    """A173, A174."""
    _server, secrets = lived
    listed = subprocess.run(["ps", "axww", "-o", "args"], capture_output=True, text=True, check=True).stdout
    assert [name for name, value in secrets.items() if value in listed] == []


def test_mails_hold_the_one_secret_that_they_are_for(lived: tuple[Server, dict[str, str]]) -> None:
    """A174, A88: the code in its mail, the link in the customer's; neither in any other."""
    server, secrets = lived
    for mail in mails(server):
        text = "".join(str(part.get_content()) for part in mail.walk() if not part.is_multipart())
        holds = {name for name, value in secrets.items() if value in text + mail["Subject"]}
        allowed = {"code"} if "Code" in mail["Subject"] else {"manage token", "manage path"}
        assert holds <= allowed, mail["Subject"]
        assert mail["To"] == CUSTOMER["email"] or holds == set()


def test_files_of_the_server_are_its_owners_alone(lived: tuple[Server, dict[str, str]]) -> None:
    """A172, A173."""
    server, _secrets = lived
    open_to_others = [
        path.name
        for path in server.data.glob("*")
        if path.name not in ("server.log", "demo.toml") and path.stat().st_mode & 0o077
    ]
    assert open_to_others == []


def test_secret_key_that_was_cut_off_is_refused(tmp_path: Path) -> None:
    """A172: a full disk leaves an empty file, and everybody could sign with an empty key."""
    (tmp_path / "secret.key").write_bytes(b"")
    with pytest.raises(ConfigError, match=r"secret\.key"):
        _ = Config.load(data=tmp_path).secret_key


def test_tokens_of_another_key_are_worth_nothing(tmp_path: Path) -> None:
    """A93."""
    first, second = (Config.load(data=tmp_path / name) for name in ("a", "b"))
    assert not urls.token_fits(first, "manage", "uid", urls.token(second, "manage", "uid"))
