"""A plugin that answers every hook there is, with nothing, and fails at those that it is told to."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, ClassVar

from vorzimmer import hookimpl, hookspecs
from vorzimmer.plugins import HOOKS


class Sabotage(Exception):  # noqa: N818  (what it does)
    """Meant to happen."""


class Plugin:
    """`fails`: by hook, what it does instead of answering."""

    fails: ClassVar[dict[str, Callable[[], Any]]] = {}

    def __init__(self, config: Any) -> None:
        self.called: list[str] = []
        if "__init__" in self.fails:
            self.fails["__init__"]()


def _hook(name: str) -> Callable[..., Any]:
    spec = inspect.signature(getattr(hookspecs, name))

    def answer(self: Plugin, **_given: Any) -> Any:
        self.called.append(name)
        return self.fails[name]() if name in self.fails else None

    me = inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    answer.__signature__ = inspect.Signature([me, *spec.parameters.values()])  # type: ignore[attr-defined]  # what pluggy reads
    return hookimpl(answer)


for _name in HOOKS:
    setattr(Plugin, _name, _hook(_name))
