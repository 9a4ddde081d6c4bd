"""A practice's own questions on pages: the form's inputs are `fields.<slug>` and `consents.<slug>`."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext

from vorzimmer.questions.fields import CONSENT, HEALTH, HEALTH_CONSENT, Field
from vorzimmer_web.shell import words

ANSWERS, CONSENTS = "fields.", "consents."


@dataclass(frozen=True)
class Item:
    """One question or agreement as the page shows it; `typed` is what stands in it."""

    name: str
    kind: str
    label: str
    required: bool
    typed: str
    choices: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Sheet:
    """The questions of one service's form, with what was typed so far.

    Not `all_needed`: staff type what they know, and note what the customer agrees to.
    """

    form: Sequence[Field]
    typed: Mapping[str, str]
    all_needed: bool = True

    @classmethod
    def of(cls, form: Sequence[Field], values: Mapping[str, Any], agreed: Mapping[str, str]) -> Sheet:
        """The form with stored answers in it."""
        shown = {f"{ANSWERS}{slug}": _shown(value) for slug, value in values.items()}
        return cls(form, shown | {f"{CONSENTS}{slug}": "1" for slug in agreed})

    def questions(self) -> Iterator[Item]:
        """What is asked, in the language of the page."""
        language = words.language()
        for one in self.form:
            if one.attribute.kind != CONSENT:
                name, needed = f"{ANSWERS}{one.slug}", one.required and self.all_needed
                label, typed = one.label(language), self.typed.get(name, "")
                yield Item(name, one.attribute.kind, label, needed, typed, one.choices(language))

    def agreements(self) -> Iterator[Item]:
        """What is to be agreed to; health has a consent of its own, needed where something is said about it."""
        for one in self.form:
            if one.attribute.kind == CONSENT:
                yield self._agreement(one.slug, one.label(words.language()), one.required)
        if any(one.attribute.health for one in self.form):
            yield self._agreement(HEALTH, gettext(HEALTH_CONSENT), False)

    def _agreement(self, slug: str, label: str, required: bool) -> Item:
        name = f"{CONSENTS}{slug}"
        return Item(name, CONSENT, label, required, self.typed.get(name, ""))

    def unasked(self) -> list[str]:
        """What must be agreed to and is not, in words: staff ask for it later, where it is needed at all."""
        needed = [one for one in self.form if one.attribute.kind == CONSENT and one.required]
        return [one.label(words.language()) for one in needed if one.slug not in self.consents]

    @property
    def labels(self) -> dict[str, str]:
        """What each input asks, for the summary of errors."""
        return {item.name: item.label for item in [*self.questions(), *self.agreements()]}

    @property
    def answers(self) -> dict[str, Any]:
        """What was typed as the core reads it; what is no number or yes stays a text, and is refused there."""
        kinds = {one.slug: one.attribute.kind for one in self.form}
        given = [
            (name.removeprefix(ANSWERS), text)
            for name, text in self.typed.items()
            if name.startswith(ANSWERS)
        ]
        return {slug: _read(kinds.get(slug, ""), text) for slug, text in given}

    @property
    def consents(self) -> list[str]:
        """Slugs of the agreements that were ticked."""
        return [
            name.removeprefix(CONSENTS)
            for name, text in self.typed.items()
            if text and name.startswith(CONSENTS)
        ]


def _read(kind: str, text: str) -> Any:
    if kind == "yes_no":
        return {"yes": True, "no": False}.get(text, text)
    if kind == "number":
        with contextlib.suppress(ValueError, OverflowError):
            number = float(text.strip().replace(",", "."))
            return int(number) if number.is_integer() else number
    return text


def _shown(value: Any) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
