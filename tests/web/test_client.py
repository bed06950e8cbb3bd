"""The client asks within limits, and tells what never left from what may have arrived."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import threading
import time
import tracemalloc
import zlib
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from curate import __version__
from curate.web.client import LARGEST, BadAnswer, Client, NotSent, Reply, TooBig, Unanswered
from tests.web.raw import RawServer, answering, dripping, hanging, resetting, serving

if TYPE_CHECKING:
    from tests.conftest import Loopback
    from tests.web.raw import Behaviour

MIB = 1024 * 1024


def get(
    url: str, *, headers: dict[str, str] | None = None, allow: tuple[str, ...] = ("127.0.0.1",), **rest: Any
) -> Reply:
    async def ask() -> Reply:
        async with Client(allow_private=allow, **rest) as client:
            return await client.get(url, headers=headers)

    return asyncio.run(ask())


def send(
    method: str, url: str, *, allow: tuple[str, ...] = ("127.0.0.1",), timeout: float = 5.0, **request: Any
) -> Reply:
    async def ask() -> Reply:
        async with Client(allow_private=allow, timeout=timeout) as client:
            return await client.send(method, url, **request)

    return asyncio.run(ask())


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def page(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    head = "\r\n".join((f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers))
    return head.encode() + b"\r\n\r\n" + body


# Asking


def test_a_page_comes_whole_with_its_status_and_headers(loopback: Loopback) -> None:
    url = loopback.put("/feed", "<rss/>", Content_Type="text/xml", ETag='"1"')
    reply = get(url)
    assert (reply.status, reply.body, reply.url, reply.moved_to) == (200, b"<rss/>", url, "")
    assert reply.headers["etag"] == reply.headers["ETag"] == '"1"'
    assert reply.words == "200 OK"


def test_curate_says_who_it_is_and_asks_for_no_coding_it_does_not_bound(loopback: Loopback) -> None:
    get(loopback.put("/", "x"), headers={"If-None-Match": '"1"'})
    heard = loopback.seen[0][2]
    assert heard["User-Agent"].startswith(f"curate/{__version__} (+https://")
    assert heard["Accept-Encoding"] == "gzip, deflate"
    assert heard["If-None-Match"] == '"1"'


def test_an_answer_of_any_status_is_an_answer(loopback: Loopback) -> None:
    assert get(loopback.put("/gone", "sorry", status=410)).words == "410 Gone"
    assert get(loopback.put("/odd", "", status=599)).words == "599"


def test_text_is_read_in_the_charset_the_server_names() -> None:
    def reply(body: bytes, kind: str) -> Reply:
        return Reply(url="u", status=200, headers={"Content-Type": kind}, body=body)

    assert reply("é".encode("latin-1"), 'text/html; charset="ISO-8859-1"').text() == "é"
    assert reply("é".encode(), "text/html").text() == "é"
    for odd in ("nonsense", "undefined", "idna", "punycode"):  # Python knows the last three, and they fail
        assert reply("é".encode(), f"text/html; charset={odd}").text() == "é"
    assert reply(b"\xff", "text/plain").text() == "\ufffd"


def test_what_is_not_json_is_a_bad_answer() -> None:
    def reply(body: bytes) -> Reply:
        return Reply(url="https://example.org/", status=200, headers={}, body=body)

    assert reply(b'{"a": [1]}').json() == {"a": [1]}
    for body in (b'{"a"', b"", b"\xff\xfe", b"[" * 100_000):
        with pytest.raises(BadAnswer, match="did not answer in JSON"):
            reply(body).json()


def test_no_proxy_of_the_environment_is_used(loopback: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    assert get(loopback.put("/", "x")).body == b"x"


def test_offline_nothing_is_asked(loopback: Loopback) -> None:
    with pytest.raises(NotSent, match="--offline"):
        get(loopback.put("/", "x"), offline=True)
    assert loopback.seen == []


def test_cookies_are_neither_kept_nor_sent(loopback: Loopback) -> None:
    url = loopback.put("/", "x", Set_Cookie="id=1")

    async def twice() -> None:
        async with Client(allow_private=["127.0.0.1"]) as client:
            await client.get(url)
            await client.get(url)

    asyncio.run(twice())
    assert len(loopback.seen) == 2
    assert all("Cookie" not in heard[2] for heard in loopback.seen)


def test_a_host_gets_no_more_than_two_connections_at_a_time_and_waiting_costs_no_time(loopback: Loopback) -> None:
    busy = []
    most = []
    three = threading.Event()

    def slow(*_: object) -> tuple[int, dict[str, str], bytes]:
        busy.append(1)
        most.append(len(busy))
        three.wait(0.2)
        busy.pop()
        return 200, {}, b"x"

    loopback.pages["/"] = slow

    async def many() -> list[Reply]:
        async with Client(allow_private=["127.0.0.1"], timeout=0.8) as client:
            return await asyncio.gather(*(client.get(loopback.url + "/") for _ in range(10)))

    assert [reply.status for reply in asyncio.run(many())] == [200] * 10
    assert max(most) == 2


def test_a_host_that_finds_it_too_much_gets_one_connection_at_a_time_from_then_on(loopback: Loopback) -> None:
    busy: list[int] = []
    most: list[int] = []
    both = threading.Event()

    def slow(*_: object) -> tuple[int, dict[str, str], bytes]:
        busy.append(1)
        most.append(len(busy))
        both.wait(0.03)
        busy.pop()
        return 200, {}, b"x"

    loopback.pages["/"] = slow
    loopback.put("/much", "too much", status=429)

    async def many() -> None:
        async with Client(allow_private=["127.0.0.1"]) as client:
            await asyncio.gather(*(client.get(loopback.url + "/") for _ in range(6)))
            assert max(most) == 2
            assert (await client.get(loopback.url + "/much")).status == 429
            assert (await client.get(loopback.url + "/much")).status == 429
            most.clear()
            await asyncio.gather(*(client.get(loopback.url + "/") for _ in range(6)))

    asyncio.run(many())
    assert (len(most), max(most)) == (6, 1)


def test_a_silence_ends_before_the_deadline_does() -> None:
    with serving(hanging) as server, pytest.raises(Unanswered, match=r"sent nothing for 0\.3 s") as error:
        get(server.url, timeout=0.9, gap=0.1)  # a third of the deadline is always granted
    assert error.value.silent
    with serving(dripping) as server, pytest.raises(Unanswered, match=r"took longer than 0\.9 s"):
        get(server.url, timeout=0.9, gap=0.1)


def test_what_is_sent_is_awaited_until_the_deadline() -> None:
    with serving(hanging) as server, pytest.raises(Unanswered, match=r"took longer than 0\.4 s"):
        asyncio.run(_post(server.url))


async def _post(url: str) -> Reply:
    async with Client(allow_private=["127.0.0.1"], timeout=0.4, gap=0.1) as client:
        return await client.send("POST", url, data=b"x")


def test_headers_have_a_limit_together() -> None:
    some = [f"X-{number}: {'a' * 6000}" for number in range(10)]
    with serving(answering(page(b"x", *some))) as server:
        assert get(server.url).body == b"x"
    more = answering(page(b"x", *some, f"X: {'a' * 6000}"))
    with serving(more) as server, pytest.raises(TooBig, match="64 KiB of headers"):
        get(server.url)


# Redirects


def test_redirects_are_followed_and_a_move_for_good_is_told(loopback: Loopback) -> None:
    end = loopback.put("/end", "here")
    loopback.put("/b", "", status=308, Location="/end")
    first = loopback.put("/a", "", status=301, Location=loopback.url + "/b")
    reply = get(first)
    assert (reply.body, reply.url, reply.moved_to) == (b"here", end, end)
    for_now = loopback.put("/c", "", status=302, Location="a")
    assert (get(for_now).url, get(for_now).moved_to) == (end, "")
    back = loopback.put("/d", "", status=301, Location="c")
    assert get(back).moved_to == ""


def test_more_than_five_redirects_are_too_many(loopback: Loopback) -> None:
    for step in range(7):
        loopback.put(f"/{step}", "", status=302, Location=f"/{step + 1}")
    end = loopback.put("/7", "here")
    assert get(loopback.url + "/2").url == end
    with pytest.raises(BadAnswer, match="more than 5 times"):
        get(loopback.url + "/1")
    with pytest.raises(BadAnswer, match="more than 5 times"):
        get(loopback.put("/loop", "", status=301, Location="/loop"))


@pytest.mark.parametrize(
    "target",
    [
        "file:///etc/passwd",
        "javascript:alert(1)",
        "data:text/xml,<rss/>",
        "ftp://127.0.0.1/",
        "http://u:p@127.0.0.1/",
        "http://127.0.0.1:99999/",
        "http://" + "a" * 3000,
        "http://\x9b[2J",
    ],
)
def test_a_redirect_to_what_is_no_web_address_ends_in_words(loopback: Loopback, target: str) -> None:
    with pytest.raises(BadAnswer, match=r"redirects to .* refused: ") as told:
        get(loopback.put("/", "", status=302, Location=target))
    assert told.value.message.encode()  # a byte that is no text could be kept nowhere


def test_each_redirect_is_checked_by_address_and_port(loopback: Loopback) -> None:
    with serving(answering(page(b"secret"))) as canary:
        for target in (canary.url, f"http://localhost:{canary.port}/", f"http://[::ffff:127.0.0.1]:{canary.port}/"):
            with pytest.raises(NotSent, match="refused: private address"):
                get(loopback.put("/", "", status=302, Location=target), allow=(loopback.url.removeprefix("http://"),))
        assert canary.connections == 0


def test_secrets_are_not_carried_to_another_server(loopback: Loopback) -> None:
    secrets = {"Authorization": "Bearer 1", "Cookie": "a=b", "X-Other": "kept"}
    with serving(answering(page(b"x"))) as other:
        loopback.put("/near", "x")
        get(loopback.put("/", "", status=302, Location="/near"), headers=secrets)
        assert loopback.seen[1][2]["Authorization"] == "Bearer 1"
        get(loopback.put("/", "", status=302, Location=other.url), headers=secrets)
        heard = other.heard[0].lower()
        assert b"bearer" not in heard
        assert b"cookie" not in heard
        assert b"x-other: kept" in heard


# Limits


def packed(chunk: int, times: int) -> bytes:
    """Return a gzip stream of ``times`` × ``chunk`` zeros without ever holding them."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(bytes(chunk)) + packer.flush(zlib.Z_FULL_FLUSH)
    return b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03" + block * times


