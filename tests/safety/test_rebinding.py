"""Names that change their answers, schemes that are not the web's, proxies, false certificates: none gets through."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
import socket
import ssl
import subprocess
import threading
from shutil import which
from typing import TYPE_CHECKING, Any

import aiohttp.connector
import pytest

from curate.errors import NetworkTrouble
from curate.feeds.fetch import Known, fetch_feeds
from curate.web.client import Client, NotSent, Reply
from tests.web.raw import answering, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.conftest import Curate, Loopback

PAGE = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npublic"
FEED = "<rss version='2.0'><channel><title>Secret</title><item><title>Secret</title></item></channel></rss>"
CHECKS = 1_000
Answers = list[tuple[socket.AddressFamily, socket.SocketKind, int, str, tuple[Any, ...]]]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, Callable[[], list[str]]]:
    """Answer for the name server: by name, what it says each time it is asked."""
    said: dict[str, Callable[[], list[str]]] = {}

    def lookup(host: str, port: int, *_: object, **__: object) -> Answers:
        answers: Answers = []
        for address in said[host]():
            six = ":" in address
            where = (address, port, 0, 0) if six else (address, port)
            answers.append((socket.AF_INET6 if six else socket.AF_INET, socket.SOCK_STREAM, 6, "", where))
        return answers

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    return said


@contextlib.contextmanager
def standing_for_public(port: int) -> Iterator[str]:
    """Serve a page at another address of this machine, which the test lets curate visit as if it were public."""
    try:
        listener = socket.create_server(("127.0.0.2", port))
    except OSError:
        pytest.skip("this system has one loopback address only")

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with connection, contextlib.suppress(OSError):
                    connection.recv(65536)
                    connection.sendall(PAGE)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"127.0.0.2:{port}"
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join()


def test_a_name_that_changes_its_answers_never_leads_to_a_private_address(
    names: dict[str, Callable[[], list[str]]],
) -> None:
    chance = random.Random(7)  # noqa: S311 - the same answers every time
    public, private = "127.0.0.2", ["127.0.0.1", "::1", "::ffff:127.0.0.1", "10.0.0.1", "169.254.169.254", "0.0.0.0"]  # noqa: S104

    def mixed() -> list[str]:
        answers = [public] * 29
        answers.insert(chance.randrange(30), chance.choice(private))
        return answers

    kinds: list[Callable[[], list[str]]] = [
        lambda: [public],
        lambda: [chance.choice(private)],
        lambda: chance.sample(private, 3),
        mixed,
        lambda: [chance.choice(private), public],
    ]
    flips = itertools.cycle([[public], ["127.0.0.1"]])
    read = refused = 0
    let: list[int] = []
    forbidden: list[int] = []

    async def every(port: int, allow: str) -> None:
        nonlocal read, refused
        async with Client(allow_private=[allow], timeout=20) as client:
            for number in range(CHECKS):
                kind = number % (len(kinds) + 1)
                name = f"feeds{number}.example"
                names[name] = kinds[kind] if kind < len(kinds) else (lambda: next(flips))
                try:
                    reply = await client.get(f"http://{name}:{port}/")
                except NotSent as error:
                    refused += "refused: " in error.message
                    forbidden.append(kind)
                else:
                    read += reply.body == b"public"
                    let.append(kind)

    with serving(answering(PAGE.replace(b"public", b"secret"))) as canary:
        with standing_for_public(canary.port) as allow:
            asyncio.run(every(canary.port, allow))
        assert canary.connections == 0
    assert (read, refused) == (len(let), len(forbidden))
    assert read + refused == CHECKS
    assert not {1, 2} & set(let)
    assert 0 not in forbidden
    assert min(read, refused) >= CHECKS // 4


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_name_is_judged_anew_at_each_hop(
    status: int, names: dict[str, Callable[[], list[str]]], loopback: Loopback
) -> None:
    with serving(answering(PAGE)) as canary:
        names["127.0.0.1"] = lambda: ["127.0.0.1"]
        names["inside.example"] = lambda: ["127.0.0.1"]
        url = loopback.put("/", "", status=status, Location=f"http://inside.example:{canary.port}/")
        with pytest.raises(NotSent, match="refused: private address"):
            asyncio.run(_get(url, allow=loopback.url.removeprefix("http://")))
        assert canary.connections == 0


# Schemes and files


def elsewhere(file: Path) -> list[str]:
    """Return what is no address of the web, much of it naming ``file``."""
    return [
        *(
            f"file://{file}",
            f"file:{file}",
            f"FILE://{file}",
            f"file://localhost{file}",
            f"file:///./{file}",
            str(file),
        ),
        *(f"./{file.name}", file.name, f"../{file.name}", f"~/{file.name}", f"//{file}", f"\\\\localhost{file}"),
        *(
            f"feed:file://{file}",
            f"local:{file}",
            f"view-source:file://{file}",
            f"jar:file://{file}!/x",
            f"|cat {file}",
        ),
        *(f"exec:cat {file}", f"filter:cat:http://127.0.0.1/{file}", f"php://filter/resource={file}", f"netdoc:{file}"),
        *("ftp://127.0.0.1/x", "gopher://127.0.0.1/x", "dict://127.0.0.1:11211/stat", "ldap://127.0.0.1/x"),
        *("unix:///run/x.sock", "http+unix://%2Frun%2Fx.sock/", "data:text/xml,<rss/>", "javascript:alert(1)"),
        *("ws://127.0.0.1/", "about:blank", "mailto:a@b.example", "tel:1", "urn:x:y", "-o/tmp/x", "-", ""),
    ]


def test_only_the_web_is_asked(tmp_path: Path, curate: Curate, desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "feed"
    file.write_text(FEED, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    addresses = elsewhere(file)
    assert len(addresses) >= 30

    async def every() -> list[str]:
        async with Client() as client:
            return [each.reason async for each in fetch_feeds(client, [Known(url=address) for address in addresses])]

    assert {reason.partition(":")[0] for reason in asyncio.run(every())} == {"refused"}
    for address in addresses:
        for command in (("feed", "add"), ("item", "add")):
            answer = curate("-C", desk, *command, "--", address, expect=None)
            assert answer.exit == 2, (command, address, answer)
    outlines = "".join(f'<outline type="rss" xmlUrl="{address.replace("<", "&lt;")}"/>' for address in addresses)
    (desk / "feeds.opml").write_text(f'<opml version="2.0"><body>{outlines}</body></opml>', encoding="utf-8")
    curate("-C", desk, "fetch", "--force", expect=None)
    assert curate("-C", desk, "item", "list", "--json").data == []


# The environment


@pytest.mark.parametrize(
    "variables",
    [
        ("HTTP_PROXY", "http_proxy"),
        ("HTTPS_PROXY", "https_proxy"),
        ("ALL_PROXY", "all_proxy"),
        ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "REQUEST_METHOD"),
        ("HTTP_PROXY", "NO_PROXY"),
        ("WS_PROXY", "FTP_PROXY", "SOCKS_PROXY", "socks_proxy"),
        ("NETRC", "HTTP_PROXY"),
        ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "AIOHTTP_NO_EXTENSIONS"),
    ],
)
def test_nothing_in_the_environment_stands_between_curate_and_a_server(
    variables: tuple[str, ...], loopback: Loopback, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login dana password secret\n", encoding="utf-8")
    netrc.chmod(0o600)
    url = loopback.put("/", "public")
    with serving(answering(PAGE)) as proxy:
        values = {"NETRC": str(netrc), "NO_PROXY": "example.org", "REQUEST_METHOD": ""}
        for variable in variables:
            monkeypatch.setenv(variable, values.get(variable, proxy.url))
        assert asyncio.run(_get(url)).body == b"public"
        with pytest.raises(NetworkTrouble):  # it speaks no TLS, and the proxy is not asked either
            asyncio.run(_get(url.replace("http:", "https:")))
        assert proxy.connections == 0
    assert "Authorization" not in loopback.seen[0][2]


# Certificates


class Authority:
    """A certificate authority of our own, in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pem = folder / "ca.pem"
        self._make("req", "-x509", *self._key("ca"), "-out", self.pem, "-subj", "/CN=Test authority", "-days", 30)

    def certificate(self, name: str, *, host: str, days: int = 30, own: bool = False) -> ssl.SSLContext:
        """Return the server's side of TLS with a certificate for ``host``; with ``own`` it vouches for itself."""
        pem, request = self.folder / f"{name}.pem", self.folder / f"{name}.csr"
        asked = (*self._key(name), "-subj", f"/CN={host}", "-addext", f"subjectAltName=DNS:{host}")
        if own:
            self._make("req", "-x509", *asked, "-out", pem, "-days", days)
        else:
            self._make("req", *asked, "-out", request)
            signed = ("-in", request, "-CA", self.pem, "-CAkey", self.folder / "ca.key", "-CAcreateserial")
            self._make("x509", "-req", *signed, "-copy_extensions", "copy", "-days", days, "-out", pem)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem, self.folder / f"{name}.key")
        return context

    def _key(self, name: str) -> tuple[object, ...]:
        elliptic = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
        return (*elliptic, "-keyout", self.folder / f"{name}.key")

    def _make(self, *arguments: object) -> None:
        subprocess.run([which("openssl") or "", *map(str, arguments)], check=True, capture_output=True, timeout=60)


