"""`[plugins.vorzimmer_external_busy]`: how often, how old, and which hosts beside those of the internet."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from vorzimmer.practice import Hall
from vorzimmer.reasons import N_

TABLE = "plugins.vorzimmer_external_busy"


class Config(BaseModel):
    """Reading of calendars elsewhere. `allowed_hosts`: names (`cloud.lan`, `cloud.lan:8443`) within the own network."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    every_minutes: int = Field(15, ge=5, le=1440, title=N_("Read every so many minutes"))
    stale_hours: int = Field(
        24,
        ge=1,
        le=720,
        title=N_("Out of date after so many hours"),
        description=N_("Without a good answer for so long, each calendar does as is set for it."),
    )
    allow_http: bool = Field(
        False,
        title=N_("Addresses without encryption, too"),
        description=N_("Whoever is in between can then read and change what such a calendar says."),
    )
    allowed_hosts: frozenset[str] = frozenset()


def allowed_hosts(hall: Hall) -> frozenset[str]:
    """The hosts that the operator's file opens; what the office or an API key set counts for nothing (A122)."""
    named: frozenset[str] = frozenset(hall.config.fixed(TABLE).get("allowed_hosts", ()))
    return frozenset(name.lower() for name in named)
