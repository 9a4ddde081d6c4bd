"""A file that is too large is said in its form, in the reader's language, and never on a bare page (office 16)."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from vorzimmer.server.guard import LARGEST_UPLOAD
from vorzimmer.testing import Browser, Practice

MB = 1024 * 1024
PICTURE = b"\x89PNG\r\n\x1a\n" + b"\0" * (3 * MB)
FORMS = {
    "/office/settings/practice/logo": ("logo", "photo.png", PICTURE, "256 kB"),
    "/office/problem": ("picture", "screen.png", PICTURE, "1 MB"),
    "/office/settings/import": ("file", "customers.csv", b"name\n" * (11 * MB // 5), "10 MB"),
}


def send(client: Browser, path: str, **fields: Any) -> Any:
    client.get("/office/")
    boundary, body = encode_multipart({"csrf_token": client.csrf_token, **fields})
    return client.post(path, data=body, content_type=f"multipart/form-data; boundary={boundary}")


@pytest.mark.parametrize("path", FORMS)
def test_a_file_that_is_too_large_is_said_in_its_form(client: Browser, practice: Practice, path: str) -> None:
    """The server lets more in than the form takes, so that the form can say so."""
    client.sign_in("owner@praxis.example")
    name, title, data, most = FORMS[path]
    answer = send(client, path, **{name: FileStorage(BytesIO(data), title), "text": "Die Seite klemmt"})
    assert (answer.status_code, f'id="{name}-error"' in answer.text) == (422, True)
    assert (
        f"höchstens {most}" in answer.text.replace("\N{NO-BREAK SPACE}", " "),
        'class="office-header"' in answer.text,
    ) == (True, True)
    assert 'data-too-large="' in answer.text


def test_what_is_larger_than_any_form_is_said_in_the_office_s_own_layout(
    client: Browser, practice: Practice
) -> None:
    client.sign_in("owner@praxis.example")
    much = send(client, "/office/problem", picture=FileStorage(BytesIO(b"x" * (LARGEST_UPLOAD + 1)), "a.png"))
    plain = send(client, "/office/customers/new", name=FileStorage(BytesIO(b"x" * 2 * MB), "a.png"))
    for answer in (much, plain):
        assert (answer.status_code, 'class="office-header"' in answer.text) == (413, True)
    assert "Das ist zu viel auf einmal" in much.text


def test_every_file_field_of_the_office_says_how_large_a_file_it_takes(
    client: Browser, practice: Practice
) -> None:
    client.sign_in("owner@praxis.example")
    for path in ("/office/settings/practice", "/office/problem", "/office/settings/import"):
        page = client.get(path).text
        assert (page.count('type="file"'), page.count("data-largest")) == (1, 1)
