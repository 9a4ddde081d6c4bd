"""Which column is what: headings as other programs write them, in four languages, to the fields of a record."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from vorzimmer.models import Attribute
from vorzimmer.questions import fields
from vorzimmer.reasons import N_

NAME, FIRST, LAST = "name", "first", "last"
FIELDS: dict[str, str] = {
    NAME: N_("Name"),
    FIRST: N_("First name"),
    LAST: N_("Last name"),
    "email": N_("E-mail"),
    "phone": N_("Phone"),
    "language": N_("Language"),
    "groups": N_("Groups"),
    "note": N_("Note"),
    "id": N_("Number in the old system"),
}
"""Fields of a record that a column may fill, and what they are called; own questions are `fields.<slug>`."""
SEVERAL = {FIRST, "email", "phone", "note", "groups"}
"""Fields that more than one column may fill: of addresses and numbers the first counts, the others are noted."""
ADDED = {"note", "groups"}
"""Those of them where what is chosen does not stand for what is guessed."""
NO_NAME = N_("Please choose the column that holds the name.")
TWICE = N_("Two columns cannot fill the same field.")


def _plain(text: str) -> str:
    """Letters only, small and without accents: "E-Mail-Adresse" is "emailadresse"."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return re.sub(r"[\W_\d]", "", "".join(sign for sign in decomposed if not unicodedata.combining(sign)))


_WORDS = {
    NAME: "name fullname displayname vollername kunde kundenname patient patientenname vornachname vornamename client"
    " nomcomplet nometprenom фио имяифамилия фамилияимя полноеимя клиент пациент",
    FIRST: "vorname firstname givenname forename prenom имя",
    LAST: "nachname familienname lastname surname familyname nomdefamille фамилия",
    "email": "email mail emailadresse mailadresse emailaddress epost courriel adressemail adresseemail adressecourriel"
    " электроннаяпочта почта элпочта емейл имейл emailvalue emailwert emailvaleur adressedemessagerie"
    " адресэлпочты адресэлектроннойпочты электроннаяпочтазначение",
    "phone": "phone phonenumber telephone telefon tel telefonnummer rufnummer mobil mobile mobiltelefon mobilnummer"
    " handy handynummer cell cellphone portable numerodetelephone телефон мобильный мобильныйтелефон номертелефона"
    " phonevalue telefonwert telephonevaleur телефонзначение mobilephone homephone businessphone primaryphone"
    " otherphone carphone companymainphone telefonprivat privattelefon telefongeschaftlich weiterestelefon haupttelefon"
    " autotelefon telefonmobil telmobile telephonemobile telephonedomicile telephonebureau telephoneprincipal"
    " autretelephone телефонпереносной домашнийтелефон рабочийтелефон основнойтелефон другойтелефон",
    "language": "sprache language langue язык",
    "groups": "gruppe gruppen group groups groupe groupes tags labels groupmembership categories kategorien"
    " gruppenmitgliedschaft libelles категории ярлыки группа группы",
    "note": "notiz notizen bemerkung bemerkungen kommentar anmerkung anmerkungen note notes comment comments remarque"
    " remarques commentaire commentaires заметка заметки примечание примечания комментарий",
    "id": "id nr nummer kundennummer kundennr kundenid patientennummer patientennr customerid customernumber clientid"
    " patientid externalid numeroclient numerodeclient номер номерклиента",
}
_BIRTHDAY = {
    *("birthday", "birthdate", "dateofbirth", "dob", "geburtstag", "geburtsdatum", "gebdatum", "geboren"),
    *("naissance", "datedenaissance", "anniversaire", "датарождения", "деньрождения"),
}
_SECOND = dict.fromkeys(
    ["weiterevornamen", "zweitervorname", "middlename", "additionalname", "deuxiemeprenom", "отчество"], FIRST
)
_MEANING = {_plain(word): field for field, words in _WORDS.items() for word in words.split()} | _SECOND
_ALONE = {"nom": (NAME, LAST), "name": (NAME, LAST), "имя": (NAME, FIRST)}
"""What stands for the whole name where there is no other part of it, and for which part where that is missing."""


def guessed(head: Sequence[str], known: Iterable[Attribute]) -> dict[str, str]:
    """Place of a column ("0" is the first) to the field that its heading tells of; what nobody knows is left out."""
    attributes = _attributes(known)
    words = [_plain(name) for name in head]
    parts = {_MEANING.get(word) for word in words if word not in _ALONE and word not in _SECOND} & {
        FIRST,
        LAST,
    }
    found: dict[str, str] = {}
    for place, word in enumerate(words):
        field = attributes.get(word) or _MEANING.get(word, "")
        if word in _ALONE:
            whole, part = _ALONE[word]
            field = part if parts and part not in parts else whole
        if field and (field in SEVERAL or field not in found.values()):
            found[str(place)] = field
    return found


def _attributes(known: Iterable[Attribute]) -> dict[str, str]:
    """What the practice's own questions are called, in any language; dates of birth by any of their names."""
    found: dict[str, str] = {}
    for one in known:
        names = {_plain(text) for text in (one.slug, *one.labels.values()) if text}
        if names & _BIRTHDAY:
            names |= _BIRTHDAY
        found |= dict.fromkeys(names, f"fields.{one.slug}")
    return found


def choices(known: Iterable[Attribute], language: str) -> dict[str, str]:
    """Every field that a column may fill and its name; own questions in a language, the others as English msgids."""
    return FIELDS | {f"fields.{one.slug}": fields.in_language(one.labels, language) for one in known}


def wrong(columns: Mapping[str, str], fillable: Iterable[str]) -> str | None:
    """What is wrong with a mapping (an English msgid)."""
    chosen = [field for field in columns.values() if field not in SEVERAL]
    if len(chosen) > len(set(chosen)) or not set(columns.values()) <= set(fillable):
        return TWICE
    return None if {NAME, FIRST, LAST} & set(chosen) else NO_NAME