def test_a_gzip_bomb_stops_at_the_limit() -> None:
    bomb = packed(16 * MIB, 64)  # 1 GiB
    assert len(bomb) < 2 * MIB
    with serving(answering(page(bomb, "Content-Encoding: gzip"))) as server:
        tracemalloc.start()
        started = time.process_time()
        with pytest.raises(TooBig, match="is larger than 15 MiB"):
            get(server.url)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 64 * MIB
        assert time.process_time() - started < 5


@pytest.mark.parametrize(
    ("body", "coding"),
    [
        (gzip.compress(b"<rss/>"), "gzip"),
        (gzip.compress(b"<rss/>"), "X-GZIP"),
        (gzip.compress(b"<r") + gzip.compress(b"ss/>"), "gzip"),
        (gzip.compress(b"<rss/>") + b"trailing", "gzip"),
        (zlib.compress(b"<rss/>"), "deflate"),
        (zlib.compress(b"<rss/>", wbits=-15), "deflate"),
        (b"<rss/>", "gzip"),
        (b"<rss/>", "identity"),
        (b"<rss/>", "none"),
        (b"<rss/>", "UTF-8"),
    ],
)
def test_one_coding_is_undone_and_a_wrong_label_ignored(body: bytes, coding: str) -> None:
    with serving(answering(page(body, f"Content-Encoding: {coding}"))) as server:
        assert get(server.url).body == b"<rss/>"


