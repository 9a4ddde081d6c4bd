"""The OpenAPI document and the validation that comes with it (SpecTree)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.metadata import version
from typing import Any, cast

from flask import make_response
from flask_babel import gettext
from pydantic import BaseModel, ValidationError
from spectree import Response, SecurityScheme, SpecTree
from spectree.model_adapter.pydantic_adapter import PydanticModelAdapter
from spectree.models import SecureType, SecuritySchemeData
from spectree.plugins.flask_plugin import FlaskPlugin

from vorzimmer.settings.change import PLAIN
from vorzimmer_web.api import shapes
from vorzimmer_web.shell import problems

KEY: dict[str, list[str]] = {"key": []}
PROBLEM = "#/components/schemas/Problem"


class Backend(FlaskPlugin):
    """Validates what comes in; what goes out is ours and is checked by the tests, not on each call."""

    def validate_response(self, resp: Any, *_how: Any) -> tuple[Any, None]:
        """Whatever the view gave."""
        return make_response(resp), None


class Schemas(PydanticModelAdapter):
    """Describes each model once: every call has a dozen answers, mostly problems, which slowed each start down."""

    def __init__(self) -> None:
        super().__init__()
        self._known: dict[tuple[Any, ...], dict[str, Any]] = {}

    def json_schema(self, model: type[Any], *, ref_template: str, mode: Any = "validation") -> dict[str, Any]:
        """The JSON schema of a model; the caller copies it."""
        key = model, ref_template, mode
        if key not in self._known:
            self._known[key] = super().json_schema(model, ref_template=ref_template, mode=mode)
        return self._known[key]


def _refuse(_request: Any, _response: Any, error: Exception | None, *_more: Any) -> None:
    if isinstance(error, ValidationError):
        raise Invalid(error)


class Invalid(Exception):  # noqa: N818  (an answer, not an error)
    """The request does not have the documented shape."""

    def __init__(self, error: ValidationError) -> None:
        super().__init__("invalid")
        self.errors = [
            {"field": ".".join(map(str, found["loc"])), "text": _said(found)}
            for found in error.errors(include_url=False, include_input=False)
        ]


def _said(found: Mapping[str, Any]) -> str:
    """What is wrong with a field in the caller's language; in pydantic's words where people hardly meet it."""
    if found["type"] == "extra_forbidden":
        return str(gettext("There is no such field."))
    plain = PLAIN.get(found["type"])
    if plain is None:
        return str(found["msg"])
    choices = found.get("ctx", {}).get("expected")
    return f"{gettext(plain)} ({choices})" if choices else str(gettext(plain))


_named: dict[str, type[Any]] = {}


def _name(model: type[Any]) -> str:
    """What the document calls a model. TypeError for a second one of a name: one would stand for both."""
    first = _named.setdefault(model.__name__, model)
    if first is not model:
        raise TypeError(f"{first.__module__} and {model.__module__} both have a model {model.__name__}")
    return model.__name__


api = SpecTree(
    backend=Backend,
    model_adapter=cast("Any", Schemas()),
    mode="strict",
    title="Vorzimmer",
    version=version("vorzimmer"),
    openapi_version="3.1.0",
    path="api/v1/docs",
    before=_refuse,
    validation_error_model=shapes.Problem,
    naming_strategy=_name,
    nested_naming_strategy=lambda _parent, child: child,
    annotations=True,
    security_schemes=[
        SecurityScheme(name="key", data=SecuritySchemeData(type=SecureType.HTTP, scheme="bearer"))
    ],
)


def call(
    answer: type[BaseModel] | None, status: int = 200, *, key: bool = False, refusals: tuple[int, ...] = ()
) -> Callable[..., Any]:
    """Document a call: what it gives, with which status, whether it needs a key, and how it may refuse."""
    codes = {f"HTTP_{status}": answer}
    for code in {400, 404, 405, 413, 415, 422, 429, 503, *refusals, *((401, 403) if key else ())}:
        codes[f"HTTP_{code}"] = None  # each a problem: `document` says so, once, and not at each start
    return api.validate(
        resp=Response(**codes), security=KEY if key else None, tags=["staff" if key else "public"]
    )


def document() -> dict[str, Any]:
    """The OpenAPI document, with problems under their own media type."""
    described: dict[str, Any] = api.spec
    for operations in described["paths"].values():
        for operation in operations.values():
            for status, answer in operation.get("responses", {}).items():
                if int(status) >= 400:
                    answer["content"] = {"application/problem+json": {"schema": {"$ref": PROBLEM}}}
            if "requestBody" in operation:
                operation["requestBody"]["required"] = True
    return described


def problem_of(error: Invalid) -> Any:
    """The 422 answer."""
    return problems.invalid(error.errors)
