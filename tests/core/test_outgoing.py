"""Which addresses are asked when people type them (A122); no database."""

import socket

import pytest

from vorzimmer.outgoing import addresses
from vorzimmer.outgoing.addresses import AddressRefusedError, Allowed

INSIDE = r"""
https://127.0.0.1/ https://[::1]/ https://[::]/ https://[::ffff:127.0.0.1]/ https://0.0.0.0/ https://2130706433/
https://0x7f.1/ https://127.1/ https://169.254.169.254/ https://10.0.0.1/ https://100.64.0.1/ https://[fd00::1]/
https://[64:ff9b::7f00:1]/ https://user@cal.example/ https://cal.example:22/ https://cal.example:25/
https://cal.example:5432/ http://cal.example/ file:///etc/passwd gopher://cal.example/ ftp://cal.example/
unix:/run/x https://localhost/ https://a.LOCALHOST./ https://cal.example\@127.0.0.1/ https://
"""


@pytest.mark.parametrize("url", INSIDE.split())
def test_an_address_inside_is_refused_before_anything_is_asked(url: str) -> None:
    """A122."""
    with pytest.raises(AddressRefusedError):
        addresses.read(url, Allowed())


@pytest.mark.parametrize(
    "url", ["https://cal.example/a\r\nHost: x", "https://cal.example/ä", "https://cal. example/"]
)
def test_an_address_with_odd_characters_is_refused(url: str) -> None:
    """A122: CRLF."""
    with pytest.raises(AddressRefusedError):
        addresses.read(url, Allowed())


@pytest.mark.parametrize("numbers", [["127.0.0.1"], ["93.184.216.34", "::1"], ["93.184.216.34", "10.0.0.1"]])
def test_a_name_that_stands_for_any_address_inside_is_refused(
    numbers: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A122: mixed answers, and `localhost.`; the caller connects to what was checked."""
    found = [(0, 0, 0, "", (number, 443)) for number in numbers]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_given, **_more: found)
    with pytest.raises(AddressRefusedError):
        addresses.resolve(addresses.read("webcal://cal.example/x.ics", Allowed()))


SAME_INSIDE = {
    "2002:7f00:1::1": "6to4 of 127.0.0.1",
    "fec0::1": "site-local",
    "64:ff9b::7f00:1": "NAT64 of 127.0.0.1",
    "64:ff9b:1::7f00:1": "NAT64 of a network's own",
    "2001:0:7f00:1::": "Teredo",
    "::7f00:1": "IPv4-compatible",
    "::ffff:127.0.0.1": "IPv4-mapped",
    "::ffff:10.0.0.1": "IPv4-mapped, private",
}
OUTSIDE = ("2606:2800:220:1:248:1893:25c8:1946", "93.184.216.34", "::ffff:93.184.216.34")


@pytest.mark.parametrize("number", SAME_INSIDE)
def test_an_address_inside_is_known_however_it_is_written(number: str) -> None:
    """A122, tests 8: Python calls some of these global; no door takes them, neither typed nor resolved."""
    assert not addresses.is_public(number)
    with pytest.raises(AddressRefusedError):
        addresses.read(f"https://[{number}]/x.ics", Allowed())


@pytest.mark.parametrize("number", OUTSIDE)
def test_an_address_of_the_internet_is_asked(number: str) -> None:
    assert addresses.is_public(number)
