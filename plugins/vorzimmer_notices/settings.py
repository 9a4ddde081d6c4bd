"""`[plugins.vorzimmer_notices]`."""

from __future__ import annotations

from pydantic import Field

from vorzimmer.settings.config import Table


class Settings(Table):
    """From the `hour` on, by the practice's clock, whoever wants a daily list of news gets it."""

    hour: int = Field(7, ge=0, le=23)
