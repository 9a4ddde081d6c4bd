"""`[plugins.vorzimmer_paper]`: where tomorrow's list goes, and when."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from vorzimmer.settings.config import Table
from vorzimmer.text import contact


def _readable(addresses: dict[str, str]) -> dict[str, str]:
    errors: dict[str, str] = {}
    read = {place: contact.email_of(address, errors) for place, address in addresses.items() if address}
    if errors:
        raise ValueError(errors["email"])
    return read


class Settings(Table):
    """`addresses`: the mail address of each place, by its slug. From the `hour` on, local there, the list is sent."""

    addresses: Annotated[dict[str, str], AfterValidator(_readable)] = Field(default_factory=dict)
    hour: int = Field(18, ge=12, le=23)
