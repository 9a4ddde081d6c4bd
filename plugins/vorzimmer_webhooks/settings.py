"""`[plugins.vorzimmer_webhooks]`: which hosts may be told beside those of the internet."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from vorzimmer.outgoing.addresses import Allowed
from vorzimmer.practice import Hall
from vorzimmer.reasons import N_

TABLE = "plugins.vorzimmer_webhooks"


class Config(BaseModel):
    """What is told to whom. `allowed_hosts`: names (`crm.lan`, `127.0.0.1:9000`) within the own network."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    keep_days: int = Field(
        30,
        ge=1,
        le=365,
        title=N_("Days that the log is kept"),
        description=N_("What was sent tells of customers; afterwards it is deleted."),
    )
    allowed_hosts: frozenset[str] = frozenset()


def allowed(hall: Hall) -> Allowed:
    """The hosts that the operator's file opens; what the office or an API key set counts for nothing (A122)."""
    named: frozenset[str] = frozenset(hall.config.fixed(TABLE).get("allowed_hosts", ()))
    return Allowed(http=True, hosts=frozenset(name.lower() for name in named))
