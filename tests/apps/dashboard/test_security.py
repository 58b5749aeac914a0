"""Against the real server: who is not the wearer's own browser stays outside, and the service goes on."""

from __future__ import annotations

import contextlib
import secrets
import socket
from collections.abc import Iterator

import pytest

from hiphinge.apps.dashboard.crowd import MOST
from hiphinge.apps.dashboard.pages import FILES, NAV
from hiphinge.apps.dashboard.security import LARGEST_BODY, MOST_SESSIONS, MOST_TOKENS, Keys
from tests.apps.dashboard.served import Dashboard, dashboard

FOREIGN = (
    "evil.example",
    "evil.example:{port}",
    "127.0.0.1",
    "127.0.0.1:1",
    "127.0.0.1:{port}.evil.example",
    "",
    "[::1]:{port}",
)


@pytest.fixture(scope="module", params=[False, True], ids=["loopback", "share"])
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HIPHINGE_HOME", str(tmp_path_factory.mktemp("home")))
        with dashboard(share=request.param) as one:
            yield one


@pytest.fixture(scope="module")
def known(served: Dashboard) -> dict[str, str]:
    return served.open()


@pytest.fixture(autouse=True)
def _service_goes_on(served: Dashboard, known: dict[str, str]) -> Iterator[None]:
    yield
    assert served.ask("GET", "/api/live", known).json["doing"] == "idle"


@pytest.mark.parametrize("host", FOREIGN)
def test_a_foreign_host_is_refused(served: Dashboard, known: dict[str, str], host: str) -> None:
    found = served.ask("GET", "/", known | {"Host": host.format(port=served.server.port)})
    assert found.status == 403
    assert b"hiphinge" in found.body


def test_without_a_host_it_is_refused(served: Dashboard, known: dict[str, str]) -> None:
    assert served.ask("GET", "/", known | {"Host": None}).status == 400


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "https://{host}", "http://127.0.0.1:1", "http://{host}/"]
)
@pytest.mark.parametrize(("method", "path"), [("POST", "/api/begin"), ("GET", "/api/live"), ("GET", "/")])
def test_a_foreign_origin_is_refused(
    served: Dashboard, known: dict[str, str], origin: str, method: str, path: str
) -> None:
    assert served.ask(method, path, known | {"Origin": origin.format(host=served.host)}).status == 403


def test_what_changes_something_must_tell_its_origin(served: Dashboard, known: dict[str, str]) -> None:
    assert served.ask("POST", "/api/begin", {"Cookie": known["Cookie"]}, b"{}").status == 403


@pytest.mark.parametrize("origin", ["http://evil.example", "http://{host}"])
def test_there_is_no_websocket(served: Dashboard, known: dict[str, str], origin: str) -> None:
    asked = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "eA==",
    }
    found = served.ask("GET", "/api/live", known | asked | {"Origin": origin.format(host=served.host)})
    assert found.status == (403 if "evil" in origin else 200)
    assert "upgrade" not in found.headers


@pytest.mark.parametrize("path", [*(path for path, _ in NAV), *(f"/{name}" for name in FILES), "/api/live", "/nothing"])
def test_nothing_is_given_without_a_token(served: Dashboard, path: str) -> None:
    for headers in ({}, {"Cookie": f"{served.server.keys.cookie}={secrets.token_urlsafe(32)}"}, {"Cookie": 'a="\x7f'}):
        found = served.ask("GET", path, headers)
        assert found.status == 403
        assert "set-cookie" not in found.headers


def test_a_token_works_once(served: Dashboard) -> None:
    path = served.server.address().partition(served.host)[2]
    first, again = served.ask("GET", path), served.ask("GET", path)
    assert first.status == 200
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= {p.strip() for p in first.headers["set-cookie"].split(";")}
    assert again.status == 403
    assert "set-cookie" not in again.headers
    assert (
        served.ask(
            "POST", served.server.address().partition(served.host)[2], {"Origin": f"http://{served.host}"}
        ).status
        == 403
    )


def test_every_answer_carries_the_headers(served: Dashboard, known: dict[str, str]) -> None:
    for path, headers in (("/", known), ("/live.js", known), ("/api/live", known), ("/nothing", known), ("/", {})):
        found = served.ask("GET", path, headers).headers
        assert "default-src 'none'" in found["content-security-policy"]
        assert "unsafe" not in found["content-security-policy"]
        assert "frame-ancestors 'none'" in found["content-security-policy"]
        assert (found["x-content-type-options"], found["referrer-policy"]) == ("nosniff", "no-referrer")
        assert "access-control-allow-origin" not in found
        assert "server" not in found


