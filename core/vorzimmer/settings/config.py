"""`config.toml` to frozen, validated settings. An error names file, table and key."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import tempfile
import tomllib
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, HttpUrl, ValidationError

from vorzimmer import letters
from vorzimmer.reasons import N_
from vorzimmer.settings import colors

Language = Literal["de", "en", "fr", "ru"]
LANGUAGES: tuple[Language, ...] = ("de", "en", "fr", "ru")
PLUGINS = (
    "vorzimmer_people",
    "vorzimmer_rooms",
    "vorzimmer_weekly_hours",
    "vorzimmer_absences",
    "vorzimmer_holidays",
    "vorzimmer_direct_booking",
    "vorzimmer_booking_request",
    "vorzimmer_email",
    "vorzimmer_notices",
    "vorzimmer_paper",
    "vorzimmer_pay_on_site",
    "vorzimmer_backup",
    "vorzimmer_web",
    "vorzimmer_caldav",
    "vorzimmer_import",
    "vorzimmer_external_busy",
    "vorzimmer_webhooks",
    "vorzimmer_demo",
)


KEY = "secret.key"


class ConfigError(Exception):
    """A setting that cannot be used; the text names file, table and key."""


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(N_("Please choose a time zone, like Europe/Berlin."))
    return name


def _each_once(languages: tuple[Language, ...]) -> tuple[Language, ...]:
    if not languages or len(set(languages)) < len(languages):
        raise ValueError(N_("At least one language is needed, and each once."))
    return languages


def _address(url: str) -> str:
    if url and not re.fullmatch(r"(https?://|/(?!/))[^\s]{1,500}", url):
        raise ValueError(N_("Please enter an address like https://praxis.example."))
    return url


def _mail(address: str) -> str:
    if address and not re.fullmatch(r"[^\s@<>\"]{1,64}@[^\s@<>\"]{1,189}", address):
        raise ValueError(N_("Please enter a valid e-mail address."))
    return address


def _lists(table: dict[str, Any]) -> dict[str, Any]:
    for key in ("enabled", "also", "off"):
        names = table.get(key, ())
        if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
            raise ValueError(f"{key} is a list of plugins' names")
    return table


def _cleaned(clean: Callable[[str], str]) -> BeforeValidator:
    return BeforeValidator(lambda value: clean(value) if isinstance(value, str) else value)


Line = Annotated[str, _cleaned(letters.plain)]
"""What stands in headings, headers and subjects: one line of characters that can be seen (A77)."""
Page = Annotated[str, _cleaned(letters.page)]


class Table(BaseModel):
    """A table of the file: frozen, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _origins(sites: tuple[str, ...]) -> tuple[str, ...]:
    written = [site.strip().rstrip("/").lower() for site in sites]
    for site in written:
        if not re.fullmatch(r"https?://([a-z0-9-]+\.)*[a-z0-9-]+(:\d{1,5})?", site):
            raise ValueError(N_("Please enter sites like https://praxis.example, without a path."))
    return tuple(dict.fromkeys(written))


class Practice(Table):
    """`[practice]`: who runs this server. `base_url` is where customers reach it, `email` where they write to.

    `support` is the address of whoever helps those who work with the office; problems are reported to it.

    `imprint`, `privacy`, `terms` and `withdrawal` are texts of our own pages, for who has no address to link to.
    `logo` names the picture that the office has stored. `accent` is "#rrggbb", dark enough to be read. `embed_on`
    are the origins of the sites that may show the booking in a frame (A65).
    """

    name: Line = Field("Vorzimmer", min_length=1, max_length=80)
    zone: Annotated[str, AfterValidator(_zone)] = "Europe/Berlin"
    languages: Annotated[tuple[Language, ...], AfterValidator(_each_once)] = LANGUAGES
    base_url: HttpUrl = HttpUrl("http://localhost:8080")
    phone: Line = Field("", max_length=40)
    email: Annotated[str, AfterValidator(_mail)] = ""
    support: Annotated[str, AfterValidator(_mail)] = ""
    imprint_url: Annotated[str, AfterValidator(_address)] = ""
    privacy_url: Annotated[str, AfterValidator(_address)] = ""
    terms_url: Annotated[str, AfterValidator(_address)] = ""
    withdrawal_url: Annotated[str, AfterValidator(_address)] = ""
    imprint: Page = Field("", max_length=20_000)
    privacy: Page = Field("", max_length=60_000)
    terms: Page = Field("", max_length=60_000)
    withdrawal: Page = Field("", max_length=20_000)
    accent: Annotated[str, AfterValidator(colors.checked)] = ""
    logo: Annotated[str, Field(pattern=r"^([0-9a-f]{16}\.(png|jpg))?$")] = ""
    embed_on: Annotated[tuple[str, ...], AfterValidator(_origins)] = Field((), max_length=20)


