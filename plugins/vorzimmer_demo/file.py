"""The demo's settings as `config.toml` in its folder, so that every other command sees the same practice there."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from vorzimmer.settings.config import Config

MARK = "# Written by `vorzimmer demo` at each start; without this line it is yours and stays as it is.\n"


def forget(data: Path) -> None:
    """Remove what an earlier start wrote: its port and its options were that start's."""
    path = data / "config.toml"
    if path.exists() and path.read_text(encoding="utf-8").startswith(MARK):
        path.unlink()


def remember(config: Config) -> None:
    """Write the settings given at the start, unless the folder has a file of the operator's own."""
    path = config.data / "config.toml"
    if not path.exists():
        settings = config.given.model_dump(mode="json", exclude_defaults=True)
        path.write_text(MARK + "".join(tables(settings)), encoding="utf-8")


def tables(settings: Mapping[str, Any], name: str = "") -> Iterator[str]:
    """TOML for tables of texts, numbers, truth values and lists, which it writes like JSON."""
    values = {
        key: value for key, value in settings.items() if not isinstance(value, Mapping) and value is not None
    }
    if name and values:
        yield f"\n[{name}]\n"
        yield from (f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in values.items())
    for key, value in settings.items():
        if isinstance(value, Mapping):
            yield from tables(value, f"{name}.{key}" if name else key)