@pytest.mark.skipif(which("openssl") is None, reason="makes its certificates with the openssl program")
def test_no_false_certificate_is_believed(
    tmp_path: Path, names: dict[str, Callable[[], list[str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = Authority(tmp_path)
    (tmp_path / "stranger").mkdir()
    stranger = Authority(tmp_path / "stranger")
    trusting = ssl.create_default_context(cafile=str(authority.pem))
    monkeypatch.setattr(aiohttp.connector, "_SSL_CONTEXT_VERIFIED", trusting)
    names["feeds.example"] = lambda: ["127.0.0.1"]
    old = authority.certificate("old", host="feeds.example")
    old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1
    servers = {
        "good": authority.certificate("good", host="feeds.example"),
        "expired": authority.certificate("expired", host="feeds.example", days=-1),
        "wrong host": authority.certificate("wrong", host="other.example"),
        "the address alone": authority.certificate("address", host="127.0.0.1"),
        "self-signed": authority.certificate("own", host="feeds.example", own=True),
        "unknown authority": stranger.certificate("unknown", host="feeds.example"),
        "TLS 1.0": old,
    }
    for name, context in servers.items():

        def behave(connection: socket.socket, server: Any, context: ssl.SSLContext = context) -> None:
            with contextlib.suppress(ssl.SSLError), context.wrap_socket(connection, server_side=True) as safe:
                server.listen(safe)
                safe.sendall(PAGE)

        with serving(behave) as server:
            url = server.url.replace("http://127.0.0.1", "https://feeds.example")
            if name == "good":  # by its name, though it is found at an address
                assert asyncio.run(_get(url, allow="127.0.0.1")).body == b"public"
                continue
            with pytest.raises(NotSent, match=r"certificate is not valid|no safe connection") as error:
                asyncio.run(_get(url, allow="127.0.0.1"))
            assert error.value.exit != 0
            assert ("unless this computer's clock is wrong" in str(error.value)) == (name == "expired")
            assert server.heard == [], name


async def _get(url: str, *, allow: str = "127.0.0.1") -> Reply:
    async with Client(allow_private=[allow], timeout=5) as client:
        return await client.get(url)
