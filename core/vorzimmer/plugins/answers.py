"""Whether what a plugin answers is what its hook says, so that nobody falls over it later."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import fields
from datetime import timedelta
from functools import cache
from typing import Any

from vorzimmer import hookspecs

PLAIN = {"str": str, "bool": bool, "timedelta": timedelta}


def checked(spec: Callable[..., Any], answer: Any) -> Any:
    """The answer: a list where the hook returns one, of nothing but its records. Raises `TypeError`."""
    many, kind, needed = _returned(spec)
    if not many and answer is None:
        return None
    answers = list(answer or ()) if many else [answer]
    for one in answers:
        if not isinstance(one, kind) or any(not hasattr(one, name) for name in needed):
            raise TypeError(f"{one!r} is not what {spec.__name__} returns")
    return answers if many else answer


@cache
def _returned(spec: Callable[..., Any]) -> tuple[bool, type, Sequence[str]]:
    """Whether a hook returns a list; the class of its records, or the names that each has to have (of a protocol)."""
    written = str(spec.__annotations__["return"])
    many = re.fullmatch(r"list\[(.+)\]", written)
    kind = getattr(hookspecs, many[1] if many else written.partition(" ")[0], object)
    if getattr(kind, "_is_protocol", False):
        return many is not None, object, [name for name in vars(kind) if not name.startswith("_")]
    return many is not None, kind if isinstance(kind, type) else object, ()


def typed(offered: list[Any]) -> list[Any]:
    """What is offered, looked at more closely, for it is kept: texts, times and functions. Raises `TypeError`."""
    for one in offered:
        for field in fields(one) if hasattr(one, "__dataclass_fields__") else ():
            value, wanted = getattr(one, field.name), str(field.type)
            fits = callable(value) if wanted.startswith("Callable") else True
            if not fits or not isinstance(value, PLAIN.get(wanted, object)):
                raise TypeError(f"{field.name} of a {type(one).__name__} is {value!r}, no {wanted}")
    return offered
