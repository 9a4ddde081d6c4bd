"""Put what somebody typed back into the form of a page, or say it in the page's words, whatever page and form it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape, unescape
from html.parser import HTMLParser
from urllib.parse import urlsplit

Fields = list[tuple[str, str]]
Attributes = dict[str, str | None]
PRESSED = {"submit", "button", "image", "reset"}
NEVER = {"password", "file"}


@dataclass
class Tag:
    """One control, where it stands in the text, and what stands between it and its end."""

    name: str
    attributes: Attributes
    start: int
    end: int
    closes: int = 0
    text: str = ""
    options: list[Tag] = field(default_factory=list)

    def get(self, name: str, default: str = "") -> str:
        """An attribute; without a value it is empty."""
        return self.attributes.get(name, default) or default

    def written(self, **changed: str | None) -> str:
        """The tag with attributes changed; `checked` and the like have no value, None takes one away."""
        whole = {name: value for name, value in self.attributes.items() if name not in changed}
        whole |= {name: value for name, value in changed.items() if value is not None}
        told = (f' {name}="{escape(value)}"' if value else f" {name}" for name, value in whole.items())
        return f"<{self.name}{''.join(told)}>"


@dataclass
class Form(Tag):
    """A form and its controls."""

    controls: list[Tag] = field(default_factory=list)


class Page(HTMLParser):
    """The forms of a page."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=False)
        self.forms: list[Form] = []
        self._loose: list[Tag] = []
        self._form: Form | None = None
        self._open: Tag | None = None  # a select or a text area
        self._labels: list[Tag] = []
        self._said: Tag | None = None  # the label or option whose text is read
        self._beside = ""  # a tag in a label that is not of its text
        self._lines = [0]
        for line in text.split(
            "\n"
        ):  # as the parser counts them: other ends of lines may stand in what was typed
            self._lines.append(self._lines[-1] + len(line) + 1)
        self.feed(text)
        for control in self._loose:
            for form in self.forms:
                if form.get("id") == control.get("form"):
                    form.controls.append(control)
        self._label()

    def _label(self) -> None:
        """Give each control its label: the one around it, that for its id, or its own words."""
        by_id = {label.get("for"): label.text for label in self._labels if label.get("for")}
        for control in (control for form in self.forms for control in form.controls):
            around = [one for one in self._labels if one.start < control.start < one.closes]
            text = around[0].text if around else by_id.get(control.get("id"), control.get("aria-label"))
            control.text = " ".join(unescape(text).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember forms and controls."""
        line, column = self.getpos()
        start = self._lines[line - 1] + column
        found = Tag(tag, dict(attrs), start, start + len(self.get_starttag_text() or ""))
        if tag == "form":
            self._form = Form(tag, found.attributes, found.start, found.end)
            self.forms.append(self._form)
        elif tag == "option" and self._open is not None:
            self._open.options.append(found)
            self._said = found
        elif tag == "label":
            self._labels.append(found)
            self._said = found
        elif self._said is not None and {"optional", "visually-hidden"} & {*found.get("class").split()}:
            self._beside = tag
        elif tag in {"input", "select", "textarea", "button"}:
            self._open = found if tag in {"select", "textarea"} else self._open
            if found.get("form"):
                self._loose.append(found)
            elif self._form is not None:
                self._form.controls.append(found)

    def handle_data(self, data: str) -> None:
        """The words of a label or an option."""
        if self._said is not None and not self._beside:
            self._said.text += data

    def handle_entityref(self, name: str) -> None:
        """A character by its name."""
        self.handle_data(f"&{name};")

    def handle_charref(self, name: str) -> None:
        """A character by its number."""
        self.handle_data(f"&#{name};")

    def handle_endtag(self, tag: str) -> None:
        """Remember where a text area ends."""
        if tag == self._beside:
            self._beside = ""
        elif self._said is not None and tag in {self._said.name, "select"}:
            self._said.closes, self._said = self._lines[self.getpos()[0] - 1] + self.getpos()[1], None
        if tag == "form":
            self._form = None
        elif self._open is not None and tag == self._open.name:
            line, column = self.getpos()
            self._open.closes = self._lines[line - 1] + column
            self._open = None


class Filling:
    """The changes that put fields into one form, and what found no place there."""

    def __init__(self, form: Form, fields: Fields) -> None:
        self.left = list(fields)
        self.names = {name for name, _value in fields}
        self.changes: list[tuple[int, int, str]] = []
        self.same = 0
        for control in form.controls:
            if control.get("name") and "disabled" not in control.attributes:
                self._fill(control, control.get("name"))
        self.lost = [value for _name, value in self.left if value]

    def _fill(self, control: Tag, name: str) -> None:
        kind = "submit" if control.name == "button" else control.get("type", "text").lower()
        if kind in NEVER:
            return
        if kind in PRESSED:
            self._take(name, control.get("value"))
        elif kind in {"checkbox", "radio"}:
            checked = "" if self._take(name, control.get("value", "on")) else None
            self._change(control, control.written(checked=checked))
        elif control.name == "select":
            self._choose(control, name)
        elif name in self.names:
            value = self._next(name)
            self.same += kind == "hidden" and value == control.get("value")
            if control.name == "textarea":
                self.changes.append((control.end, control.closes, "\n" + escape(value)))
            else:
                self._change(control, control.written(value=value))

    def _choose(self, control: Tag, name: str) -> None:
        if name not in self.names:
            return
        for option in control.options:
            selected = "" if self._take(name, option.get("value")) else None
            self._change(option, option.written(selected=selected))

    def _change(self, tag: Tag, text: str) -> None:
        self.changes.append((tag.start, tag.end, text))

    def _take(self, name: str, value: str) -> bool:
        found = (name, value) in self.left
        if found:
            self.left.remove((name, value))
        return found

    def _next(self, name: str) -> str:
        value = next((value for key, value in self.left if key == name), "")
        self._take(name, value)
        return value


def refill(text: str, here: str, action: str, fields: Fields, notice: str = "") -> str | None:
    """The page with the fields in its form that sends to `action`, a notice before it; None where one has no place.

    Passwords and files stay empty.
    """
    filled = [(form, Filling(form, fields)) for form in _forms(text, here, action)]
    fitting = [(form, filling) for form, filling in filled if not filling.lost]
    if not fitting:
        return None
    form, filling = max(fitting, key=lambda one: one[1].same)
    for start, end, new in sorted([*filling.changes, (form.start, form.start, notice)], reverse=True):
        text = text[:start] + new + text[end:]
    return text


def said(text: str, here: str, action: str, fields: Fields) -> Fields:
    """The fields in the page's words, (label, value): what nobody sees is left out, what the page lacks has no label.

    What is only ticked has no value.
    """
    names = {name for name, _value in fields}
    forms = _forms(text, here, action)
    form = max(
        forms, key=lambda one: len({control.get("name") for control in one.controls} & names), default=None
    )
    told = (_said(form.controls if form else [], name, value) for name, value in fields if value)
    return [one for one in told if one]


def _said(controls: list[Tag], name: str, value: str) -> tuple[str, str] | None:
    named = [control for control in controls if control.get("name") == name]
    same = [control for control in named if control.get("value", "on") == value]
    control = next(iter([*same, *named]), None)
    if control is None:
        return "", value
    kind = control.get("type", "text").lower() if control.name == "input" else control.name
    if kind in {"hidden", "button", *PRESSED}:
        return None
    if kind in {"checkbox", "radio"}:
        return (control.text, "") if same else ("", value)
    chosen = [
        " ".join(unescape(option.text).split()) for option in control.options if option.get("value") == value
    ]
    return control.text, chosen[0] if chosen else value


def _forms(text: str, here: str, action: str) -> list[Form]:
    return [
        form
        for form in Page(text).forms
        if form.get("method").lower() == "post" and urlsplit(form.get("action") or here).path == action
    ]
