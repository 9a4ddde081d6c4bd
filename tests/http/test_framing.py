"""Requests that no honest client sends, against the real server: T3, A14, A45, A159, A161 to A164."""

import pytest

from tests.http.conftest import Process

FORM = "Content-Type: application/x-www-form-urlencoded"


def head(demo: Process, *lines: str, first: str = "GET / HTTP/1.1") -> bytes:
    return "\r\n".join([first, *lines, "", ""]).replace("PORT", str(demo.port)).encode("latin-1")


@pytest.mark.parametrize(
    "lines",
    [
        ["Host: evil.example"],
        ["Host: localhost:PORT", "Host: localhost:PORT"],
        ["Host: localhost:PORT", "Host: evil.example"],
        ["Host: localhost:443@evil.example"],
        ["Host: localhost:PORT, evil.example"],
        ["Host: "],
        ["Accept: */*"],
        ["Host: localhost.evil.example"],
    ],
)
def test_another_host_than_ours_is_refused(demo: Process, lines: list[str]) -> None:
    """T3, A45."""
    assert demo.raw(head(demo, *lines))[0] == 400


@pytest.mark.parametrize("uri", ["http://evil.example/", "http://localhost:PORT/", "*"])
def test_an_absolute_address_is_refused(demo: Process, uri: str) -> None:
    """T3, A45."""
    assert demo.raw(head(demo, "Host: localhost:PORT", first=f"GET {uri} HTTP/1.1"))[0] == 400


@pytest.mark.parametrize("version", ["HTTP/9.9", "HTTP/2.0", "HTTP/1.2", "HTTP/1.11", ""])
def test_version_that_is_not_known_is_refused(demo: Process, version: str) -> None:
    """X17."""
    assert demo.raw(head(demo, "Host: localhost:PORT", first=f"GET / {version}".strip()))[0] == 400


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1"])
def test_both_names_of_loopback_are_accepted(demo: Process, name: str) -> None:
    """The demo's Host, interface.md."""
    assert demo.raw(head(demo, f"Host: {name}:PORT"))[0] == 200


@pytest.mark.parametrize(
    "line", ["X-Forwarded-Host: evil.example", "Forwarded: host=evil.example", "X-Forwarded-Proto: https"]
)
def test_addresses_are_built_from_the_settings_whoever_is_forwarded(demo: Process, line: str) -> None:
    """A45, A29."""
    status, headers, _body = demo.get("/.well-known/caldav", line)
    assert (status, headers["location"]) == (301, f"http://localhost:{demo.port}/dav/")


@pytest.mark.parametrize(
    "lines",
    [
        ["Content-Length: 3", "Transfer-Encoding: chunked"],
        ["Transfer-Encoding: chunked", "Content-Length: 3"],
        ["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"],
        ["Transfer-Encoding: chunked, chunked"],
        ["Content-Length: 3", "Content-Length: 5"],
        ["Content-Length: +3"],
        ["Content-Length: -1"],
    ],
)
def test_a_body_with_two_lengths_is_refused_and_the_connection_ends(demo: Process, lines: list[str]) -> None:
    """T3, A159: what follows is never read as another request."""
    first = head(demo, "Host: localhost:PORT", *lines, first="POST /language HTTP/1.1")
    with demo.connect() as connection:
        connection.sendall(first + b"0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        received = b""
        while part := connection.recv(65536):
            received += part
    assert received.count(b"HTTP/1.") == 1
    assert received.split(b" ")[1] in {b"400", b"501"}


def test_chunks_in_http_1_0_are_refused(demo: Process) -> None:
    """A159."""
    lines = ["Host: localhost:PORT", "Transfer-Encoding: chunked"]
    assert demo.raw(head(demo, *lines, first="POST /language HTTP/1.0"), b"0\r\n\r\n")[0] == 400


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "TRACK", "DEBUG", "BREW"])
def test_odd_methods_are_refused(demo: Process, method: str) -> None:
    """A163."""
    assert demo.ask(method, "/")[0] == 405


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        (["X-Large: " + "a" * 300_000], 431),
        (["X-Large: " + "a" * 10_000], 431),
        (["Accept-Language: " + "de," * 33_000], 431),
        ([f"X-{number}: a" for number in range(1_000)], 431),
        (["Content-Encoding: gzip"], 415),
    ],
)
def test_heads_without_measure_are_refused(demo: Process, lines: list[str], status: int) -> None:
    """A161, A162."""
    assert demo.get("/", *lines)[0] == status


@pytest.mark.parametrize("uri", ["/" + "a" * 100_000, "/?" + "a" * 9_000, "/?" + "&".join(["a=1"] * 10_000)])
def test_addresses_without_measure_are_refused(demo: Process, uri: str) -> None:
    """A161."""
    assert demo.get(uri)[0] in {414, 431}


@pytest.mark.parametrize("path", ["/language", "/book/massage", "/office/login"])
def test_a_form_of_200000_fields_is_refused(demo: Process, path: str) -> None:
    """A161."""
    assert demo.ask("POST", path, FORM, body=b"&".join([b"a=1"] * 200_000))[0] == 413


@pytest.mark.parametrize(
    "body",
    [
        b"".join(b'--b\r\nContent-Disposition: form-data; name="a%d"\r\n\r\n1\r\n' % n for n in range(2_000)),
        b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n' + b"a" * 900_000 + b"\r\n",
        b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r' + b"a" * 1_900_000 + b"\r\n",
    ],
    ids=["2000 parts", "a field of 900 kB", "CR and 1.9 MB"],
)
def test_a_form_in_parts_without_measure_is_refused(demo: Process, body: bytes) -> None:
    """A161."""
    kind = "Content-Type: multipart/form-data; boundary=b"
    assert demo.ask("POST", "/language", kind, body=body + b"--b--\r\n")[0] == 413


def test_a_body_of_three_megabytes_is_refused_before_it_is_read(demo: Process) -> None:
    """T1: the limit is 2 MB, waitress's own default is 1 GiB."""
    assert demo.ask("POST", "/language", FORM, "Content-Length: 3000000")[0] == 413


@pytest.mark.parametrize(
    "path",
    [
        "/static/..%2f..%2fconfig.py",
        "/static/../../config.py",
        "/static/%2e%2e/%2e%2e/config.py",
        "/static/x/..%5c..%5cconfig.py",
        "/static/x/booking.css%00.txt",
        "/static/",
        "/static/x/",
        "/static/x/CON",
    ],
)
def test_nothing_but_the_pages_own_files_is_served(demo: Process, path: str) -> None:
    """A164."""
    assert demo.get(path)[0] == 404


@pytest.mark.parametrize(
    "path",
    [
        "/OFFICE/",
        "//office/",
        "/office/%2e/",
        "/office;x=1",
        "/office/.json",
        "/%6fffice/",
        "/api/../office/",
        "/office%2f",
        "/office/%00",
        "/office//",
        "/./office/",
        "/office/week/",
    ],
)
def test_another_spelling_opens_no_door(demo: Process, path: str) -> None:
    """A14: not found, or the same way to the login as the canonical address, at once or by way of it."""
    status, headers, _body = demo.get(path)
    canonical = demo.get("/office/")
    if status == 308:
        assert headers["location"].endswith("/office/")
        return
    assert status == 404 or (status, headers["location"].partition("?")[0]) == (
        canonical[0],
        canonical[1]["location"].partition("?")[0],
    )


def test_a_request_of_half_a_head_does_not_end_the_server(demo: Process) -> None:
    """F54: a client that vanishes."""
    with demo.connect() as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: loc")
    assert demo.get("/healthz")[0] == 200
