"""`[plugins.vorzimmer_backup]`: when, where to, how many."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from vorzimmer.reasons import N_


class Config(BaseModel):
    """Backups that the worker makes. `folder` is best on another disk, or copied elsewhere every day."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    nightly: bool = Field(True, title=N_("Make one every night"))
    at: str = Field(
        "02:30",
        pattern=r"^([01]\d|2[0-3]):[0-5]\d$",
        title=N_("Time of day"),
        description=N_("In the practice’s time zone, like 02:30."),
    )
    folder: str = Field(
        "backups",
        min_length=1,
        title=N_("Folder"),
        description=N_(
            "On the server, best on another disk; without a slash in front it is in the data folder."
        ),
    )
    number: int = Field(14, ge=1, le=1000, title=N_("How many are kept"))
    days: int = Field(35, ge=1, le=3650, title=N_("For how many days at most"))
    before_update: bool = Field(
        True,
        title=N_("Before an update, too"),
        description=N_("Without a backup the tables are not touched."),
    )
