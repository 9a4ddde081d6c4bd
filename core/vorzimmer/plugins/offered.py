"""Whether what a plugin offers is what its hook says; it is looked at once, so that no page falls over it later."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import fields, is_dataclass
from datetime import timedelta
from typing import Any

from vorzimmer import hookspecs

PLAIN = {"str": str, "bool": bool, "timedelta": timedelta}


def checked(spec: Callable[..., Any], answer: Iterable[Any] | None) -> list[Any]:
    """The answer as a list of the records that the hook returns. Raises `TypeError` where it holds anything else."""
    named = re.fullmatch(r"list\[(\w+)\]", spec.__annotations__["return"])
    kind = getattr(hookspecs, named[1], None) if named else None
    offered = list(answer or ())
    if is_dataclass(kind):
        for one in offered:
            if not isinstance(one, kind):  # type: ignore[arg-type]  # a class, not a record
                raise TypeError(f"{one!r} is no {named[1] if named else ''}")
            for field in fields(one):
                value, wanted = getattr(one, field.name), str(field.type)
                if not isinstance(value, PLAIN.get(wanted, object)) or (
                    wanted.startswith("Callable") and not callable(value)
                ):
                    raise TypeError(f"{field.name} of a {type(one).__name__} is {value!r}, no {wanted}")
    return offered
