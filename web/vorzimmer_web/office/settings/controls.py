"""A form made of a model's fields: which control holds which type, what it shows, and what was typed into it."""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import AnyUrl, BaseModel, EmailStr, SecretStr, ValidationError
from pydantic.fields import FieldInfo

from vorzimmer.plugins import NOT_OURS, told
from vorzimmer.reasons import N_
from vorzimmer_web.shell.typed import Typed

SCALARS: dict[Any, str] = {
    str: "text",
    EmailStr: "text",
    int: "number",
    float: "number",
    Decimal: "number",
    bool: "check",
    date: "date",
    time: "time",
    timedelta: "span",
    SecretStr: "secret",
}
LISTS = (list, tuple, set, frozenset, Sequence)
UNITS = {"1": N_("seconds"), "60": N_("minutes"), "3600": N_("hours"), "86400": N_("days")}
"""Units of a span of time, in seconds."""


@dataclass(frozen=True)
class Control:
    """One setting of a model as a form shows it.

    `kind`: text, secret, number, check, choice, date, time, span, lines (a value in each) or pairs (`name = value` in
    each line); "" where no control can hold it. `of` is the type of one value.
    """

    name: str
    label: str
    hint: str
    kind: str
    required: bool
    choices: tuple[str, ...] = ()
    of: Any = field(default=str, repr=False)

    @property
    def whole(self) -> bool:
        """Whether only whole numbers will do."""
        return self.of is int


def controls(model: type[BaseModel]) -> list[Control]:
    """What a model's form consists of; what no control can hold stays in config.toml."""
    return [_control(info.alias or name, info) for name, info in model.model_fields.items()]


def _control(name: str, info: FieldInfo) -> Control:
    kind, choices, of = _kind(info.annotation)
    label = info.title or name.replace("_", " ").capitalize()
    may_be_empty = _optional(info.annotation) or info.default in (None, "")
    required = kind in ("number", "text", "date", "time", "span") and not may_be_empty
    return Control(name, label, info.description or "", kind, required, choices, of)


def _kind(annotation: Any) -> tuple[str, tuple[str, ...], Any]:
    """Which control holds values of a type, its choices, and the type of one value."""
    annotation = _bare(annotation)
    origin, parts = get_origin(annotation), [_bare(part) for part in get_args(annotation)]
    if annotation in SCALARS:
        return SCALARS[annotation], (), annotation
    if origin is Literal:
        return "choice", tuple(map(str, parts)), str
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return "choice", tuple(str(item.value) for item in annotation), str
    if isinstance(annotation, type) and issubclass(annotation, AnyUrl):
        return "text", (), str
    if origin in LISTS and parts and parts[0] in SCALARS and set(parts[1:]) <= {...}:
        return ("lines" if SCALARS[parts[0]] in ("text", "number", "date", "time") else ""), (), parts[0]
    if origin in (dict, Mapping) and parts[0] is str and SCALARS.get(parts[1]) in ("text", "number"):
        return "pairs", (), parts[1]
    return "", (), None


def _bare(annotation: Any) -> Any:
    """The type itself, without what is noted beside it and without "or none"."""
    if get_origin(annotation) is Annotated:
        return _bare(get_args(annotation)[0])
    if _optional(annotation):
        return _bare(next(part for part in get_args(annotation) if part is not types.NoneType))
    return annotation


def _optional(annotation: Any) -> bool:
    return get_origin(annotation) in (Union, types.UnionType) and types.NoneType in get_args(annotation)


def shown(model: type[BaseModel], table: Mapping[str, Any]) -> dict[str, str]:
    """What holds, as the form shows it, also where it cannot be used; secrets are never sent back."""
    found: dict[str, str] = {}
    values = _values(model, table)
    for control in controls(model):
        value = values.get(control.name)
        if control.kind == "lines":
            found[control.name] = "\n".join(map(_text, value)) if isinstance(value, LISTS) else _text(value)
        elif control.kind == "pairs":
            pairs = value.items() if isinstance(value, Mapping) else ()
            found[control.name] = "\n".join(f"{name} = {_text(one)}" for name, one in pairs)
        elif control.kind == "check":
            found |= {control.name: "1"} if value else {}
        elif control.kind == "span" and isinstance(value, timedelta):
            found |= _span(control.name, value)
        elif control.kind not in ("", "secret"):
            found[control.name] = _text(value)
    return found


def _values(model: type[BaseModel], table: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return model.model_validate(table).model_dump(by_alias=True)
    except ValidationError:
        return {
            name: table.get(name, None if info.is_required() else info.get_default(call_default_factory=True))
            for field, info in model.model_fields.items()
            for name in [info.alias or field]
        }


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, time):
        return value.isoformat("seconds" if value.second else "minutes")
    return str(value)


def _span(name: str, value: timedelta) -> dict[str, str]:
    seconds = int(value.total_seconds())
    unit = next(unit for unit in (86400, 3600, 60, 1) if seconds % unit == 0 and (seconds or unit == 60))
    return {name: str(seconds // unit), f"{name}-unit": str(unit)}


def typed_values(model: type[BaseModel], typed: Typed, fixed: Mapping[str, Any]) -> dict[str, Any]:
    """What was typed, for the model to check; an empty field takes the default again. What is fixed is left out."""
    return {
        control.name: value
        for control in controls(model)
        if control.kind and control.name not in fixed
        for value in _typed(control, typed)
    }


def unusable(model: type[BaseModel], table: Mapping[str, Any]) -> str:
    """Why a model's form cannot be shown, or does not take what it shows; empty where it does both."""
    try:
        values = typed_values(model, Typed(shown(model, table)), {})
        model.model_validate(
            {**table, **{name: value for name, value in values.items() if value is not None}}
        )
    except NOT_OURS as error:
        return told(error)
    return ""


def _typed(control: Control, typed: Typed) -> list[Any]:
    """The value of one control, or none where it changes nothing."""
    text = typed.get(control.name)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if control.kind == "check":
        return [control.name in typed.values]
    if control.kind == "lines":
        return [lines]
    if control.kind == "pairs":
        return [_pairs(control, typed, lines)]
    if control.kind == "span" and text:
        number = typed.number(control.name)
        unit = typed.values.get(f"{control.name}-unit", "60")
        return [] if number is None else [number * int(unit if unit in UNITS else "60")]
    if control.kind == "secret" and not text:
        return []
    return [text or None]


def _pairs(control: Control, typed: Typed, lines: Sequence[str]) -> dict[str, str]:
    pairs = [[part.strip() for part in line.split("=", 1)] for line in lines]
    if any(len(pair) != 2 or not pair[0] for pair in pairs):
        typed.errors[control.name] = N_("Please write “name = value” in each line.")
        return {}
    return {pair[0]: pair[1] for pair in pairs}
