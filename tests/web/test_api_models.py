"""Each model of the API has a name of its own: the document describes the right one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from pydantic import BaseModel

from vorzimmer.testing import Practice
from vorzimmer_web.api.documented import api


def models(of: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for model in of.__subclasses__():
        yield model
        yield from models(model)


@pytest.fixture
def database_url() -> str:
    """SQLite alone: nothing here depends on the database."""
    return ""


def test_no_two_models_of_the_api_have_one_name() -> None:
    """Nested ones too, which stand in the document by their names alone."""
    ours = {model for model in models(BaseModel) if model.__module__.startswith("vorzimmer_web.api")}
    names = Counter(model.__name__ for model in ours)
    assert names["AbsenceIn"] == 1
    assert [name for name, times in names.items() if times > 1] == []


def test_a_second_model_of_a_name_is_refused_at_once() -> None:
    another = type("AbsenceIn", (BaseModel,), {})
    with pytest.raises(TypeError, match="AbsenceIn"):
        api.naming_strategy(another)


def test_the_document_describes_an_absence_and_a_calendar_by_what_they_take(
    client: FlaskClient, practice: Practice
) -> None:
    told = client.get("/api/v1/openapi.json").json
    assert told is not None
    for path, field in (("/api/v1/absences", "start"), ("/api/v1/external-calendars", "tentative")):
        body = told["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]["$ref"]
        assert field in told["components"]["schemas"][body.rpartition("/")[2]]["properties"]