class Server(Table):
    """`[server]`: where waitress listens, and which proxy it believes."""

    host: str = "127.0.0.1"
    port: int = Field(8080, ge=0, le=65535)
    threads: int = Field(8, ge=1, le=64)
    trusted_proxy: str | None = None
    hosts: tuple[str, ...] = ()
    limits: bool = True
    worker: bool = True
    metrics_token: str = ""


class Database(Table):
    """`[database]`: an SQLAlchemy URL; empty means SQLite in the data folder."""

    url: str = ""


class Booking(Table):
    """`[booking]`: times in minutes, seconds or hours, as their names say.

    `online`: customers may book by themselves. `choose_location`: they choose the place first where there are several.
    """

    hold_minutes: int = Field(10, ge=1, le=60)
    code_tries: int = Field(5, ge=1, le=5)
    undo_seconds: int = Field(120, ge=0, le=3600)
    reminder_hours: tuple[Annotated[int, Field(ge=1, le=24 * 60)], ...] = (24,)
    message_field: bool = True
    choose_location: bool = False
    online: bool = True


class Settings(Table):
    """The whole file. `mail` and the tables below `plugins` are checked by their plugins."""

    practice: Practice = Practice()
    server: Server = Server()
    database: Database = Database()
    booking: Booking = Booking()
    mail: dict[str, Any] = Field(default_factory=dict)
    plugins: Annotated[dict[str, Any], AfterValidator(_lists)] = Field(default_factory=dict)


