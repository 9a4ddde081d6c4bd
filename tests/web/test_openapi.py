"""The API keeps to its own document, whatever it is sent (schemathesis; A5, A74 to A76, A56, O1)."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests import acts
from tests.web.desk import requested
from vorzimmer import urls
from vorzimmer.server.app import create_app
from vorzimmer.testing import Practice

OWNER = "vz_demo_0000000000000000000000000001"
CHECKS = [
    negative_data_rejection,
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@pytest.fixture
def database_url() -> str:
    """SQLite; odd values on PostgreSQL are tried in tests/security."""
    return ""


BOUNDED = settings(
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def app(practice: Practice) -> Flask:
    """The application, whose clock stands still."""
    return create_app(practice.hall)


def real(practice: Practice) -> dict[str, list[object]]:
    """Values that exist: times on offer, a hold with its token and code, an appointment and a request."""
    held = acts.hold(practice.hall, "2027-03-03 10:00", staff="ben")
    acts.type_details(practice.hall, held.uid)
    code, token = acts.code_of(practice.hall, held), urls.token(practice.hall.config, "hold", held.uid)
    made = acts.book(practice.hall, "2027-03-04 10:00")
    asked = requested(practice, "2027-03-05 10:00")
    return {
        "uid": [held.uid, made.uid, asked.uid],
        "customer": [one.customer.uid for one in (made, asked) if one.customer],
        "record": [one.customer.uid for one in (asked,) if one.customer],
        "token": [token],
        "code": [code, "000000"],
        "service": ["massage", "erstgespraech", "ultraschall", "rueckenschule"],
        "start": ["2027-03-02T10:00:00+01:00", "2027-03-04T10:00:00+01:00", "2027-03-07T03:33:00+01:00"],
        "staff": ["anna", "ben", "raum-1"],
        "location": ["markt"],
        "from": ["2027-03-02"],
        "to": ["2027-03-02", "2027-03-28", "2027-09-01"],
        "month": ["2027-03", "2030-01"],
        "sequence": [0, 1],
        "email": ["eva@kunde.example", ""],
    }


def narrowed(document: dict[str, Any], values: dict[str, list[object]]) -> dict[str, Any]:
    """The document with only these values for parameters and properties of these names."""
    for path in document["paths"].values():
        for operation in path.values():
            for parameter in operation.get("parameters", []):
                if parameter["name"] in values:
                    parameter["schema"] = {"enum": values[parameter["name"]]}
    for model in document["components"]["schemas"].values():
        if model.get("additionalProperties") is False:  # what comes in
            model["properties"] |= {
                name: {"enum": values[name]}
                for name in values.keys() & model["properties"].keys() - {"customer"}  # there it is a person
            }
    return document


def check(app: Flask, document: dict[str, Any], mode: GenerationMode, key: str | None) -> int:
    """Try every call of the document; how many there are."""
    schema = schemathesis.openapi.from_dict(document)
    schema.app = app
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    operations = [found.ok() for found in schema.get_all_operations()]  # type: ignore[union-attr]  # an Err has none and fails
    for operation in operations:

        @settings(BOUNDED, max_examples=6 if key else 3)  # most calls ask anybody for a key, whatever is sent
        @given(case=operation.as_strategy(generation_mode=mode))
        def asked(case: Any) -> None:
            assume(all(value not in (None, [], {}) for value in (case.query or {}).values()))  # is left out
            case.call_and_validate(base_url="http://localhost", headers=headers, checks=CHECKS)

        with contextlib.suppress(Unsatisfiable):  # a call without parameters cannot be called wrongly
            asked()
    return len(operations)


@pytest.mark.parametrize("key", [None, OWNER], ids=["anybody", "owner"])
@pytest.mark.parametrize("mode", list(GenerationMode))
def test_every_call_answers_as_its_document_says(app: Flask, key: str | None, mode: GenerationMode) -> None:
    """Requests that keep to the document, and requests that break it, with and without a key."""
    document = app.test_client().get("/api/v1/openapi.json").get_json()
    assert check(app, document, mode, key) == sum(map(len, document["paths"].values()))


def test_acts_on_what_exists_answer_as_their_document_says(app: Flask, practice: Practice) -> None:
    document = app.test_client().get("/api/v1/openapi.json").get_json()
    check(app, narrowed(document, real(practice)), GenerationMode.POSITIVE, OWNER)
