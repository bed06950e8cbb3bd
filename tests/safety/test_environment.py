"""What the environment says of proxies and passwords changes no request."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from curate.web.client import Client
from tests.web.raw import answering, serving

if TYPE_CHECKING:
    from pathlib import Path

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


@pytest.mark.parametrize(
    "names",
    [
        ("http_proxy",),
        ("HTTP_PROXY",),
        ("https_proxy", "HTTPS_PROXY"),
        ("all_proxy", "ALL_PROXY"),
        ("ws_proxy", "wss_proxy"),
        ("http_proxy", "REQUEST_METHOD"),
        ("http_proxy", "https_proxy", "all_proxy"),
        ("NETRC",),
    ],
    ids="+".join,
)
def test_no_proxy_is_used_and_no_password_sent(
    names: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    passwords = tmp_path / "netrc"
    passwords.write_text("machine 127.0.0.1 login dana password secret\n")
    passwords.chmod(0o600)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with serving(answering(OK)) as proxy, serving(answering(OK)) as server:
        for name in names:
            monkeypatch.setenv(name, str(passwords) if name == "NETRC" else proxy.url)

        async def ask() -> None:
            async with Client(allow_private=server.allowed + proxy.allowed, timeout=5) as client:
                await client.get(server.url)

        asyncio.run(ask())
        assert proxy.connections == 0
        assert server.connections == 1
        assert b"authorization" not in server.heard[0].lower()