class Config:
    """Settings, the data folder, and the secret key.

    The key comes from `VORZIMMER_SECRET_KEY`, else from `secret.key` in the data folder, made on first use (0600).
    `plugin_dir` holds plugins of one file each, which are loaded without being named (`--plugin-dir`).
    `settings` are what holds now: what the office has set is laid between `under` and what file, environment and
    command line say; `given` are without what the office has set.
    """

    def __init__(
        self,
        settings: Settings,
        data: Path,
        *,
        file: Path | None = None,
        plugin_dir: Path | None = None,
        under: Mapping[str, Any] | None = None,
        fixed: Mapping[str, Any] | None = None,
    ) -> None:
        self.settings = self.given = settings
        self._under = under or {}
        self._fixed = settings.model_dump(exclude_unset=True) if fixed is None else fixed
        self.data = data
        self.file = file
        self.plugin_dir = plugin_dir

    @cached_property
    def secret_key(self) -> bytes:
        """What sessions, codes and links are signed with; made here where there is none."""
        return _secret_key(self.data)

    @property
    def has_secret_key(self) -> bool:
        """Whether there is one already."""
        return bool(os.environ.get("VORZIMMER_SECRET_KEY")) or (self.data / KEY).exists()

    @classmethod
    def load(
        cls,
        *,
        data: Path | None = None,
        file: Path | None = None,
        plugin_dir: Path | None = None,
        under: Mapping[str, Any] | None = None,
        over: Mapping[str, Any] | None = None,
    ) -> Config:
        """Read `file`, or `config.toml` in `data`; without either file the defaults hold.

        `under` gives other defaults, `over` beats the file (options of the command line). Raises `ConfigError`.
        """
        folder = data or (file.parent if file else Path("vorzimmer-data"))
        path = file or folder / "config.toml"
        table = _read(path) if file or path.exists() else {}
        fixed = merged(table, over or {})
        settings = _settings(merged(under or {}, fixed), path)
        return cls(settings, folder.resolve(), file=path, plugin_dir=plugin_dir, under=under, fixed=fixed)

    def lay(self, stored: Mapping[str, Any]) -> None:
        """Let hold what the office has set, wherever the file says nothing. Raises `ConfigError`."""
        self.settings = _settings(merged(merged(self._under, stored), self._fixed), self.file)

    def fixed(self, table: str) -> Mapping[str, Any]:
        """What file and command line say of a table, which the office cannot change."""
        found: Any = self._fixed
        for name in table.split("."):
            found = found.get(name, {})
        return dict(found)

    def is_fixed(self, table: str, key: str) -> bool:
        """Whether file or command line have set this."""
        return key in self.fixed(table)

    @property
    def database_url(self) -> str:
        """The URL of the database; SQLite in the data folder by default."""
        return self.settings.database.url or f"sqlite:///{self.data / 'vorzimmer.sqlite3'}"

    @property
    def base_url(self) -> str:
        """Where people reach this server, without a slash at the end."""
        return str(self.settings.practice.base_url).rstrip("/")

    @property
    def zone(self) -> ZoneInfo:
        """The practice's zone; locations may have their own."""
        return ZoneInfo(self.settings.practice.zone)

    @property
    def enabled(self) -> tuple[str, ...]:
        """Names of the plugins to load: `plugins.enabled`, else ours; and those of `plugins.also`."""
        plugins = self.settings.plugins
        return (*plugins.get("enabled", PLUGINS), *plugins.get("also", ()))

    def table(self, name: str) -> dict[str, Any]:
        """A plugin's own table: `[mail]` is the mail plugin's, any other is `[plugins.<name>]`."""
        if name == "mail":
            return self.settings.mail
        return dict(self.settings.plugins.get(name, {}))


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Two tables as one; tables inside are merged too, any other value of `above` wins."""
    both = {**below, **above}
    for key in below.keys() & above.keys():
        if isinstance(below[key], Mapping) and isinstance(above[key], Mapping):
            both[key] = merged(below[key], above[key])
    return both


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from error


def _settings(table: dict[str, Any], path: Path | None) -> Settings:
    try:
        return Settings.model_validate(table)
    except ValidationError as error:
        raise ConfigError(describe(error, path, "")) from error


def describe(error: ValidationError, path: Path | None, table: str) -> str:
    """One line for each wrong setting: file, table, key, what is wrong."""
    lines = []
    for problem in error.errors(include_url=False):
        *tables, key = [str(part) for part in problem["loc"]] or [""]
        where = ".".join(filter(None, [table, *tables])) or "top level"
        lines.append(f"{path or 'defaults'}: [{where}] {key}: {problem['msg']}")
    return "\n".join(lines)


def _secret_key(data: Path) -> bytes:
    given = os.environ.get("VORZIMMER_SECRET_KEY")
    if given:
        if len(given) < 32:
            raise ConfigError("VORZIMMER_SECRET_KEY: at least 32 characters are needed")
        return given.encode()
    path = data / KEY
    if not path.exists():
        data.mkdir(parents=True, exist_ok=True)
        descriptor, draft = tempfile.mkstemp(dir=data)  # readable by its owner only
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(secrets.token_hex(32).encode())
        with contextlib.suppress(FileExistsError):  # another process was quicker
            os.link(draft, path)
        Path(draft).unlink()
    key = path.read_bytes()
    if len(key) < 32:
        raise ConfigError(
            f"{path}: this key is cut off; put it back from a backup, or delete it: all links end then"
        )
    return key
