"""Forms of pages as a browser without scripts would send them; the token is the client's to add."""

from __future__ import annotations

from html.parser import HTMLParser

Fields = dict[str, list[str]]


class Forms(HTMLParser):
    """Every form of a page: its address ("" for the page's own), and the fields that are sent."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, Fields]] = []
        self._form: Fields | None = None
        self._select: tuple[str, list[tuple[str, bool]]] | None = None
        self._text: tuple[str, list[str]] | None = None
        self._off = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name = given.get("name", "")
        if tag == "form":
            self._form = {}
            self.found.append((given.get("action", ""), self._form))
        elif tag == "fieldset":
            self._off = "disabled" in given
        elif tag == "option" and self._select:
            self._select[1].append((given.get("value", ""), "selected" in given))
        elif name in ("", "csrf_token") or self._off or "disabled" in given:
            return
        elif tag == "select":
            self._select = (name, [])
        elif tag == "textarea":
            self._text = (name, [])
        elif tag == "input" and _is_sent(given):
            self._keep(name, given.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "fieldset":
            self._off = False
        elif tag == "select" and self._select:
            name, options = self._select
            chosen = [value for value, on in options if on] or [value for value, _on in options[:1]]
            for value in chosen:
                self._keep(name, value)
            self._select = None
        elif tag == "textarea" and self._text:
            self._keep(self._text[0], "".join(self._text[1]))
            self._text = None

    def handle_data(self, data: str) -> None:
        if self._text:
            self._text[1].append(data)

    def _keep(self, name: str, value: str) -> None:
        if self._form is not None:
            self._form.setdefault(name, []).append(value)


def _is_sent(given: dict[str, str]) -> bool:
    kind = given.get("type", "text")
    return kind not in ("submit", "file", "password") and (
        kind not in ("checkbox", "radio") or "checked" in given
    )


def form(page: str, *, path: str, action: str) -> Fields:
    """What the form with this address would send; `path` is where the page is."""
    (found,) = [
        fields for where, fields in Forms(page).found if (where or path) == action and "seen" in fields
    ]
    return found