DOTS = (
    "../settings.toml",
    "..%2fsettings.toml",
    "%2e%2e/settings.toml",
    "/etc/passwd",
    "..\\settings.toml",
    "\0",
    "a" * 5000,
)


@pytest.mark.parametrize("dots", DOTS)
def test_no_path_reaches_the_files(served: Dashboard, known: dict[str, str], dots: str) -> None:
    named = "".join(c if c.isalnum() or c in "%./" else f"%{ord(c):02x}" for c in dots)
    assert served.ask("GET", f"/{named}", known).status == 404
    assert served.ask("GET", f"/api/opened?name={named}", known).status == 422
    assert served.ask("GET", f"/api/span?from=0&to=1&pixels=9&name={named}", known).status == 422
    page = served.ask("GET", f"/replay?name={named}", known)
    assert page.status == 200
    assert b"root:" not in page.body


def test_a_body_of_a_hundred_megabytes_is_refused(served: Dashboard, known: dict[str, str]) -> None:
    assert served.ask("POST", "/api/setting", known | {"Content-Length": str(10**8)}).status == 413


def test_a_body_that_does_not_tell_its_length_is_cut_off(served: Dashboard, known: dict[str, str]) -> None:
    with served.socket() as link:
        head = "".join(f"{k}: {v}\r\n" for k, v in known.items())
        link.sendall(
            f"POST /api/setting HTTP/1.1\r\nHost: {served.host}\r\n{head}Transfer-Encoding: chunked\r\n\r\n".encode()
        )
        sent = 0
        with contextlib.suppress(ConnectionError):
            while sent < 10**8:
                link.sendall(b"10000\r\n" + bytes(0x10000) + b"\r\n")
                sent += 0x10000
        with contextlib.suppress(ConnectionError):
            assert link.recv(1 << 16).startswith(b"HTTP/1.1 413")
        assert sent < 10**7


def test_a_header_without_end_is_refused(served: Dashboard) -> None:
    with served.socket() as link, contextlib.suppress(ConnectionError):
        link.sendall(b"GET / HTTP/1.1\r\nX: ")
        for _ in range(100):
            link.sendall(b"a" * 0x10000)
        assert link.recv(1 << 16).startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize("body", [b"[]", b"{", b"\xff", b"null", b"[" * 10_000, b'{"key": 1}', b'{"key": "<script>"}'])
def test_a_strange_body_is_told_in_a_sentence(served: Dashboard, known: dict[str, str], body: bytes) -> None:
    assert len(body) <= LARGEST_BODY
    found = served.ask("POST", "/api/press", known, body)
    assert found.status == 422
    assert "Traceback" not in found.json["error"]


@pytest.mark.parametrize("query", ["?after=nan", "?after=x", "?" + "a=1&" * 50, "?after=%ff"])
def test_a_strange_query_is_told_in_a_sentence(served: Dashboard, known: dict[str, str], query: str) -> None:
    assert served.ask("GET", f"/api/live{query}", known).status == 422


def test_a_thousand_sockets_keep_nobody_out(served: Dashboard, known: dict[str, str]) -> None:
    with contextlib.ExitStack() as stack:
        crowd = []
        for n in range(1000):
            with contextlib.suppress(OSError):
                link = stack.enter_context(served.socket())
                crowd.append(link)
                if n % 2:
                    link.sendall(b"GET / HTTP/1.1\r\n")  # and never the rest
            if n % 250 == 0:
                assert served.ask("GET", "/api/live", known).status == 200
        assert served.ask("GET", "/api/live", known).status == 200
        assert len(served.server.crowd.strangers) + len(served.server.crowd.known) <= MOST
        assert sum(map(_is_open, crowd)) <= MOST


def _is_open(link: socket.socket) -> bool:
    link.setblocking(False)
    try:
        return link.recv(1) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False


def test_it_listens_on_loopback_unless_shared(served: Dashboard) -> None:
    bound = served.server._socket.getsockname()[0]
    assert bound == ("0.0.0.0" if served.server.share else "127.0.0.1")
    warned = b"not encrypted" in served.ask("GET", "/", served.open()).body
    assert warned == served.server.share


def test_the_oldest_tokens_and_sessions_go_first() -> None:
    keys = Keys("name")
    tokens = [keys.token() for _ in range(MOST_TOKENS + 1)]
    assert keys.swap(tokens[0]) is None
    sessions = [keys.swap(keys.token()) for _ in range(MOST_SESSIONS + 1)]
    assert not keys.knows(f"name={sessions[0]}")
    assert keys.knows(f"other=1; name={sessions[-1]}")
    assert not keys.knows(f"other={sessions[-1]}")
