"""The forms of a page as a browser would send them, and which parameters a view looks at."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

from werkzeug.datastructures import ImmutableMultiDict

FRAME = {"csrf_token", "q"}
"""In every form and judged before any page is asked; in the head of every page."""
FILE = b"Name;E-Mail\r\nEva Ernst;eva@kunde.example\r\n"


@dataclass(frozen=True)
class Form:
    """Where a form goes, and what stands in it; `more` are fields that are sent only when they are touched."""

    path: str
    method: str = "GET"
    fields: tuple[tuple[str, str], ...] = ()
    more: frozenset[str] = frozenset()
    files: frozenset[str] = frozenset()

    def names(self) -> set[str]:
        """All that somebody could fill in."""
        return {name for name, _value in self.fields} | self.more | self.files

    def without(self, name: str) -> list[tuple[str, str]]:
        """What is sent beside a field."""
        return [one for one in self.fields if one[0] != name]


def sent(form: Form, odd: tuple[str, str | None] | None = None) -> dict[str, Any]:
    """What a client is asked with: the form as it stands, or with one field as nobody should fill it in."""
    name, value = odd or ("", None)
    fields: dict[str, list[Any]] = {}
    changed = [(name, value)] if value is not None and name not in form.files else []
    for one, text in [*form.without(name), *changed]:
        fields.setdefault(one, []).append(text)
    if form.method == "GET":
        return {"path": form.path.partition("?")[0], "query_string": fields}
    for one in form.files:
        given = ((value or "").encode(), value or "") if one == name else (FILE, "people.csv")
        fields[one] = [(io.BytesIO(given[0]), given[1])]
    kind = "multipart/form-data" if form.files else "application/x-www-form-urlencoded"
    return {"path": form.path, "data": fields, "content_type": kind}


@dataclass
class _Form:
    """One that is being read: what a browser sends, what it could send, and the buttons that send it."""

    path: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    more: set[str] = field(default_factory=set)
    files: set[str] = field(default_factory=set)
    buttons: dict[tuple[str, str, str], tuple[tuple[str, str], ...]] = field(default_factory=dict)

    def sent_by_each(self) -> list[Form]:
        """One form for each button that does something of its own."""
        more, files = frozenset(self.more), frozenset(self.files)
        return [
            Form(to or self.path, self.method, (*self.fields, *pressed), more, files)
            for (_name, _act, to), pressed in (self.buttons or {("", "", ""): ()}).items()
        ]


class Forms(HTMLParser):
    """All forms of a page, with what stands elsewhere and names a form by its id."""

    def __init__(self, page: str, path: str) -> None:
        super().__init__()
        self._path = path
        self._forms: dict[str, _Form] = {}
        self._now = ""
        self._select: tuple[str, str, list[str]] | None = None
        self._area: tuple[str, str] | None = None
        self._text = ""
        self.feed(page)
        self.found = [one for form in self._forms.values() if form.path for one in form.sent_by_each()]

    def _form(self, name: str) -> _Form:
        return self._forms.setdefault(name, _Form("", ""))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A form, or what stands in it."""
        given = {name: value or "" for name, value in attrs}
        name, whose = given.get("name", ""), given.get("form") or self._now
        if tag == "form":
            self._now = given.get("id") or f"form {len(self._forms)}"
            form = self._form(self._now)
            form.path, form.method = self._to(given.get("action")), given.get("method", "get").upper()
        elif tag == "option" and self._select:
            if "selected" in given or not self._select[2]:
                self._select[2][:] = [given.get("value", "")]
        elif not whose:
            return
        elif tag == "input" and name:
            self._input(self._form(whose), name, given)
        elif tag == "button" and given.get("type") != "button":
            to = self._to(given["formaction"]) if "formaction" in given else ""
            value = given.get("value", "")
            pressed = ((name, value),) if name else ()
            self._form(whose).buttons.setdefault((name, value if name == "act" else "", to), pressed)
        elif tag == "select" and name:
            self._select = whose, name, []
        elif tag == "textarea" and name:
            self._area, self._text = (whose, name), ""

    def _to(self, action: str | None) -> str:
        return urljoin(self._path, action or self._path)

    def _input(self, form: _Form, name: str, given: dict[str, str]) -> None:
        kind = given.get("type", "text")
        if kind == "file":
            form.files.add(name)
        elif kind in ("checkbox", "radio") and "checked" not in given:
            form.more.add(name)
        else:
            form.fields.append((name, given.get("value", "on" if kind == "checkbox" else "")))

    def handle_data(self, data: str) -> None:
        """What stands in an area."""
        self._text += data

    def handle_endtag(self, tag: str) -> None:
        """The end of a form or a control."""
        if tag == "select" and self._select:
            whose, name, values = self._select
            self._form(whose).fields += [(name, value) for value in values]
            self._form(whose).more.add(name)
            self._select = None
        elif tag == "textarea" and self._area:
            self._form(self._area[0]).fields.append((self._area[1], self._text.removeprefix("\n")))
            self._area = None
        elif tag == "form":
            self._now = ""


class Recorder(ImmutableMultiDict[str, str]):
    """Remembers which parameters a view looks at."""

    asked: set[str] = set()  # noqa: RUF012  (one for all, on purpose)

    def get(self, key: str, *more: Any, **named: Any) -> Any:
        self.asked.add(key)
        return super().get(key, *more, **named)

    def getlist(self, key: str, *more: Any, **named: Any) -> Any:
        self.asked.add(key)
        return super().getlist(key, *more, **named)

    def __getitem__(self, key: str) -> Any:
        self.asked.add(key)
        return super().__getitem__(key)

    def __contains__(self, key: object) -> bool:
        self.asked.add(str(key))
        return super().__contains__(key)