@pytest.mark.parametrize(
    ("body", "headers", "why"),
    [
        (gzip.compress(gzip.compress(b"x")), ["Content-Encoding: gzip, gzip"], "packed 2 times"),
        (gzip.compress(gzip.compress(b"x")), ["Content-Encoding: gzip", "Content-Encoding: deflate"], "packed 2 times"),
        (b"x", ["Content-Encoding: br"], "packed with br"),
        (b"x", ["Content-Encoding: zstd"], "packed with zstd"),
        (gzip.compress(b"x" * 99)[:-12], ["Content-Encoding: gzip"], "breaks off"),
        (b"\x1f\x8b\x08" + b"\xff" * 30, ["Content-Encoding: gzip"], "cannot be unpacked"),
        (gzip.compress(b"") * 99, ["Content-Encoding: gzip"], "too many pieces"),
    ],
)
def test_what_is_packed_oddly_is_refused_in_words(body: bytes, headers: list[str], why: str) -> None:
    with serving(answering(page(body, *headers))) as server, pytest.raises(BadAnswer, match=why):
        get(server.url)


def test_a_body_may_be_as_large_as_the_limit_and_no_larger() -> None:
    with serving(answering(page(bytes(LARGEST)))) as server:
        assert len(get(server.url).body) == LARGEST
    with serving(answering(b"HTTP/1.1 200 OK\r\n\r\n" + bytes(LARGEST + 1))) as server, pytest.raises(TooBig):
        get(server.url)
    with serving(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n")) as server, pytest.raises(TooBig):
        get(server.url)


@pytest.mark.parametrize("behaviour", [hanging, dripping], ids=["silent", "one byte at a time"])
def test_the_deadline_is_for_the_whole_call(behaviour: Behaviour) -> None:
    started = time.monotonic()
    with serving(behaviour) as server, pytest.raises(Unanswered, match=r"took longer than 0\.3 s") as error:
        get(server.url, timeout=0.3)
    assert time.monotonic() - started < 3
    assert error.value.silent is (behaviour is hanging)


@pytest.mark.parametrize(
    "answer",
    [
        b"<rss>this is no HTTP</rss>\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nx",
        b"HTTP/1.1 200 OK\r\nContent-Length: nine\r\n\r\nx",
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * MIB + b"\r\n\r\nx",
        b"HTTP/1.1 200 OK\r\n" + b"X: 1\r\n" * 100_000 + b"\r\nx",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
    ],
    ids=["no head", "negative length", "no number", "long header", "many headers", "bad chunk"],
)
def test_a_server_that_does_not_speak_http_is_told_in_words(answer: bytes) -> None:
    with serving(answering(answer)) as server, pytest.raises((BadAnswer, Unanswered)) as error:
        get(server.url, timeout=5)
    assert error.value.exit == 5
    assert not error.value.silent


# Sending


@pytest.mark.parametrize(
    ("request_", "kind", "body"),
    [
        ({"json": {"text": "ü"}}, "application/json", json.dumps({"text": "ü"}).encode()),
        ({"form": {"status": "a b&c"}}, "application/x-www-form-urlencoded", b"status=a+b%26c"),
        ({"form": [("m[]", "1"), ("m[]", "2")]}, "application/x-www-form-urlencoded", b"m%5B%5D=1&m%5B%5D=2"),
        ({"data": b"\x89PNG", "headers": {"Content-Type": "image/png"}}, "image/png", b"\x89PNG"),
        ({}, None, b""),
    ],
)
def test_a_request_carries_its_body_once(
    loopback: Loopback, request_: dict[str, Any], kind: str | None, body: bytes
) -> None:
    url = loopback.put("/api", '{"id": 1}', status=202)
    reply = send("POST", url, **request_)
    assert (reply.status, reply.json()) == (202, {"id": 1})
    [(method, path, headers, heard)] = loopback.seen
    assert (method, path, heard) == ("POST", "/api", body)
    assert kind is None or headers["Content-Type"].split(";")[0] == kind


def test_sending_follows_no_redirect(loopback: Loopback) -> None:
    reply = send("POST", loopback.put("/", "moved", status=307, Location="/there"), json={})
    assert (reply.status, reply.headers["Location"], reply.body) == (307, "/there", b"moved")
    assert len(loopback.seen) == 1


def test_every_request_has_a_connection_of_its_own() -> None:
    def patient(connection: socket.socket, server: RawServer) -> None:
        while server.listen(connection):
            connection.sendall(page(b"{}", "Connection: keep-alive"))

    async def thrice(url: str, allow: tuple[str, ...]) -> None:
        async with Client(allow_private=allow) as client:
            for _ in range(3):
                await client.send("POST", url, json={})

    with serving(patient) as server:
        asyncio.run(thrice(server.url, server.allowed))
        assert (server.connections, len(server.heard)) == (3, 3)


def test_what_never_left_is_not_sent() -> None:
    with pytest.raises(NotSent, match="connection refused") as error:
        send("POST", f"http://127.0.0.1:{free_port()}/", json={})
    assert not error.value.silent
    with serving(answering(page(b"{}"))) as server:
        with pytest.raises(NotSent) as error:
            send("POST", server.url, allow=(), json={})
        assert error.value.reason == "refused: private address 127.0.0.1 (allow it with fetch.allow_private)"
        with pytest.raises(NotSent, match="refused: only http"):
            send("POST", "file:///etc/passwd", json={})
        assert server.connections == 0


def test_a_name_nobody_has_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    def lookup(*_: object, **__: object) -> NoReturn:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    with pytest.raises(NotSent, match=r"no server of the name api\.example was found") as error:
        send("POST", "https://api.example/", json={})
    assert error.value.silent


def test_nothing_is_sent_in_the_clear_to_a_server_that_has_no_tls() -> None:
    def plain(connection: socket.socket, server: RawServer) -> None:
        server.heard.append(connection.recv(65536))
        connection.sendall(page(b"{}", status="400 Bad Request"))

    with serving(plain) as server:
        with pytest.raises(NotSent, match="TLS"):
            send("POST", server.url.replace("http:", "https:"), json={"secret": 1})
        assert b"secret" not in b"".join(server.heard)


def test_a_safe_connection_that_is_never_agreed_on_is_not_sent() -> None:
    def mute(connection: socket.socket, server: RawServer) -> None:
        connection.recv(65536)
        server.ending.wait(5)

    with serving(mute) as server, pytest.raises(NotSent, match="took longer than"):
        send("POST", server.url.replace("http:", "https:"), timeout=0.3, json={"secret": 1})


HALF = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 400\r\n\r\n{"id": "1'
CHUNK = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40\r\n{"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "GET"])
@pytest.mark.parametrize(
    "behaviour",
    [resetting, answering(b""), hanging, answering(HALF), answering(CHUNK), answering(b"HTTP/1.1 20")],
    ids=["reset", "hangs up", "hangs", "half a body", "half a chunk", "half a head"],
)
def test_what_may_have_arrived_is_unanswered_and_never_repeated(method: str, behaviour: Behaviour) -> None:
    with serving(behaviour) as server:
        with pytest.raises(Unanswered) as error:
            send(method, server.url, timeout=0.5, data=b"once")
        assert error.value.url == server.url
        assert server.connections == 1


def test_a_whole_answer_that_is_not_json_came_back_all_the_same() -> None:
    with serving(answering(page(b"<html>502", status="502 Bad Gateway"))) as server:
        reply = send("POST", server.url, json={})
        assert reply.status == 502
        with pytest.raises(BadAnswer):
            reply.json()
