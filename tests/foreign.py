"""Calendars as other programs write them: each stands for a kind that was read wrongly once."""

from __future__ import annotations

from dataclasses import dataclass

BERLIN, TUESDAY = ";TZID=Europe/Berlin:", "20270119"


def calendar(*components: str) -> bytes:
    """A calendar of components."""
    head = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Probe//EN\r\n"
    return f"{head}{''.join(components)}END:VCALENDAR\r\n".encode()


def component(kind: str, *lines: str) -> str:
    """A component of lines."""
    return "\r\n".join([f"BEGIN:{kind}", *lines, f"END:{kind}", ""])


def event(uid: str, *lines: str) -> str:
    """A VEVENT."""
    return component("VEVENT", f"UID:{uid}@probe.example", "DTSTAMP:20261101T080000Z", *lines)


def at(zone: str, day: str = TUESDAY, start: str = "100000", end: str = "110000") -> tuple[str, str]:
    """Start and end by the clocks of a zone; its name as a parameter has it."""
    return f"DTSTART;TZID={zone}:{day}T{start}", f"DTEND;TZID={zone}:{day}T{end}"


def zone(name: str, winter: str, summer: str) -> str:
    """A definition as Outlook writes it."""
    return component(
        "VTIMEZONE",
        f"TZID:{name}",
        *component(
            "STANDARD",
            "DTSTART:16010101T030000",
            f"TZOFFSETFROM:{summer}",
            f"TZOFFSETTO:{winter}",
            "RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10",
        ).splitlines(),
        *component(
            "DAYLIGHT",
            "DTSTART:16010101T020000",
            f"TZOFFSETFROM:{winter}",
            f"TZOFFSETTO:{summer}",
            "RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3",
        ).splitlines(),
    )


LONDON, NEW_YORK, VIENNA, ATHENS = (
    ("+0000", "+0100"),
    ("-0500", "-0400"),
    ("+0100", "+0200"),
    ("+0200", "+0300"),
)
CUSTOM = "Customized Time Zone 7"
CUSTOM_FIRST = calendar(zone(CUSTOM, *LONDON), event("c01", *at(CUSTOM), "SUMMARY:x"))
CUSTOM_SECOND = calendar(
    zone(CUSTOM, *NEW_YORK), event("c02", *at(CUSTOM, start="050000", end="060000"), "SUMMARY:x")
)

EASTERN, BUCHAREST = '"(UTC-05:00) Eastern Time (US & Canada)"', '"(UTC+02:00) Athens, Bucharest"'
DUBLIN, GROUPWISE = '"(UTC+00:00) Dublin, Edinburgh, Lisbon, London"', "Westeuropäische Zeit "
ODD_ZONES = {
    "quoted, with a colon": calendar(
        zone(EASTERN.strip('"'), *NEW_YORK), event("t01", *at(EASTERN, start="050000", end="060000"))
    ),
    "without quotes, with a colon": calendar(
        zone(EASTERN.strip('"'), *NEW_YORK),
        event("t01b", *at(EASTERN.strip('"'), start="050000", end="060000")),
    ),
    "escaped in the definition alone": calendar(
        zone(r"(UTC+02:00) Athens\, Bucharest", *ATHENS),
        event("t02", *at(BUCHAREST, start="120000", end="130000")),
    ),
    "blanks at the end": calendar(zone(GROUPWISE, *LONDON), event("t05", *at(GROUPWISE))),
    "an offset": calendar(event("t14", *at("GMT+0000"))),
    "an offset with a colon": calendar(event("k09", *at('"GMT+00:00"'))),
    "in another case": calendar(event("t15", *at("europe/london"))),
}
"""All of them are at 11:00 in Berlin."""


@dataclass(frozen=True)
class Case:
    """A calendar, and what it takes of January 2027 from the 18th to the 30th by the clocks of Berlin.

    `put` is the answer to a calendar app, `uids` are as they are stored. `told`: how many remarks there are.
    """

    data: bytes
    busy: list[str]
    put: int = 201
    told: int = 0
    days: tuple[str, str] = ("2027-01-18", "2027-01-30")


ELEVEN = at("Europe/Berlin", "20270118", "110000", "120000")
DAY = ("DTSTART;VALUE=DATE:20270118", "DTEND;VALUE=DATE:20270119")
ONCE = ["18 11:00-18 12:00"]
DAILY = [f"{day} 11:00-{day} 12:00" for day in range(18, 30)]


def whole(*days: int) -> list[str]:
    """Whole days."""
    return [f"{day:02} 00:00-{day + 1:02} 00:00" for day in days]


def lunch(day: str, rule: str) -> bytes:
    """Half an hour at noon, since a day."""
    return calendar(event(f"lunch-{day}", *at("Europe/Berlin", day, "120000", "123000"), f"RRULE:{rule}"))


LONG_FOLD = "SUMMARY:Jörg-Günther Österreicher-M".encode() + b"\xc3\r\n \xbc\xc3\x9figgang\r\n"
CASES = {
    "a name with an underscore": Case(
        calendar(event("l01", *ELEVEN, "X-ENTOURAGE_UUID:96CC-77")), ONCE, told=1
    ),
    "line breaks in a text": Case(
        calendar(event("l02", *ELEVEN, "DESCRIPTION:Patienten\\: ", "Frau Beispiel", "", "Notiz")),
        ONCE,
        told=1,
    ),
    "line breaks in a parameter": Case(
        calendar(
            event(
                "l09",
                *ELEVEN,
                'X-APPLE-STRUCTURED-LOCATION;VALUE=URI;X-ADDRESS="Hofweg 12',
                '12345 Probestadt";X-APPLE-RADIUS=70;X-TITLE="Hofweg 12":geo:52.5,13.4',
            )
        ),
        ONCE,
        told=1,
    ),
    "folded inside a character": Case(
        calendar(event("l08", *ELEVEN, "SUMMARY:?")).replace(b"SUMMARY:?\r\n", LONG_FOLD), ONCE
    ),
    "one broken character": Case(
        calendar(event("b", *ELEVEN, "SUMMARY:J?")).replace(b"J?", b"J\xc3\xb6rg \xc3"), ONCE, told=1
    ),
    "periods with ends of their own": Case(
        calendar(
            event(
                "r02",
                ELEVEN[0],
                "DURATION:PT1H",
                "RDATE;VALUE=PERIOD:20270118T100000Z/20270118T110000Z,20270120T100000Z/20270120T130000Z",
            )
        ),
        ["18 11:00-18 12:00", "20 11:00-20 14:00"],
    ),
    "an exception by a midnight elsewhere": Case(
        calendar(
            event("r05", *DAY, "RRULE:FREQ=DAILY;COUNT=3"),
            event(
                "r05",
                "RECURRENCE-ID;TZID=Eastern Standard Time:20270119T000000",
                "DTSTART;VALUE=DATE:20270119",
                "DTEND;VALUE=DATE:20270120",
                "STATUS:CANCELLED",
            ),
        ),
        whole(18, 20),
    ),
    "left out by a midnight elsewhere": Case(
        calendar(
            event(
                "r07", *DAY, "RRULE:FREQ=DAILY;COUNT=3", "EXDATE;TZID=Eastern Standard Time:20270119T000000"
            )
        ),
        whole(18, 20),
    ),
    "left out by a midnight in UTC": Case(
        calendar(event("r07b", *DAY, "RRULE:FREQ=DAILY;COUNT=3", "EXDATE:20270118T230000Z")), whole(18, 20)
    ),
    "an exception by its day": Case(
        calendar(
            event("r08", *ELEVEN, "RRULE:FREQ=DAILY;COUNT=2"),
            event(
                "r08",
                "RECURRENCE-ID;VALUE=DATE:20270119",
                *at("Europe/Berlin", "20270119", "150000", "160000"),
            ),
        ),
        ["18 11:00-18 12:00", "19 15:00-19 16:00"],
    ),
    "two rules": Case(
        calendar(
            event("r15", *ELEVEN, "RRULE:FREQ=WEEKLY;COUNT=2;BYDAY=MO", "RRULE:FREQ=WEEKLY;COUNT=2;BYDAY=WE")
        ),
        [f"{day} 11:00-{day} 12:00" for day in (18, 20, 25, 27)],
    ),
    "a rule of exceptions": Case(
        calendar(event("r16", *ELEVEN, "RRULE:FREQ=DAILY;COUNT=3", "EXRULE:FREQ=WEEKLY;COUNT=1;BYDAY=TU")),
        [f"{day} 11:00-{day} 12:00" for day in (18, 20)],
    ),
    "a rule with blanks": Case(
        calendar(event("r17", *ELEVEN, "RRULE:FREQ=DAILY; INTERVAL=2; COUNT=2")),
        [f"{day} 11:00-{day} 12:00" for day in (18, 20)],
        told=1,
    ),
    "an interval of nothing": Case(
        calendar(event("r18", *ELEVEN, "RRULE:FREQ=DAILY;INTERVAL=0")), ONCE, 403, 1
    ),
    "a rule by the minute": Case(calendar(event("r19", *ELEVEN, "RRULE:FREQ=MINUTELY")), ONCE, 403, 1),
    "a rule without sense": Case(calendar(event("r20", *ELEVEN, "RRULE:every day")), ONCE, 403, 1),
    "an end of a rule in another form": Case(
        calendar(event("r21", *ELEVEN, "RRULE:FREQ=DAILY;UNTIL=2027-01-19T23:00:00Z")),
        [f"{day} 11:00-{day} 12:00" for day in (18, 19)],
        403,
        1,
    ),
    "an end of a rule that is none": Case(
        calendar(event("r22", *ELEVEN, "RRULE:FREQ=DAILY;UNTIL=never")), DAILY, 403, 1
    ),
    "ends on the day on which it begins": Case(
        calendar(event("r23", DAY[0], "DTEND;VALUE=DATE:20270118")), whole(18), told=1
    ),
    "since the change of the clocks": Case(
        calendar(
            event(
                "a01",
                "DTSTART;VALUE=DATE:20261025",
                "DTEND;VALUE=DATE:20261026",
                "RRULE:FREQ=WEEKLY;UNTIL=20270201",
            )
        ),
        whole(24),
    ),
    "two days over the change of the clocks": Case(
        calendar(
            event(
                "a02", "DTSTART;VALUE=DATE:20270327", "DTEND;VALUE=DATE:20270329", "RRULE:FREQ=WEEKLY;COUNT=2"
            )
        ),
        ["27 00:00-29 00:00", "03 00:00-05 00:00"],
        days=("2027-03-01", "2027-05-01"),
    ),
    "first on a day of 23 hours": Case(
        calendar(
            event(
                "a06", "DTSTART;VALUE=DATE:20270328", "DTEND;VALUE=DATE:20270329", "RRULE:FREQ=WEEKLY;COUNT=2"
            )
        ),
        ["28 00:00-29 00:00", "04 00:00-05 00:00"],
        days=("2027-03-01", "2027-05-01"),
    ),
    "a day long by the calendar": Case(
        calendar(
            event(
                "a07",
                "DTSTART;TZID=Europe/Berlin:20270327T120000",
                "DURATION:P1D",
                "RRULE:FREQ=WEEKLY;COUNT=2",
            )
        ),
        ["27 12:00-28 12:00", "03 12:00-04 12:00"],
        days=("2027-03-01", "2027-05-01"),
    ),
    "without end in the year 9999": Case(
        calendar(event("k01", *ELEVEN, "RRULE:FREQ=WEEKLY;UNTIL=99991231T235959Z")),
        [f"{day} 11:00-{day} 12:00" for day in (18, 25)],
    ),
    "without end as Exchange writes it": Case(
        calendar(event("k02", *ELEVEN, "RRULE:FREQ=WEEKLY;UNTIL=45000831T220000Z")),
        [f"{day} 11:00-{day} 12:00" for day in (18, 25)],
    ),
    "daily since 1995": Case(
        calendar(event("k03", *at("Europe/Berlin", "19950102", "110000", "120000"), "RRULE:FREQ=DAILY")),
        DAILY,
    ),
    "twenty thousand times": Case(calendar(event("k11", *ELEVEN, "RRULE:FREQ=DAILY;COUNT=20000")), DAILY),
    "until the year 9999": Case(
        calendar(event("k06", ELEVEN[0], "DTEND:99991231T000000Z")), ["18 11:00-31 01:00"]
    ),
    "a very long UID": Case(calendar(event("x" * 300, *ELEVEN)), ONCE, 403),
    "a very large attachment": Case(
        calendar(event("attach", *ELEVEN, "ATTACH;ENCODING=BASE64;VALUE=BINARY:" + "QUJD" * 75_000)),
        ONCE,
        413,
        1,
    ),
    "weekdays since 2024": Case(
        lunch("20240102", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"),
        [f"{day} 12:00-{day} 12:30" for day in (18, 19, 20, 21, 22, 25, 26, 27, 28, 29)],
    ),
    "weekly since 2005": Case(
        lunch("20050105", "FREQ=WEEKLY"), [f"{day} 12:00-{day} 12:30" for day in (20, 27)]
    ),
    "over long ago": Case(lunch("20220101", "FREQ=DAILY;UNTIL=20251231T110000Z"), []),
    "ends before it begins": Case(
        calendar(event("x1", ELEVEN[0], "DTEND;TZID=Europe/Berlin:20270118T100000")), ONCE, 403, 1
    ),
    "lasts less than nothing": Case(calendar(event("x2", ELEVEN[0], "DURATION:-PT2H")), ONCE, 403, 1),
    "has an end that cannot be read": Case(calendar(event("x3", ELEVEN[0], "DTEND:tomorrow")), ONCE, 403, 2),
    "begins by the day and ends by the hour": Case(
        calendar(event("x4", DAY[0], "DTEND;TZID=Europe/Berlin:20270118T120000")),
        ["18 00:00-18 12:00"],
        403,
        1,
    ),
    "has two UIDs": Case(calendar(event("x5", *ELEVEN, "UID:other@probe.example")), ONCE, 403, 1),
    "is nowhere": Case(calendar(event("x6", *ELEVEN, "GEO:NaN;NaN")), ONCE, told=1),
    "is written in Arabic digits": Case(
        calendar(event("x7", "DTSTART:٢٠٢٧٠١١٨T١٠٠٠٠٠Z", "DURATION:PT1H")), ONCE, 403, 1
    ),
    "rings for ever": Case(
        calendar(
            event(
                "x8",
                *ELEVEN,
                *component(
                    "VALARM", "ACTION:DISPLAY", "TRIGGER:-PT5M", "DURATION:PT1M", "REPEAT:2147483648"
                ).splitlines(),
            )
        ),
        ONCE,
        told=1,
    ),
    "has a colour that is none": Case(calendar(event("x9", *ELEVEN, "COLOR:red;}")), ONCE, told=1),
    "with signs in its dates": Case(
        calendar(event("i1", "DTSTART:2027-01-18T11:00:00+01:00", "DTEND:2027-01-18T12:00:00+01:00")),
        ONCE,
        403,
        2,
    ),
    "with a parameter outside the grammar": Case(
        calendar(event("i2", ELEVEN[0].replace(":", ";X-A_B=1:", 1), ELEVEN[1])), ONCE, told=1
    ),
    "with an alarm that is not ended": Case(
        calendar(event("i3", "BEGIN:VALARM", "TRIGGER:-PT5M", *ELEVEN)), ONCE, 403, 1
    ),
    "in a zone that nobody knows": Case(
        calendar(event("i4", *at("Mars/Base", "20270118", "110000", "120000"))), ONCE, told=1
    ),
    "with bare line feeds": Case(calendar(event("i5", *ELEVEN)).replace(b"\r\n", b"\n"), ONCE),
}
SEVERAL = calendar(
    *(
        event("r10", *at("Europe/Berlin", f"202701{day}", "110000", "120000"), "SUMMARY:Chor")
        for day in (18, 19, 20)
    )
)
"""Three events of one UID; a calendar app may not send them, for they are no object."""

BUSY_TIMES = calendar(
    component(
        "VFREEBUSY",
        "UID:fb1@probe.example",
        "DTSTART:20270101T000000Z",
        "DTEND:20270301T000000Z",
        "FREEBUSY;FBTYPE=BUSY:20270119T100000Z/20270119T110000Z,20270120T100000Z/PT1H",
        "FREEBUSY;FBTYPE=FREE:20270121T100000Z/PT1H",
        "FREEBUSY;FBTYPE=BUSY-TENTATIVE:20270122T100000Z/PT1H",
    )
)
